"""Asking a model for one answer within its limits, and asking again after a failure that passes by itself.

A new try is made only as long as no word has arrived: what a person has begun to read is never taken back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from chat.errors import ChatError, Stalled
from chat.providers.base import Chunk, Progress, Provider, Request
from chat.replies.limits import Limits
from chat.replies.reply import Reply


async def receive(
    reply: Reply, request: Request, provider: Callable[[], Provider], limits: Limits, started: float
) -> None:
    """Have the model's whole answer arrive in the reply. `started` is what `time.monotonic` said when it was asked.

    Raises ChatError when it could not be made or finished, and no further try is worth it.
    """
    for wait in (*limits.retry_waits, None):
        try:
            await _receive_once(reply, provider().stream(request), limits, started)
            return
        except ChatError as error:
            pause = _pause(error, wait, limits.longest_wait)
            if pause is None or reply.has_started:
                raise
            await _count_down(reply, error.happened, pause)


def _pause(error: ChatError, wait: float | None, longest: float) -> float | None:
    """Return the seconds to wait before the next try; None where none is to be made."""
    if wait is None or not error.transient:
        return None
    if error.retry_after is None:
        return wait
    return max(error.retry_after, 0.0) if error.retry_after <= longest else None


async def _count_down(reply: Reply, why: str, seconds: float) -> None:
    now = asyncio.get_running_loop().time
    until = now() + seconds
    while (left := until - now()) > 0:
        reply.report(Progress(f"{why.rstrip('.')}. Trying again in {max(1, round(left))} s."))
        await asyncio.sleep(min(1.0, left))
    reply.report(None)


async def _receive_once(reply: Reply, chunks: AsyncGenerator[Chunk, None], limits: Limits, started: float) -> None:
    now = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(limits.total) as deadline, aclosing(chunks) as stream:
            while True:
                patience = limits.stall if reply.has_started else limits.first_token
                try:
                    async with asyncio.timeout(patience):
                        chunk = await anext(stream)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise Stalled(_silence(patience, reply.has_started)) from None
                if chunk.progress is not None:
                    deadline.reschedule(now() + limits.total)
                reply.receive(chunk, round((time.monotonic() - started) * 1000))
    except TimeoutError:
        raise Stalled(
            f"The answer was not finished after {limits.total / 60:.0f} minutes, so it was ended here. "
            "What arrived is kept: try again, or ask for less at once."
        ) from None


def _silence(seconds: float, started: bool) -> str:
    if started:
        return f"Nothing more came for {seconds:.0f} seconds, so the answer was ended. What arrived is kept: try again."
    return f"The model said nothing for {seconds:.0f} seconds: try again, or choose another model."

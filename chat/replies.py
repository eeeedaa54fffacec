"""Answers made in the background, kept while they grow, and followed by any number of pages.

This is the only send-loop: send, retry and whatever else makes an answer all come through `Replies.start`. A reply
belongs to no page. When nobody follows it, it goes on; when its process ends, its words are in the store. The last
save comes before the status changes, so whoever sees a reply end finds all of it in the store.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from chat.background import Background
from chat.conversation import Conversation, Message, Status, new_id, utc_now
from chat.errors import ChatError, Stalled
from chat.providers.base import Chunk, Progress, Provider, Request
from chat.reply import Outcome, Reply

log = logging.getLogger(__name__)

UNEXPECTED = "Something unexpected went wrong while the answer was made. What arrived is kept: try again."
NO_WORDS = "The model ended its answer without a word: try again, or ask in another way."


class Keeper(Protocol):
    """What a reply needs of the store."""

    @property
    def process(self) -> str: ...

    def add_message(self, owner: str, conversation_id: str, message: Message) -> Conversation: ...

    def update_message(self, owner: str, conversation_id: str, message_id: str, **changes: Any) -> Conversation: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an answer may take, in seconds. Providers' own limits are longer, or count something else."""

    first_token: float = 180.0
    """Silence before the first character. Long, since a model may think for minutes without saying so."""
    stall: float = 60.0
    """Silence after it."""
    total: float = 1800.0
    """The whole answer, counted from when the model was ready."""
    save_every: float = 0.8
    """Between two saves of a growing answer. A killed process loses this much and the time that a save takes."""
    retry_waits: tuple[float, ...] = (1.0, 3.0, 8.0)
    """Before each new try after a failure that passes by itself, as long as nothing has arrived."""
    longest_wait: float = 30.0
    """A provider that asks for a longer wait is not tried again unasked."""
    unsaved_retry: float = 2.0
    """Between two tries to save an answer that the store could not take."""


class Replies:
    """The answers in the making of one process. Safe from any thread."""

    def __init__(self, store: Keeper, background: Background, limits: Limits | None = None) -> None:
        self._store = store
        self._background = background
        self._limits = limits or Limits()
        self._replies: dict[tuple[str, str], Reply] = {}
        self._lock = threading.Lock()

    def start(
        self,
        owner: str,
        conversation_id: str,
        parent_id: str,
        request: Request,
        provider: Callable[[], Provider],
        *,
        begun: Message | None = None,
        seam: bool = False,
    ) -> Reply:
        """Keep an answer to `parent_id`, have the model fill it in the background, and return at once.

        `begun` is an answer that ended early, to go on with: it is this message that grows, or, where it is complete
        (at a limit of tokens) and so keeps its words, a sibling that starts with them. `seam` says that the provider
        may repeat some of them. `provider` is called on the loop, where providers are made. Raises what the store
        raises when the answer could not be kept; then nothing was sent.
        """
        process = self._store.process
        if begun is None or begun.status == "complete":
            message = Message(
                id=new_id(),
                parent_id=parent_id,
                role="assistant",
                content="" if begun is None else begun.content,
                created_at=utc_now(),
                model=request.model,
                status="streaming",
                reasoning="" if begun is None else begun.reasoning,
                process=process,
            )
            self._store.add_message(owner, conversation_id, message)
        else:
            message = replace(begun, status="streaming", error=None, finish_reason=None, process=process)
            self._store.update_message(
                owner, conversation_id, begun.id, status="streaming", error=None, finish_reason=None, process=process
            )
        reply = Reply(owner, conversation_id, message, seam=seam)
        with self._lock:
            self._replies[owner, message.id] = reply
        self._background.submit(self._make(reply, request, provider))
        return reply

    def get(self, owner: str, message_id: str) -> Reply | None:
        """Return this owner's reply that is becoming the message of that id, or None where it has ended."""
        with self._lock:
            return self._replies.get((owner, message_id))

    def active(self) -> tuple[Reply, ...]:
        """Return every reply that has not ended."""
        with self._lock:
            return tuple(self._replies.values())

    def close(self) -> None:
        """End every reply as interrupted, its words kept. For the end of the process; called on the main thread."""
        for reply in self.active():
            reply.end_early("interrupted")
        for reply in self.active():
            if not reply.wait_until_ended(timeout=2.0):
                # The loop's helper threads may be gone already this late: keep the words from here.
                self._save(reply, Outcome("interrupted"))

    async def _make(self, reply: Reply, request: Request, provider: Callable[[], Provider]) -> None:
        # Receiving is a task of its own, so that a stop ends it and cannot break the saving that follows.
        receiving = asyncio.create_task(self._receive(reply, request, provider))
        reply.stops_with(lambda: self._background.loop.call_soon_threadsafe(receiving.cancel))
        received = asyncio.Event()
        saver = asyncio.create_task(self._save_while_growing(reply, received))
        try:
            try:
                outcome = await receiving
            except asyncio.CancelledError:
                outcome = Outcome(reply.ended_early_as or "interrupted")
            reply.finish_text()
            received.set()
            await saver
            await self._save_for_good(reply, outcome)
        finally:
            with self._lock:
                self._replies.pop((reply.owner, reply.message.id), None)
            reply.end()

    async def _receive(self, reply: Reply, request: Request, provider: Callable[[], Provider]) -> Outcome:
        if reply.ended_early_as is not None:  # stopped before the first step: nothing is asked for
            return Outcome(reply.ended_early_as)
        started = time.monotonic()

        def after(status: Status, error: str | None = None) -> Outcome:
            return Outcome(status, error, round((time.monotonic() - started) * 1000))

        try:
            await self._receive_with_retries(reply, request, provider, started)
        except ChatError as error:
            return after("failed", str(error))
        except Exception:
            log.exception("A reply failed in a way nobody foresaw")
            return after("failed", UNEXPECTED)
        return after("complete") if reply.explains_itself else after("failed", NO_WORDS)

    async def _receive_with_retries(
        self, reply: Reply, request: Request, provider: Callable[[], Provider], started: float
    ) -> None:
        for wait in (*self._limits.retry_waits, None):
            try:
                await self._receive_once(reply, provider().stream(request), started)
                return
            except ChatError as error:
                pause = self._pause(error, wait)
                if pause is None or reply.has_started:
                    raise
                await self._count_down(reply, str(error), pause)

    def _pause(self, error: ChatError, wait: float | None) -> float | None:
        if wait is None or not error.transient:
            return None
        if error.retry_after is None:
            return wait
        return max(error.retry_after, 0.0) if error.retry_after <= self._limits.longest_wait else None

    async def _count_down(self, reply: Reply, why: str, seconds: float) -> None:
        until = self._background.loop.time() + seconds
        while (left := until - self._background.loop.time()) > 0:
            reply.report(Progress(f"{why} Trying again in {max(1, round(left))} s."))
            await asyncio.sleep(min(1.0, left))
        reply.report(None)

    async def _receive_once(self, reply: Reply, chunks: AsyncGenerator[Chunk, None], started: float) -> None:
        limits, now = self._limits, self._background.loop.time
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

    async def _save_while_growing(self, reply: Reply, received: asyncio.Event) -> None:
        saved = 0
        while True:
            try:
                await asyncio.wait_for(received.wait(), self._limits.save_every)
                return
            except TimeoutError:
                pass
            if reply.version == saved:
                continue
            saved = reply.version
            try:
                await asyncio.to_thread(self._save, reply)
                reply.trouble(None)
            except Exception as error:
                log.warning("A growing answer could not be saved: %s", error)
                reply.trouble(str(error))

    async def _save_for_good(self, reply: Reply, outcome: Outcome) -> None:
        while True:
            try:
                await asyncio.to_thread(self._save, reply, outcome)
                return
            except LookupError:
                log.info("An answer ended after its conversation was erased")
                return
            except Exception as error:
                log.warning("An answer could not be saved: %s", error)
                reply.trouble(str(error))
            await asyncio.sleep(self._limits.unsaved_retry)

    def _save(self, reply: Reply, outcome: Outcome | None = None) -> None:
        changes = reply.changes() if outcome is None else reply.changes() | outcome.changes()
        self._store.update_message(reply.owner, reply.conversation_id, reply.message.id, **changes)


def _silence(seconds: float, started: bool) -> str:
    if started:
        return f"Nothing more came for {seconds:.0f} seconds, so the answer was ended. What arrived is kept: try again."
    return f"The model said nothing for {seconds:.0f} seconds: try again, or choose another model."

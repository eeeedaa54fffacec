"""Beginning a process so that whoever leaves meanwhile leaves nothing behind."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any


async def begun(starting: Coroutine[Any, Any, Process], end: Callable[[Process], Awaitable[object]]) -> Process:
    """Return the process once it has begun; where this is cancelled before, it is ended by `end`.

    It may run by then, and have started others. `create_subprocess_exec` that is cancelled ends it alone, or waits for
    ever (seen in Python 3.11). Raises what `starting` raises.
    """
    beginning = asyncio.ensure_future(starting)
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        with suppress(OSError):
            await end(await beginning)
        raise

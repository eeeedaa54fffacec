"""Work that several tasks wait for: done once, followed by all of them, ended when nobody waits any more.

The model on this machine is fetched and started by the first reply that needs it; others join in and see the same
progress. What the work is, and when it is needed, is for the caller to know. All on one asyncio loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

from chat.providers.base import Progress

HEARTBEAT_SECONDS = 10.0
"""Progress is said again after this long without news, so that followers know that the work goes on."""


class SharedWork:
    """Runs `make()`, an async generator of progress, for everybody who follows at the same time."""

    def __init__(self, make: Callable[[], AsyncGenerator[Progress, None]]) -> None:
        self._make = make
        self._run: _Run | None = None

    async def follow(self) -> AsyncGenerator[Progress, None]:
        """Start the work or join the one under way, and yield its progress until it is done.

        Raises what the work raises, in everybody who follows. Whoever stops following leaves the work to the others;
        the last one cancels it and waits until it has cleaned up.
        """
        run = self._run
        if run is None or run.task.done() or not run.followers:
            run = self._run = _Run(self._make())
        run.followers += 1
        try:
            while not run.task.done():
                news = run.news
                if run.progress is not None:
                    yield run.progress
                await _heard(news)
            run.task.result()
        finally:
            run.followers -= 1
            if not run.followers:
                await run.end()

    async def end(self) -> None:
        """Cancel the work, whoever follows it, and wait until it has cleaned up."""
        if self._run is not None:
            await self._run.end()


class _Run:
    """The work under way: its latest progress, and an event that is set when that is no longer the latest."""

    def __init__(self, steps: AsyncGenerator[Progress, None]) -> None:
        self.followers = 0
        self.progress: Progress | None = None
        self.news = asyncio.Event()
        self.task = asyncio.create_task(self._work(steps))
        self.task.add_done_callback(lambda _: self.news.set())

    async def _work(self, steps: AsyncGenerator[Progress, None]) -> None:
        async with aclosing(steps):
            async for progress in steps:
                self.progress = progress
                self.news.set()
                self.news = asyncio.Event()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})
        if not self.task.cancelled():
            self.task.exception()  # looked at, so that asyncio does not report it as overlooked


async def _heard(news: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            await news.wait()

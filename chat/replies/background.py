"""One asyncio loop in one thread for the whole process: where every provider's client lives and every answer is made.

A hundred answers at once are a hundred tasks here, not a hundred threads, and cancelling a task closes its connection
at once. Nothing on this loop may touch Streamlit, or block: what writes to a disk goes through `asyncio.to_thread`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")

log = logging.getLogger(__name__)

CLOSING_SECONDS = 5.0


class Background:
    """A running asyncio loop that any thread can hand work to."""

    def __init__(self) -> None:
        self.loop = _new_loop()
        self._thread = threading.Thread(target=self._serve, name="chatkeep-loop", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def submit(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Start the coroutine on the loop; the future gives its result, and cancelling it cancels the task."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        """Cancel what still runs, wait a few seconds for it to end, and stop the loop. Safe to call twice.

        A loop that does not answer is left behind: its thread ends with the process.
        """
        if self.loop.is_closed():
            return
        if self._thread.is_alive():
            cancelling = self.submit(self._cancel_all())
            try:
                cancelling.result(CLOSING_SECONDS * 2)
            except TimeoutError:
                log.warning("Work in the background did not end in time")
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join(CLOSING_SECONDS)
        if not self._thread.is_alive():
            # What was handed over too late is begun, and so ended. Not awaited: it may cancel all tasks that there are.
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
            self.loop.close()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSING_SECONDS)
        await self.loop.shutdown_asyncgens()


def _new_loop() -> asyncio.AbstractEventLoop:
    # On Windows only this kind can start processes, and the model on this machine is one.
    if sys.platform == "win32":
        return asyncio.ProactorEventLoop()
    return asyncio.new_event_loop()

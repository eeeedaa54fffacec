"""Work that nobody waits for, done in the background step by step, until there is none left."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.002
"""Between two steps, so that who waits for the same locks gets them."""


class Upkeep:
    """Calls `step` in a thread of its own while it returns True. The thread is there only while there is work."""

    def __init__(self, step: Callable[[], bool]) -> None:
        self._step = step
        self._mutex = threading.Lock()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_woken = False
        self._not_before = 0.0

    def wake(self, delay: float = 0.0) -> None:
        """Say that there may be work; begin when nobody has said so for `delay` seconds, or somebody waits for it."""
        with self._mutex:
            self._is_woken = True
            self._not_before = time.monotonic() + delay
            if self._thread is None:
                self._hurry.clear()
                # A daemon: a step is a transaction, so a program that ends need not wait for it.
                self._thread = threading.Thread(target=self._work, name="catalog-upkeep", daemon=True)
                self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no work is left, or for so many seconds; return whether none is left."""
        end = None if timeout is None else time.monotonic() + timeout
        while (thread := self._thread) is not None:
            self._hurry.set()
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
            if end is not None and time.monotonic() >= end:
                return self._thread is None
        return True

    def _work(self) -> None:
        while True:
            while (rest := self._not_before - time.monotonic()) > 0 and not self._hurry.wait(rest):
                continue
            with self._mutex:
                if not self._is_woken:
                    self._thread = None
                    return
                self._is_woken = False
            try:
                while self._step():
                    time.sleep(PAUSE_SECONDS)
            except Exception:
                _log.exception("the catalog's upkeep failed")

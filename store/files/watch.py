"""Looks at something now and then, in the background, from a store's first use until it is closed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger(__name__)

SECONDS = 2.0
"""From one look to the next."""

SHARE = 100
"""A look that takes long is waited for so many times as long: all looks take a hundredth of one processor."""


class Watch:
    """Calls `look` in a thread of its own, from `begin` until it is closed."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look
        self._closed = threading.Event()
        self._looking = threading.Lock()
        self._has_begun = False

    def begin(self) -> None:
        """Begin, where it has not begun yet."""
        if self._has_begun:
            return
        with self._looking:
            if not self._has_begun:
                self._has_begun = True
                threading.Thread(target=self._work, name="data-watch", daemon=True).start()

    def close(self) -> None:
        """End it, and wait for a look that is going on."""
        self._closed.set()
        with self._looking:
            pass

    def _work(self) -> None:
        pause = SECONDS
        while not self._closed.wait(pause):
            began = time.monotonic()
            with self._looking:
                if self._closed.is_set():
                    return
                try:
                    self._look()
                except Exception:
                    _log.exception("the data folder could not be looked at")
            pause = max(SECONDS, SHARE * (time.monotonic() - began))

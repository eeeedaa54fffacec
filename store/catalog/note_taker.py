"""Notes new conversations in the catalog in a thread of its own, while who imports them goes on with the next ones.

Most of that is SQLite's work on the index of words, a third of what an import takes.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from store.catalog.rows import Row
from store.conversations import StoreError

_log = logging.getLogger(__name__)

Put = Callable[[Sequence[Row], Callable[[], object]], None]


class NoteTaker:
    """One batch at a time, for any number of threads."""

    def __init__(self, put: Put, noted: Callable[[Sequence[Row]], None]) -> None:
        """`put` writes rows, and calls what it is given once only SQLite's work is left.

        `noted` is told which rows were written, by who comes next: here each look at a file would wait for all others.
        """
        self._put = put
        self._noted = noted
        self._mutex = threading.Lock()
        self._thread: ThreadPoolExecutor | None = None
        """One for all batches: each thread would have memory of its own, and SQLite's pages lie in all of it."""
        self._batch: tuple[Sequence[Row], Future[bool]] | None = None

    def note(self, rows: Sequence[Row]) -> None:
        """Wait for the batch before, and begin with these rows; return when only SQLite's work is left of them."""
        with self._mutex:
            self._finish()
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="catalog-newcomers")
            ready = threading.Event()
            self._batch = rows, self._thread.submit(self._work, rows, ready)
            ready.wait()

    def wait(self) -> None:
        """Wait until nothing is left to note."""
        with self._mutex:
            self._finish()
            if self._thread is not None:
                self._thread.shutdown()
                self._thread = None

    def _finish(self) -> None:
        batch, self._batch = self._batch, None
        if batch is not None and batch[1].result():
            self._noted(batch[0])

    def _work(self, rows: Sequence[Row], ready: threading.Event) -> bool:
        """Note the rows; False where that failed: the catalog is repaired later."""
        try:
            self._put(rows, ready.set)
        except (sqlite3.Error, OSError, StoreError) as error:
            _log.info("the catalog could not be written (%s); it will be repaired", error)
            return False
        else:
            return True
        finally:
            ready.set()

"""Notes new conversations in the catalog in a thread of its own, while who imports them goes on with the next ones.

Most of that is SQLite's work on the index of words, a third of what an import takes.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence

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
        self._batch: _Batch | None = None

    def note(self, rows: Sequence[Row]) -> None:
        """Wait for the batch before, and begin with these rows; return when only SQLite's work is left of them."""
        with self._mutex:
            self._finish()
            self._batch = _Batch(self._put, rows)
            self._batch.begin()

    def wait(self) -> None:
        """Wait until nothing is left to note."""
        with self._mutex:
            self._finish()

    def _finish(self) -> None:
        batch = self._batch
        if batch is not None and batch.is_noted():
            self._noted(batch.rows)
        self._batch = None


class _Batch:
    def __init__(self, put: Put, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._put = put
        self._ready = threading.Event()
        self._is_noted = False
        # No daemon: a program that ends lets SQLite finish.
        self._thread = threading.Thread(target=self._work, name="catalog-newcomers")

    def begin(self) -> None:
        self._thread.start()
        self._ready.wait()

    def is_noted(self) -> bool:
        """Wait for the end; whether all was written. Otherwise the catalog is repaired later."""
        self._thread.join()
        return self._is_noted

    def _work(self) -> None:
        try:
            self._put(self.rows, self._ready.set)
            self._is_noted = True
        except (sqlite3.Error, OSError, StoreError) as error:
            _log.info("the catalog could not be written (%s); it will be repaired", error)
        finally:
            self._ready.set()

"""Transactions on the catalog, which wait for other processes, but not at every change for one that stands still."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from store.catalog.connecting import BUSY_SECONDS

IMPATIENT_SECONDS = 0.05
"""How long it waits while somebody has just been waited for in vain."""

IMPATIENT_FOR_SECONDS = 10.0
"""How long after such a wait."""

_T = TypeVar("_T")


class Transactions:
    """Does work as transactions, one thread at a time."""

    def __init__(self) -> None:
        self._impatient_until = 0.0

    def do(self, connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do the work whole, or undo it where it raises. Raises sqlite3.OperationalError where the wait is in vain."""
        # Who was waited for in vain (a process that was stopped) is not waited for again at every change.
        patience = IMPATIENT_SECONDS if time.monotonic() < self._impatient_until else BUSY_SECONDS
        connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._impatient_until = time.monotonic() + IMPATIENT_FOR_SECONDS
            raise
        try:
            done = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            # Some errors (a full disk) have rolled back already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return done

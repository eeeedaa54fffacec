"""A SQLite file that may be thrown away: opened, checked, made anew when it is broken or of another version.

Holds one connection for all threads of a process, and notices when another process put a new file in the old one's
place. It knows no tables: `catalog` gives them.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from store.locks import SharedLock

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's write, which takes microseconds."""

_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA}
_T = TypeVar("_T")


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is damaged or not what it should be, rather than busy or out of reach."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


class SQLiteFile:
    """One file. Every method raises sqlite3.Error, OSError or StoreError where it cannot be used."""

    def __init__(self, path: Path, lock: SharedLock, *, version: int, tables: str) -> None:
        self._path = path
        self._lock = lock
        self._version = version
        self._tables = tables
        self._abandoned: list[sqlite3.Connection] = []
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._generation = 0
        self._mutex = threading.RLock()

    @property
    def generation(self) -> int:
        """A number that grows whenever the file was opened."""
        return self.using(lambda _: self._generation)

    def using(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do the work with the connection, one thread at a time; every statement is its own transaction."""
        with self._mutex:
            # The name may lead to another file by now: another process found the old one broken, and began anew.
            if self._connection is None or self._identity != _identity(self._path):
                self._drop_connection()
                self._connection = self._opened()
                self._identity = _identity(self._path)
                self._generation += 1
            return work(self._connection)

    def discard(self) -> None:
        """Remove the file, unless somebody did so since it was opened here; the next use makes a new one."""
        with self._mutex, self._lock.held():
            if self._identity in (None, _identity(self._path)):
                self._drop_connection()
                _remove(self._path)

    def renew(self) -> None:
        """Let go of the connection without closing it; called in a forked process, to which it does not belong."""
        self._mutex = threading.RLock()
        self._lock.renew()
        if self._connection is not None:
            self._abandoned.append(self._connection)
        self._connection = self._identity = None

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        with self._mutex:
            self._drop_connection()

    def _opened(self) -> sqlite3.Connection:
        # One process at a time: two that create the tables at once would find each other's half.
        with self._lock.held():
            try:
                connection = _connect(self._path)
            except sqlite3.Error as error:
                if not is_broken(error):
                    raise
            else:
                if self._is_sound(connection):
                    return connection
                connection.close()
            _remove(self._path)
            connection = _connect(self._path)
            connection.executescript(f"BEGIN; {self._tables} PRAGMA user_version = {self._version}; COMMIT;")
            return connection

    def _is_sound(self, connection: sqlite3.Connection) -> bool:
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            if is_broken(error):
                return False
            connection.close()
            raise
        return bool(version == self._version and verdict == "ok")

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._identity = None


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # waits for the disk only at a checkpoint
        connection.execute("PRAGMA secure_delete = ON")  # what was erased does not linger in free pages
    except BaseException:
        connection.close()
        raise
    return connection


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

"""A SQLite file that may be thrown away: opened, checked, made anew when it is broken or of another version.

Holds one connection for all threads of a process, and notices when another process put a new file in the old one's
place. Where the file cannot be used (a full disk, a folder that cannot be written) its content is in memory until it
can. It knows no tables: `catalog` gives them.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from chat.conversation import new_id
from store.conversations import StoreError
from store.disk.locks import SharedLock

_log = logging.getLogger(__name__)

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's write, which takes microseconds."""

IMPATIENT_SECONDS = 0.05
"""How long it waits while somebody has just been waited for in vain."""

CACHE_KIB = 16 * 1024
"""Pages that are kept in memory; the 2 MB that SQLite takes by itself read a large index again for every search."""

LOG_PAGES = 4000
"""Pages of 4 KiB in the write-ahead log before they move into the file, which waits for the disk."""

RETRY_SECONDS = 10.0
"""Between two tries to use the file again while its content is in memory."""

_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA}
_LOGS = ("-wal", "-shm", "-journal")
_T = TypeVar("_T")


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is damaged or not what it should be, rather than busy or out of reach."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


class SQLiteFile:
    """One file, or what stands in for it. Every method raises sqlite3.Error, OSError or StoreError where it fails."""

    def __init__(
        self, path: Path, lock: SharedLock, *, version: int, tables: str, checked: tuple[str, ...] = ()
    ) -> None:
        """`checked` names the tables that are looked through whenever the file is opened: what is small."""
        self._checked = checked
        self._path = path
        self._lock = lock
        self._version = version
        self._tables = tables
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._generation = 0
        self._trouble: Exception | None = None
        self._impatient_until = 0.0
        self._retry_at = 0.0
        self._mutex = threading.RLock()

    @property
    def generation(self) -> int:
        """A number that grows whenever the file was opened."""
        return self.using(lambda _: self._generation)

    @property
    def trouble(self) -> Exception | None:
        """Why the content is in memory; None where it is in the file."""
        return self._trouble

    def try_again(self) -> None:
        """Let the next use try the file again, where the content is in memory."""
        self._retry_at = 0.0

    def using(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do the work with the connection, one thread at a time; every statement is its own transaction."""
        with self._mutex:
            return work(self._present())

    def _present(self) -> sqlite3.Connection:
        """Return the connection to use now: to the file where that is possible, else to memory."""
        if self._connection is not None and self._trouble is not None:
            if time.monotonic() < self._retry_at:
                return self._connection
        # The name may lead to another file by now: another process found the old one broken, and began anew.
        elif self._connection is not None and self._identity == _identity(self._path):
            return self._connection
        self._retry_at = time.monotonic() + RETRY_SECONDS
        try:
            connection = self._opened()
        except (sqlite3.Error, OSError, StoreError) as error:
            if self._connection is not None and self._trouble is not None:
                return self._connection
            _log.warning("the catalog cannot be used (%s); it is in memory until it can", error)
            connection, self._trouble = self._in_memory(), error
        else:
            self._trouble = None
        self._drop_connection()
        self._connection, self._identity = connection, _identity(self._path)
        self._generation += 1
        return connection

    def changing(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do the work as one transaction: all of it is there at once, or nothing where it raises."""
        return self.using(lambda connection: self._whole(connection, work))

    def rewrite(self, finish: Callable[[sqlite3.Connection], object]) -> bool:
        """Put a copy in the file's place in which nothing is left of what was deleted; False where it came too late.

        SQLite keeps bytes of what was deleted in free pages and, in spite of `secure_delete`, in the gaps that moved
        rows leave behind. Others go on meanwhile: what they write is not in the copy, which `generation` tells.
        `finish` is done to the copy before it is used.
        """
        with self._mutex:
            if self._connection is not None and self._trouble is not None:
                finish(self._connection)  # memory keeps nothing for the next start
                return True
        identity = _identity(self._path)
        copy = self._path.with_name(f"{self._path.name}-{new_id()}")
        try:
            with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)) as source:
                source.execute("VACUUM INTO ?", (str(copy),))
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                finish(connection)
            with self._mutex, self._lock.held():
                if identity is None or identity != _identity(self._path):
                    return False
                self._drop_connection()
                _remove(self._path, _LOGS)
                os.replace(copy, self._path)
            return True
        finally:
            _remove(copy)

    def discard(self) -> None:
        """Remove the file, unless somebody did so since it was opened here; the next use makes a new one.

        One that cannot be removed is not used again until it can: what is made anew is in memory.
        """
        with self._mutex:
            try:
                with self._lock.held():
                    if self._trouble is None and self._identity in (None, _identity(self._path)):
                        self._drop_connection()
                        _remove(self._path)
            except (OSError, StoreError) as error:
                self._drop_connection()
                self._connection, self._trouble = self._anew(_connect_memory()), error
                self._retry_at = time.monotonic() + RETRY_SECONDS
                self._generation += 1

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        with self._mutex:
            self._drop_connection()

    def _opened(self) -> sqlite3.Connection:
        # One process at a time: two that create the tables at once would find each other's half.
        with self._lock.held():
            self._remove_copies()
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
            return self._anew(_connect(self._path))

    def _in_memory(self) -> sqlite3.Connection:
        """Return a connection to memory, which begins with what the file has where that can be read."""
        connection = _connect_memory()
        logs = [self._path.with_name(self._path.name + suffix) for suffix in _LOGS]
        # Without a log everything is in the file itself, and SQLite need not write one beside it.
        mode = "mode=ro" if any(log.exists() for log in logs) else "mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(f"{self._path.as_uri()}?{mode}", uri=True, timeout=BUSY_SECONDS)) as source:
                if self._is_sound(source):
                    source.backup(connection)
                    return connection
        except sqlite3.Error as error:
            _log.warning("the catalog cannot be read either (%s)", error)
            connection.close()
            connection = _connect_memory()
        return self._anew(connection)

    def _anew(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.executescript(f"BEGIN; {self._tables} PRAGMA user_version = {self._version}; COMMIT;")
        return connection

    def _remove_copies(self) -> None:
        # Of a process that was killed; one that is still at it finds its copy gone, and begins again.
        for path in self._path.parent.glob(f"{self._path.name}-{'[0-9a-f]' * 32}*"):
            path.unlink(missing_ok=True)

    def _is_sound(self, connection: sqlite3.Connection) -> bool:
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            verdicts = {connection.execute(f"PRAGMA quick_check({table})").fetchone()[0] for table in self._checked}
        except sqlite3.Error as error:
            if is_broken(error):
                return False
            connection.close()
            raise
        return bool(version == self._version and verdicts <= {"ok"})

    def _whole(self, connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
        # Who was waited for in vain (a process that was stopped) is not waited for again at every change.
        patience = IMPATIENT_SECONDS if time.monotonic() < self._impatient_until else BUSY_SECONDS
        connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._impatient_until = time.monotonic() + RETRY_SECONDS
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

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._identity = None


def _connect_memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # waits for the disk only at a checkpoint
        connection.execute("PRAGMA temp_store = MEMORY")  # so that nothing lingers in temporary files
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _remove(path: Path, suffixes: tuple[str, ...] = ("", *_LOGS)) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)

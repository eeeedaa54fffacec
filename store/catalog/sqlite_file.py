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
from store.catalog.connecting import (
    LOGS,
    connect,
    connect_existing,
    connect_memory,
    identity_of,
    is_broken,
    remove,
    version_of,
)
from store.catalog.transactions import Transactions
from store.conversations import StoreError
from store.disk.locks import SharedLock

_log = logging.getLogger(__name__)

RETRY_SECONDS = 10.0
"""Between two tries to use the file again while its content is in memory."""

_T = TypeVar("_T")


class AnotherVersion(StoreError):
    """Another version of Chatkeep has put a file of its own in the place of the one that was open here."""


class SQLiteFile:
    """One file, or what stands in for it. Every method raises sqlite3.Error, OSError or StoreError where it fails."""

    def __init__(
        self,
        path: Path,
        lock: SharedLock,
        copying: SharedLock,
        *,
        version: int,
        tables: str,
        checked: tuple[str, ...] = (),
    ) -> None:
        """`lock` is held by who opens, replaces, removes or closes the file; `copying` by who makes a copy beside it.

        `checked` names the tables that are looked through whenever the file is opened: what is small.
        """
        self._checked = checked
        self._path = path
        self._lock = lock
        self._copying = copying
        self._version = version
        self._tables = tables
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._generation = 0
        self._trouble: Exception | None = None
        self._transactions = Transactions()
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
        """Do the work with the connection, one thread at a time; every statement is its own transaction.

        Work that fails is done once more where the file was replaced meanwhile: the error says nothing of the new one.
        """
        with self._mutex:
            connection = self._present()
            try:
                return work(connection)
            except sqlite3.Error:
                if self._trouble is not None or self._identity == identity_of(self._path):
                    raise
            return work(self._present())

    def _present(self) -> sqlite3.Connection:
        """Return the connection to use now: to the file where that is possible, else to memory."""
        if self._connection is not None and self._trouble is not None:
            if time.monotonic() < self._retry_at:
                return self._connection
        # The name may lead to another file by now: another process found the old one broken, and began anew.
        elif self._connection is not None and self._identity == identity_of(self._path):
            return self._connection
        self._retry_at = time.monotonic() + RETRY_SECONDS
        identity = None
        try:
            connection, identity = self._opened()
        except (sqlite3.Error, OSError, StoreError) as error:
            if self._connection is not None and self._trouble is not None:
                return self._connection
            _log.warning("the catalog cannot be used (%s); it is in memory until it can", error)
            connection, self._trouble = self._in_memory(), error
        else:
            self._trouble = None
        self._drop_connection()
        self._connection, self._identity = connection, identity
        self._generation += 1
        return connection

    def changing(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do the work as one transaction: all of it is there at once, or nothing where it raises."""
        return self.using(lambda connection: self._transactions.do(connection, work))

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
            # The file that is open here, which was whole: another of that name may be half-made.
            identity = self._identity
        with self._copying.held():
            # Whoever was waited for has done the same.
            if identity is None or identity != identity_of(self._path):
                return False
            return self._replace(identity, finish)

    def _replace(self, identity: tuple[int, int], finish: Callable[[sqlite3.Connection], object]) -> bool:
        copy = self._path.with_name(f"{self._path.name}-{new_id()}")
        try:
            # Who only reads moves no log when it closes, which happens without the lock.
            with closing(connect_existing(self._path, "ro")) as source:
                source.execute("VACUUM INTO ?", (str(copy),))
            with closing(connect_existing(copy, "rw")) as connection:
                finish(connection)
            with self._mutex, self._lock.held():
                if identity != identity_of(self._path):
                    return False
                self._drop_connection()
                # The file first: one without its logs would get others, beside those that some have open.
                remove(self._path)
                os.replace(copy, self._path)
            return True
        except sqlite3.Error:
            if identity == identity_of(self._path):
                raise
            return False
        finally:
            remove(copy)

    def discard(self) -> None:
        """Remove the file, unless somebody did so since it was opened here; the next use makes a new one.

        One that cannot be removed is not used again until it can: what is made anew is in memory. So is what was there.
        """
        with self._mutex:
            if self._trouble is not None:
                self._begin_in_memory(self._trouble)
                return
            try:
                with self._lock.held():
                    if self._identity is not None and self._identity == identity_of(self._path):
                        self._drop_connection()
                        remove(self._path)
            except (OSError, StoreError) as error:
                self._begin_in_memory(error)

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        with self._mutex:
            if self._identity is not None:
                # The last to close removes the logs, by their names: nobody may put another file there meanwhile.
                with suppress(OSError, StoreError), self._lock.held():
                    self._drop_connection()
            self._drop_connection()

    def _opened(self) -> tuple[sqlite3.Connection, tuple[int, int] | None]:
        """Return a connection to the file, and which file that is.

        One of another version is made anew by who starts, and left alone by who is running: two that took it from
        each other would read every conversation again each time.
        """
        # One process at a time: two that create the tables at once would find each other's half.
        with self._lock.held():
            self._remove_copies()
            try:
                connection = connect(self._path)
            except sqlite3.Error as error:
                if not is_broken(error):
                    raise
            else:
                if self._is_sound(connection):
                    return connection, identity_of(self._path)
                version = version_of(connection)
                connection.close()
                if self._generation and version not in (None, 0, self._version):
                    raise AnotherVersion("another version of Chatkeep has put its own there")
            remove(self._path)
            return self._anew(connect(self._path)), identity_of(self._path)

    def _begin_in_memory(self, trouble: Exception) -> None:
        self._drop_connection()
        self._connection, self._trouble = self._anew(connect_memory()), trouble
        self._retry_at = time.monotonic() + RETRY_SECONDS
        self._generation += 1

    def _in_memory(self) -> sqlite3.Connection:
        """Return a connection to memory, which begins with what the file has where that can be read."""
        connection = connect_memory()
        logs = [self._path.with_name(self._path.name + suffix) for suffix in LOGS]
        # Without a log everything is in the file itself, and SQLite need not write one beside it.
        mode = "ro" if any(log.exists() for log in logs) else "ro&immutable=1"
        try:
            with closing(connect_existing(self._path, mode)) as source:
                if self._is_sound(source):
                    source.backup(connection)
                    return connection
        except sqlite3.Error as error:
            _log.info("the catalog cannot be read either (%s)", error)
            connection.close()
            connection = connect_memory()
        return self._anew(connection)

    def _anew(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        connection.executescript(f"BEGIN; {self._tables} PRAGMA user_version = {self._version}; COMMIT;")
        return connection

    def _remove_copies(self) -> None:
        # Of a process that was killed: one that is still at it holds the lock.
        copies = tuple(self._path.parent.glob(f"{self._path.name}-{'[0-9a-f]' * 32}*"))
        if not copies:
            return
        with suppress(StoreError), self._copying.held(patience=0):
            for path in copies:
                path.unlink(missing_ok=True)

    def _is_sound(self, connection: sqlite3.Connection) -> bool:
        try:
            if version_of(connection) != self._version:
                return False
            verdicts = {connection.execute(f"PRAGMA quick_check({table})").fetchone()[0] for table in self._checked}
            return verdicts <= {"ok"}
        except sqlite3.Error as error:
            if is_broken(error):
                return False
            connection.close()
            raise

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._identity = None

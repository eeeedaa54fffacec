"""How the catalog's SQLite files are connected to, told apart and removed. Nothing here takes a lock."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's write, which takes microseconds."""

CACHE_KIB = 16 * 1024
"""Pages that are kept in memory; the 2 MB that SQLite takes by itself read a large index again for every search."""

LOG_PAGES = 4000
"""Pages of 4 KiB in the write-ahead log before they move into the file, which waits for the disk."""

LOGS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file, after its name: a file that is put there has nothing to do with them."""

_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA}


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the error says that the file is damaged or not what it should be, rather than busy or out of reach."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def connect(path: Path) -> sqlite3.Connection:
    """Connect to the file to use it, and make it where it is missing. Raises sqlite3.Error where that fails."""
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


def connect_existing(path: Path, mode: str) -> sqlite3.Connection:
    """Connect to a file that is there. `mode` is what SQLite's URIs call so: ro, rw; raises as `connect` does."""
    return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def connect_memory() -> sqlite3.Connection:
    """Connect to an empty database in memory."""
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def version_of(connection: sqlite3.Connection) -> int | None:
    """Return the version that stands in the file: 0 in one without tables, None where it is broken."""
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        if is_broken(error):
            return None
        raise


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return which file that is, whatever its name; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def remove(path: Path) -> None:
    """Remove a file, then what SQLite keeps beside it; what is not there is no error."""
    for suffix in ("", *LOGS):
        path.with_name(path.name + suffix).unlink(missing_ok=True)

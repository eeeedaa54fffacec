"""One writer at a time for each conversation, among all threads and all processes of this machine.

Threads meet at a lock in memory first, because a file lock can only be asked for again and again. Conversations share
a fixed number of lock files, so these never pile up. Reading needs no lock.
"""

from __future__ import annotations

import errno
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from store.conversations import StoreError

STRIPES = 64
"""Lock files. Two conversations in one stripe only wait for each other; only `held_together` holds two."""

PATIENCE_SECONDS = 15.0
"""How long a verb waits for others before it gives up, and says who they are. A write takes milliseconds."""

POLL_SECONDS = 0.002

HOLDER = ".holder"
"""Beside a lock's file, where the number of the process stands that took it last."""

BUSY = "Another process has been busy with this data for too long. Nothing was lost; try again in a moment."
BUSY_HERE = "This data has been busy for too long. Nothing was lost; try again in a moment."
HELD = (
    "Another process (number {process}) has been holding this data for {seconds:.0f} seconds. Nothing was lost. Try "
    "again in a moment; if that process hangs or was stopped, end it first."
)


class SharedLock:
    """A lock that threads and processes share; the file is the one that processes know it by."""

    def __init__(self, path: Path, patience: float | None = None) -> None:
        """`patience`: seconds that others are waited for, where it is not `PATIENCE_SECONDS`."""
        self._path = path
        self._patience = patience
        self._threads = threading.Lock()
        self._processes: FileLock | None = None

    @contextmanager
    def held(self, patience: float | None = None) -> Iterator[None]:
        """Hold the lock. Raises StoreError where others keep it for too long, OSError where its file cannot be
        made, or the data folder is not there.

        `patience`: seconds for this time; 0 to have it only where it is free.
        """
        if patience is None:
            patience = self._patience or PATIENCE_SECONDS
        if not self._threads.acquire(timeout=patience):
            raise StoreError(self._busy(patience))
        try:
            if not self._path.parents[1].is_dir():
                # The lock would make the data folder anew, and an empty one would be taken for it.
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            if self._processes is None:
                self._processes = FileLock(self._path, thread_local=False, poll_interval=POLL_SECONDS)
            try:
                self._processes.acquire(timeout=patience)
            except Timeout as error:
                raise StoreError(self._busy(patience)) from error
            try:
                self._sign()
                yield
            finally:
                self._processes.release()
        finally:
            self._threads.release()

    def _sign(self) -> None:
        """Leave this process's number for those who wait in vain, where that is possible.

        Written over what was there, always as long: a file that is cut first is waited for on some file systems.
        """
        with suppress(OSError):
            descriptor = os.open(self._path.with_suffix(HOLDER), os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, f"{os.getpid():<20}".encode())
            finally:
                os.close(descriptor)

    def _busy(self, patience: float) -> str:
        try:
            process = int(self._path.with_suffix(HOLDER).read_text())
        except (OSError, ValueError):
            return BUSY
        return BUSY_HERE if process == os.getpid() else HELD.format(process=process, seconds=patience)


class Locks:
    """The locks of one data folder, in a folder of their own."""

    def __init__(self, folder: Path, require: Callable[[], None] = lambda: None) -> None:
        """`require` raises where nothing may be written now; it is asked each time."""
        self._require = require
        self._stripes = tuple(SharedLock(folder / f"{number:02}.lock") for number in range(STRIPES))

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Hold the lock that this key falls to; the same in every process. Raises as `SharedLock.held` does."""
        self._require()
        with self._stripes[_stripe(key)].held():
            yield

    def sharing(self, keys: Iterable[str]) -> list[list[str]]:
        """Return the keys in groups, in their order: who holds one of a group holds all of it."""
        groups: dict[int, list[str]] = {}
        for key in keys:
            groups.setdefault(_stripe(key), []).append(key)
        return list(groups.values())

    @contextmanager
    def held_together(self, *keys: str) -> Iterator[None]:
        """Hold the locks of several keys, taken in one order by everybody, so that nobody waits in a circle."""
        self._require()
        with ExitStack() as held:
            for number in sorted({_stripe(key) for key in keys}):
                held.enter_context(self._stripes[number].held())
            yield


def _stripe(key: str) -> int:
    return zlib.crc32(key.encode()) % STRIPES

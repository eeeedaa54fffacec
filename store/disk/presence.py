"""Which processes are still running: each holds a lock that the operating system takes back when it dies.

No guess by time and none by process number, which is used again. A store opened twice counts as two.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from chat.conversation import new_id
from store.disk.atomic import make_folder
from store.disk.entries import can_write
from store.disk.locks import SharedLock

_ID = re.compile(r"[0-9a-f]{32}")


class Presence:
    """This process among the others that use the same folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # To try a lock is to hold it for a moment: two who try at once would take each other for the living.
        self._trying = SharedLock(folder / "trying.lock")
        self._mutex = threading.Lock()
        self._own: tuple[str, FileLock] | None = None

    @property
    def id(self) -> str:
        """The id of this process; from the first time it is asked for, others see it alive."""
        with self._mutex:
            if self._own is None:
                make_folder(self._folder)
                name = new_id()
                lock = FileLock(self._path(name), thread_local=False, blocking=False)
                with self._trying.held():
                    lock.acquire()
                self._own = name, lock
            return self._own[0]

    def is_alive(self, process: str) -> bool:
        """Whether the process of that id still runs, or may: its lock cannot be tried in a folder that is read-only.

        Raises OSError where the lock cannot be looked at for another reason.
        """
        with self._mutex:
            if self._own is not None and self._own[0] == process:
                return True
        if _ID.fullmatch(process) is None or not self._path(process).exists():
            return False
        if not can_write(self._folder):
            return True
        with self._trying.held():
            return self._is_held(process)

    def was_here(self, process: str) -> bool:
        """Whether a process of that id is or was one of those here; false once `remove_stale` has forgotten it."""
        return _ID.fullmatch(process) is not None and self._path(process).exists()

    def remove_stale(self) -> None:
        """Remove the lock files of processes that are gone."""
        if not self._folder.is_dir():
            return
        with self._trying.held():
            for path in self._folder.glob("*.lock"):
                if _ID.fullmatch(path.stem) and not self._is_held(path.stem):
                    path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Stop being alive, and remove the lock file."""
        with self._mutex:
            if self._own is None:
                return
            name, lock = self._own
            self._own = None
            if not self._folder.is_dir():  # it went, and the data folder with it
                lock.release()
                return
            with self._trying.held():
                lock.release()
                with suppress(OSError):
                    self._path(name).unlink(missing_ok=True)

    def _path(self, process: str) -> Path:
        return self._folder / f"{process}.lock"

    def _is_held(self, process: str) -> bool:
        if not self._path(process).exists():
            return False
        try:
            with FileLock(self._path(process), thread_local=False, blocking=False):
                return False
        except Timeout:
            return True

"""The verbs of `Keeping` for a data folder: backups, what comes back from them, check and repair."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, BinaryIO

from chat.conversation import utc_now
from store.backups.backup import backup_path, backup_to, backups, delete_backup
from store.care.check import check
from store.care.repair import Opened, repair
from store.care.restoring import restore_from
from store.conversations import Clock
from store.disk.entries import try_writing
from store.disk.os_errors import saying
from store.keeping import Backup, Made, Report, Restored, Step, Trouble, no_step

_TROUBLES: Mapping[int, Trouble] = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "full"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "read-only"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "missing"),
}


class FolderKeeping:
    """Looks after one data folder; `Keeping` says what every verb means."""

    def __init__(
        self, root: Path, opened: Opened, clock: Clock = utc_now, has_vanished: Callable[[], bool] = lambda: False
    ) -> None:
        """`opened` opens the folder's store where a verb writes; a folder that is only looked at stays as it is.

        `has_vanished`: whether the folder that was opened is not there any more, whatever stands in its place.
        """
        self._root = root
        self._opened = opened
        self._clock = clock
        self._has_vanished = has_vanished

    def trouble(self) -> Trouble | None:
        if self._has_vanished():  # what stands in its place may well be written
            return "missing"
        try:
            try_writing(self._root)
        except OSError as error:
            return _TROUBLES.get(error.errno or 0, "failing")
        return None

    def back_up(self, target: Path | None = None, *, owner: str | None = None, step: Step = no_step) -> Made:
        return backup_to(self._root, target, owner=owner, clock=self._clock, step=step)

    def backups(self) -> tuple[Backup, ...]:
        with saying("The backups could not be listed"):
            return backups(self._root)

    def open_backup(self, file_name: str) -> BinaryIO:
        with saying("The backup could not be read"):
            return backup_path(self._root, file_name).open("rb")

    def delete_backup(self, file_name: str) -> None:
        delete_backup(self._root, file_name)

    def restore(self, file: Path | IO[bytes], *, owner: str | None = None, step: Step = no_step) -> Restored:
        with self._opened() as store:
            return restore_from(store, file, owner=owner, step=step)

    def check(self) -> Report:
        return check(self._root, self._clock)

    def repair(self) -> Iterator[str]:
        return repair(self._root, self._opened, self._clock)

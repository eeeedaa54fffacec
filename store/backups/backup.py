"""Backups: made while the app runs, listed, deleted, and reached when a conversation is erased.

Each file of a data folder is replaced atomically, so whatever is read is a whole version, and no conversation is locked
meanwhile. A backup has its name only when it is whole and on the disk. `restoring` gives it back.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

from chat.conversation import new_id, utc_now
from store.backups.members import names_to_back_up, take_out_erased, take_out_members, write_members
from store.conversations import Clock, NotFound, StoreError
from store.disk.atomic import make_folder, sync_folder
from store.disk.entries import can_write
from store.disk.locks import SharedLock
from store.disk.os_errors import saying
from store.disk.places import BACKUPS, LOCKS, PROCESSES, folder_name
from store.disk.presence import Presence
from store.disk.zips import UNREADABLE
from store.files.claim import require_ours
from store.keeping import Backup, Made, Name, Step, no_step

_NAME = re.compile(r"(?:chatkeep|before-repair)-(?P<time>\d{8}T\d{6})Z(?:-\d+)?\.zip")
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<process>[0-9a-f]{32})\.tmp", re.DOTALL)
_TIME = "%Y%m%dT%H%M%S"


def backup_to(
    root: Path,
    target: Path | None = None,
    *,
    owner: str | None = None,
    clock: Clock = utc_now,
    step: Step = no_step,
) -> Made:
    """Write a backup of the data folder `root`; of one owner's part where `owner` is given.

    `target` is a file that is not there yet, or a folder; the default is a new file in `BACKUPS`. Raises StoreError
    where it cannot be made, and whatever `step` raises; then nothing is left of it.
    """
    root = root.absolute()
    if not root.is_dir():
        raise StoreError("There is nothing to back up: the data folder is not there.")
    with saying("The data folder could not be looked at"):
        require_ours(root)
    if target is not None and os.path.lexists(target) and not target.is_dir():
        raise StoreError("There is a file of that name already; it was left as it is. Choose another name.")
    now, path = clock(), root / BACKUPS if target is None else target.absolute()
    if target is None or path.is_dir():
        path /= _new_name("chatkeep", now)
    with saying("The backup could not be made"):
        unreadable: list[str] = []
        names = names_to_back_up(root, None if owner is None else folder_name(owner), unreadable)
        made = write_backup(root, path, names, now, step)
        made.unreadable += unreadable
        return made


def copy_before_repair(root: Path, names: Collection[Name], now: datetime) -> Made:
    """Keep a copy of files that are about to be repaired; raises OSError, StoreError."""
    path = root / BACKUPS / _new_name("before-repair", now)
    return write_backup(root, path, names, now, no_step)


def write_backup(root: Path, path: Path, names: Collection[Name], now: datetime, step: Step) -> Made:
    """Write a backup of these files; a number is added to its name where that is taken. Raises OSError, StoreError."""
    presence = Presence(root / PROCESSES)
    if path.parent == root / BACKUPS:
        make_folder(path.parent, mode=0o700)
    is_read_only = not can_write(root)  # then nothing can be erased meanwhile, and no process be known
    try:
        for name in () if is_read_only else half_written(path.parent, presence):
            if path.parent == root / BACKUPS or name.startswith(f".{path.name}."):
                (path.parent / name).unlink(missing_ok=True)
        writer = new_id() if is_read_only else presence.id
        temporary = path.with_name(f".{path.name}.{writer}.tmp")
        try:
            made = write_members(root, temporary, names, now, step)
            with nullcontext() if is_read_only else backups_lock(root).held():
                take_out_erased(root, made, path.with_name(f".{path.name}-.{writer}.tmp"))
                made.path = _free(path)
                os.replace(temporary, made.path)
                sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    finally:
        presence.leave()
    made.size = made.path.stat().st_size
    made.is_in_reach = path.parent == root / BACKUPS
    return made


def backups(root: Path) -> tuple[Backup, ...]:
    """Return the backups in the data folder, the newest first; opens none of them."""
    found = []
    for name in _names(root / BACKUPS):
        parts = _NAME.fullmatch(name)
        if parts is not None:
            with suppress(OSError, ValueError):  # deleted meanwhile, a link that leads nowhere; a month 13
                created_at = datetime.strptime(parts["time"], _TIME).replace(tzinfo=UTC)
                size = (root / BACKUPS / name).stat().st_size
                found.append(Backup(name, created_at, size, name.startswith("before-repair")))
    return tuple(sorted(found, key=lambda backup: (backup.created_at, backup.file_name), reverse=True))


def backup_path(root: Path, file_name: str) -> Path:
    """Return where a listed backup is; raises NotFound where there is none of that name."""
    path = root / BACKUPS / file_name
    if _NAME.fullmatch(file_name) is None or not path.is_file():
        raise NotFound("This backup is not here any more.")
    return path


def delete_backup(root: Path, file_name: str) -> None:
    """Delete a listed backup for good; raises NotFound where there is none of that name, StoreError."""
    with saying("The backup could not be deleted"), backups_lock(root).held():
        backup_path(root, file_name).unlink()
        sync_folder(root / BACKUPS)


def erase_from_backups(root: Path, is_gone: Callable[[str], bool], presence: Presence) -> None:
    """Take members out of every backup in the data folder; the caller holds `backups_lock`.

    What is being written now leaves them out before it gets its name. Raises OSError, and StoreError where a backup
    cannot be read: then nobody can tell whether the words are in it.
    """
    remove_half_written(root, presence)
    for backup in backups(root):
        path = root / BACKUPS / backup.file_name
        try:
            take_out_members(path, path.with_name(f".{path.name}.{presence.id}.tmp"), is_gone)
        except UNREADABLE as error:
            raise StoreError(
                f"The backup {path.name} cannot be read, so these words cannot be taken out of it. They were not "
                "erased. Delete that backup, then erase again."
            ) from error


def remove_half_written(root: Path, presence: Presence) -> None:
    """Remove the backups in the data folder that processes were writing when they ended."""
    for name in half_written(root / BACKUPS, presence):
        (root / BACKUPS / name).unlink(missing_ok=True)


def half_written(folder: Path, presence: Presence) -> tuple[str, ...]:
    """Return the names of the backups in `folder` that processes were writing when they ended.

    What bears the name of a backup of ours is one; any other name may be somebody else's file, unless the process that
    is in it has left its lock here.
    """
    found = []
    for name in sorted(_names(folder)):
        parts = _TEMPORARY.fullmatch(name)
        if parts is None or presence.is_alive(parts["process"]):
            continue
        if _NAME.fullmatch(parts["name"].rstrip("-")) is not None or presence.was_here(parts["process"]):
            found.append(name)
    return tuple(found)


def backups_lock(root: Path) -> SharedLock:
    """Held while a backup gets its name, and while words are erased from all; taken before a conversation's lock."""
    return SharedLock(root / LOCKS / "backups.lock", patience=60.0)


def _names(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(os.listdir(folder))
    except FileNotFoundError:
        return ()


def _new_name(kind: str, now: datetime) -> str:
    return f"{kind}-{now.astimezone(UTC):{_TIME}}Z.zip"


def _free(path: Path) -> Path:
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free

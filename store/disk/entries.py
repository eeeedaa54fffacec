"""What is in a folder, every entry on its own: one that cannot be looked at (a link to itself) hides no other."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from store.disk.places import is_owner_folder

_ROOM = 65_536
"""Bytes that a disk must have room for to count as one that can be written; more than most changes take."""


def is_folder(path: Path) -> bool:
    """Whether the path leads to a folder; False where that cannot be told."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError:
        return False


def can_write(folder: Path) -> bool:
    """Whether files can be made in the folder, as far as the system says beforehand: not on a read-only disk."""
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def try_writing(folder: Path) -> None:
    """Write some bytes for good into a file without a name, of which nothing is left. Raises OSError where that fails.

    What the system says beforehand is not enough: a disk is full only as something is written.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_ROOM))
        file.flush()
        os.fsync(file.fileno())


def owner_folders(root: Path) -> tuple[str, ...]:
    """Return the names of the folders that owners can have; raises OSError where `root` cannot be listed."""
    return tuple(name for name in names_in(root) if is_owner_folder(name) and is_folder(root / name))


def names_in(folder: Path) -> tuple[str, ...]:
    """Return the names in a folder, in order; none where it is not there. Raises OSError where it cannot be listed."""
    try:
        return tuple(sorted(os.listdir(folder)))
    except FileNotFoundError:
        return ()

"""What is in a folder, every entry on its own: one that cannot be looked at (a link to itself) hides no other."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from store.disk.places import is_owner_folder


def is_folder(path: Path) -> bool:
    """Whether the path leads to a folder; False where that cannot be told."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError:
        return False


def can_write(folder: Path) -> bool:
    """Whether files can be made in the folder, as far as the system says beforehand: not on a read-only disk."""
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def owner_folders(root: Path) -> tuple[str, ...]:
    """Return the names of the folders that owners can have; raises OSError where `root` cannot be listed."""
    return tuple(name for name in names_in(root) if is_owner_folder(name) and is_folder(root / name))


def names_in(folder: Path) -> tuple[str, ...]:
    """Return the names in a folder, in order; none where it is not there. Raises OSError where it cannot be listed."""
    try:
        return tuple(sorted(os.listdir(folder)))
    except FileNotFoundError:
        return ()

"""Whose folder it is: a data folder bears a marker, and a folder with other things in it is never taken for one.

`STORE_URL` may name any folder, a project's too. So a folder becomes a data folder only where it is new, empty, or was
one before there was a marker; and of a file in it, its tables or the catalog say whether it is ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from chat.conversation import new_id
from store.conversations import StoreError
from store.disk.atomic import make_folder, replace_file
from store.disk.entries import is_folder, names_in
from store.disk.places import (
    BACKUPS,
    CATALOG,
    LOCKS,
    MANIFEST,
    MARKER,
    NOTES,
    OWNERS,
    PREFERENCES,
    PROCESSES,
    SHARES,
    Place,
    conversation_id,
    damaged_parts,
    is_owner_folder,
    share_parts,
    temporary_parts,
)
from store.files.preferences import record_of
from store.files.tables import Damaged, has_our_table
from store.preferences import FIELDS
from store.rules import VANISHED
from store.url import DEFAULT_URL

OTHER_THINGS = (
    "The folder that STORE_URL names holds other things already, and nothing in it was touched. Set STORE_URL to a new "
    f"or an empty folder, such as {DEFAULT_URL}."
)

_TEXT = b'{"chatkeep":"data folder","version":1}\n'
_BY_THE_SYSTEM = frozenset(
    {".DS_Store", ".directory", ".gitignore", ".gitkeep", ".keep", "Thumbs.db", "desktop.ini", "lost+found"}
)
"""What is in a folder that a person would call empty."""
_START = 4096
_EARLIER_SIGNS = (f"{LOCKS}/catalog.lock", f"{PROCESSES}/trying.lock")
"""Files that every data folder had before there was a marker."""


def claim(root: Path) -> None:
    """Make the folder a data folder; one that is there and ours only gets its marker, now or when it can be written.

    Raises StoreError where it holds other things, and then has touched nothing; OSError where it cannot be made.
    """
    make_folder(root, mode=0o700)
    if _is_marked(root):
        return
    require_ours(root)
    try:
        replace_file(root / MARKER, _TEXT, root / f"{MARKER}.{new_id()}.tmp")
    except OSError:
        if _is_empty(root):
            raise


class Claimed:
    """A data folder that was claimed, and may go while it is used: a disk is unplugged, somebody deletes it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._had_marker = _is_marked(root)  # a read-only one may have none

    def has_vanished(self) -> bool:
        """Whether it is not there any more; another one may stand in its place, an empty one for the most part."""
        return self._had_marker and not _is_marked(self._root)

    def require(self) -> None:
        """Raise StoreError where it is not there any more: words would go into another folder, or a new one."""
        if self.has_vanished():
            raise StoreError(VANISHED)


def require_ours(root: Path) -> None:
    """Raise StoreError where the folder holds other things than ours; one that is empty may become ours."""
    if _is_marked(root) or _is_empty(root) or _was_ours(root) or _holds_only_ours(root):
        return
    # Another process that begins in this moment may have filled it meanwhile: the marker is the first thing it makes.
    if not _is_marked(root):
        raise StoreError(OTHER_THINGS)


def known_places(root: Path) -> frozenset[Place]:
    """Return the conversations that the catalog knows; none where it cannot be read. Changes nothing."""
    return _catalog_places(root) or frozenset()


def _catalog_places(root: Path) -> frozenset[Place] | None:
    address = f"file:{quote(str(root / CATALOG))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
            return frozenset(Place(*row) for row in connection.execute("SELECT folder, id FROM conversations"))
    except sqlite3.Error:
        return None


def _is_marked(root: Path) -> bool:
    return (root / MARKER).is_file()


def _is_empty(root: Path) -> bool:
    return all(name in _BY_THE_SYSTEM or name.startswith(f"{MARKER}.") for name in names_in(root))


def _was_ours(root: Path) -> bool:
    return any((root / name).is_file() for name in _EARLIER_SIGNS) or _catalog_places(root) is not None


def _holds_only_ours(root: Path) -> bool:
    """Whether it is a backup that was unpacked, or a copy of owners' folders: nothing else, and all of it certain."""
    found = False
    for name in names_in(root):
        if is_owner_folder(name) and is_folder(root / name):
            for is_ours in _files_of(root / name):
                if not is_ours:
                    return False
                found = True
        elif name not in _BY_THE_SYSTEM | {LOCKS, PROCESSES, BACKUPS, OWNERS, SHARES, MANIFEST}:
            return False
    return found


def _files_of(folder: Path) -> Iterator[bool]:
    """Yield of each file in an owner's folder whether it is ours."""
    for name in names_in(folder):
        if conversation_id(name) is not None or share_parts(name) is not None:
            yield is_our_file(folder / name)
        elif name not in _BY_THE_SYSTEM | {PREFERENCES} | NOTES:
            yield damaged_parts(name) is not None or temporary_parts(name) is not None


def is_our_file(path: Path) -> bool:
    """Whether the file has our table in it, whole or damaged; what cannot be read is not certainly ours."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(_START)  # where it is, as a rule
            return has_our_table(start) or has_our_table(start + file.read())
    except OSError:
        return False


def is_ours(root: Path, folder: str, name: str, raw: bytes, known: Collection[Place]) -> bool:
    """Whether a file in an owner's folder with a name of ours, and these bytes, is ours; `known`: by the catalog."""
    if name == PREFERENCES:
        return _has_preferences(raw) or is_owners(root, folder, known)
    found = conversation_id(name)
    return found is None or Place(folder, found) in known or has_our_table(raw)


def is_owners(root: Path, folder: str, known: Collection[Place]) -> bool:
    """Whether the folder is an owner's, and not somebody else's with such a name: a conversation is in it."""
    if any(place.folder == folder for place in known):
        return True
    names = names_in(root / folder)
    return any(conversation_id(name) is not None and is_our_file(root / folder / name) for name in names)


def _has_preferences(raw: bytes) -> bool:
    try:
        return not FIELDS.isdisjoint(record_of(raw))
    except Damaged:
        return False

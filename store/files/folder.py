"""The data folder: which files are conversations, and reading, writing, erasing and setting aside one of them.

Takes no locks: who writes holds the conversation's. What does not bear a name of ours is not seen at all, and what does
is changed or removed only where its tables, or the process that wrote it, say that it is ours.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from store.backups.backup import remove_half_written
from store.conversations import LaterVersion
from store.disk.atomic import Stamp, json_bytes, make_folder, replace_file, stamp_of, sync_folder, write_file
from store.disk.entries import names_in, owner_folders
from store.disk.places import (
    MARKER,
    OWNERS,
    Place,
    conversation_id,
    damaged_name,
    damaged_parts,
    share_parts,
    temporary_name,
    temporary_parts,
)
from store.disk.presence import Presence
from store.files.claim import Claimed, is_our_file
from store.files.recent import Recent
from store.files.tables import Change, Damaged, Kept, read_file

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Listing:
    """What is in the data folder."""

    stamps: dict[Place, tuple[int, int]] = field(default_factory=dict)
    """Time (nanoseconds) and size of every conversation's file."""
    damaged: set[tuple[str, str]] = field(default_factory=set)
    """Folder and name of every file that was set aside."""


class Files:
    """The conversations' files below one data folder."""

    def __init__(self, root: Path, presence: Presence, claimed: Claimed | None = None) -> None:
        self._root = root
        self._claimed = claimed or Claimed(root)
        self._presence = presence
        self._recent = Recent()

    def load(self, place: Place, owner: str | None) -> Kept:
        """Return the conversation, from memory where its file is the same as then; raises as `read_file` does."""
        path = self._path(place)
        kept = self._recent.get(place)
        if kept is not None and kept.stamp == stamp_of(os.stat(path)) and kept.conversation.owner == owner:
            return kept
        kept = read_file(path, conversation_id=place.id, owner=owner)
        if owner is not None:
            self._recent.put(place, kept)
        return kept

    def is_later(self, place: Place, owner: str) -> bool:
        """Whether a later version wrote the conversation; False where it cannot be read for another reason."""
        try:
            return self.load(place, owner).is_later
        except LaterVersion:
            return True
        except (Damaged, OSError):
            return False

    def forget(self, place: Place) -> None:
        """Remember no more what was read of a conversation."""
        self._recent.forget(place)

    def exists(self, place: Place) -> bool:
        """Whether there is anything of the conversation's name."""
        return os.path.lexists(self._path(place))

    def stamp(self, place: Place) -> tuple[int, int] | None:
        """Return time (nanoseconds) and size of the conversation's file; None where it cannot be looked at."""
        try:
            status = os.stat(self._path(place))
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    def save(self, place: Place, change: Change, before: Kept | None) -> Kept:
        """Write the outcome of a change for good; raises OSError where it cannot be, and then changes nothing."""
        path = self._path(place)
        make_folder(path.parent)
        stamp = replace_file(
            path,
            json_bytes(change.content),
            self._beside(place),
            after_ns=0 if before is None else before.stamp.mtime_ns,
        )
        kept = Kept(change.conversation, change.content, stamp)
        self._recent.put(place, kept)
        return kept

    def write_beside(self, place: Place, change: Change, writer: str) -> Stamp:
        """Write a new conversation's bytes for good, but not under its name yet; raises OSError, and StoreError where
        the data folder has vanished. Needs no lock."""
        self._claimed.require()
        path = self._beside(place, writer)
        make_folder(path.parent)
        return write_file(path, json_bytes(change.content))

    def take_place(self, place: Place, writer: str) -> None:
        """Give what `write_beside` wrote its name, which lasts once the folder is synced; raises OSError."""
        os.replace(self._beside(place, writer), self._path(place))

    def remove_beside(self, place: Place, writer: str) -> None:
        """Remove what `write_beside` wrote where it did not get its name."""
        with suppress(OSError):
            self._beside(place, writer).unlink(missing_ok=True)

    def sync(self, folder: str) -> None:
        """Make the names in an owner's folder last; raises OSError."""
        sync_folder(self._root / folder)

    def erase(self, place: Place) -> tuple[str, ...] | None:
        """Remove the conversation's file and whatever else has its words: shared copies first, which end with it, what
        was set aside, half-written files.

        Returns the names of those set aside and shared, or None where there was nothing at all.
        """
        self._recent.forget(place)
        folder = self._root / place.folder
        others: list[str] = []
        found = False
        for name in names_in(folder):
            if place.id not in name:
                continue
            other = damaged_parts(name) or share_parts(name)
            written = temporary_parts(name)
            if other is not None and other[0] == place.id:
                others.append(name)
            elif written is not None and written[0] == place.id and self._wrote(written[1], folder / name):
                (folder / name).unlink()
                continue
            elif name != place.file_name:
                continue
            (folder / name).unlink()
            found = True
        if found:
            sync_folder(folder)
        return tuple(others) if found else None

    def set_aside(self, place: Place, found_at: datetime) -> tuple[str, datetime]:
        """Give the conversation's file a name that says it is damaged; returns that name and the time in it."""
        self._recent.forget(place)
        path = self._path(place)
        while os.path.lexists(path.with_name(damaged_name(place, found_at))):
            found_at += timedelta(microseconds=1)
        name = damaged_name(place, found_at)
        os.rename(path, path.with_name(name))
        sync_folder(path.parent)
        return name, found_at

    def reason(self, folder: str, file_name: str) -> str:
        """Return what is wrong with a file that was set aside, short; `unknown` where that cannot be told."""
        try:
            read_file(self._root / folder / file_name, conversation_id="", owner=None)
        except Damaged as error:
            return str(error)
        except (LaterVersion, OSError) as error:
            _log.warning("%s could not be read (%s)", file_name, error)
        return "unknown"

    def has(self, folder: str, file_name: str) -> bool:
        """Whether a file of that name is in the folder."""
        return os.path.lexists(self._root / folder / file_name)

    def is_there(self) -> bool:
        """Whether the data folder is there; a disk that is not plugged in leaves an empty one, without its marker."""
        return (self._root / MARKER).is_file()

    def listing(self) -> Listing:
        """Look at every name and stamp; opens no file."""
        listing = Listing()
        for folder in owner_folders(self._root):
            with suppress(OSError), os.scandir(self._root / folder) as entries:  # unless it cannot be listed
                for entry in entries:
                    found = conversation_id(entry.name)
                    if found is not None:
                        with suppress(OSError):  # gone since, or a link that leads nowhere
                            status = entry.stat()
                            listing.stamps[Place(folder, found)] = status.st_mtime_ns, status.st_size
                    elif damaged_parts(entry.name) is not None:
                        listing.damaged.add((folder, entry.name))
        return listing

    def is_half_written(self, folder: str, name: str) -> bool:
        """Whether a process of ours that is gone was writing the file of that name when it ended."""
        written = temporary_parts(name)
        if written is None or self._presence.is_alive(written[1]):
            return False
        return self._wrote(written[1], self._root / folder / name)

    def tidy(self) -> None:
        """Remove what processes left that are gone, and be seen from now on: where that can be done now."""
        try:
            self._remove_half_written()
            remove_half_written(self._root, self._presence)
            self._presence.remove_stale()
            _ = self._presence.id
        except OSError as error:  # a read-only folder, a full disk: what is there can be read
            _log.warning("the data folder could not be tidied (%s)", error)

    def _remove_half_written(self) -> None:
        # Before it is forgotten which processes there were.
        for folder in (*owner_folders(self._root), OWNERS):
            with suppress(OSError):  # what cannot be removed now is removed at the next start
                for name in names_in(self._root / folder):
                    if self.is_half_written(folder, name):
                        (self._root / folder / name).unlink(missing_ok=True)

    def _wrote(self, process: str, path: Path) -> bool:
        """Whether a process of ours wrote the file: it has left its lock here, or one of our tables in the file."""
        return self._presence.was_here(process) or is_our_file(path)

    def _beside(self, place: Place, writer: str | None = None) -> Path:
        return self._root.joinpath(place.folder, temporary_name(place, self._presence.id, writer))

    def _path(self, place: Place) -> Path:
        return self._root.joinpath(place.folder, place.file_name)

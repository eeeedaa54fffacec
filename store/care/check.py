"""Looks at everything in a data folder and names what is wrong; changes nothing, locks nothing, and the app may run.

What `repair` can put right, or the user should know, is a problem; what only should be known is a note.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from chat.conversation import utc_now
from store.backups.backup import backups, half_written
from store.backups.members import owner_of
from store.care.flaws import mended
from store.care.shares import FOREIGN, check_notes, check_share
from store.catalog.tables import VERSION
from store.conversations import Clock, LaterVersion, StoreError
from store.disk.entries import names_in, owner_folders
from store.disk.os_errors import saying
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
    share_parts,
    temporary_parts,
)
from store.disk.presence import Presence
from store.disk.zips import UNREADABLE
from store.files.claim import is_owners, known_places, require_ours
from store.files.folder import Files
from store.files.preferences import SET_ASIDE, record_of
from store.files.tables import Damaged, read_file
from store.keeping import Finding, Kind, Report

LOOKS, PAUSE_SECONDS = 5, 0.2
"""How often the catalog is looked at again where it is behind: an app may be about to note what it has just written."""

_OURS = frozenset({LOCKS, PROCESSES, BACKUPS, OWNERS, SHARES, MARKER})
LATER = "written by a later version of Chatkeep; read as far as it is understood, and left alone"


def check(root: Path, clock: Clock = utc_now) -> Report:
    """Look at everything below the data folder.

    Raises StoreError where it is not there, holds other things than ours, or cannot be looked at.
    """
    root = root.absolute()
    if not root.is_dir():
        raise StoreError("There is nothing to check: the data folder is not there.")
    with saying("The data folder could not be checked"):
        require_ours(root)
        looked_at = _LookedAt(root, clock())
        looked_at.look()
    findings = sorted(looked_at.findings, key=lambda finding: finding.name)
    return Report(looked_at.conversations, looked_at.messages, len(backups(root)), tuple(findings))


class _LookedAt:
    """One check, and what it has seen so far."""

    def __init__(self, root: Path, now: datetime) -> None:
        self._root = root
        self._now = now
        self._presence = Presence(root / PROCESSES)
        self._is_alive = functools.cache(self._presence.is_alive)
        self._files = Files(root, self._presence)
        self._known = known_places(root)
        self._foreign: set[Place] = set()
        self.conversations = 0
        self.messages = 0
        self.findings: list[Finding] = []

    def look(self) -> None:
        folders = owner_folders(self._root)
        for name in names_in(self._root):
            if name in folders:
                self._look_into(name)
            elif name not in _OURS and not name.startswith((CATALOG, f"{MARKER}.")):
                self._find("foreign", name, FOREIGN)
        self.findings += check_notes(self._root)
        for text in self._catalog_problems():
            self._find("catalog", CATALOG, text)
        for name in half_written(self._root / BACKUPS, self._presence):
            self._find("leftover", f"{BACKUPS}/{name}", "half of a backup, by a process that is gone")
        for backup in backups(self._root):
            if not _is_whole(self._root / BACKUPS / backup.file_name):
                self._find("backup", f"{BACKUPS}/{backup.file_name}", "cannot be read; delete it and make another")

    def _look_into(self, folder: str) -> None:
        try:
            for file_name in names_in(self._root / folder):
                self._look_at(folder, file_name)
        except OSError as error:
            self._find("unreadable", folder, f"cannot be looked into now ({_reason(error)})")

    def _look_at(self, folder: str, file_name: str) -> None:
        name = f"{folder}/{file_name}"
        found, written = conversation_id(file_name), temporary_parts(file_name)
        if found is not None:
            self._look_at_conversation(Place(folder, found), name)
        elif file_name == PREFERENCES:
            self._look_at_preferences(folder, name)
        elif file_name in NOTES:
            return
        elif share_parts(file_name) is not None:
            self._look_at_share(folder, file_name)
        elif damaged_parts(file_name) is not None or file_name == SET_ASIDE:
            self._find("set aside", name, "damaged, and set aside untouched")
        elif self._files.is_half_written(folder, file_name):
            self._find("leftover", name, "half-written by a process that is gone")
        elif written is None or not self._is_alive(written[1]):
            self._find("foreign", name, FOREIGN)

    def _look_at_share(self, folder: str, file_name: str) -> None:
        try:
            finding = check_share(self._root, folder, file_name, self._now)
        except OSError as error:
            self._find("unreadable", f"{folder}/{file_name}", f"cannot be read now ({_reason(error)})")
        else:
            self.findings += [] if finding is None else [finding]

    def _look_at_preferences(self, folder: str, name: str) -> None:
        try:
            record_of((self._root / name).read_bytes())
        except (Damaged, OSError) as error:
            if is_owners(self._root, folder, self._known):
                self._find("preferences", name, f"cannot be read ({_reason(error)}), so the defaults hold")
            else:
                self._find("foreign", name, FOREIGN)

    def _look_at_conversation(self, place: Place, name: str) -> None:
        path = self._root / name
        try:
            kept = read_file(path, conversation_id=place.id, owner=owner_of(place.folder))
            _, flaws = mended(kept.content, place.id, owner_of(place.folder), self._is_alive)
            if flaws:
                # Perhaps a process ended in good order meanwhile, and its answer with it.
                kept = read_file(path, conversation_id=place.id, owner=owner_of(place.folder))
                _, flaws = mended(kept.content, place.id, owner_of(place.folder), self._is_alive)
        except FileNotFoundError:  # erased meanwhile
            return
        except LaterVersion:
            self._foreign.add(place)  # to this version's catalog
            self._find("later", name, LATER)
            return
        except Damaged as error:
            if error.has_our_table or place in self._known:
                self._find("damaged", name, f"damaged ({error})")
            else:
                self._foreign.add(place)
                self._find("foreign", name, FOREIGN)
            return
        except OSError as error:
            self._find("unreadable", name, f"cannot be read now ({_reason(error)})")
            return
        self.conversations += 1
        self.messages += len(kept.conversation.messages)
        if kept.is_later:
            self._find("later", name, LATER)
            return
        self.findings += [Finding(flaw.kind, name, flaw.text, kept.conversation.title) for flaw in flaws]

    def _catalog_problems(self) -> Iterator[str]:
        try:
            behind = self._behind()
            for _ in range(LOOKS):
                if behind:
                    time.sleep(PAUSE_SECONDS)
                    behind &= self._behind()
        except sqlite3.Error as error:
            if os.path.lexists(self._root / CATALOG):
                yield f"cannot be read ({error}); it is made anew"
            elif self._stamps():
                yield "missing; it is made anew"
            return
        if behind:
            places = "1 place" if len(behind) == 1 else f"{len(behind)} places"
            yield f"behind the files in {places}; it is brought up to date"

    def _behind(self) -> set[tuple[Place, tuple[int, int] | None]]:
        """Return what the catalog does not have as the files have it. Raises sqlite3.Error where it cannot be read."""
        try:
            rows = self._rows()
        except sqlite3.Error:  # perhaps an app puts another in its place in this very moment
            time.sleep(PAUSE_SECONDS)
            rows = self._rows()
        known = {Place(folder, each): (mtime_ns, size) for folder, each, mtime_ns, size in rows}
        there = self._stamps()
        both = known.keys() | there.keys()
        return {(place, there.get(place)) for place in both if known.get(place) != there.get(place)}

    def _rows(self) -> list[tuple[str, str, int, int]]:
        address = f"file:{quote(str(self._root / CATALOG))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                raise sqlite3.DatabaseError("of another version")
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            return connection.execute("SELECT folder, id, mtime_ns, size FROM conversations").fetchall()

    def _stamps(self) -> dict[Place, tuple[int, int]]:
        stamps = self._files.listing().stamps
        return {place: stamp for place, stamp in stamps.items() if place not in self._foreign}

    def _find(self, kind: Kind, name: str, text: str) -> None:
        self.findings.append(Finding(kind, name, text))


def _is_whole(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return MANIFEST in archive.namelist() and archive.testzip() is None
    except FileNotFoundError:  # deleted meanwhile
        return True
    except (*UNREADABLE, OSError):
        return False


def _reason(error: Exception) -> str:
    return (error.strerror or "the disk does not answer").lower() if isinstance(error, OSError) else str(error)

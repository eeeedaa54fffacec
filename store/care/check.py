"""Looks at everything in a data folder and names what is wrong; changes nothing, locks nothing, and the app may run.

What `repair` can put right, or the user should know, is a problem; what only should be known is a note.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from store.backups.backup import FOLDER, backups, half_written
from store.backups.members import MANIFEST, owner_of
from store.care.flaws import mended
from store.catalog.tables import VERSION
from store.conversations import StoreError
from store.disk.os_errors import saying
from store.disk.places import Place, conversation_id, damaged_parts, is_owner_folder, temporary_parts
from store.disk.presence import Presence
from store.disk.zips import UNREADABLE
from store.files.preferences import FILE_NAME as PREFERENCES
from store.files.preferences import SET_ASIDE, record_of
from store.files.tables import Damaged, read_file
from store.keeping import Finding, Kind, Report

CATALOG = ".catalog.sqlite3"
LOOKS, PAUSE_SECONDS = 5, 0.2
"""How often the catalog is looked at again where it is behind: an app may be about to note what it has just written."""

_OURS = frozenset({".locks", ".processes", FOLDER})


def check(root: Path) -> Report:
    """Look at everything below the data folder. Raises StoreError where it is not there or cannot be looked at."""
    root = root.absolute()
    if not root.is_dir():
        raise StoreError("There is nothing to check: the data folder is not there.")
    with saying("The data folder could not be checked"):
        is_alive = functools.cache(Presence(root / ".processes").is_alive)
        looked_at = _LookedAt(root, is_alive)
        looked_at.look()
    findings = sorted(looked_at.findings, key=lambda finding: finding.name)
    return Report(looked_at.conversations, looked_at.messages, len(backups(root)), tuple(findings))


class _LookedAt:
    """One check, and what it has seen so far."""

    def __init__(self, root: Path, is_alive: Callable[[str], bool]) -> None:
        self._root = root
        self._is_alive = is_alive
        self.conversations = 0
        self.messages = 0
        self.findings: list[Finding] = []

    def look(self) -> None:
        for name in sorted(os.listdir(self._root)):
            if is_owner_folder(name) and (self._root / name).is_dir():
                for file_name in sorted(os.listdir(self._root / name)):
                    self._look_at(name, file_name)
            elif name not in _OURS and not name.startswith(CATALOG):
                self._find("foreign", name, "not one of Chatkeep's; left alone")
        for text in _catalog_problems(self._root):
            self._find("catalog", CATALOG, text)
        for name in half_written(self._root / FOLDER, self._is_alive):
            self._find("leftover", f"{FOLDER}/{name}", "half of a backup, by a process that is gone")
        for backup in backups(self._root):
            if not _is_whole(self._root / FOLDER / backup.file_name):
                self._find("backup", f"{FOLDER}/{backup.file_name}", "cannot be read; delete it and make another")

    def _look_at(self, folder: str, file_name: str) -> None:
        name = f"{folder}/{file_name}"
        found, written = conversation_id(file_name), temporary_parts(file_name)
        if found is not None:
            self._look_at_conversation(Place(folder, found), name)
        elif file_name == PREFERENCES:
            try:
                record_of((self._root / name).read_bytes())
            except (Damaged, OSError) as error:
                self._find("preferences", name, f"cannot be read ({_reason(error)}), so the defaults hold")
        elif damaged_parts(file_name) is not None or file_name == SET_ASIDE:
            self._find("set aside", name, "damaged, and set aside untouched")
        elif written is None:
            self._find("foreign", name, "not one of Chatkeep's; left alone")
        elif not self._is_alive(written[1]):
            self._find("leftover", name, "half-written by a process that is gone")

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
        except Damaged as error:
            self._find("damaged", name, f"damaged ({error})")
            return
        except OSError as error:
            self._find("unreadable", name, f"cannot be read now ({_reason(error)})")
            return
        self.conversations += 1
        self.messages += len(kept.conversation.messages)
        self.findings += [Finding(flaw.kind, name, flaw.text, kept.conversation.title) for flaw in flaws]

    def _find(self, kind: Kind, name: str, text: str) -> None:
        self.findings.append(Finding(kind, name, text))


def _catalog_problems(root: Path) -> Iterator[str]:
    path = root / CATALOG
    if not path.exists():
        if any(True for _ in _stamps(root)):
            yield "missing; it is made anew"
        return
    try:
        behind = _behind(root, path)
        for _ in range(LOOKS):
            if behind:
                time.sleep(PAUSE_SECONDS)
                behind &= _behind(root, path)
    except sqlite3.Error as error:
        yield f"cannot be read ({error}); it is made anew"
        return
    if behind:
        yield f"behind the files in {len(behind)} {'place' if len(behind) == 1 else 'places'}; it is brought up to date"


def _behind(root: Path, path: Path) -> set[tuple[Place, tuple[int, int] | None]]:
    """Return what the catalog does not have as the files have it."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise sqlite3.DatabaseError("of another version")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        rows = connection.execute("SELECT folder, id, mtime_ns, size FROM conversations").fetchall()
    known = {Place(folder, each): (mtime_ns, size) for folder, each, mtime_ns, size in rows}
    there = dict(_stamps(root))
    return {(place, there.get(place)) for place in known.keys() | there.keys() if known.get(place) != there.get(place)}


def _stamps(root: Path) -> Iterator[tuple[Place, tuple[int, int]]]:
    for folder in os.listdir(root):
        if is_owner_folder(folder) and (root / folder).is_dir():
            for entry in os.scandir(root / folder):
                found = conversation_id(entry.name)
                if found is not None:
                    with suppress(FileNotFoundError):  # erased meanwhile
                        status = entry.stat()
                        yield Place(folder, found), (status.st_mtime_ns, status.st_size)


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

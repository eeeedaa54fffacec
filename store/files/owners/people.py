"""The verbs of `People` for a data folder."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from chat.owner import is_account, is_visitor
from store import rules
from store.backups.members import owner_of, place_of
from store.catalog.catalog import Catalog
from store.conversations import LaterVersion, StoreError
from store.disk.entries import names_in, owner_folders
from store.disk.os_errors import saying
from store.disk.places import NOTES, Place, conversation_id, folder_name, share_parts
from store.disk.presence import Presence
from store.files.catalog_sync import Index
from store.files.claim import is_owners, known_places
from store.files.erasing import OWN, Eraser
from store.files.folder import Files
from store.files.owners.codes import CodeFiles
from store.files.owners.giving import Gift, Giving
from store.files.owners.seen import Visits
from store.files.owners.shares import ShareFiles
from store.files.owners.spending import SpendingFile
from store.files.tables import Damaged
from store.people import DamagedFile, Given, Person

_log = logging.getLogger(__name__)


class PeopleFiles:
    """Looks at and after the owners in one data folder; `People` says what every verb means."""

    def __init__(
        self,
        root: Path,
        files: Files,
        index: Index,
        eraser: Eraser,
        giving: Giving,
        visits: Visits,
        codes: CodeFiles,
        shares: ShareFiles,
        spending: SpendingFile,
        presence: Presence,
    ) -> None:
        self._root = root
        self._files = files
        self._index = index
        self._eraser = eraser
        self._giving = giving
        self._visits = visits
        self._codes = codes
        self._shares = shares
        self._spending = spending
        self._presence = presence
        self._giving_now = threading.Lock()
        self._trouble = ""
        self._waiting: set[str] = set()
        """Folders of which not all could be given yet."""
        self._has_looked = False
        """For those from before the store was opened."""

    def everybody(self) -> tuple[Person, ...]:
        with saying("The list of people could not be read"):
            counts = {folder: (kept, trashed) for folder, kept, trashed in self._index.ask(Catalog.counts)}
            known = known_places(self._root)
            people = [
                self._person(owner, folder, *counts.get(folder, (0, 0)))
                for folder in owner_folders(self._root)
                if folder in counts or self._is_owners(folder, known)
                if (owner := self._owner(folder)) is not None
            ]
        return tuple(sorted(people, key=_last_seen, reverse=True))

    def person(self, owner: str) -> Person:
        folder = folder_name(owner)
        with saying("What is kept could not be counted"):
            kept = self._index.ask(partial(Catalog.count, folder=folder, trashed=False))
            trashed = self._index.ask(partial(Catalog.count, folder=folder, trashed=True))
            return self._person(owner, folder, kept, trashed)

    def damaged(self) -> tuple[DamagedFile, ...]:
        with saying("The list of damaged files could not be read"):
            known = self._index.ask(Catalog.damages)
            return tuple(
                DamagedFile(owner, damage.file_name, damage.found_at)
                for folder, damage in known
                if self._files.has(folder, damage.file_name) and (owner := self._owner(folder)) is not None
            )

    def seen(self, owner: str, now: datetime) -> None:
        folder = folder_name(owner)
        with saying("The last visit could not be noted"):
            if (self._root / folder).is_dir():
                self._visits.note(folder, now)

    def give(self, giver: str, taker: str) -> Given:
        gift = Gift(giver, taker)
        if gift.folder == folder_name(taker):
            raise ValueError("nobody gives to themselves")
        if not (self._root / gift.folder).is_dir():
            return Given()
        with saying("Not everything could be handed over"), self._giving_now:
            self._giving.begin(gift)
            return self._go_on(gift)

    def erase_everything(self, owner: str) -> int:
        with saying("Not everything could be erased"):
            erased = self._eraser.erase_everything([folder_name(owner)])
            self._forget(owner)
            return erased

    def erase_unseen(self, days: int, now: datetime) -> tuple[str, ...]:
        if days <= 0:
            return ()
        with saying("What visitors left could not be erased"):
            visitors = filter(is_visitor, owner_folders(self._root))
            due = [each for each in visitors if self._may_go(each, days, now)]
            erased: list[str] = []

            def may_go(folder: str) -> bool:  # asked again: somebody may have come meanwhile
                erased.extend([folder] if self._may_go(folder, days, now) else [])
                return folder in erased

            self._eraser.erase_everything(due, may_go)
            for each in erased:
                self._forget(each)
        return tuple(erased)

    def look(self, now: datetime) -> None:
        """Count the day, and give what could not be given before; called every few seconds while the store is open."""
        try:
            self._visits.count_day(now)
            self._codes.look(now)
            self._spending.look(now)
            self._follow_up()
        except (OSError, StoreError) as error:  # a full disk, a folder that is read-only: it is tried again
            if str(error) != self._trouble:  # said once, not every few seconds
                _log.info("what is to be done about owners waits (%s)", error)
            self._trouble = str(error)
        else:
            self._trouble = ""

    def _follow_up(self) -> None:
        """Give what could not be given before: an answer was being written, or a process ended on the way."""
        if not self._has_looked:
            self._has_looked = True
            self._waiting |= {folder for folder in owner_folders(self._root) if self._giving.begun(folder) is not None}
        for folder in tuple(self._waiting):
            with self._giving_now:
                gift = self._giving.begun(folder)
                if gift is None:
                    self._waiting.discard(folder)
                else:
                    self._go_on(gift)

    def _go_on(self, gift: Gift) -> Given:
        given = self._giving.go_on(gift)
        self._spending.give(gift.giver, gift.taker)
        if given.waiting:
            self._waiting.add(gift.folder)
        else:
            self._eraser.remove_folder(gift.folder)
            self._codes.forget(gift.giver)
        return given

    def _may_go(self, folder: str, days: int, now: datetime) -> bool:
        return self._visits.is_unseen(folder, days, now) and not self._is_in_use(folder, timedelta(days=days), now)

    def _forget(self, owner: str) -> None:
        """Forget what is noted of an owner elsewhere than in their folder."""
        self._codes.forget(owner)
        self._spending.forget(owner)

    def _is_in_use(self, folder: str, age: timedelta, now: datetime) -> bool:
        """Whether an answer is being written in this folder, or a pinned conversation changed less than `age` ago.

        Asks the files, not the catalog, which may be behind; of what cannot be read nobody can say that it is not.
        """
        for name in names_in(self._root / folder):
            if (found := conversation_id(name)) is None:
                continue
            try:
                kept = self._files.load(Place(folder, found), None)
            except (Damaged, FileNotFoundError):
                continue
            except (LaterVersion, OSError):
                return True
            changed = datetime.fromtimestamp(kept.stamp.mtime_ns // 10**9, UTC)
            if kept.conversation.pinned and now - max(kept.conversation.updated_at, changed) < age:
                return True
            if any(each.process and self._presence.is_alive(each.process) for each in rules.written(kept.conversation)):
                return True
        return False

    def _person(self, owner: str, folder: str, kept: int, trashed: int) -> Person:
        return Person(owner, kept, trashed, self._bytes(folder), self._shares.count(folder), self._visits.last(folder))

    def _bytes(self, folder: str) -> int:
        with suppress(OSError), os.scandir(self._root / folder) as entries:
            ours = (entry for entry in entries if _is_ours(folder, entry.name))
            return sum(entry.stat(follow_symlinks=False).st_size for entry in ours)
        return 0

    def _is_owners(self, folder: str, known: Collection[Place]) -> bool:
        """Whether something of an owner's is in the folder, though no conversation that can be listed."""
        has_notes = any(self._files.has(folder, name) for name in NOTES)
        return has_notes or is_visitor(folder) or is_account(folder) or is_owners(self._root, folder, known)

    def _owner(self, folder: str) -> str | None:
        """Return whose folder it is; where its name is a hash, a conversation in it says so."""
        if (owner := owner_of(folder)) is not None:
            return owner
        for name in names_in(self._root / folder):
            if (found := conversation_id(name)) is not None:
                with suppress(OSError, Damaged, LaterVersion):
                    said = self._files.load(Place(folder, found), None).conversation.owner
                    if (owner := owner_of(folder, {folder: said})) is not None:
                        return owner
        return None


def _is_ours(folder: str, name: str) -> bool:
    return name in OWN or place_of(f"{folder}/{name}") is not None or share_parts(name) is not None


def _last_seen(person: Person) -> tuple[bool, datetime]:
    return person.last_seen is not None, person.last_seen or datetime.min.replace(tzinfo=UTC)

"""Giving all of one owner's conversations to another, one at a time: first it is kept there, then it goes here.

So at every moment each word is with one of the two, and whoever is killed in between can go on: what both have by then
is the same, and is not doubled.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from chat.conversation import Conversation
from store import rules
from store.conversations import LaterVersion, NotFound
from store.disk.atomic import make_folder, sync_folder
from store.disk.entries import names_in
from store.disk.locks import Locks
from store.disk.places import GIVEN, Place, conversation_id, damaged_name, damaged_parts, folder_name
from store.disk.presence import Presence
from store.files.catalog_sync import Index
from store.files.folder import Files
from store.files.orphans import Orphans
from store.files.owners.notes import Notes
from store.files.owners.origins import Origins
from store.files.owners.shares import ShareFiles
from store.files.preferences import PreferenceFiles
from store.files.tables import CONVERSATION, Change, Damaged, Kept
from store.people import Given
from store.preferences import Preferences, preferences_record

Moved = Literal["new", "grown", "here", "gone", "waiting", "differs"]
"""What became of one: `here`: the taker had all of it. `gone`: it is not here any more, or is none of ours."""


@dataclass(frozen=True, slots=True)
class Gift:
    """Who gives all to whom."""

    giver: str
    taker: str

    @property
    def folder(self) -> str:
        return folder_name(self.giver)


class Giving:
    """Gives conversations of one data folder. Raises OSError, StoreError."""

    def __init__(
        self,
        root: Path,
        files: Files,
        preferences: PreferenceFiles,
        locks: Locks,
        index: Index,
        orphans: Orphans,
        notes: Notes,
        origins: Origins,
        shares: ShareFiles,
        presence: Presence,
    ) -> None:
        self._root = root
        self._files = files
        self._preferences = preferences
        self._locks = locks
        self._index = index
        self._orphans = orphans
        self._notes = notes
        self._origins = origins
        self._shares = shares
        self._presence = presence

    def begin(self, gift: Gift) -> None:
        """Note the gift, before anything of it is done, so that it can go on whatever happens."""
        self._notes.change(gift.folder, GIVEN, lambda record: record | {"by": gift.giver, "to": gift.taker})
        # Two who give all to each other: the last word counts.
        if self._notes.read(folder_name(gift.taker), GIVEN).get("to") == gift.giver:
            self.end(folder_name(gift.taker))

    def begun(self, folder: str) -> Gift | None:
        """Return the gift of this folder that has not ended."""
        record = self._notes.read(folder, GIVEN)
        giver, taker = record.get("by"), record.get("to")
        return Gift(giver, taker) if isinstance(giver, str) and isinstance(taker, str) else None

    def end(self, folder: str) -> None:
        """Note that the gift of this folder has ended."""
        self._notes.change(folder, GIVEN, lambda record: {k: v for k, v in record.items() if k not in ("by", "to")})

    def go_on(self, gift: Gift) -> Given:
        """Give everything that can be given now."""
        self._orphans.interrupt(gift.folder, gift.giver)
        shared = self._shares.count(gift.folder)
        folder, names = gift.folder, names_in(self._root / gift.folder)
        ids = [found for name in names if (found := conversation_id(name)) is not None]
        asides = [parts[0] for name in names if (parts := damaged_parts(name)) is not None]
        self._origins.note(folder, {*ids, *asides}, folder_name(gift.taker))
        self._give_asides(gift)  # before the conversations of their ids go, and what had been set aside with them
        done = [self._give(Place(folder, each), gift) for each in ids]
        self._give_asides(gift)  # damaged ones, which were set aside meanwhile
        self._give_preferences(folder, folder_name(gift.taker))
        shared -= self._shares.count(folder)
        return Given(done.count("new"), done.count("grown"), shared, done.count("waiting"))

    def _give_preferences(self, folder: str, taker: str) -> None:
        wanted = self._preferences.get(folder)
        if wanted != Preferences() and self._preferences.get(taker) == Preferences():
            self._preferences.set(taker, preferences_record(wanted))

    def _give_asides(self, gift: Gift) -> None:
        for name in names_in(self._root / gift.folder):
            if (parts := damaged_parts(name)) is not None:
                self._give_aside(Place(gift.folder, parts[0]), name, parts[1], folder_name(gift.taker))

    def _give(self, here: Place, gift: Gift) -> Moved:
        there = Place(folder_name(gift.taker), here.id)
        moved = self._move(here, there, gift)
        number = 0
        while moved == "differs":
            number += 1
            # Made of where it was, so that the same is found again whoever was killed on the way.
            there = there._replace(id=hashlib.sha256(f"{here.key} {number}".encode()).hexdigest()[:32])
            self._origins.note_renamed(here, there)
            moved = self._move(here, there, gift)
        return moved

    def _move(self, here: Place, there: Place, gift: Gift) -> Moved:
        with self._locks.held_together(here.key, there.key):
            try:
                given = self._files.load(here, gift.giver)
            except FileNotFoundError:
                return "gone"
            except Damaged as error:
                self._index.set_aside(here, error)
                return "gone"
            except LaterVersion:
                return self._rename(here, there)
            if any(
                each.process and self._presence.is_alive(each.process) for each in rules.written(given.conversation)
            ):
                return "waiting"
            moved = self._keep(given, there, gift.taker)
            if moved != "differs":
                self._forget(here, there)
            return moved

    def _keep(self, given: Kept, there: Place, taker: str) -> Moved:
        """Keep what is given, as what the taker has not, or merged with what they have."""
        try:
            kept = self._files.load(there, taker)
        except FileNotFoundError:
            return self._keep_new(given, there, taker)
        except Damaged as error:
            return self._keep_new(given, there, taker) if self._index.set_aside(there, error) else "differs"
        except LaterVersion:
            return "differs"
        if kept.is_later or given.is_later or not _is_same(kept.conversation, given.conversation):
            return "differs"
        try:
            new, changes = rules.merging(kept.conversation, given.conversation)
        except NotFound:  # a message hangs on one that is missing: kept as it is, beside the other
            return "differs"
        if not new:
            return "here"
        change = Change(kept.conversation, kept.content)
        change.add(*new)
        change.set(changes)
        self._save(there, change, kept)
        return "grown"

    def _keep_new(self, given: Kept, there: Place, taker: str) -> Moved:
        # The tables as they are, with all that a later version has put into them.
        ((number, record),) = given.content[CONVERSATION].items()
        content = given.content | {CONVERSATION: {number: record | {"id": there.id, "owner": taker}}}
        change = Change(replace(given.conversation, id=there.id, owner=taker), content)
        self._save(there, change, None)
        return "new"

    def _save(self, there: Place, change: Change, before: Kept | None) -> None:
        try:
            after = self._files.save(there, change, before)
        except BaseException:
            self._index.doubt(there)
            raise
        self._index.note(there, after)

    def _forget(self, here: Place, there: Place) -> None:
        self._shares.move(here, there)
        damaged = self._files.erase(here)
        self._index.forget(here, damaged or ())

    def _rename(self, here: Place, there: Place) -> Moved:
        """Give what a later version wrote as it is."""
        if self._files.exists(there):
            if self._bytes(here.folder, here.file_name) != self._bytes(there.folder, there.file_name):
                return "differs"
            self._forget(here, there)
            return "here"
        self._rename_file(here.folder, here.file_name, there.folder, there.file_name)
        self._shares.move(here, there)
        self._files.forget(here)
        self._index.doubt(here)
        self._index.doubt(there)
        return "new"

    def _give_aside(self, here: Place, name: str, found_at: datetime, taker: str) -> None:
        """Give a file that was set aside, under a name that the taker has not."""
        known = {damage.file_name: damage for damage in self._index.damages(here.folder)}
        with self._locks.held_together(here.key, Place(taker, here.id).key):
            if not self._files.has(here.folder, name):
                return
            while self._files.has(taker, new_name := damaged_name(here, found_at)):
                found_at += timedelta(microseconds=1)
            self._rename_file(here.folder, name, taker, new_name)
        if (damage := known.get(name)) is not None:
            self._index.move_damage(here.folder, damage, taker, new_name)

    def _rename_file(self, folder: str, name: str, new_folder: str, new_name: str) -> None:
        make_folder(self._root / new_folder)
        os.rename(self._root / folder / name, self._root / new_folder / new_name)
        sync_folder(self._root / new_folder)
        sync_folder(self._root / folder)

    def _bytes(self, folder: str, name: str) -> bytes:
        return (self._root / folder / name).read_bytes()


def _is_same(kept: Conversation, given: Conversation) -> bool:
    """Whether these are one conversation, which may have grown in both places, and not two of one id."""
    both = [(message, mine) for message in given.messages if (mine := kept.message(message.id)) is not None]
    if not both:
        return not kept.messages or not given.messages
    return not any(rules.says_otherwise(mine, message) for message, mine in both)

"""Erasing: takes words out of everything in the data folder that has them, in an order that survives a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from chat.conversation import Conversation
from store.backups.backup import backups_lock, erase_from_backups
from store.backups.members import place_of, places_in
from store.catalog.catalog import Catalog
from store.conversations import LaterVersion
from store.disk.entries import names_in
from store.disk.locks import Locks
from store.disk.places import NOTES, PREFERENCES, Place, damaged_parts
from store.disk.presence import Presence
from store.files.catalog_sync import Index
from store.files.claim import is_our_file, known_places
from store.files.folder import Files
from store.files.owners.origins import Origins
from store.files.owners.shares import ShareFiles
from store.files.preferences import SET_ASIDE, PreferenceFiles
from store.files.tables import Damaged
from store.queries import Summary

AT_ONCE = 200
"""Conversations that are erased while others who erase wait: 5 to 15 seconds of the 30 they do."""

OWNERS_AT_ONCE = 20
"""Owners of whom everything is."""

PAUSE_SECONDS = 0.01
"""Between two such lots, so that those get their turn."""

OWN = (PREFERENCES, SET_ASIDE, *sorted(NOTES))
"""What an owner's folder holds beside conversations."""

MayGo = Callable[[Conversation], bool]


class Eraser:
    """Erases conversations of one data folder."""

    def __init__(
        self,
        root: Path,
        files: Files,
        preferences: PreferenceFiles,
        origins: Origins,
        shares: ShareFiles,
        locks: Locks,
        index: Index,
        presence: Presence,
    ) -> None:
        self._root = root
        self._files = files
        self._preferences = preferences
        self._origins = origins
        self._shares = shares
        self._locks = locks
        self._index = index
        self._presence = presence

    def erase(self, places: Sequence[Place], may_go: MayGo) -> int:
        """Erase those that `may_go` lets go, or of which only a file that was set aside is left; return how many.

        Raises OSError, StoreError.

        From the backups first, many at once: whoever is killed in between finds the conversation still listed, and can
        erase it again.
        """
        erased = 0
        for first in range(0, len(places), AT_ONCE):
            if first:
                time.sleep(PAUSE_SECONDS)
            erased += self._erase_some(places[first : first + AT_ONCE], may_go)
        return erased

    def erase_expired(self, now: datetime, folder: str | None) -> int:
        """Erase what has been in the trash of this folder for as long as its owner set; return how many.

        Where `folder` is None it is everybody's, and shares that expired long ago. Raises as `erase` does.
        """
        erased = 0
        for each in self._preferences.folders() if folder is None else (folder,):
            erased += self._erase_where(each, partial(self._preferences.get(each).is_expired, now), trashed=True)
        if folder is None:
            self._shares.erase_expired()
        return erased

    def erase_everything(self, folders: Sequence[str], may_go: Callable[[str], bool] = lambda _: True) -> int:
        """Erase all that is ours in those of these owners' folders that `may_go` lets go, and all that backups have of
        it; return how many conversations there were. Raises as `erase` does.

        From the backups first, as ever, and the folders last: who is killed in between finds them, and goes on.
        """
        erased = 0
        for first in range(0, len(folders), OWNERS_AT_ONCE):
            if first:
                time.sleep(PAUSE_SECONDS)
            erased += self._erase_folders(folders[first : first + OWNERS_AT_ONCE], may_go)
        return erased

    def _erase_folders(self, wanted: Sequence[str], may_go: Callable[[str], bool]) -> int:
        known, erased = known_places(self._root), 0
        with backups_lock(self._root).held():
            folders = [folder for folder in wanted if may_go(folder)]
            gone = set(folders)
            places = [place for folder in folders for place in self._own_places(folder, known)]
            given = self._origins.of(places)
            erase_from_backups(
                self._root, lambda name: name.partition("/")[0] in gone or place_of(name) in given, self._presence
            )
            for place in places:
                with self._locks.held(place.key):
                    erased += self._forget(place)
            for folder in folders:
                self.remove_folder(folder)
        return erased

    def _own_places(self, folder: str, known: Collection[Place]) -> list[Place]:
        found: dict[Place, None] = {}
        for name in names_in(self._root / folder):
            place = place_of(f"{folder}/{name}")
            if place is None:
                continue
            if place in known or damaged_parts(name) is not None or is_our_file(self._root / folder / name):
                found[place] = None
        return list(found)

    def remove_folder(self, folder: str) -> None:
        """Remove what is ours beside conversations, and the folder where nothing is left in it."""
        self._shares.erase_all(folder)
        for name in OWN:
            with self._locks.held(f"{folder}/{name}"):
                (self._root / folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # it was never there, or something else is in it, which is not ours
            (self._root / folder).rmdir()

    def _erase_where(self, folder: str, is_due: Callable[[Summary | Conversation], bool], *, trashed: bool) -> int:
        page = partial(Catalog.page, folder=folder, limit=None, offset=0, trashed=trashed)
        places = [Place(folder, each.id) for each in self._index.ask(page) if is_due(each)]
        return self.erase(places, is_due) if places else 0

    def _erase_some(self, places: Sequence[Place], may_go: MayGo) -> int:
        erased = 0
        with backups_lock(self._root).held():
            present = places_in(self._root, places)
            stamps = {place: self._files.stamp(place) for place in places if place in present}
            there = [place for place in stamps if self._may(place, may_go)]
            if there:
                gone = {*there, *self._origins.of(there)}
                erase_from_backups(self._root, lambda name: place_of(name) in gone, self._presence)
            for place in there:
                with self._locks.held(place.key):
                    # It may have been taken out of the trash meanwhile.
                    if self._files.stamp(place) == stamps[place] or self._may(place, may_go):
                        erased += self._forget(place)
        return erased

    def _forget(self, place: Place) -> bool:
        """Erase a conversation, its lock held, with all that is of it beside it; return whether there was anything."""
        others = self._files.erase(place)
        self._shares.forget(others or ())
        self._index.forget(place, others or ())
        return others is not None

    def _may(self, place: Place, may_go: MayGo) -> bool:
        try:
            kept = self._files.load(place, None)
            return not kept.is_later and may_go(kept.conversation)
        except FileNotFoundError:
            return not self._files.exists(place)  # not a link that leads nowhere
        except (Damaged, LaterVersion, OSError):  # perhaps not even ours; who reads it is told
            return False

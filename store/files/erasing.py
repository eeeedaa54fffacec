"""Erasing: takes words out of everything in the data folder that has them, in an order that survives a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from chat.conversation import Conversation
from chat.owner import is_visitor
from store.backups.backup import backups_lock, erase_from_backups
from store.backups.members import places_in
from store.catalog.catalog import Catalog
from store.conversations import LaterVersion
from store.disk.entries import owner_folders
from store.disk.locks import Locks
from store.disk.places import Place
from store.disk.presence import Presence
from store.files.catalog_sync import Index
from store.files.folder import Files
from store.files.preferences import PreferenceFiles
from store.files.tables import Damaged
from store.preferences import is_left_behind
from store.queries import Summary

AT_ONCE = 200
"""Conversations that are erased while others who erase wait: 5 to 15 seconds of the 30 they do."""

PAUSE_SECONDS = 0.01
"""Between two such lots, so that those get their turn."""

MayGo = Callable[[Conversation], bool]


class Eraser:
    """Erases conversations of one data folder."""

    def __init__(
        self, root: Path, files: Files, preferences: PreferenceFiles, locks: Locks, index: Index, presence: Presence
    ) -> None:
        self._root = root
        self._files = files
        self._preferences = preferences
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

        Where `folder` is None it is everybody's, and what visitors have left behind. Raises as `erase` does.
        """
        erased = 0
        for each in self._preferences.folders() if folder is None else (folder,):
            erased += self._erase_where(each, partial(self._preferences.get(each).is_expired, now), trashed=True)
        if folder is None:
            for each in filter(is_visitor, owner_folders(self._root)):
                for trashed in (False, True):
                    erased += self._erase_where(each, partial(is_left_behind, now), trashed=trashed)
        return erased

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
                erase_from_backups(self._root, there, self._presence)
            for place in there:
                with self._locks.held(place.key):
                    # It may have been taken out of the trash meanwhile.
                    if self._files.stamp(place) == stamps[place] or self._may(place, may_go):
                        damaged = self._files.erase(place)
                        self._index.forget(place, damaged or ())
                        erased += damaged is not None
        return erased

    def _may(self, place: Place, may_go: MayGo) -> bool:
        try:
            kept = self._files.load(place, None)
            return not kept.is_later and may_go(kept.conversation)
        except FileNotFoundError:
            return not self._files.exists(place)  # not a link that leads nowhere
        except (Damaged, LaterVersion, OSError):  # perhaps not even ours; who reads it is told
            return False

"""All that one data folder keeps of owners beside their conversations, put together."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from store.conversations import Clock
from store.disk.locks import Locks
from store.disk.presence import Presence
from store.files.catalog_sync import Index
from store.files.erasing import Eraser
from store.files.folder import Files
from store.files.orphans import Orphans
from store.files.owners.codes import CodeFiles
from store.files.owners.giving import Giving
from store.files.owners.notes import Notes
from store.files.owners.origins import Origins
from store.files.owners.people import PeopleFiles
from store.files.owners.seen import Visits
from store.files.owners.shares import ShareFiles
from store.files.owners.spending import SpendingFile
from store.files.preferences import PreferenceFiles

SWEEP_EVERY = timedelta(days=1)
"""From one erasing of what has been in the trash for long enough to the next, for as long as the store is open."""


class Owners:
    """The rooms of one data folder that know of owners, and of nobody's words."""

    def __init__(
        self,
        root: Path,
        files: Files,
        preferences: PreferenceFiles,
        locks: Locks,
        index: Index,
        orphans: Orphans,
        presence: Presence,
        clock: Clock,
    ) -> None:
        self._swept_at = clock()
        notes = Notes(root, locks, lambda: presence.id)
        origins = Origins(notes, files.exists)
        self.shares = ShareFiles(root, files, locks, notes, lambda: presence.id, clock)
        self.eraser = Eraser(root, files, preferences, origins, self.shares, locks, index, presence)
        giving = Giving(root, files, preferences, locks, index, orphans, notes, origins, self.shares, presence)
        self.codes = CodeFiles(notes)
        self.spending = SpendingFile(notes)
        self.people = PeopleFiles(
            root, files, index, self.eraser, giving, Visits(notes), self.codes, self.shares, self.spending, presence
        )

    def look(self, now: datetime) -> None:
        """Do what is to be done now and then; called every few seconds while the store is open."""
        self.people.look(now)
        if now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            self.eraser.erase_expired(now, None)

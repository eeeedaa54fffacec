"""Changing one conversation: read under its lock, changed as the verb says, and written once or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store import rules
from store.conversations import LaterVersion, NotFound
from store.disk.locks import Locks
from store.disk.os_errors import saying
from store.disk.places import Place
from store.files.catalog_sync import Index
from store.files.folder import Files
from store.files.tables import Change, Damaged


class Changes:
    """Changes conversations of one data folder."""

    def __init__(self, files: Files, locks: Locks, index: Index) -> None:
        self._files = files
        self._locks = locks
        self._index = index

    @contextmanager
    def changing(self, place: Place, owner: str | None) -> Iterator[Change]:
        """Read a conversation under its lock, and write it once where the caller changed it and raised nothing.

        A damaged one is set aside. Raises NotFound where it is not there, StoreError where it cannot be kept.
        """
        with saying("The conversation could not be saved"), self._locks.held(place.key):
            try:
                before = self._files.load(place, owner)
            except FileNotFoundError as error:
                raise NotFound(rules.NO_CONVERSATION) from error
            except Damaged as error:
                if not self._index.set_aside(place, error):
                    raise NotFound(rules.NO_CONVERSATION) from error
                raise NotFound(
                    f"This conversation's file is damaged ({error}). It was set aside untouched, and everything else "
                    "is as it was."
                ) from error
            if before.is_later:
                raise LaterVersion(rules.LATER_VERSION)
            change = Change(before.conversation, before.content)
            yield change
            if change.changed:
                try:
                    after = self._files.save(place, change, before)
                except BaseException:
                    self._index.doubt(place)
                    raise
                self._index.note(place, after)

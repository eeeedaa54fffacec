"""Files that cannot be read: set aside untouched, and known to the catalog for as long as they are there."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress

from store.catalog.catalog import Catalog
from store.conversations import Clock, Damage, StoreError
from store.disk.places import Place, damaged_parts
from store.files.folder import Files
from store.files.tables import Damaged

_log = logging.getLogger(__name__)


class DamagedFiles:
    """What was set aside in one data folder. The catalog's errors come as they are."""

    def __init__(self, files: Files, catalog: Catalog, clock: Clock) -> None:
        self._files = files
        self._catalog = catalog
        self._clock = clock

    def set_aside(self, place: Place, error: Damaged) -> Damage | None:
        """Give a damaged file another name; its lock is held, and it was damaged when it was read under that lock.

        Returns None, and leaves it alone, where neither its tables nor the catalog say that it was a conversation.
        """
        title = None
        with suppress(sqlite3.Error, OSError, StoreError):
            title = self._catalog.title(place)
        if title is None and not error.has_our_table:
            return None
        reason = str(error)
        file_name, found_at = self._files.set_aside(place, self._clock())
        _log.error("a conversation could not be read (%s); its file was set aside as %s", reason, file_name)
        return Damage(place.id, title or place.id, file_name, reason, found_at)

    def note(self, there: set[tuple[str, str]]) -> None:
        """Have the catalog know the set-aside files (folder and name) that are there, and no others."""
        known = {(folder, damage.file_name) for folder, damage in self._catalog.damages()}
        for folder, file_name in known - there:
            self._catalog.forget_damage(folder, file_name)
        for folder, file_name in there - known:
            parts = damaged_parts(file_name)
            if parts is None:
                continue
            title = self._catalog.title(Place(folder, parts[0])) or parts[0]
            self._catalog.set_aside(
                folder, Damage(parts[0], title, file_name, self._files.reason(folder, file_name), parts[1])
            )

    def still_there(self, folder: str, known: Callable[[], Iterable[tuple[str, Damage]]]) -> tuple[Damage, ...]:
        """Return those of a folder's set-aside files that are there; `known` reads from the catalog which were."""
        try:
            return tuple(damage for _, damage in known() if self._files.has(folder, damage.file_name))
        except StoreError as error:  # what can be read opens all the same
            _log.warning("what was set aside is not known at the moment (%s)", error.__cause__)
            return ()

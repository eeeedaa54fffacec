"""The owners' preferences on the disk: one small JSON file in each owner's folder, replaced atomically."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chat.records import BadRecord, Record
from store.disk.atomic import json_bytes, make_folder, replace_file, sync_folder
from store.disk.entries import owner_folders
from store.disk.locks import Locks
from store.disk.places import PREFERENCES, Place, temporary_name
from store.files.tables import Damaged, text_of
from store.preferences import FIELDS, Preferences, changed, preferences_from, preferences_record

SET_ASIDE = f"{PREFERENCES}.damaged"
"""The name that a damaged file gets; there is at most one."""

_log = logging.getLogger(__name__)


class PreferenceFiles:
    """The files below one data folder. Owners go by their folders here."""

    def __init__(self, root: Path, locks: Locks, process: Callable[[], str]) -> None:
        self._root = root
        self._locks = locks
        self._process = process

    def get(self, folder: str) -> Preferences:
        """Return what is set; the defaults where nothing is, or where it cannot be read."""
        try:
            return preferences_from(record_of((self._root / folder / PREFERENCES).read_bytes()))
        except FileNotFoundError:
            return Preferences()
        except (Damaged, OSError) as error:
            _log.warning("preferences could not be read (%s); the defaults hold", error)
            return Preferences()

    def set(self, folder: str, changes: Mapping[str, Any]) -> Preferences:
        """Change some fields for good and return all. Fields of a later version stay.

        Raises as `preferences.changed` does, and OSError.
        """
        changed(Preferences(), changes)
        path = self._root / folder / PREFERENCES
        with self._locks.held(f"{folder}/{PREFERENCES}"):
            record: Record = {}
            if path.exists() and not self._set_aside_if_damaged(path):
                record = record_of(path.read_bytes())
            preferences = changed(preferences_from(record), changes)
            unknown = {name: value for name, value in record.items() if name not in FIELDS}
            make_folder(path.parent)
            # No conversation's id begins with a line, so no conversation's temporary file has this name.
            temporary = path.with_name(temporary_name(Place(folder, "_preferences"), self._process()))
            replace_file(path, json_bytes(unknown | preferences_record(preferences)), temporary)
        return preferences

    def set_aside(self, folder: str) -> bool:
        """Give a damaged file another name; returns whether it was damaged. Raises OSError."""
        path = self._root / folder / PREFERENCES
        with self._locks.held(f"{folder}/{PREFERENCES}"):
            return path.exists() and self._set_aside_if_damaged(path)

    def folders(self) -> tuple[str, ...]:
        """Return the folders of the owners who set anything."""
        # `os.path.isfile` is False where a folder cannot be looked into; `Path.is_file` would end the whole look.
        return tuple(name for name in owner_folders(self._root) if os.path.isfile(self._root / name / PREFERENCES))

    def _set_aside_if_damaged(self, path: Path) -> bool:
        try:
            record_of(path.read_bytes())
        except (Damaged, IsADirectoryError):
            os.replace(path, path.with_name(SET_ASIDE))
            sync_folder(path.parent)
            return True
        return False


def record_of(raw: bytes) -> Record:
    """Return the record in a file of preferences; raises `Damaged`."""
    try:
        record = json.loads(text_of(raw))
        preferences_from(record if isinstance(record, dict) else {})
    except BadRecord as error:
        raise Damaged(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise Damaged("not valid JSON") from error
    if not isinstance(record, dict):
        raise Damaged("no preferences")
    return record

"""Notes beside the conversations: small JSON records, each replaced atomically under a lock of its own.

A note is no word of anybody's. One that is damaged counts as missing, and is replaced when it is next written.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chat.records import Record
from store.disk.atomic import json_bytes, make_folder, replace_file
from store.disk.locks import Locks
from store.disk.places import Place, temporary_name
from store.files.tables import text_of

_log = logging.getLogger(__name__)


class Notes:
    """The notes of one data folder, each known by its folder (an owner's, or `OWNERS`) and its name."""

    def __init__(self, root: Path, locks: Locks, process: Callable[[], str]) -> None:
        self._root = root
        self._locks = locks
        self._process = process

    def read(self, folder: str, name: str) -> Record:
        """Return what a note says; nothing where there is none that can be read. Raises OSError."""
        try:
            record: Any = json.loads(text_of((self._root / folder / name).read_bytes()))
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            _log.warning("the note %s is damaged (%s) and counts as missing", name, error)
            return {}
        return record if isinstance(record, dict) else {}

    def change(self, folder: str, name: str, change: Callable[[Record], Record]) -> Record:
        """Write what `change` makes of a note, where that is something else, and return it.

        One of which nothing is left is removed. Raises OSError, StoreError, and whatever `change` raises.
        """
        path = self._root / folder / name
        with self._locks.held(f"{folder}/{name}"):
            before = self.read(folder, name)
            after = change(dict(before))
            if not after:
                path.unlink(missing_ok=True)
            elif after != before:
                make_folder(path.parent, mode=0o700)
                # No conversation's id begins with a line, so no conversation's temporary file has this name.
                stem = f"_{name.strip('.').partition('.')[0]}"
                replace_file(
                    path, json_bytes(after), path.with_name(temporary_name(Place(folder, stem), self._process()))
                )
        return after

    def remove(self, folder: str, name: str) -> None:
        """Remove a note; one that is not there is no error. Raises OSError, StoreError."""
        self.change(folder, name, lambda _: {})

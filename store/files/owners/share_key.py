"""The key that the tokens of a data folder's links are made with: 256 random bits in a note, in no backup.

Whoever has it and the shares' files can make their links, and could read the very words in the files anyway. Without it
links still open, since they are known by their hash; only nobody can be shown them again.
"""

from __future__ import annotations

import re
import secrets

from chat.records import Record
from store.disk.places import OWNERS
from store.files.owners.notes import Notes

SHARE_KEY = "share-key.json"

_KEY = re.compile(r"[0-9a-f]{64}")


class ShareKey:
    """The key of one data folder."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def read(self) -> bytes | None:
        """Return the key; None where there is none, or none that can be one. Raises OSError."""
        return _key_in(self._notes.read(OWNERS, SHARE_KEY))

    def made(self) -> bytes:
        """Return the key, and make it where there is none. Raises OSError, StoreError."""
        return bytes.fromhex(self._notes.change(OWNERS, SHARE_KEY, _with_key)["key"])


def _with_key(record: Record) -> Record:
    return record if _key_in(record) is not None else {"key": secrets.token_hex(32)}


def _key_in(record: Record) -> bytes | None:
    text = record.get("key")
    return bytes.fromhex(text) if isinstance(text, str) and _KEY.fullmatch(text) else None

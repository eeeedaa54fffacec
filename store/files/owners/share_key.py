"""The key that the tokens of a data folder's links are made with: 256 random bits in a file of its own, in no backup.

Whoever has it and the shares' files can make their links, and could read the very words in the files anyway. Without it
links still open, since they are known by their hash; only nobody can be shown them again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path

from store.disk.atomic import replace_file
from store.disk.locks import Locks
from store.disk.places import SHARE_KEY

_KEY = re.compile(r"[0-9a-f]{64}\n?")


class ShareKey:
    """The key of one data folder."""

    def __init__(self, root: Path, locks: Locks, process: Callable[[], str]) -> None:
        self._path = root / SHARE_KEY
        self._locks = locks
        self._process = process
        self._known: bytes | None = None

    def read(self) -> bytes | None:
        """Return the key; None where there is none, or none that can be one. Raises OSError."""
        if self._known is None:
            try:
                text = self._path.read_text("ascii")
            except (FileNotFoundError, UnicodeDecodeError):
                return None
            self._known = bytes.fromhex(text) if _KEY.fullmatch(text) else None
        return self._known

    def made(self) -> bytes:
        """Return the key, and make it where there is none. Raises OSError, StoreError."""
        with self._locks.held(SHARE_KEY):
            if (known := self.read()) is not None:
                return known
            key = secrets.token_bytes(32)
            temporary = self._path.with_name(f"{SHARE_KEY}.{self._process()}.tmp")
            replace_file(self._path, f"{key.hex()}\n".encode(), temporary)
        return key

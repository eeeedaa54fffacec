"""What is kept, and where: `open_store(url)` gives a ConversationStore. The only room that knows a database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from store.conversations import ConversationStore, StoreError
from store.files.keeping import FolderKeeping
from store.files.store import TinyDBFiles
from store.keeping import Keeping

DEFAULT_URL = "tinydb:///data"

__all__ = ["DEFAULT_URL", "keeping_of", "open_store"]


def open_store(url: str = DEFAULT_URL) -> ConversationStore:
    """Open the store that a `STORE_URL` names, and make it where it is new.

    `tinydb:///folder` is relative to the working directory; `tinydb:////var/chats`, `tinydb:///C:/chats` and
    `tinydb:///~/chats` are not. Raises StoreError where the URL names nothing that can be opened.
    """
    return TinyDBFiles(_folder_of(url))


def keeping_of(url: str = DEFAULT_URL) -> Keeping:
    """Return what looks after the store that a `STORE_URL` names, and touch nothing; raises as `open_store` does.

    The store is opened where a verb writes to it: a look at a damaged one changes nothing.
    """
    root = _folder_of(url)
    return FolderKeeping(root, lambda: closing(TinyDBFiles(root)))


def _folder_of(url: str) -> Path:
    scheme, separator, rest = url.partition("://")
    if scheme.startswith("postgresql"):
        # The URL itself is not repeated: it may hold a password.
        raise StoreError("STORE_URL names PostgreSQL, which this version cannot use yet. Use tinydb:///data instead.")
    if not separator or scheme != "tinydb":
        raise StoreError("STORE_URL is not understood. Use tinydb:///folder, such as tinydb:///data.")
    if not rest.startswith("/") or not rest[1:].strip():
        raise StoreError("STORE_URL names no folder. Use three slashes and a folder, such as tinydb:///data.")
    return Path(rest[1:]).expanduser()

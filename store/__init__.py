"""What is kept, and where: `open_store(url)` gives a ConversationStore. The only room that knows a database."""

from __future__ import annotations

from pathlib import Path

from store.conversations import ConversationStore, StoreError
from store.files.store import TinyDBFiles

DEFAULT_URL = "tinydb:///data"

__all__ = ["DEFAULT_URL", "folder_of", "open_store"]


def open_store(url: str = DEFAULT_URL) -> ConversationStore:
    """Open the store that a `STORE_URL` names, and make it where it is new.

    `tinydb:///folder` is relative to the working directory; `tinydb:////var/chats`, `tinydb:///C:/chats` and
    `tinydb:///~/chats` are not. Raises StoreError where the URL names nothing that can be opened.
    """
    return TinyDBFiles(folder_of(url))


def folder_of(url: str = DEFAULT_URL) -> Path:
    """Return the data folder that a `STORE_URL` names, and touch nothing; raises StoreError as `open_store` does."""
    scheme, separator, rest = url.partition("://")
    if scheme.startswith("postgresql"):
        # The URL itself is not repeated: it may hold a password.
        raise StoreError("STORE_URL names PostgreSQL, which this version cannot use yet. Use tinydb:///data instead.")
    if not separator or scheme != "tinydb":
        raise StoreError("STORE_URL is not understood. Use tinydb:///folder, such as tinydb:///data.")
    if not rest.startswith("/") or not rest[1:].strip():
        raise StoreError("STORE_URL names no folder. Use three slashes and a folder, such as tinydb:///data.")
    return Path(rest[1:]).expanduser()

"""What a `STORE_URL` names, and the one that is taken where none is set."""

from __future__ import annotations

from pathlib import Path

from store.conversations import StoreError

DEFAULT_URL = "tinydb:///data"


def folder_of(url: str) -> Path:
    """Return the data folder that the URL names, and touch nothing. Raises StoreError where it names none.

    The URL itself is never repeated in a sentence: it may hold a password.
    """
    scheme, separator, rest = url.partition("://")
    if scheme.startswith("postgresql"):
        raise StoreError(f"STORE_URL names PostgreSQL, which this version cannot use yet. Use {DEFAULT_URL} instead.")
    if not separator or scheme != "tinydb":
        raise StoreError(f"STORE_URL is not understood. Use tinydb:///folder, such as {DEFAULT_URL}.")
    if not rest.startswith("/") or not rest[1:].strip():
        raise StoreError(f"STORE_URL names no folder. Use three slashes and a folder, such as {DEFAULT_URL}.")
    if any(character < " " for character in rest):  # NUL, which no system takes in a name, and its like
        raise StoreError(f"STORE_URL has a character in it that no folder has. Use letters, such as {DEFAULT_URL}.")
    try:
        return Path(rest[1:]).expanduser()
    except RuntimeError as error:  # `~somebody`, whom this machine does not know
        raise StoreError(f"STORE_URL names the home of somebody unknown here. Use {DEFAULT_URL} instead.") from error

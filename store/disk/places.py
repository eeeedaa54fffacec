"""Names on disk: which folder an owner has, and which file a conversation.

Owners and ids come from outside (a cookie, an identity provider, a URL), so neither is ever joined to a path as it is.
Two different owners never share a folder, on a file system that folds case either. Nothing here touches a disk.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from chat.records import is_id, is_reserved

MARKER = ".chatkeep"
CATALOG = ".catalog.sqlite3"
LOCKS, PROCESSES, BACKUPS = ".locks", ".processes", ".backups"
SHARES = ".shares"
"""A folder with a note for each link: which conversation's copy it leads to."""
MANIFEST = "backup.json"
"""In a backup, beside the folders of the owners."""
OWNERS = ".owners"
"""A folder with what is kept of all owners together: the days on which Chatkeep ran, one-time codes, what was spent."""
PREFERENCES, SEEN, GIVEN = ".preferences.json", ".seen.json", ".given.json"
"""In an owner's folder; all others are in the data folder itself."""
NOTES = frozenset({SEEN, GIVEN})
"""Of an owner's files those that are no words and in no backup: when they were here, and what they were given."""

LONGEST_FOLDER = 120
"""Characters of a folder's name; a longer owner gets a hash, since file systems end at 255 bytes."""

_HASHED = re.compile(r"%sha256-[0-9a-f]{64}")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-.")
_DAMAGED = re.compile(r"(?P<id>[a-z0-9_-]+)\.json\.damaged-(?P<time>\d{8}T\d{6}\.\d{6})Z")
_TEMPORARY = re.compile(r"\.(?P<id>[a-z0-9_-]+)\.(?P<process>[0-9a-f]{32})(\.[0-9a-f]{32})?\.tmp")
_SHARE = re.compile(r"\.share-(?P<id>[a-z0-9_-]+)\.(?P<share>[0-9a-f]{32})\.json")
_SHARE_ID = re.compile(r"[0-9a-f]{32}")
_TIME = "%Y%m%dT%H%M%S.%f"


class Place(NamedTuple):
    """Where a conversation is kept, below the data folder: its owner's folder, and its id."""

    folder: str
    id: str

    @property
    def file_name(self) -> str:
        return f"{self.id}.json"

    @property
    def key(self) -> str:
        """What the conversation's lock goes by."""
        return f"{self.folder}/{self.id}"


def folder_name(owner: str) -> str:
    """Return the one folder of this owner: `personal` is `personal`, `Jo@x.org` is `%4ao%40x.org`.

    What is not plain is percent-encoded byte by byte, so the way back is unique; an owner too long for that gets a
    hash behind a mark that no encoded name has. Raises ValueError for an empty owner: two people whose names are
    missing must not meet in one folder.
    """
    if not owner:
        raise ValueError("an owner is never empty")
    raw = owner.encode("utf-8", "surrogatepass")
    first = "" if raw[0] in _PLAIN and raw[0] != ord(".") and not is_reserved(owner) else f"%{raw[0]:02x}"
    last = f"%{raw[-1]:02x}" if raw.endswith(b".") and len(raw) > 1 else ""
    middle = raw[1 if first else 0 : len(raw) - (1 if last else 0)]
    name = first + "".join(chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in middle) + last
    return name if len(name) <= LONGEST_FOLDER else f"%sha256-{hashlib.sha256(raw).hexdigest()}"


def is_owner_folder(name: str) -> bool:
    """Whether `folder_name` can have made this name; any other folder is somebody else's."""
    if _HASHED.fullmatch(name):
        return True
    try:
        owner = unquote_to_bytes(name).decode("utf-8", "surrogatepass")
    except UnicodeError:  # bytes that are no text stand for no owner
        return False
    return bool(owner) and folder_name(owner) == name


def conversation_id(file_name: str) -> str | None:
    """Return the id of the conversation that a file of this name holds, or None where it is no such file."""
    stem = file_name.removesuffix(".json")
    return stem if stem != file_name and is_id(stem) else None


def temporary_name(place: Place, process: str, writer: str | None = None) -> str:
    """Return the name under which a process writes a conversation before it takes the old one's place.

    Who writes without the conversation's lock names itself too (32 hex digits), since another one may be at it.
    """
    return f".{place.id}.{process}.tmp" if writer is None else f".{place.id}.{process}.{writer}.tmp"


def temporary_parts(file_name: str) -> tuple[str, str] | None:
    """Return the conversation's id and the process of a temporary file, or None where the name is none."""
    found = _TEMPORARY.fullmatch(file_name)
    return None if found is None else (found["id"], found["process"])


def share_name(conversation_id: str, share_id: str) -> str:
    """Return the name of the file of a shared copy, beside its conversation's. The dot keeps it from being one."""
    return f".share-{conversation_id}.{share_id}.json"


def share_parts(file_name: str) -> tuple[str, str] | None:
    """Return the ids of the conversation and of the share that a file of this name holds, or None where it is none."""
    found = _SHARE.fullmatch(file_name)
    return None if found is None or not is_id(found["id"]) else (found["id"], found["share"])


def is_share_id(text: str) -> bool:
    """Whether this could be the id of a share, which names a file."""
    return _SHARE_ID.fullmatch(text) is not None


def damaged_name(place: Place, found_at: datetime) -> str:
    """Return the name under which a damaged file is set aside."""
    return f"{place.file_name}.damaged-{found_at.astimezone(UTC).strftime(_TIME)}Z"


def damaged_parts(file_name: str) -> tuple[str, datetime] | None:
    """Return the conversation's id and the time of a file that was set aside, or None where the name is none."""
    found = _DAMAGED.fullmatch(file_name)
    if found is None or not is_id(found["id"]):
        return None
    try:
        return found["id"], datetime.strptime(found["time"], _TIME).replace(tzinfo=UTC)
    except ValueError:  # a month 13
        return None

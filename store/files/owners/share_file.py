"""One shared copy as a file: the tables of a conversation, which any TinyDB opens, and a table `share` beside them."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chat.conversation import Conversation
from chat.records import BadRecord, Record
from chat.sharing import has_ended
from store.conversations import LaterVersion
from store.disk.atomic import json_bytes
from store.files.tables import VERSION, Change, Damaged, content_of, conversation_of, has_our_table, version_of
from store.rules import LATER_VERSION

SHARE = "share"

_NONCE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Copied:
    """What is in such a file."""

    conversation: Conversation
    nonce: str
    """What the link's token is made of, together with the data folder's key."""
    expires_at: datetime | None

    def is_expired(self, now: datetime) -> bool:
        return has_ended(self.expires_at, now)


def bytes_of(copied: Copied) -> bytes:
    """Return the bytes of the file that holds this."""
    ends = {} if copied.expires_at is None else {"expires_at": copied.expires_at.astimezone(UTC).isoformat()}
    share: Record = {"nonce": copied.nonce} | ends
    return json_bytes(Change.of_new(copied.conversation).content | {SHARE: {"1": share}})


def read_share(path: Path) -> Copied:
    """Return what a file holds. Raises FileNotFoundError, `Damaged`, `LaterVersion`, OSError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise Damaged("not a file")
    raw = path.read_bytes()
    try:
        content = content_of(raw)
        if version_of(content) > VERSION:
            raise LaterVersion(LATER_VERSION)
        conversation = conversation_of(content)
        (share,) = content.get(SHARE, {}).values() or ({},)
        return Copied(conversation, _nonce(share), _expires_at(share))
    except (Damaged, ValueError) as error:
        raise Damaged(str(error), has_our_table=has_our_table(raw)) from error


def _nonce(share: Record) -> str:
    nonce = share.get("nonce")
    if not isinstance(nonce, str) or _NONCE.fullmatch(nonce) is None:
        raise BadRecord("nonce is missing or wrong")
    return nonce


def _expires_at(share: Record) -> datetime | None:
    text = share.get("expires_at")
    if text is None:
        return None
    moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    if moment is None or moment.tzinfo is None:
        raise BadRecord("expires_at is no ISO 8601 time")
    return moment.astimezone(UTC)

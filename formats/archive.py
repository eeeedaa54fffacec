"""All conversations as a zip: one `history.json`-shaped file for each, named by its title, and a manifest.

The manifest says which file is which conversation, since two may have one title, and a title is no identity.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import IO, Any

from chat.conversation import Conversation, printable
from formats.history import history_messages, to_history
from formats.names import file_name, folded

FORMAT = "chatkeep-history"
VERSION = 1
MANIFEST = "manifest.json"
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
LATEST = datetime(2107, 12, 31, tzinfo=UTC)
"""A zip can say no time before or after these."""


def write_archive(conversations: Iterable[Conversation], file: IO[bytes], now: datetime) -> None:
    """Write the zip into an open binary file. One conversation after the other; same input, same bytes.

    `now` is the time that the manifest says.
    """
    taken = {folded(MANIFEST)}
    entries: list[dict[str, Any]] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for conversation in conversations:
            name = file_name(conversation.title, ".json", taken)
            taken.add(folded(name))
            archive.writestr(_member(name, conversation.updated_at), to_history(conversation))
            entries.append(_entry(name, conversation))
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "exported_at": now.astimezone(UTC).isoformat(),
            "conversations": entries,
        }
        archive.writestr(_member(MANIFEST, now), json.dumps(manifest, ensure_ascii=False, indent=2).encode() + b"\n")


def _member(name: str, moment: datetime) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, min(max(moment.astimezone(UTC), EARLIEST), LATEST).timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3  # Unix, on every system: the same bytes everywhere
    member.external_attr = 0o644 << 16
    return member


def _entry(name: str, conversation: Conversation) -> dict[str, Any]:
    path = conversation.path()
    messages = len(history_messages(conversation))
    return {
        "file": name,
        "id": conversation.id,
        "title": printable(conversation.title),
        "model": next((message.model for message in reversed(path) if message.model), conversation.settings.model),
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
        "messages": messages,
        "without_words": len(path) - messages,
        "in_other_branches": len(conversation.messages) - len(path),
    }

"""Many conversations as a zip: a file for each, named by its title, and a manifest.

The manifest says which file is which conversation, since two may have one title, and a title is no identity. It says
`"format": "chatkeep-history"` of a zip of `history.json` files, `"chatkeep-archive"` of all others, with `of` for what
the files are. The zip is written one conversation after the other; of those that are written only a line for the
manifest stays in memory.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from chat.conversation import Conversation
from chat.surrogates import printable
from formats.exports.history import history_messages, to_history
from formats.file_names import FileNames
from formats.reading import in_other_branches, kept

VERSION = 1
MANIFEST = "manifest.json"
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
LATEST = datetime(2107, 12, 31, tzinfo=UTC)
"""A zip can say no time before or after these."""

COMPRESSION = 4
"""zlib's level. The usual 6 takes two and a half times as long on chats and makes them a fiftieth smaller."""

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Members:
    """What the files of an archive are, and what its manifest says of them."""

    manifest: Entry
    ending: str
    written: Callable[[Conversation], bytes]
    counts: Callable[[Conversation], Entry]
    """What the manifest says of one conversation's messages."""
    says_when: bool = True
    """The manifest says when it was written. Without that, the same conversations always give the same bytes."""


def _history_counts(conversation: Conversation) -> Entry:
    messages = len(history_messages(conversation))
    return {
        "messages": messages,
        "without_words": len(conversation.path()) - messages,
        "in_other_branches": in_other_branches(conversation),
    }


def _counts(conversation: Conversation) -> Entry:
    return {"messages": len(conversation.path()), "in_other_branches": in_other_branches(conversation)}


def _counts_of_all(conversation: Conversation) -> Entry:
    there = len(kept(conversation.messages))
    return {"messages": there, "deleted": len(conversation.messages) - there}


HISTORY = Members({"format": "chatkeep-history", "version": VERSION}, ".history.json", to_history, _history_counts)


def archive_of(name: str, ending: str, written: Callable[[Conversation], bytes], *, whole: bool = False) -> Members:
    """Return the members of an archive of the export format `name`.

    `whole` is for a format that keeps everything and is to come back: its archive has every message in its counts, and
    no time of the export in it.
    """
    manifest = {"format": "chatkeep-archive", "version": VERSION, "of": name}
    return Members(manifest, ending, written, _counts_of_all if whole else _counts, says_when=not whole)


def write_archive(
    conversations: Iterable[Conversation],
    file: IO[bytes],
    now: datetime,
    members: Members = HISTORY,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write the zip into an open binary file. Same conversations in the same order, same `now`: same bytes.

    `now` is the time that the manifest says, where it says one. `progress` is told, after each conversation, how many
    are written.
    """
    names = FileNames(members.ending, MANIFEST)
    entries: list[bytes] = []
    latest = EARLIEST
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for conversation in conversations:
            name = names.give(conversation.title)
            archive.writestr(
                _member(name, conversation.updated_at), members.written(conversation), compresslevel=COMPRESSION
            )
            entries.append(_json(_entry(name, conversation) | members.counts(conversation), indent=4))
            latest = max(latest, conversation.updated_at)
            if progress is not None:
                progress(len(entries))
        moment = now if members.says_when else latest
        says = members.manifest | ({"exported_at": now.astimezone(UTC).isoformat()} if members.says_when else {})
        _write_manifest(archive, _member(MANIFEST, moment), says, entries)


def _write_manifest(archive: zipfile.ZipFile, member: zipfile.ZipInfo, says: Entry, entries: list[bytes]) -> None:
    head, tail = _json(says | {"conversations": []}, indent=0).rsplit(b"]", 1)
    with archive.open(member, "w") as manifest:
        manifest.write(head)
        for number, entry in enumerate(entries):
            manifest.write((b",\n" if number else b"\n") + entry)
        manifest.write((b"\n  ]" if entries else b"]") + tail + b"\n")


def _json(value: Entry, indent: int) -> bytes:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return (" " * indent + text.replace("\n", "\n" + " " * indent)).encode()


def _member(name: str, moment: datetime) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, min(max(moment.astimezone(UTC), EARLIEST), LATEST).timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3  # Unix, on every system: the same bytes everywhere
    member.external_attr = 0o644 << 16
    return member


def _entry(name: str, conversation: Conversation) -> Entry:
    models = (message.model for message in reversed(conversation.path()) if message.model)
    return {
        "file": name,
        "id": printable(conversation.id),
        "title": printable(conversation.title),
        "model": printable(next(models, conversation.settings.model or "")) or None,
        "created_at": conversation.created_at.astimezone(UTC).isoformat(),
        "updated_at": conversation.updated_at.astimezone(UTC).isoformat(),
    }

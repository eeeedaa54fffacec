"""The files of a zip that are no conversations: each is named with what it is, so that nobody has to wonder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

from formats.imports.files.members import Member
from formats.imports.outcome import Skipped

NAMED = 20
"""Files that are named one by one."""

KINDS_NAMED = 6

KNOWN = {
    "chat.html": "shows the chats for reading; they are taken from the JSON files beside it",
    "user.json": "is about your account, and has no chats",
    "users.json": "is about your account, and has no chats",
    "user_settings.json": "is about your account, and has no chats",
    "shared_conversations.json": "names the chats that you shared; they are in the other files",
    "memories.json": "is what the product remembers about you, and has no chats",
    "projects.json": "is about your projects; their chats are in the other files",
    "message_feedback.json": "has no ratings",
}
"""Files of ChatGPT's and Claude's exports."""

PACKED = (".zip", ".gz", ".tgz", ".tar", ".7z", ".xz", ".zst", ".bz2", ".rar")
OF_THE_SYSTEM = ("._", ".ds_store", "thumbs.db", "desktop.ini")
"""Names, or beginnings of names, of what macOS and Windows put into a zip by themselves; nobody is to hear of them."""

NOT_READ = {
    **dict.fromkeys(
        (
            b"\x1f\x8b",
            b"7z\xbc\xaf",
            b"\xfd7zXZ",
            b"\x28\xb5\x2f\xfd",
            b"Rar!",
            b"BZh",
        ),  # gzip, 7z, xz, zstd, rar, bzip2
        "This file is packed. Unpack it, and import what is in it.",
    ),
    b"PAR1": "This file is a Parquet table. Save it as JSON lines, and import that.",
}
"""By the first bytes of a file that is no zip: what to do with it."""

PAGE_ALONE = "is a page for reading. Import the zip with conversations.json as it came"


def named(others: Iterable[Member], is_without_chats: bool = False) -> Iterator[Skipped]:
    """Yield a line for each file that is JSON or known, and one for all others together.

    `is_without_chats` is whether nothing else was found in the zip.
    """
    plain: list[Member] = []
    data: list[Member] = []
    members = [member for member in others if not member.title.lower().startswith(OF_THE_SYSTEM)]
    is_page_alone = is_without_chats and not any(member.is_called_json and "conv" in member.title for member in members)
    for member in members:
        name = member.title.lower()
        if is_page_alone and name.endswith((".html", ".htm")):
            yield Skipped(member.title, PAGE_ALONE)
        elif name.endswith(PACKED):
            yield Skipped(member.title, "is packed once more. Unpack it, and import what is in it")
        elif name in KNOWN:
            yield Skipped(member.title, KNOWN[name])
        else:
            (data if member.is_called_json else plain).append(member)
    for member in data[:NAMED]:
        yield Skipped(member.title, "has no conversations")
    yield from _together(data[NAMED:], "has no conversations", "have no conversations")
    yield from _together(plain, "is no chat, and is not imported", "are no chats, and are not imported")


def not_read(file: IO[bytes]) -> str:
    """Return what to do with a file that is packed, or a table, in ways that are not read; empty for any other."""
    file.seek(0)
    beginning = file.read(8)
    return next((sentence for magic, sentence in NOT_READ.items() if beginning.startswith(magic)), "")


def _together(members: list[Member], one: str, many: str) -> Iterator[Skipped]:
    if len(members) == 1:
        yield Skipped(members[0].title, one)
    elif members:
        kinds = dict.fromkeys(member.title.rpartition(".")[2][:10].lower() for member in members if "." in member.title)
        shown = ", ".join([*list(kinds)[:KINDS_NAMED], *(["…"] if len(kinds) > KINDS_NAMED else [])])
        yield Skipped(f"{len(members):,} other files{f' ({shown})' if shown else ''}", many)

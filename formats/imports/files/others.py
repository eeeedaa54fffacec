"""The files of a zip that are no conversations: each is named with what it is, so that nobody has to wonder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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

PAGE_ALONE = "is a page for reading. Import the zip with conversations.json as it came"


def named(others: Iterable[Member], is_without_chats: bool = False) -> Iterator[Skipped]:
    """Yield a line for each file that is JSON or known, and one for all others together.

    `is_without_chats` is whether nothing else was found in the zip.
    """
    plain: list[Member] = []
    data: list[Member] = []
    for member in others:
        name = member.title.lower()
        if is_without_chats and name.endswith((".html", ".htm")):
            yield Skipped(member.title, PAGE_ALONE)
        elif name.endswith(".zip"):
            yield Skipped(member.title, "is a zip in a zip. Unpack it, and import it alone")
        elif name in KNOWN:
            yield Skipped(member.title, KNOWN[name])
        else:
            (data if member.is_called_json else plain).append(member)
    for member in data[:NAMED]:
        yield Skipped(member.title, "has no conversations")
    yield from _together(data[NAMED:], "have no conversations")
    yield from _together(plain, "are not chats, and are not imported")


def _together(members: list[Member], reason: str) -> Iterator[Skipped]:
    if len(members) == 1:
        yield Skipped(members[0].title, reason.replace("are ", "is ").replace("have ", "has "))
    elif members:
        kinds = dict.fromkeys(member.title.rpartition(".")[2][:10].lower() for member in members if "." in member.title)
        shown = ", ".join([*list(kinds)[:KINDS_NAMED], *(["…"] if len(kinds) > KINDS_NAMED else [])])
        yield Skipped(f"{len(members):,} other files{f' ({shown})' if shown else ''}", reason)

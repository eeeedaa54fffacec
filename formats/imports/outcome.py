"""What comes out of an import: a conversation that was read, one that was skipped, or a file that is no export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from chat.conversation import Conversation
from formats.imports.limits import Limits

Kind = Literal[
    "picture",
    "recording",
    "video",
    "file",
    "tool call",
    "tool result",
    "source",
    "thinking",
    "message",
    "part",
    "letter",
]
"""What a conversation may have that is not taken. A letter is a byte that is none in the file's encoding."""

LeftOut = Counter[Kind]
"""How many of each kind."""

IN_WORDS: dict[Kind, tuple[str, str]] = {
    "picture": ("picture", "pictures"),
    "recording": ("recording", "recordings"),
    "video": ("video", "videos"),
    "file": ("attached file", "attached files"),
    "tool call": ("tool call", "tool calls"),
    "tool result": ("tool result", "tool results"),
    "source": ("source", "sources"),
    "thinking": ("hidden thought", "hidden thoughts"),
    "message": ("message of another kind", "messages of other kinds"),
    "part": ("part of an unknown kind", "parts of an unknown kind"),
    "letter": ("unreadable letter", "unreadable letters"),
}
"""What the user reads, for one and for many; in the order in which it is said."""


@dataclass(frozen=True, slots=True)
class Read:
    """A conversation that was read, as it can be kept: its links hold, and its head is there."""

    conversation: Conversation
    left_out: LeftOut = field(default_factory=LeftOut)
    """What it has and Chatkeep does not take, each kind under its own name."""
    has_identity: bool = True
    """Its ids come from the source, so the same chat always has the same ids. False: they are made from its words."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A conversation, or a file in a zip, that could not be taken."""

    title: str
    reason: str
    """Short, for the user, to be read after the title: `has no messages`."""


def left_out_in_words(left_out: Mapping[Kind, int]) -> list[str]:
    """Return what was left out, a kind each: `["2 pictures", "1 tool call"]`."""
    counts = ((left_out.get(kind, 0), words) for kind, words in IN_WORDS.items())
    return [f"{count:,} {one if count == 1 else many}" for count, (one, many) in counts if count]


class NotAnExport(ValueError):
    """The whole file is nothing that can be imported; the text is for the user and says what to do."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a file may be written in that is not Unicode."""

    name: str
    """As `open_export` takes it: `cp1252`."""
    title: str
    """For the user: `Western European (Windows-1252)`."""
    sample: str
    """Some words of the file as they would read."""


class NotUnicode(NotAnExport):
    """The file is an export, but its letters can only be read by somebody who says what they are written in."""

    def __init__(self, encodings: tuple[Encoding, ...]) -> None:
        super().__init__(
            "This file is not written in Unicode. Nothing was imported; choose the encoding in which its words "
            "read right."
        )
        self.encodings = encodings
        """The likeliest first."""


class Unreadable(ValueError):
    """One conversation cannot be taken; the text is the `reason` of a `Skipped`."""


def nothing_to_show(left_out: Mapping[Kind, int], system: str = "") -> Unreadable:
    """Return why a conversation is not taken in which nobody says anything: it has no messages, or only others."""
    there = [*(["instructions"] if system.strip() else []), *left_out_in_words(left_out)]
    return Unreadable(f"has nothing that was said, only {', '.join(there)}" if there else "has no messages")


@dataclass(frozen=True, slots=True)
class About:
    """What a zip's manifest says of the conversation in one of its files."""

    id: str
    title: str
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader needs besides the words."""

    owner: str
    now: datetime
    """The date of what has none at all."""
    limits: Limits
    about: About | None = None
    ratings: Mapping[str, tuple[int, str]] | None = None
    """Rating and note by the source's message id, where an export keeps them in a file of their own."""


Reader = Callable[[list[Any], Context], Iterator[Read | Skipped]]


@dataclass(frozen=True, slots=True)
class Format:
    """How the chats of one product are recognised and read."""

    product: str
    """Its name, as the user knows it."""
    claims: Callable[[Any], bool]
    """Whether a value looks like one of this product's conversations, or like one of its messages where `whole`."""
    read: Reader
    whole: bool = False
    """The values of a file are the messages of one conversation. Otherwise each value is a conversation."""
    unfold: Callable[[Any], list[Any]] | None = None
    """The conversations in a value, where it is an object that holds them all."""
    how: str = ""
    """How a person gets the file, in one sentence."""
    group: Callable[[Any], str] | None = None
    """Where a file has the messages of several conversations one after the other: whose this message is."""

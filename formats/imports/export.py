"""The conversations of an export that was recognised, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from formats.imports.claims import chats_inside, format_of, is_claimed
from formats.imports.files.documents import Bad, Document, Kind
from formats.imports.files.members import Budget, Member
from formats.imports.known import FORMATS
from formats.imports.limits import Limits
from formats.imports.outcome import About, Context, Encoding, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.products import chatkeep
from formats.imports.tree import check_count, single_line
from formats.imports.values import text

TOO_LONG = "this file takes more than {:,.0f} seconds. Import it in parts"
UNEXPECTED = "has a form that Chatkeep does not know"
TITLES = (("title",), ("name",), ("chatTitle",), ("conversation", "title"), ("chat", "title"))
"""Where the chats of the products have their title."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file with conversations of one product."""

    member: Member
    kind: Kind
    format: Format
    encoding: str = ""
    """What it is written in where it is not Unicode."""
    is_inside: bool = False
    """The conversations are inside of the file's values; see `chats_inside`."""


@dataclass(slots=True)
class Found:
    """What was found in the files before any conversation is read."""

    parts: list[Part] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    others: list[Member] = field(default_factory=list)
    """Files without conversations."""
    encodings: tuple[Encoding, ...] = ()
    """What the files with conversations may be written in where they are not Unicode."""
    about: dict[str, About] = field(default_factory=dict)
    ratings: dict[str, tuple[int, str]] = field(default_factory=dict)
    written_as: str = ""
    """What the files of a zip of Chatkeep's are, in the words of its manifest."""


class Export:
    """An export that was recognised. Can be gone through more than once: for a dry run, and for the import."""

    def __init__(
        self, found: Found, owner: str, limits: Limits, now: datetime, other_files: tuple[Skipped, ...]
    ) -> None:
        self._found = found
        self._owner = owner
        self._limits = limits
        self._now = now
        self._size = sum(part.member.size for part in found.parts) or 1
        self._budget = Budget(limits)
        names = [chatkeep.FORMAT.product if found.about else part.format.product for part in found.parts]
        self.product = " and ".join(dict.fromkeys(names))
        """Whose export it is, as the user knows it: `ChatGPT`."""
        self.other_files = other_files
        """The files of a zip that are no conversations, each with what it is; they are not yielded."""
        self.repeated: list[str] = []
        """Titles of the conversations that came again, word for word, in the present pass. They are yielded once."""
        self.rest: Skipped | None = None
        """What was yielded last where the present pass took too long."""

    @property
    def progress(self) -> float:
        """How much of the files was read in the present pass, from 0 to 1."""
        return min(1.0, self._budget.read / self._size)

    def __iter__(self) -> Iterator[Read | Skipped]:
        """Yield what becomes of each conversation, in the order of the files."""
        return self.items()

    def items(self, seconds: float = math.inf) -> Iterator[Read | Skipped]:
        """Yield what becomes of each conversation; what is not reached within so many seconds is skipped as one."""
        self._budget = Budget(self._limits, seconds)
        self.repeated, self.rest = [], None
        yield from self._found.skipped
        twice: set[tuple[str, int]] = set()
        number = 0
        for item in (item for part in self._found.parts for item in self._read(part)):
            if self._budget.is_over:
                self.rest = Skipped("The rest", f"was not looked at: {TOO_LONG.format(seconds)}")
                yield self.rest
                return
            if isinstance(item, Read):
                said = hash(tuple(message.id for message in item.conversation.messages))
                if (item.conversation.id, said) in twice:
                    self.repeated.append(item.conversation.title)
                    continue
                twice.add((item.conversation.id, said))
            number += 1
            if number > self._limits.conversations:
                yield Skipped("The rest", f"is left: this file has more than {self._limits.conversations:,} chats")
                return
            yield item

    def _read(self, part: Part) -> Iterator[Read | Skipped]:
        about = self._found.about.get(part.member.name)
        context = Context(self._owner, self._now, self._limits, about, self._found.ratings)
        document = Document(partial(part.member.opened, self._budget), self._limits, part.kind, part.encoding)
        try:
            if part.format.whole:
                yield from self._gathered(part, document, context)
                return
            for number, value in enumerate(document, start=1):
                if isinstance(value, Bad):
                    yield Skipped(value.place, value.reason)
                else:
                    items = self._chats(part, value, number, context)
                    yield from _with_broken(items, document.broken_letters)
        except Unreadable as error:
            yield Skipped(part.member.title, str(error))

    def _chats(self, part: Part, value: Any, number: int, context: Context) -> Iterator[Read | Skipped]:
        """Yield the conversations of one value, of which it usually is one."""
        for each in (chats_inside(value) if part.is_inside else []) or [value]:
            format = _format_for(each, part)
            for chat in format.unfold(each) if format.unfold else [each]:
                yield from _outcome(format, [chat], context, f"Conversation {number}")
                number += 1

    def _gathered(self, part: Part, document: Document, context: Context) -> Iterator[Read | Skipped]:
        values: list[Any] = []
        broken = 0
        group = part.format.group or (lambda value: "")
        for value in document:
            if isinstance(value, Bad):
                yield Skipped(f"{part.member.title}, {value.place.lower()}", value.reason)
                continue
            if values and group(value) != group(values[0]):
                yield from _with_broken(_outcome(part.format, values, context, part.member.title), broken)
                values, broken = [], 0
            values.append(value)
            broken += document.broken_letters
            check_count(len(values), context)
        yield from _with_broken(_outcome(part.format, values, context, part.member.title), broken)


def _outcome(format: Format, values: list[Any], context: Context, place: str) -> Iterator[Read | Skipped]:
    try:
        yield from format.read(values, context)
    except Unreadable as error:
        yield Skipped(_title(values, context) or place, str(error))
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
        # Readers expect anything, so this is a mistake of theirs: it must not cost the user the other chats.
        yield Skipped(_title(values, context) or place, UNEXPECTED)


def _format_for(value: Any, part: Part) -> Format:
    """Return the format of one value: a list may have chats of more than one shape, each is read as what it is."""
    if part.format is FORMATS[-1] or is_claimed(part.format, value):
        return part.format
    format = format_of([value])
    return part.format if format is None or format.whole else format


def _with_broken(items: Iterator[Read | Skipped], broken: int) -> Iterator[Read | Skipped]:
    """Yield the items with the broken letters of their value counted once; each is a U+FFFD in the words."""
    for item in items:
        if broken and isinstance(item, Read):
            item = replace(item, left_out=item.left_out + LeftOut({"letter": broken}))
            broken = 0
        yield item


def _title(values: list[Any], context: Context) -> str:
    if len(values) != 1:
        return context.about.title if context.about else ""
    found = (text(values[0], *path) for path in TITLES)
    return single_line(next((title for title in found if title.strip()), ""), context)

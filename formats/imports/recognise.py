"""Whose export a file is, and its conversations one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, Any

from chat.conversation import utc_now
from formats.imports.files.documents import Bad, Document, Kind, NotJson
from formats.imports.files.letters import likely_encodings
from formats.imports.files.manifests import (
    about_files,
    is_list_of_parts,
    is_own_manifest,
    is_rating,
    missing_parts,
    ratings_from,
)
from formats.imports.files.members import Budget, Member, members_of
from formats.imports.files.others import named
from formats.imports.known import FORMATS, NOTHING_KNOWN
from formats.imports.limits import LIMITS, Limits
from formats.imports.outcome import (
    About,
    Context,
    Encoding,
    Format,
    LeftOut,
    NotAnExport,
    NotUnicode,
    Read,
    Skipped,
    Unreadable,
)
from formats.imports.products import chatkeep
from formats.imports.records.formats import WITHOUT_IDS
from formats.imports.tree import check_count, single_line
from formats.imports.values import text

LOOKED_AT = 20
"""Values of a file at which is looked to recognise it: the first may be broken."""

SEARCHED = 1000
"""Values among which one is looked for where none of the first is known: an export may begin with its folders."""

TOO_LONG = "this file takes more than {:,.0f} seconds. Import it in parts"
NO_PART = "is left: unpack the zip and import it alone, it is no part of the export of"
TITLES = (("title",), ("name",), ("chatTitle",), ("conversation", "title"), ("chat", "title"))
"""Where the chats of the products have their title."""

UNEXPECTED = "has a form that Chatkeep does not know"


@dataclass(frozen=True, slots=True)
class _Part:
    """A file with conversations of one product."""

    member: Member
    kind: Kind
    format: Format
    encoding: str = ""
    """What it is written in where it is not Unicode."""


@dataclass(slots=True)
class _Found:
    """What was found in the files before any conversation is read."""

    parts: list[_Part] = field(default_factory=list)
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
        self, found: _Found, owner: str, limits: Limits, now: datetime, other_files: tuple[Skipped, ...]
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

    def _read(self, part: _Part) -> Iterator[Read | Skipped]:
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
                    # A list may have chats of more than one shape: each is read as what it is itself.
                    format = part.format if part.format.claims(value) else _format_of([value]) or part.format
                    format = part.format if format.whole else format
                    chats = format.unfold(value) if format.unfold else [value]
                    for place, chat in enumerate(chats, start=number):
                        items = _outcome(format, [chat], context, f"Conversation {place}")
                        yield from _with_all_broken(items, document.broken_letters)
        except Unreadable as error:
            yield Skipped(part.member.title, str(error))

    def _gathered(self, part: _Part, document: Document, context: Context) -> Iterator[Read | Skipped]:
        values: list[Any] = []
        broken = 0
        group = part.format.group or (lambda value: "")
        for value in document:
            if isinstance(value, Bad):
                yield Skipped(f"{part.member.title}, {value.place.lower()}", value.reason)
                continue
            if values and group(value) != group(values[0]):
                yield from _with_all_broken(_outcome(part.format, values, context, part.member.title), broken)
                values, broken = [], 0
            values.append(value)
            broken += document.broken_letters
            check_count(len(values), context)
        yield from _with_all_broken(_outcome(part.format, values, context, part.member.title), broken)


def _outcome(format: Format, values: list[Any], context: Context, place: str) -> Iterator[Read | Skipped]:
    try:
        yield from format.read(values, context)
    except Unreadable as error:
        yield Skipped(_title(values, context) or place, str(error))
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
        # Readers expect anything, so this is a mistake of theirs: it must not cost the user the other chats.
        yield Skipped(_title(values, context) or place, UNEXPECTED)


def _with_broken(item: Read | Skipped, broken: int) -> Read | Skipped:
    """Return the conversation with its broken letters counted; each is a U+FFFD in its words."""
    if not broken or isinstance(item, Skipped):
        return item
    return replace(item, left_out=item.left_out + LeftOut({"letter": broken}))


def _with_all_broken(items: Iterator[Read | Skipped], broken: int) -> Iterator[Read | Skipped]:
    for item in items:
        yield _with_broken(item, broken)
        broken = 0


def _title(values: list[Any], context: Context) -> str:
    if len(values) != 1:
        return context.about.title if context.about else ""
    found = (text(values[0], *path) for path in TITLES)
    return single_line(next((title for title in found if title.strip()), ""), context)


def open_export(
    file: IO[bytes], owner: str, limits: Limits = LIMITS, now: datetime | None = None, encoding: str = ""
) -> Export:
    """Recognise the export in a seekable binary file, which must stay open while the export is gone through.

    `now` is the date of conversations that have none (default: the present moment). `encoding` is the name of what the
    file is written in where it is not Unicode; without it such a file raises `NotUnicode`, which says what it may be.
    Raises `NotAnExport`, whose text is for the user.
    """
    members, is_zip = members_of(file, limits)
    names = [member.name for member in members]
    # To recognise a file, its beginning is read up to three times, and a small file is all beginning.
    budget = Budget(replace(limits, total_bytes=4 * limits.total_bytes), limits.seconds)
    found = _Found()
    for member in members:
        if budget.is_over:
            found.skipped.append(Skipped("The rest", f"was not looked at: {TOO_LONG.format(limits.seconds)}"))
            break
        _look(member, names, budget, found, encoding)
    if found.encodings and not encoding:
        raise NotUnicode(found.encodings)
    others = list(named(found.others, is_without_chats=not found.parts)) if is_zip else []
    if not found.parts:
        found.skipped += others
        raise NotAnExport(_why_not(found, is_zip))
    if any(part.format not in WITHOUT_IDS for part in found.parts):
        # Files that somebody sent to ChatGPT lie in its zip too, and may be lists of messages.
        aside = [part for part in found.parts if part.format in WITHOUT_IDS]
        found.parts = [part for part in found.parts if part.format not in WITHOUT_IDS]
        others += (Skipped(part.member.title, f"{NO_PART} {found.parts[0].format.product}") for part in aside)
    return Export(found, owner, limits, now or utc_now(), tuple(others))


def _look(member: Member, names: list[str], budget: Budget, found: _Found, encoding: str) -> None:
    """Find out what is in one file, and note it."""
    values: list[Any] = []
    reason = ""
    try:
        if not member.begins_like_json(budget):
            found.others.append(member)
            return
        encodings = _encodings(member, budget.limits)
        written_in = (encoding or encodings[0].name) if encodings else ""
        document = Document(partial(member.opened, budget), budget.limits, encoding=written_in)
        for value in islice(document, SEARCHED):
            if isinstance(value, Bad):
                reason = reason or value.reason
            else:
                values.append(value)
            if len(values) >= LOOKED_AT and _format_of(values if len(values) == LOOKED_AT else values[-1:]):
                break
    except NotJson:
        found.others.append(member)
        return
    except Unreadable as error:
        reason = reason or str(error)
    format = _format_of(values)
    if format is not None:
        found.parts.append(_Part(member, document.kind, format, written_in))
        found.encodings = found.encodings or encodings
    elif any(is_own_manifest(value) for value in values):
        found.about = about_files(values[0])
        found.written_as = text(values[0], "of")
    elif any(is_list_of_parts(value) for value in values):
        found.skipped += missing_parts(values[0], names)
    elif any(is_rating(value) for value in values):
        try:
            found.ratings |= ratings_from(document)
        except Unreadable as error:
            found.skipped.append(Skipped(member.title, str(error)))
    elif reason and not values and member.is_called_json:
        found.skipped.append(Skipped(member.title, reason))
    else:
        found.others.append(member)


def _encodings(member: Member, limits: Limits) -> tuple[Encoding, ...]:
    try:
        return likely_encodings(partial(member.opened, Budget(limits)))
    except Unreadable:
        return ()  # whoever reads it will say so


def _format_of(values: list[Any]) -> Format | None:
    return next((each for each in FORMATS if any(each.claims(value) for value in values)), None)


def _why_not(found: _Found, is_zip: bool) -> str:
    if found.written_as:
        return (
            f"The files in this zip are for reading ({found.written_as}). "
            "To bring chats back, import a download in the format Chatkeep JSON."
        )
    if found.skipped and is_zip:
        return f"No conversations were found in this zip. {found.skipped[0].title} {found.skipped[0].reason}."
    if found.skipped:
        return f"This file {found.skipped[0].reason}. Download the export once more, and import it as it is."
    return NOTHING_KNOWN

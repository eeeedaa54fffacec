"""Whose export a file is: each file of it is looked at, and what none of the products knows is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, Any

from chat.conversation import utc_now
from formats.imports.claims import chats_inside, format_of
from formats.imports.export import TOO_LONG, Export, Found, Part
from formats.imports.files.documents import Bad, Document, NotJson
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
from formats.imports.files.others import named, not_read
from formats.imports.known import KNOWN, NOTHING_KNOWN
from formats.imports.limits import LIMITS, Limits
from formats.imports.outcome import (
    Encoding,
    NotAnExport,
    NotUnicode,
    Skipped,
    Unreadable,
)
from formats.imports.records.formats import WITHOUT_IDS
from formats.imports.values import text

LOOKED_AT = 20
"""Values of a file at which is looked to recognise it: the first may be broken."""

SEARCHED = 1000
"""Values among which one is looked for where none of the first is known: an export may begin with its folders."""

NO_PART = "is left: unpack the zip and import it alone, it is no part of the export of"


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
    # To recognise a large file, its beginning is read up to three times.
    budget = Budget(replace(limits, total_bytes=4 * limits.total_bytes), limits.seconds)
    found = Found()
    for member in members:
        if budget.is_over:
            found.skipped.append(Skipped("The rest", f"was not looked at: {TOO_LONG.format(limits.seconds)}"))
            break
        _look(member, names, budget, found, encoding)
    if found.encodings and not encoding:
        raise NotUnicode(found.encodings)
    others = list(named(found.others, is_without_chats=not found.parts)) if is_zip else []
    if not found.parts:
        raise NotAnExport(_why_not(found, others, is_zip) or not_read(file) or NOTHING_KNOWN)
    if any(part.format not in WITHOUT_IDS for part in found.parts):
        # Files that somebody sent to ChatGPT lie in its zip too, and may be lists of messages.
        aside = [part for part in found.parts if part.format in WITHOUT_IDS]
        found.parts = [part for part in found.parts if part.format not in WITHOUT_IDS]
        others += (Skipped(part.member.title, f"{NO_PART} {found.parts[0].format.product}") for part in aside)
    return Export(found, owner, limits, now or utc_now(), tuple(others))


def _look(member: Member, names: list[str], budget: Budget, found: Found, encoding: str) -> None:
    """Find out what is in one file, and note it."""
    values: list[Any] = []
    reason = ""
    held = member.held(budget)
    try:
        if not held.begins_like_json(budget):
            found.others.append(member)
            return
        encodings = _encodings(held, budget.limits)
        written_in = (encoding or encodings[0].name) if encodings else ""
        document = Document(partial(held.opened, budget), budget.limits, encoding=written_in)
        for value in islice(document, SEARCHED):
            if isinstance(value, Bad):
                reason = reason or value.reason
            else:
                values.append(value)
            if len(values) >= LOOKED_AT and format_of(values if len(values) == LOOKED_AT else values[-1:]):
                break
    except NotJson:
        found.others.append(member)
        return
    except Unreadable as error:
        reason = reason or str(error)
    format = format_of(values)
    if format is not None:
        found.parts.append(Part(member, document.kind, format, written_in))
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
    elif inside := format_of(each for value in values for each in chats_inside(value)):
        found.parts.append(Part(member, document.kind, inside, written_in, is_inside=True))
        found.encodings = found.encodings or encodings
    elif reason and not values and member.is_called_json:
        found.skipped.append(Skipped(member.title, reason))
    else:
        found.others.append(member)


def _encodings(member: Member, limits: Limits) -> tuple[Encoding, ...]:
    try:
        return likely_encodings(partial(member.opened, Budget(limits)))
    except Unreadable:
        return ()  # whoever reads it will say so


def _why_not(found: Found, others: list[Skipped], is_zip: bool) -> str:
    """Return why nothing can be imported, by what was found; empty where nothing was."""
    if found.written_as:
        return (
            f"The files in this zip are for reading ({found.written_as}). "
            "To bring chats back, import a download in the format Chatkeep JSON."
        )
    if found.skipped and not is_zip:
        return f"This file {found.skipped[0].reason}. Download the export once more, and import it as it is."
    first = next(iter([*found.skipped, *others]), None)
    if first is None:
        return ""
    said = f"No conversations were found in this zip. {first.title} {first.reason}."
    return said if found.skipped else f"{said} {KNOWN}"

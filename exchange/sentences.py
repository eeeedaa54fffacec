"""What is said of imports and exports, in the same words on a page and on a command line. All of it is plain text."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

from exchange.tally import Tally
from formats.imports.outcome import IN_WORDS

NOTHING_NEW = "There is nothing new in this file."
UNEXPECTED = "This file could not be read. Nothing was imported; check that it is a whole export and try again."
BROKEN_OFF = "This file could not be read to its end. What was imported is whole."
NO_ROOM = "There is no room to put this file while it is read. Nothing was imported; free some space and try again."
NOTHING_FOUND = "No conversation was found. Nothing was written."
NOTHING_KEPT = "There is no conversation yet. Nothing was written."


@dataclass(frozen=True, slots=True)
class Named:
    """A heading, and what stands below it where somebody asks."""

    heading: str
    lines: tuple[str, ...]
    more: int = 0
    """Lines that are not there for their number."""


def conversations(number: int) -> str:
    """Return so many conversations in words: `1 conversation`, `2,000 conversations`."""
    return "1 conversation" if number == 1 else f"{number:,} conversations"


def in_words(tally: Tally) -> str:
    """Return what an import does or did in one line: `12 new, 30 already here, 2 skipped, 5 pictures left out`."""
    parts = [
        (tally.new, "{} new"),
        (tally.grown, "{} with new messages"),
        (tally.here, "{} already here"),
        (len(tally.repeated), "{} twice in the file"),
        (tally.number_skipped, "{} skipped"),
    ]
    said = [words.format(f"{count:,}") for count, words in parts if count]
    return ", ".join([*said, *(named.heading for named in _left_out(tally))]) or "nothing to import"


def looked_through(name: str, product: str, tally: Tally) -> str:
    """Return what an import of a file would do."""
    return f"{name}, an export of {product}: {in_words(tally)}."


def imported(tally: Tally) -> str:
    """Return what an import did."""
    return f"Imported: {in_words(tally)}."


def cancelled(tally: Tally, *, was_merging: bool) -> str:
    """Return what is left of an import that somebody stopped."""
    return f"Cancelled. {so_far(tally) if was_merging else 'Nothing was imported.'}"


def so_far(tally: Tally) -> str:
    """Return what an import did before it ended too early."""
    return f"Imported so far: {in_words(tally)}. Import the file again to go on."


def named(tally: Tally) -> Iterator[Named]:
    """Yield what `in_words` counts and a person may want to see one by one, with the conversations it concerns."""
    yield from not_taken(tally)
    if tally.repeated:
        yield Named(f"{len(tally.repeated):,} twice in the file", tuple(f"“{title}”" for title in tally.repeated))
    yield from _left_out(tally)


def not_taken(tally: Tally) -> Iterator[Named]:
    """Yield which conversations could not be taken, and which files of a zip are no conversations."""
    if tally.skipped:
        lines = tuple(f"“{title}” {reason}" for title, reason in tally.skipped)
        yield Named(f"{tally.number_skipped:,} skipped", lines, tally.also_skipped)
    if tally.others:
        yield Named("Other files in this zip", tuple(f"{name} {what}" for name, what in tally.others))


def too_large(mib: int) -> str:
    """Return why a file is not taken."""
    return f"This file is larger than {mib:,} MB. Nothing was imported; import it in parts."


def exported(number: int, gone: int, unreadable: int) -> str:
    """Return what a download or an export of many holds, and what it does not."""
    said = [f"Exported: {conversations(number)}."]
    if gone:
        said.append(f"{conversations(gone)} {'was' if gone == 1 else 'were'} not here any more.")
    if unreadable:
        are = "is" if unreadable == 1 else "are"
        said.append(f"{conversations(unreadable)} could not be read, and {are} not in it.")
    return " ".join(said)


def not_opened(error: OSError) -> str:
    """Return why a file cannot be read."""
    match error:
        case FileNotFoundError():
            reason = "there is no such file"
        case IsADirectoryError():
            reason = "this is a folder: name the files in it"
        case PermissionError():
            reason = "access is denied"
        case _:
            reason = (error.strerror or "the disk does not answer").lower()
    return f"{reason}. Nothing was imported from it."


def not_written(error: OSError) -> str:
    """Return why a file of an export could not be written."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            reason = "there is no such folder"
        case PermissionError():
            reason = "access is denied"
        case OSError(errno=errno.ENOSPC):
            reason = "the disk is full"
        case _:
            reason = (error.strerror or "the disk does not answer").lower()
    return f"The file could not be written: {reason}. What was there is still there."


def _left_out(tally: Tally) -> Iterator[Named]:
    for kind, (one, many) in IN_WORDS.items():
        if number := tally.left_out.get(kind, 0):
            lines = tuple(f"“{title}”: {count:,}" for title, count in tally.left_out_of.get(kind, ()))
            heading = f"{number:,} {one if number == 1 else many} left out"
            yield Named(heading, lines)

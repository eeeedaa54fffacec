"""Every export there is, in the order in which they are offered: what a page draws its choices and files from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from chat.conversation import Conversation
from formats.exports.archive import HISTORY, Members, archive_of, write_archive
from formats.exports.chatkeep import to_chatkeep
from formats.exports.history import to_history
from formats.exports.html.page import to_html
from formats.exports.jsonl import jsonl_lines, to_jsonl
from formats.exports.markdown import to_markdown
from formats.exports.table import csv_pieces, to_csv
from formats.exports.text import to_text
from formats.exports.trace import to_trace
from formats.file_names import file_name


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One way out: for a single conversation, and for many at once."""

    name: str
    label: str
    help: str
    """One short sentence: what the file is for."""
    ending: str
    """How its files' names end. No two formats end alike, so that a name tells what is in a file."""
    mime: str
    of_one: Callable[[Conversation], bytes]
    pieces_of_many: Callable[[Iterable[Conversation]], Iterator[bytes]] | None = None
    """Makes one file of many conversations, piece by piece; without it, many are a zip."""
    members: Members | None = None
    """What that zip is made of."""


EXPORT_FORMATS: tuple[ExportFormat, ...] = (
    ExportFormat(
        "chatkeep",
        "Chatkeep JSON",
        "Everything: all branches, ratings and settings. Chatkeep imports it again without loss.",
        ".json",
        "application/json",
        to_chatkeep,
        members=archive_of("chatkeep", ".json", to_chatkeep, whole=True),
    ),
    ExportFormat(
        "history",
        "history.json",
        "The shown messages as role and content.",
        ".history.json",
        "application/json",
        to_history,
        members=HISTORY,
    ),
    ExportFormat(
        "jsonl",
        "JSONL for training",
        "One {“messages”: […]} a line, ready for fine-tuning.",
        ".training.jsonl",
        "application/jsonl",
        lambda conversation: to_jsonl([conversation]),
        pieces_of_many=jsonl_lines,
    ),
    ExportFormat(
        "markdown",
        "Markdown",
        "A document for notes and wikis.",
        ".md",
        "text/markdown",
        to_markdown,
        members=archive_of("markdown", ".md", to_markdown),
    ),
    ExportFormat(
        "html",
        "HTML",
        "A page to read, share and print, also to PDF. It needs no network.",
        ".html",
        "text/html",
        to_html,
        members=archive_of("html", ".html", to_html),
    ),
    ExportFormat(
        "text",
        "Plain text",
        "Words only, for any editor.",
        ".txt",
        "text/plain",
        to_text,
        members=archive_of("text", ".txt", to_text),
    ),
    ExportFormat(
        "csv",
        "CSV",
        "A table with a row for each message, for spreadsheets.",
        ".csv",
        "text/csv",
        lambda conversation: to_csv([conversation]),
        pieces_of_many=csv_pieces,
    ),
    ExportFormat(
        "trace",
        "Session trace",
        "JSONL for the trace viewer of the Hugging Face Hub.",
        ".trace.jsonl",
        "application/jsonl",
        to_trace,
        members=archive_of("trace", ".trace.jsonl", to_trace),
    ),
)


def format_named(name: str) -> ExportFormat:
    """Return the format of that name; raises KeyError where there is none."""
    for form in EXPORT_FORMATS:
        if form.name == name:
            return form
    raise KeyError(name)


def export_one(conversation: Conversation, form: ExportFormat) -> bytes:
    """Return one conversation as a file of this format."""
    return form.of_one(conversation)


def file_name_of_one(title: str, form: ExportFormat) -> str:
    """Return the name of one conversation's file: `Title.md`, `Title.history.json`."""
    return file_name(title, form.ending)


def ending_of_many(form: ExportFormat) -> str:
    """Return how a file of many conversations ends: `.html.zip`, or the format's own ending where they are one file."""
    return form.ending if form.pieces_of_many else f"{form.ending}.zip"


def mime_of_many(form: ExportFormat) -> str:
    """Return the media type of a file of many conversations."""
    return form.mime if form.pieces_of_many else "application/zip"


def write_many(
    conversations: Iterable[Conversation],
    file: IO[bytes],
    form: ExportFormat,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write many conversations into an open binary file, one after the other, never two in memory.

    They are written in the order in which they come; `now` is the time that a manifest says. `progress` is told, after
    each, how many are written.
    """
    if form.pieces_of_many is None:
        assert form.members is not None
        write_archive(conversations, file, now, form.members, progress)
        return
    for piece in form.pieces_of_many(_counted(conversations, progress)):
        file.write(piece)


def _counted(conversations: Iterable[Conversation], progress: Callable[[int], None] | None) -> Iterator[Conversation]:
    for number, conversation in enumerate(conversations, start=1):
        yield conversation
        if progress is not None:
            progress(number)

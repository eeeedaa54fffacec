r"""CSV: a row for each message of every branch, for spreadsheets and data frames.

UTF-8 with a byte order mark, without which Excel takes it for a local code page; lines end with `\r\n` and quotes are
doubled (RFC 4180), so a message keeps its own line breaks. Deleted messages are not in it. A row's parent is the
nearest message above it that is in the table.

Cells are safe against formula injection (OWASP, "CSV Injection"): text that begins with `=`, `+`, `-`, `@`, a tab, a
line break, or the full-width form of such a sign gets a `'` in front, so that no spreadsheet computes what a message
says. Whoever reads the file with a program takes that one sign away again. Excel shows at most 32,767 characters of a
cell and Python's `csv` reads 131,072 unless told otherwise (`csv.field_size_limit`); the file holds them all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC

from chat.conversation import Conversation
from chat.surrogates import printable

BYTE_ORDER_MARK = "\ufeff".encode()

COLUMNS = (
    "conversation_id",
    "title",
    "message_id",
    "parent_id",
    "on_shown_path",
    "role",
    "model",
    "created_at",
    "status",
    "finish_reason",
    "rating",
    "rating_note",
    "prompt_tokens",
    "completion_tokens",
    "content",
    "reasoning",
)

_FORMULA_SIGNS = tuple("=+-@\t\r\n＝＋－＠")


def to_csv(conversations: Iterable[Conversation]) -> bytes:
    """Return the messages of these conversations as one table."""
    return b"".join(csv_pieces(conversations))


def csv_pieces(conversations: Iterable[Conversation]) -> Iterator[bytes]:
    """Yield the table in pieces: its head, then the rows of one conversation after the other."""
    yield BYTE_ORDER_MARK + _written([COLUMNS])
    for conversation in conversations:
        yield _written(_rows(conversation))


def _written(rows: Iterable[Iterable[str | int]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _rows(conversation: Conversation) -> Iterator[list[str | int]]:
    shown = {message.id for message in conversation.path()}
    for message in conversation.messages:
        if message.trashed:
            continue
        usage = message.usage
        yield [
            _cell(conversation.id),
            _cell(conversation.title),
            _cell(message.id),
            _cell(conversation.shown_parent(message) or ""),
            "true" if message.id in shown else "false",
            message.role,
            _cell(message.model or ""),
            message.created_at.astimezone(UTC).isoformat(),
            "interrupted" if message.status == "streaming" else message.status,
            _cell(message.finish_reason or ""),
            "" if message.rating is None else message.rating,
            _cell(message.rating_note),
            "" if usage is None else usage.prompt_tokens,
            "" if usage is None else usage.completion_tokens,
            _cell(message.content),
            _cell(message.reasoning),
        ]


def _cell(text: str) -> str:
    text = printable(text)
    return "'" + text if text.startswith(_FORMULA_SIGNS) else text

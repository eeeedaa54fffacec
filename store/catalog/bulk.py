"""How many new conversations are written into the tables at once: with one statement for a table, not one for each row.

Python's other threads wait between two statements and run during one, so who notes what an import brings, in a thread
of its own, takes little from who reads on. SQLite gets the rows of a table as one JSON list:
https://www.sqlite.org/json1.html, section 4.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from store.catalog.fts_words import indexed
from store.catalog.rows import Row, digest, row_values
from store.disk.places import Place

CUT_OFF = "\\u0000"
"""In JSON, what SQLite takes for the end of a text."""

_LABELS = ("conversation", "kind", "folded", "spelling")
_MESSAGES = ("number", "conversation", "message_id", "digest")

Statement = tuple[str, tuple[int | str, ...]]
"""With what it takes."""


def known_among(connection: sqlite3.Connection, rows: Sequence[Row]) -> set[Place]:
    """Return which of these conversations are in the tables."""
    statement = (
        "SELECT folder, conversations.id FROM json_each(?) JOIN conversations"
        " ON folder = json_extract(value, '$[0]') AND conversations.id = json_extract(value, '$[1]')"
    )
    return {Place(*found) for found in connection.execute(statement, (_json([row.place for row in rows]),))}


def statements_for(connection: sqlite3.Connection, rows: Sequence[Row], first: int) -> tuple[Statement, ...] | None:
    """Return what writes rows that are not in the tables, their messages numbered from `first` on.

    None where JSON cannot carry them: half a surrogate pair or a zero character in a title, a label or an id.
    """
    (last,) = connection.execute("SELECT max(number) FROM conversations").fetchone()
    start = (last or 0) + 1
    values = [row_values(row) for row in rows]
    said = [(number, id, each) for number, row in enumerate(rows, start) for id, each in row.words.items()]
    labels = [(number, *label) for number, row in enumerate(rows, start) for label in row.labels]
    try:
        conversations = _fit(values)
        labelled = _fit(labels)
        messages = _fit([(number, id, digest(each.role, each.content)) for number, id, each in said])
    except ValueError:
        return None
    titles = _json([indexed(row.summary.title) for row in rows])
    words = _json([indexed(each.content) for *_, each in said])
    columns = values[0]
    return (
        (_insert("conversations", ("number", *columns), "? + key", *_members(columns)), (start, conversations)),
        (_insert("titles", ("rowid", "title"), "? + key", "value"), (start, titles)),
        (_insert("labels", _LABELS, *_items(4)), (labelled,)),
        (_insert("messages", _MESSAGES, "? + key", *_items(3)), (first, messages)),
        (_insert("words", ("rowid", "text"), "? + key", "value"), (first, words)),
    )


def _insert(table: str, columns: Iterable[str], *values: str) -> str:
    """Return the statement that writes a row for each item of a JSON list, whose place in it is `key`."""
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM json_each(?)"  # noqa: S608


def _items(count: int) -> list[str]:
    return [f"json_extract(value, '$[{number}]')" for number in range(count)]


def _members(names: Iterable[str]) -> list[str]:
    return [f"json_extract(value, '$.{name}')" for name in names]


def _fit(rows: list[Any]) -> str:
    """Return the rows as JSON that SQLite reads as they are; raises ValueError where there is none."""
    try:
        text = _json(rows)
    except TypeError as error:  # bytes, which `bound` makes of half a surrogate pair
        raise ValueError("no JSON") from error
    text.encode()
    if CUT_OFF in text:
        raise ValueError("cut off")
    return text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

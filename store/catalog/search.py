"""Search over the catalog's tables, in SQL.

A word that is in every message is in 200,000 of them. Ranking all of these takes seconds, so of more than CUT
messages only the newest are ranked; the filters are asked before that. `best` is a title that has all the words, then
the message that FTS5's bm25 puts first; a conversation stands where its best message does.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from store.catalog.fts_words import all_of, any_of, folded, words_of
from store.catalog.passages import Text, passages, prepare
from store.catalog.rows import SUMMARY_COLUMNS, number, summary_of, unbound
from store.queries import Facets, Found, Hit, Query, Sort, Term

CUT = 3000
"""Messages that are ranked for one search: 5 ms of work."""

COMMON = 10_000
"""A word that is in so many messages as it stands is no longer looked for as a beginning of others as well: to bring
together what a common beginning leads to takes FTS5 100 ms and more."""

FEW = 1_000
"""Where up to so many conversations pass the filters, their messages are listed before the words are looked for; where
more do, each message is asked for its conversation when it is found, which is slow only where almost none passes."""

_ORDERS: dict[Sort, str] = {
    "best": "score, updated_at DESC, id",
    "updated": "updated_at DESC, id",
    "created": "created_at DESC, id",
    "title": "sort_title, id",
    "messages": "message_count DESC, updated_at DESC, id",
}

_COLUMNS = ", ".join(f"conversations.{column}" for column in SUMMARY_COLUMNS.split(", "))


def find(connection: sqlite3.Connection, folder: str, query: Query, *, limit: int | None, offset: int) -> Found:
    """Return a page of what the query finds in this owner's folder. Reads one state of the catalog."""
    where, values = _filters(folder, query)
    values |= {"limit": -1 if limit is None else max(limit, 0), "offset": max(offset, 0)}
    words = words_of(query.terms)
    prepare(connection)
    connection.execute("BEGIN")
    try:
        if not words:
            return _find_all(connection, query.sort, where, values)
        whole = _common(connection, words)
        values |= {"words": all_of(words, whole), "any_word": any_of(words, whole)}
        return _find_words(connection, query.sort, where, values)
    finally:
        connection.execute("ROLLBACK")


def facets(connection: sqlite3.Connection, folder: str) -> Facets:
    """Return what there is to filter by; of several spellings the most used one."""
    found = connection.execute(
        "SELECT kind, folded, spelling, count(*) FROM conversations JOIN labels ON labels.conversation = number"
        " WHERE folder = ? AND trashed_at IS NULL GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3",
        (folder,),
    )
    counts: dict[str, Counter[str]] = {"model": Counter(), "provider": Counter(), "tag": Counter()}
    spellings: dict[tuple[str, str], str] = {}
    for kind, key, spelling, count in found:
        counts[kind][spellings.setdefault((kind, key), unbound(spelling))] += count
    models, providers, tags = (
        tuple(sorted(each.items(), key=lambda item: (-item[1], item[0]))) for each in counts.values()
    )
    return Facets(models, providers, tags)


def _find_all(connection: sqlite3.Connection, sort: Sort, where: str, values: dict[str, Any]) -> Found:
    order = _ORDERS["updated" if sort == "best" else sort]
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM conversations WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset",  # noqa: S608
        values,
    ).fetchall()
    (total,) = connection.execute(f"SELECT count(*) FROM conversations WHERE {where}", values).fetchone()  # noqa: S608
    return Found(tuple(Hit(summary_of(*row)) for row in rows), total)


def _find_words(connection: sqlite3.Connection, sort: Sort, where: str, values: dict[str, Any]) -> Found:
    passing = f"SELECT number FROM conversations WHERE {where}"  # noqa: S608
    if len(connection.execute(f"{passing} LIMIT {FEW + 1}", values).fetchall()) <= FEW:
        among = f"+words.rowid IN (SELECT number FROM messages WHERE conversation IN ({passing}))"  # noqa: S608
    else:
        among = (
            "EXISTS (SELECT 1 FROM messages JOIN conversations ON conversations.number = conversation"  # noqa: S608
            f" WHERE messages.number = words.rowid AND {where})"
        )
    rows = connection.execute(
        f"""
        WITH found AS MATERIALIZED (
            SELECT words.rowid AS message, bm25(words) AS score FROM words
            WHERE words MATCH :words AND {among} ORDER BY words.rowid DESC LIMIT {CUT + 1}
        ), matches AS (
            SELECT conversation, message, score FROM
            (SELECT * FROM found LIMIT {CUT}) JOIN messages ON messages.number = message
            UNION ALL
            SELECT titles.rowid, NULL, bm25(titles) - 1000 FROM titles -- which puts it before every message
            WHERE titles MATCH :words AND EXISTS ({passing} AND number = titles.rowid)
        ), best AS (
            SELECT conversation, message, min(score) AS score FROM matches GROUP BY conversation
        )
        SELECT count(*) OVER (), (SELECT count(*) FROM found), conversation, message, {_COLUMNS}
        FROM best JOIN conversations ON conversations.number = conversation
        ORDER BY {_ORDERS[sort]} LIMIT :limit OFFSET :offset
        """,  # noqa: S608
        values,
    ).fetchall()
    if not rows and (values["offset"] or values["limit"] == 0):
        # Behind the last page there is no row to carry the total.
        first = _find_words(connection, sort, where, values | {"limit": 1, "offset": 0})
        return Found((), first.total, first.is_partial)
    shown = passages(connection, _texts(connection, [row[2:4] for row in rows]), values["any_word"])
    hits = tuple(Hit(summary_of(*row[4:]), shown[row[2]]) for row in rows)
    return Found(hits, rows[0][0] if rows else 0, bool(rows) and rows[0][1] > CUT)


def _common(connection: sqlite3.Connection, words: tuple[Term, ...]) -> frozenset[Term]:
    statement = f"SELECT 1 FROM words WHERE words MATCH ? LIMIT 1 OFFSET {COMMON - 1}"  # noqa: S608
    return frozenset(
        word
        for word in words
        if not word.is_phrase and connection.execute(statement, (all_of([word], frozenset([word])),)).fetchone()
    )


def _texts(connection: sqlite3.Connection, found: list[tuple[int, int | None]]) -> Iterator[Text]:
    for conversation, message in found:
        if message is None:
            (title,) = connection.execute("SELECT title FROM titles WHERE rowid = ?", (conversation,)).fetchone()
            yield Text(conversation, None, title)
        else:
            id_and_text = "SELECT message_id, text FROM messages JOIN words ON words.rowid = number WHERE number = ?"
            message_id, text = connection.execute(id_and_text, (message,)).fetchone()
            yield Text(conversation, unbound(message_id), text)


def _filters(folder: str, query: Query) -> tuple[str, dict[str, Any]]:
    """Return the condition on `conversations`, and its values."""
    where = ["folder = :folder", "(trashed_at IS NOT NULL) = :trashed"]
    values: dict[str, Any] = {"folder": folder, "trashed": query.trashed}
    for kind, wanted, test in (
        ("model", query.models, "EXISTS (SELECT 1 FROM json_each(:model) WHERE instr(folded, value))"),
        ("provider", query.providers, "folded IN (SELECT value FROM json_each(:provider))"),
        ("tag", query.tags, "folded IN (SELECT value FROM json_each(:tag))"),
    ):
        if wanted:
            values[kind] = json.dumps([folded(each) for each in wanted])
            labelled = f"SELECT conversation FROM labels WHERE kind = '{kind}' AND {test}"  # noqa: S608
            where.append(f"conversations.number IN ({labelled})")
    if query.after is not None:
        where.append("updated_at >= :after")
        values["after"] = _midnight(query.after, query.zone)
    if query.before is not None:
        where.append("updated_at < :before")
        values["before"] = _midnight(query.before, query.zone)
    if query.ratings:
        asked = [column for rating, column in ((1, "rated_up"), (-1, "rated_down")) if rating in query.ratings]
        where.append(f"({' OR '.join(asked) or 'FALSE'})")
    for column, wanted_value in (("pinned", query.pinned), ("has_errors", query.has_errors)):
        if wanted_value is not None:
            where.append(f"{column} = :{column}")
            values[column] = wanted_value
    return " AND ".join(where), values


def _midnight(day: date, zone: tzinfo) -> int:
    try:
        return number(datetime.combine(day, time(), zone).astimezone(UTC))
    except OverflowError:  # the first or the last day that there is
        return number(datetime.combine(day, time(), UTC))

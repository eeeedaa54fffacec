"""The catalog's tables, and how one conversation is written into them. Each function is part of a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from store.catalog.fts_words import TOKENIZER, indexed
from store.catalog.rows import Row, bound, digest, row_values, unbound
from store.disk.places import Place

VERSION = 3
"""Of the tables below, kept in `user_version`. A catalog of any other version is made anew."""

MIDDLE = 1 << 27
"""The number of the first message. What is new is numbered upwards, what was there before downwards, so that the
numbers tell new from old, and the newest can be brought in first."""

HASH_BYTES = 4 * 1024 * 1024
"""Words of one transaction that are in memory before they become a segment of the index: 200 conversations need no
more, and each segment is merged into others later. With FTS5's own 1 MB, to index them takes a fifth longer."""

MERGED_PAGES = 100
"""Pages of the index that are written anew in one step of clearing: 10 to 20 ms."""

TABLES = f"""
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,
    folder TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    sort_title TEXT NOT NULL,
    model TEXT,
    message_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL, -- this and the other times: microseconds since 1970
    updated_at INTEGER NOT NULL,
    trashed_at INTEGER,
    streaming INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    tags TEXT, -- JSON
    has_errors INTEGER NOT NULL,
    rated_up INTEGER NOT NULL,
    rated_down INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, -- of the file, as it was when the row was made
    size INTEGER NOT NULL,
    UNIQUE (folder, id)
);
CREATE INDEX by_activity ON conversations (folder, trashed_at IS NOT NULL, updated_at DESC, id);
CREATE INDEX by_streaming ON conversations (folder, id) WHERE streaming;
CREATE TABLE labels (
    conversation INTEGER NOT NULL,
    kind TEXT NOT NULL,
    folded TEXT NOT NULL,
    spelling TEXT NOT NULL,
    PRIMARY KEY (conversation, kind, folded)
) WITHOUT ROWID;
CREATE TABLE messages ( -- those that can be found
    number INTEGER PRIMARY KEY, -- in `words` too
    conversation INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    digest INTEGER NOT NULL
);
CREATE INDEX by_conversation ON messages (conversation);
CREATE INDEX by_digest ON messages (digest);
CREATE VIRTUAL TABLE words USING fts5(text, tokenize = "{TOKENIZER}");
INSERT INTO words (words, rank) VALUES ('hashsize', {HASH_BYTES});
CREATE VIRTUAL TABLE titles USING fts5(title, tokenize = "{TOKENIZER}");
CREATE TABLE damages (
    folder TEXT NOT NULL,
    file_name TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    title TEXT NOT NULL,
    reason TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (folder, file_name)
) WITHOUT ROWID;
CREATE TABLE removals (number INTEGER PRIMARY KEY AUTOINCREMENT); -- of which words may linger in the file
"""  # noqa: S608


def put_row(connection: sqlite3.Connection, row: Row, numbers: Iterator[int]) -> None:
    """Write a row, in the place of the one that was there; messages that are new take their numbers from `numbers`."""
    values = row_values(row)
    known = connection.execute(
        "SELECT number, title FROM conversations WHERE folder = :folder AND id = :id", values
    ).fetchone()
    if known is None:
        columns = ", ".join(values)
        statement = f"INSERT INTO conversations ({columns}) VALUES (:{', :'.join(values)})"  # noqa: S608
        conversation = connection.execute(statement, values).lastrowid or 0
        _insert_title(connection, conversation, row)
        _insert_labels(connection, conversation, row)
        _put_words(connection, conversation, row, numbers, {})
        return
    conversation, title = known
    changes = ", ".join(f"{column} = :{column}" for column in values)
    connection.execute(f"UPDATE conversations SET {changes} WHERE number = {conversation}", values)  # noqa: S608
    if title != values["title"]:
        connection.execute("DELETE FROM titles WHERE rowid = ?", (conversation,))
        _insert_title(connection, conversation, row)
    statement = "SELECT kind, folded, spelling FROM labels WHERE conversation = ?"
    if set(connection.execute(statement, (conversation,))) != row.labels:
        connection.execute("DELETE FROM labels WHERE conversation = ?", (conversation,))
        _insert_labels(connection, conversation, row)
    statement = "SELECT message_id, number, digest FROM messages WHERE conversation = ?"
    words = {unbound(each): (kept, said) for each, kept, said in connection.execute(statement, (conversation,))}
    _put_words(connection, conversation, row, numbers, words)


def _insert_title(connection: sqlite3.Connection, conversation: int, row: Row) -> None:
    title = indexed(row.summary.title)
    connection.execute("INSERT INTO titles (rowid, title) VALUES (?, ?)", (conversation, title))


def _insert_labels(connection: sqlite3.Connection, conversation: int, row: Row) -> None:
    connection.executemany("INSERT INTO labels VALUES (?, ?, ?, ?)", ((conversation, *label) for label in row.labels))


def _put_words(
    connection: sqlite3.Connection,
    conversation: int,
    row: Row,
    numbers: Iterator[int],
    known: Mapping[str, tuple[int, int]],
) -> None:
    """Index the words that are not `known`: number and digest by the id of each message that is indexed already."""
    digests = {each: digest(message.role, message.content) for each, message in row.words.items()}
    gone = [(kept,) for each, (kept, said) in known.items() if digests.get(each) != said]
    if gone:
        connection.executemany("DELETE FROM words WHERE rowid = ?", gone)
        connection.executemany("DELETE FROM messages WHERE number = ?", gone)
    new = [each for each in digests if each not in known or known[each][1] != digests[each]]
    numbered = list(zip(new, numbers, strict=False))
    connection.executemany(
        "INSERT INTO messages VALUES (?, ?, ?, ?)",
        ((kept, conversation, bound(each), digests[each]) for each, kept in numbered),
    )
    connection.executemany(
        "INSERT INTO words (rowid, text) VALUES (?, ?)",
        ((kept, indexed(row.words[each].content)) for each, kept in numbered),
    )


def remove_place(connection: sqlite3.Connection, place: Place) -> None:
    """Remove a row with all that hangs on it, and note that its words may linger. One not known is no error."""
    known = connection.execute("SELECT number FROM conversations WHERE folder = ? AND id = ?", place).fetchone()
    if known is None:
        return
    messages = connection.execute("SELECT number FROM messages WHERE conversation = ?", known).fetchall()
    connection.executemany("DELETE FROM words WHERE rowid = ?", messages)
    connection.execute("DELETE FROM titles WHERE rowid = ?", known)
    connection.execute("DELETE FROM messages WHERE conversation = ?", known)
    connection.execute("DELETE FROM labels WHERE conversation = ?", known)
    connection.execute("DELETE FROM conversations WHERE number = ?", known)
    connection.execute("INSERT INTO removals DEFAULT VALUES")


def remove_damage(connection: sqlite3.Connection, folder: str, file_name: str) -> None:
    """Forget a file that was set aside, and note that its title may linger."""
    connection.execute("DELETE FROM damages WHERE folder = ? AND file_name = ?", (folder, file_name))
    connection.execute("INSERT INTO removals DEFAULT VALUES")


def merge_index(connection: sqlite3.Connection) -> bool:
    """Merge some pages of the index; whether there was anything to merge.

    A negative number merges into one segment in the end, and a merge with nothing to do changes less than two rows:
    https://www.sqlite.org/fts5.html, section 6.7.
    """
    is_merged = True
    for table in ("titles", "words"):
        before = connection.total_changes
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (-MERGED_PAGES,))  # noqa: S608
        is_merged = is_merged and connection.total_changes - before < 2
    return not is_merged

"""The index over the conversation files: what lists and counts need, so that no list opens 10,000 files.

Derived and disposable: every row can be made again from its file, and the file is what counts. That is why a commit
here waits for no disk. The catalog knows nothing of files but their stamps; `tinydb_files` tells it what changed and
compares it with what is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chat.conversation import Conversation
from store.atomic import Stamp
from store.conversations import Damage
from store.locks import SharedLock
from store.names import Place
from store.queries import Summary
from store.sqlite_file import SQLiteFile

VERSION = 1
"""Of the tables below, kept in `user_version`. A catalog of any other version is made anew."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TABLES = """
CREATE TABLE conversations (
    folder TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    model TEXT,
    message_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL, -- this and the other times: microseconds since 1970
    updated_at INTEGER NOT NULL,
    trashed_at INTEGER,
    streaming INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, -- of the file, as it was when the row was made
    size INTEGER NOT NULL,
    PRIMARY KEY (folder, id)
) WITHOUT ROWID;
CREATE INDEX by_activity ON conversations (folder, trashed_at IS NOT NULL, updated_at DESC, id);
CREATE INDEX by_streaming ON conversations (folder, id) WHERE streaming;
CREATE TABLE damages (
    folder TEXT NOT NULL,
    file_name TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    title TEXT NOT NULL,
    reason TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (folder, file_name)
) WITHOUT ROWID;
"""

_COLUMNS = "id, title, model, message_count, created_at, updated_at, trashed_at, streaming"


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation as the catalog knows it."""

    place: Place
    summary: Summary
    mtime_ns: int
    size: int


def row_of(place: Place, conversation: Conversation, stamp: Stamp) -> Row:
    """Return the row of a conversation whose file has this stamp."""
    answered = (message.model for message in reversed(conversation.messages) if message.model is not None)
    summary = Summary(
        id=place.id,
        title=conversation.title,
        model=next(answered, conversation.settings.model),
        message_count=len(conversation.messages),
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        trashed_at=conversation.trashed_at,
        streaming=any(message.status == "streaming" for message in conversation.messages),
    )
    return Row(place, summary, stamp.mtime_ns, stamp.size)


class Catalog:
    """One SQLite file, used by any number of threads and processes.

    Every method raises sqlite3.Error or OSError where the file cannot be used. Whoever opens it anew must compare it
    with the files before believing it: `generation` tells.
    """

    def __init__(self, path: Path, lock: SharedLock) -> None:
        self._file = SQLiteFile(path, lock, version=VERSION, tables=_TABLES)

    @property
    def generation(self) -> int:
        """A number that grows whenever the file was opened: at first, and when somebody put another in its place."""
        return self._file.generation

    def put(self, row: Row) -> None:
        """Keep a row, in the place of the one that was there."""
        summary = row.summary
        values = (
            row.place.folder,
            row.place.id,
            _bound(summary.title),
            None if summary.model is None else _bound(summary.model),
            summary.message_count,
            _number(summary.created_at),
            _number(summary.updated_at),
            None if summary.trashed_at is None else _number(summary.trashed_at),
            summary.streaming,
            row.mtime_ns,
            row.size,
        )
        statement = "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._file.using(lambda connection: connection.execute(statement, values))

    def remove(self, place: Place) -> None:
        """Forget a conversation; one that is not known is no error."""
        statement = "DELETE FROM conversations WHERE folder = ? AND id = ?"
        self._file.using(lambda connection: connection.execute(statement, (place.folder, place.id)))

    def page(self, folder: str, *, limit: int | None, offset: int, trashed: bool) -> tuple[Summary, ...]:
        """Return summaries, the last active first."""
        statement = (
            f"SELECT {_COLUMNS} FROM conversations WHERE folder = ? AND (trashed_at IS NOT NULL) = ?"  # noqa: S608
            " ORDER BY updated_at DESC, id LIMIT ? OFFSET ?"
        )
        values = (folder, trashed, -1 if limit is None else max(limit, 0), max(offset, 0))
        return tuple(_summary(*found) for found in self._rows(statement, values))

    def count(self, folder: str, *, trashed: bool) -> int:
        """Return how many conversations `page` could give."""
        statement = "SELECT count(*) FROM conversations WHERE folder = ? AND (trashed_at IS NOT NULL) = ?"
        return int(self._rows(statement, (folder, trashed))[0][0])

    def streaming(self, folder: str | None) -> tuple[Place, ...]:
        """Return the conversations with a message that is being written; everybody's where `folder` is None."""
        statement = "SELECT folder, id FROM conversations WHERE streaming AND (folder = ? OR ? IS NULL)"
        return tuple(Place(*found) for found in self._rows(statement, (folder, folder)))

    def stamps(self) -> dict[Place, tuple[int, int]]:
        """Return time (nanoseconds) and size of every file, as they were when its row was made."""
        found = self._rows("SELECT folder, id, mtime_ns, size FROM conversations", ())
        return {Place(folder, each): (mtime_ns, size) for folder, each, mtime_ns, size in found}

    def title(self, place: Place) -> str | None:
        """Return the title of a conversation, where it is known."""
        statement = "SELECT title FROM conversations WHERE folder = ? AND id = ?"
        found = self._rows(statement, (place.folder, place.id))
        return _text(found[0][0]) if found else None

    def set_aside(self, folder: str, damage: Damage) -> None:
        """Remember a file that was set aside."""
        values = (
            folder,
            damage.file_name,
            damage.conversation_id,
            _bound(damage.title),
            _bound(damage.reason),
            _number(damage.found_at),
        )

        statement = "INSERT OR REPLACE INTO damages VALUES (?, ?, ?, ?, ?, ?)"
        self._file.using(lambda connection: connection.execute(statement, values))

    def damages(self, folder: str | None = None) -> tuple[tuple[str, Damage], ...]:
        """Return what was set aside, each with its folder, the newest first; everybody's where `folder` is None."""
        statement = (
            "SELECT folder, file_name, conversation_id, title, reason, found_at FROM damages"
            " WHERE folder = ? OR ? IS NULL ORDER BY found_at DESC, file_name DESC"
        )
        return tuple(
            (found, Damage(each, _text(title), file_name, _text(reason), _moment(found_at)))
            for found, file_name, each, title, reason, found_at in self._rows(statement, (folder, folder))
        )

    def forget_damage(self, folder: str, file_name: str) -> None:
        """Forget a file that was set aside and is no longer there."""
        statement = "DELETE FROM damages WHERE folder = ? AND file_name = ?"
        self._file.using(lambda connection: connection.execute(statement, (folder, file_name)))

    def discard(self) -> None:
        """Remove a catalog that is broken, unless somebody has done it already; the next use makes a new one."""
        self._file.discard()

    def renew(self) -> None:
        """Let go of what belongs to the parent; called in a forked process."""
        self._file.renew()

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        self._file.close()

    def _rows(self, statement: str, values: Iterable[Any]) -> list[Any]:
        return self._file.using(lambda connection: connection.execute(statement, tuple(values)).fetchall())


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)


def _bound(text: str) -> str | bytes:
    # SQLite takes no lone half of a surrogate pair as text, but keeps bytes in a text column as they are.
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def _summary(
    each: str,
    title: str | bytes,
    model: str | bytes | None,
    message_count: int,
    created_at: int,
    updated_at: int,
    trashed_at: int | None,
    streaming: int,
) -> Summary:
    return Summary(
        id=each,
        title=_text(title),
        model=None if model is None else _text(model),
        message_count=message_count,
        created_at=_moment(created_at),
        updated_at=_moment(updated_at),
        trashed_at=None if trashed_at is None else _moment(trashed_at),
        streaming=bool(streaming),
    )

"""The index over the conversation files: what lists, counts and searches need, so that none opens 10,000 files.

Derived and disposable: every row can be made again from its file, and the file is what counts. That is why a commit
here waits for no disk. The catalog knows nothing of files but their stamps; `catalog_sync` tells it what
changed and compares it with what is there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from chat.conversation import Role
from store.catalog import search
from store.catalog.bulk import known_among, statements_for
from store.catalog.rows import SUMMARY_COLUMNS, Row, bound, digest, moment, number, summary_of, unbound
from store.catalog.sqlite_file import SQLiteFile
from store.catalog.tables import MIDDLE, TABLES, VERSION, merge_index, put_row, remove_damage, remove_place
from store.conversations import Damage
from store.disk.locks import SharedLock
from store.disk.places import Place
from store.queries import Facets, Found, Query, Summary


class Catalog:
    """One SQLite file, used by any number of threads and processes.

    Every method raises sqlite3.Error or OSError where the file cannot be used. Whoever opens it anew must compare it
    with the files before believing it: `generation` tells.
    """

    def __init__(self, path: Path, locks: Path) -> None:
        """`locks`: the folder for the locks by which processes take turns."""
        checked = ("conversations", "labels", "damages")
        turn, copying = SharedLock(locks / "catalog.lock"), SharedLock(locks / "catalog-copy.lock")
        self._file = SQLiteFile(path, turn, copying, version=VERSION, tables=TABLES, checked=checked)

    @property
    def generation(self) -> int:
        """A number that grows whenever the file was opened: at first, and when somebody put another in its place."""
        return self._file.generation

    @property
    def trouble(self) -> Exception | None:
        """Why all this is in memory, and not in the file, for the moment; None where it is in the file."""
        return self._file.trouble

    def try_again(self) -> None:
        """Let the next use try the file again, where all this is in memory."""
        self._file.try_again()

    def put(self, row: Row) -> None:
        """Keep a row, in the place of the one that was there. Only messages that changed are indexed again."""

        def put(connection: sqlite3.Connection) -> None:
            (last,) = connection.execute("SELECT max(number) FROM messages").fetchone()
            put_row(connection, row, count(MIDDLE if last is None else last + 1))

        self._file.changing(put)

    def put_new(self, rows: Sequence[Row], is_current: Callable[[Row], bool], ready: Callable[[], object]) -> None:
        """Keep rows of files that were just written, in one transaction; see `put_all` for `is_current`.

        `ready` is called when all that is left is for SQLite to do, while other threads run.
        """

        def put(connection: sqlite3.Connection) -> None:
            current = [row for row in rows if is_current(row)]
            (last,) = connection.execute("SELECT max(number) FROM messages").fetchone()
            numbers = count(MIDDLE if last is None else last + 1)
            known = known_among(connection, current)
            for row in current:
                if row.place in known:
                    put_row(connection, row, numbers)
            new = [row for row in current if row.place not in known]
            statements = statements_for(connection, new, next(numbers)) if new else ()
            if statements is None:
                for row in new:
                    put_row(connection, row, numbers)
                return
            ready()
            for statement, values in statements:
                connection.execute(statement, values)

        self._file.changing(put)

    def put_all(self, rows: Sequence[Row], is_current: Callable[[Row], bool]) -> None:
        """Keep rows of files that were read without a lock, the oldest first, as older than all that is kept.

        `is_current` is asked while nobody else can write to the catalog: what was replaced or erased since it was read
        is left out, for whoever did that is waiting here to say so.
        """

        def put(connection: sqlite3.Connection) -> None:
            current = [row for row in rows if is_current(row)]
            (first,) = connection.execute("SELECT min(number) FROM messages").fetchone()
            numbers = count((MIDDLE if first is None else first) - sum(len(row.words) for row in current))
            for row in current:
                put_row(connection, row, numbers)

        self._file.changing(put)

    def remove(self, place: Place) -> None:
        """Forget a conversation; one that is not known is no error. `clear` then takes its words off the disk."""
        self._file.changing(lambda connection: remove_place(connection, place))

    def is_clear(self) -> bool:
        """Whether no word of what was removed can be left in the file, so that `clear` has nothing to do."""
        return not self._rows("SELECT 1 FROM removals LIMIT 1", ())

    def clear(self) -> bool:
        """Take a step towards a file without the words of what was removed; False where there is nothing to do.

        FTS5 notes a removal beside the words, which go only when both are merged. A step of that is short, for writers
        wait. Then the file is written anew, while nobody waits; what is noted meanwhile the next check brings in.
        """
        (last,) = self._rows("SELECT max(number) FROM removals", ())[0]
        if last is None:
            return False
        # Only those from before the last merge are done: whoever is killed on the way begins again.
        done = "DELETE FROM removals WHERE number <= ?"
        if not self._file.changing(merge_index):
            self._file.rewrite(lambda copy: copy.execute(done, (last,)))
        return True

    def search(self, folder: str, query: Query, *, limit: int | None, offset: int) -> Found:
        """Return a page of what the query finds in this owner's folder."""
        return self._file.using(lambda connection: search.find(connection, folder, query, limit=limit, offset=offset))

    def facets(self, folder: str) -> Facets:
        """Return what there is to filter by."""
        return self._file.using(lambda connection: search.facets(connection, folder))

    def holding(self, folder: str, role: Role, content: str) -> tuple[str, ...]:
        """Return the ids of the conversations that have a message of this role with exactly these words."""
        statement = (
            "SELECT DISTINCT id FROM messages JOIN conversations ON conversations.number = conversation"
            " WHERE digest = ? AND folder = ? ORDER BY id"
        )
        return tuple(each for (each,) in self._rows(statement, (digest(role, content), folder)))

    def page(self, folder: str, *, limit: int | None, offset: int, trashed: bool) -> tuple[Summary, ...]:
        """Return summaries, the last active first."""
        statement = (
            f"SELECT {SUMMARY_COLUMNS} FROM conversations WHERE folder = ? AND (trashed_at IS NOT NULL) = ?"  # noqa: S608
            " ORDER BY updated_at DESC, id LIMIT ? OFFSET ?"
        )
        values = (folder, trashed, -1 if limit is None else max(limit, 0), max(offset, 0))
        return tuple(summary_of(*found) for found in self._rows(statement, values))

    def count(self, folder: str, *, trashed: bool) -> int:
        """Return how many conversations `page` could give."""
        statement = "SELECT count(*) FROM conversations WHERE folder = ? AND (trashed_at IS NOT NULL) = ?"
        return int(self._rows(statement, (folder, trashed))[0][0])

    def counts(self) -> tuple[tuple[str, int, int], ...]:
        """Return each folder with its conversations, those in the trash apart, and how many are in the trash."""
        statement = "SELECT folder, sum(trashed_at IS NULL), sum(trashed_at IS NOT NULL) FROM conversations GROUP BY 1"
        return tuple(self._rows(statement, ()))

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
        return unbound(found[0][0]) if found else None

    def set_aside(self, folder: str, damage: Damage) -> None:
        """Remember a file that was set aside."""
        values = (
            folder,
            damage.file_name,
            damage.conversation_id,
            bound(damage.title),
            bound(damage.reason),
            number(damage.found_at),
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
            (found, Damage(each, unbound(title), file_name, unbound(reason), moment(found_at)))
            for found, file_name, each, title, reason, found_at in self._rows(statement, (folder, folder))
        )

    def forget_damage(self, folder: str, file_name: str) -> None:
        """Forget a file that was set aside and is no longer there."""
        self._file.changing(lambda connection: remove_damage(connection, folder, file_name))

    def discard(self) -> None:
        """Remove a catalog that is broken, unless somebody has done it already; the next use makes a new one."""
        self._file.discard()

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        self._file.close()

    def _rows(self, statement: str, values: Iterable[Any]) -> list[Any]:
        return self._file.using(lambda connection: connection.execute(statement, tuple(values)).fetchall())

"""What the store's tests share: a store of every kind, a clock that obeys, and makers of values with plain defaults.

Import `store` and `open_again` into a test module to use them as fixtures.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chat.conversation import Conversation, Message
from store.conversations import ConversationStore
from store.files.store import TinyDBFiles

CUT = b'{"conversation":{"1":{'
"""The beginning of a conversation's file, and no more: damaged, and certainly one of ours."""
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OWNER = "personal"


def at(minute: int) -> datetime:
    """The moment so many minutes after START."""
    return START + timedelta(minutes=minute)


class FakeClock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def message(id: str, parent_id: str | None = None, role: Any = "user", content: str = "", **more: Any) -> Message:
    return Message(id, parent_id, role, content or f"words of {id}", more.pop("created_at", START), **more)


def conversation(id: str = "c1", *messages: Message, owner: str = OWNER, **more: Any) -> Conversation:
    more.setdefault("created_at", START)
    more.setdefault("updated_at", START)
    more.setdefault("head", messages[-1].id if messages else None)
    return Conversation(id, owner, more.pop("title", f"About {id}"), messages=messages, **more)


def erase(store: ConversationStore, owner: str, *conversation_ids: str) -> None:
    """Erase conversations that were not in the trash, as somebody would: delete them first."""
    for each in conversation_ids:
        store.trash(owner, each)
        store.erase(owner, each)


CATALOG_ROWS = {
    "conversations": """
        SELECT folder, id, title, sort_title, model, message_count, created_at, updated_at, trashed_at, streaming,
            pinned, tags, has_errors, rated_up, rated_down, mtime_ns, size FROM conversations""",
    "labels": "SELECT folder, id, kind, folded, spelling FROM labels JOIN conversations ON number = conversation",
    "messages": """
        SELECT folder, id, message_id, digest, text FROM messages JOIN words ON words.rowid = messages.number
        JOIN conversations ON conversations.number = conversation""",
    "words": """
        SELECT folder, id, message_id, term, offset FROM temp.word JOIN messages ON messages.number = doc
        JOIN conversations ON conversations.number = conversation""",
    "titles": """
        SELECT folder, id, term, offset, titles.title FROM temp.title JOIN conversations ON number = doc
        JOIN titles ON titles.rowid = number""",
    "ownerless": """
        SELECT 'word', term FROM temp.word WHERE doc NOT IN (SELECT number FROM messages) UNION ALL
        SELECT 'title', term FROM temp.title WHERE doc NOT IN (SELECT number FROM conversations) UNION ALL
        SELECT 'message', message_id FROM messages WHERE conversation NOT IN (SELECT number FROM conversations)
        UNION ALL SELECT 'text', rowid FROM words WHERE rowid NOT IN (SELECT number FROM messages)""",
    "damages": "SELECT * FROM damages",
}
"""What the catalog holds, without the numbers that depend on the order in which it came."""


def catalog_rows(folder: Path) -> dict[str, list[Any]]:
    """Everything in a data folder's catalog, every word of its index among it."""
    connection = sqlite3.connect(folder / ".catalog.sqlite3")
    try:
        connection.execute("CREATE VIRTUAL TABLE temp.word USING fts5vocab(main, words, instance)")
        connection.execute("CREATE VIRTUAL TABLE temp.title USING fts5vocab(main, titles, instance)")
        return {name: sorted(connection.execute(each), key=repr) for name, each in CATALOG_ROWS.items()}
    finally:
        connection.close()


def rebuilt_rows(folder: Path) -> dict[str, list[Any]]:
    """Everything in the catalog when it is made from nothing but the files. No store may have the folder open."""
    for path in folder.glob(".catalog.sqlite3*"):
        if path.is_file():
            path.unlink()
    files = TinyDBFiles(folder)
    files.wait_until_ready()
    files.close()
    return catalog_rows(folder)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["tinydb"])
def open_again(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Callable[[], Any]]:
    """Opens the test's store once more, as another process would; for every kind of store there is."""
    opened: list[ConversationStore] = []

    def open_one() -> ConversationStore:
        assert request.param == "tinydb"
        opened.append(TinyDBFiles(tmp_path / "data", clock))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_again: Callable[[], ConversationStore]) -> ConversationStore:
    return open_again()

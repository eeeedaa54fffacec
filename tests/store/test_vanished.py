"""A data folder that goes while it is used: it is said, and neither made anew nor taken for the one in its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from store.conversations import StoreError
from store.disk.places import CATALOG, LOCKS
from store.files.store import TinyDBFiles
from store.rules import VANISHED
from tests.support.store_fixtures import OWNER, conversation, message


def delete(data: Path) -> None:
    shutil.rmtree(data)


def empty(data: Path) -> None:
    """As a disk that is unplugged leaves it."""
    shutil.rmtree(data)
    data.mkdir()


VERBS: dict[str, Callable[[TinyDBFiles], object]] = {
    "create": lambda store: store.create(conversation("c2", message("q1"))),
    "add_message": lambda store: store.add_message(OWNER, "c1", message("q2", "q1")),
    "update": lambda store: store.update(OWNER, "c1", title="Another"),
    "merge": lambda store: store.merge(conversation("c3", message("q1"))),
    "trash": lambda store: store.trash(OWNER, "c1"),
    "get": lambda store: store.get(OWNER, "c1"),
    "process": lambda store: store.process,
    "set_preferences": lambda store: store.set_preferences(OWNER, trash_days=7),
    "share": lambda store: store.shares.share(OWNER, "c1", None),
    "give": lambda store: store.people.give(OWNER, "visitor-1"),
    "erase": lambda store: store.erase(OWNER, "c1"),
    "erase_everything": lambda store: store.people.erase_everything(OWNER),
}


def refusal(verb: Callable[[TinyDBFiles], object], store: TinyDBFiles) -> str | None:
    try:
        verb(store)
    except StoreError as error:
        return str(error)
    return None


@pytest.mark.parametrize("gone", [delete, empty])
def test_folder_that_vanished_is_said_and_never_made_anew(tmp_path: Path, gone: Callable[[Path], None]) -> None:
    data = tmp_path / "data"
    store = TinyDBFiles(data)
    store.create(conversation("c1", message("q1")))
    assert (store.read_only(), store.keeping.trouble()) == (None, None)
    gone(data)
    left = data.exists()
    assert (store.read_only(), store.keeping.trouble()) == (VANISHED, "missing")
    said = {name: refusal(verb, store) for name, verb in VERBS.items()}
    assert said == dict.fromkeys(VERBS, VANISHED)
    (merged,) = store.merge_many([conversation("c4", message("q1"))])
    assert str(merged).endswith(VANISHED)
    store.list(OWNER)
    store._look()
    store.close()
    # The index may be made in the folder that stands there now; nothing else is.
    assert data.exists() == left
    assert not left or {path.name for path in data.iterdir()} <= {CATALOG, LOCKS}

"""A list that cannot be kept, a folder that cannot be written: what is there opens, and it is said what is wrong."""

from __future__ import annotations

import codecs
import importlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store.catalog import catalog, sqlite_file, transactions
from store.conversations import NotFound, StoreError
from store.files import catalog_sync, watch
from store.files.catalog_sync import Index
from store.files.store import TinyDBFiles
from store.query_text import parse
from store.rules import LIST_IN_MEMORY, LIST_OF_ANOTHER_VERSION, READ_ONLY
from tests.support.processes import wait_for
from tests.support.store_fixtures import CUT, OWNER, FakeClock, catalog_rows, clock, conversation, message, rebuilt_rows

__all__ = ["clock"]

CATALOG = ".catalog.sqlite3"


def filled(folder: Path) -> None:
    store = TinyDBFiles(folder)
    for number in range(3):
        store.create(conversation(f"c{number}", message("q1", content=f"word{number} shared")))
    store.trash(OWNER, "c2")
    store.close()


def ids(store: TinyDBFiles) -> list[str]:
    return sorted(each.id for each in store.list(OWNER))


def found(store: TinyDBFiles, words: str) -> list[str]:
    return sorted(hit.summary.id for hit in store.search(OWNER, parse(words)).hits)


# No readable catalog


def _folder_in_its_place(data: Path) -> None:
    for path in data.glob(f"{CATALOG}*"):
        path.unlink()
    (data / CATALOG / "inside").mkdir(parents=True)


def _link_to_itself(data: Path) -> None:
    for path in data.glob(f"{CATALOG}*"):
        path.unlink()
    (data / CATALOG).symlink_to(CATALOG)


@pytest.mark.parametrize("while_open", [False, True], ids=["at-start", "while-open"])
@pytest.mark.parametrize("spoil", [_folder_in_its_place, _link_to_itself])
def test_without_a_catalog_everything_goes_on_in_memory(
    data: Path, spoil: Callable[[Path], None], while_open: bool
) -> None:
    filled(data)
    if while_open:
        store = TinyDBFiles(data)
        assert (ids(store), store.list_trouble()) == (["c0", "c1"], None)
    spoil(data)
    if not while_open:
        store = TinyDBFiles(data)
    assert ids(store) == ["c0", "c1"]
    assert store.list_trouble() == LIST_IN_MEMORY
    assert store.read_only() is None
    store.create(conversation("c3", message("q1", content="shared new")))
    store.add_message(OWNER, "c0", message("q2", content="added"))
    assert (found(store, "shared"), found(store, "added")) == (["c0", "c1", "c3"], ["c0"])
    store.erase(OWNER, "c2")
    assert store.wait_until_ready(60)
    assert store.interrupt_orphans() == store.erase_expired() == 0
    assert [each.kind for each in store.keeping.check().problems] == ["catalog"]
    lines = list(store.keeping.repair())
    assert lines[0].startswith(f"{CATALOG}: not a file; moved untouched to {CATALOG}.")
    assert lines[1:] == [f"{CATALOG}: brought up to date."]
    assert (ids(store), store.list_trouble()) == (["c0", "c1", "c3"], None)
    assert store.keeping.check().problems == ()
    store.close()
    assert catalog_rows(data) == rebuilt_rows(data)


def test_a_catalog_that_can_be_written_again_is_used_again_by_itself(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "RETRY_SECONDS", 0.0)
    filled(data)
    connect = sqlite_file.connect
    full = [True]

    def fail(path: Path) -> sqlite3.Connection:
        if full[0]:
            raise sqlite3.OperationalError("database or disk is full")
        return connect(path)

    monkeypatch.setattr(sqlite_file, "connect", fail)
    store = TinyDBFiles(data)
    assert (ids(store), store.list_trouble()) == (["c0", "c1"], LIST_IN_MEMORY)
    store.update(OWNER, "c0", title="Renamed")
    full[0] = False
    assert (ids(store), store.list_trouble(), found(store, "renamed")) == (["c0", "c1"], None, ["c0"])
    store.close()
    assert catalog_rows(data) == rebuilt_rows(data)


def test_a_list_that_another_version_keeps_is_told_from_one_that_cannot_be_kept(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "RETRY_SECONDS", 0.0)
    filled(data)
    running = TinyDBFiles(data)
    with monkeypatch.context() as newer:
        newer.setattr(catalog, "VERSION", catalog.VERSION + 1)
        other = TinyDBFiles(data)
    other.update(OWNER, "c0", title="Renamed")
    assert (ids(running), running.list_trouble()) == (["c0", "c1"], LIST_OF_ANOTHER_VERSION)
    assert (ids(other), other.list_trouble()) == (["c0", "c1"], None)
    other.close()
    assert running.list_trouble() == LIST_OF_ANOTHER_VERSION
    running.close()
    again = TinyDBFiles(data)
    assert (ids(again), found(again, "renamed"), again.list_trouble()) == (["c0", "c1"], ["c0"], None)
    again.close()


def test_what_is_in_memory_begins_with_what_the_file_has(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(data)

    def fail(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    read: list[str] = []
    load = catalog_sync.Files.load
    monkeypatch.setattr(sqlite_file, "connect", fail)
    monkeypatch.setattr(
        catalog_sync.Files,
        "load",
        lambda files, place, owner: read.append(place.id) or load(files, place, owner),  # type: ignore[func-returns-value]
    )
    store = TinyDBFiles(data)
    assert (ids(store), found(store, "word1"), read) == (["c0", "c1"], ["c1"], [])
    store.close()


def test_a_list_that_cannot_be_read_stops_no_conversation(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(data)

    def fail(*_: Any) -> Any:
        raise StoreError("The list of conversations cannot be read at the moment.")

    monkeypatch.setattr(Index, "ask", fail)
    store = TinyDBFiles(data)
    assert store.interrupt_orphans() == 0
    assert store.damaged(OWNER) == ()
    store.create(conversation("c9", message("q1")))
    assert store.add_message(OWNER, "c9", message("q2")) == store.get(OWNER, "c9")
    with pytest.raises(StoreError):
        store.list(OWNER)
    store.close()


# A folder that is read-only


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    # What is only imported when it is needed may be where somebody else cannot read it.
    importlib.import_module("_strptime")
    codecs.lookup("cp437")
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A filled data folder that nobody can write to, where everybody may look."""
    outside = Path(tempfile.mkdtemp(prefix="chatkeep-read-only-"))
    outside.chmod(0o777)
    data = outside / "data"
    filled(data)
    (data / "personal" / "half.json").write_bytes(CUT)
    folders = [data, *(path for path in data.rglob("*") if path.is_dir())]
    for path in data.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    data.chmod(0o555)
    with as_nobody():
        yield data
    for path in folders:
        path.chmod(0o755)
    shutil.rmtree(outside)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("without_catalog", [False, True])
@pytest.mark.parametrize("unmarked", [False, True])
def test_what_is_read_only_is_read_listed_searched_and_backed_up(
    read_only: Path, without_catalog: bool, unmarked: bool
) -> None:
    if without_catalog or unmarked:
        os.seteuid(0) if os.getuid() == 0 else read_only.chmod(0o755)
        (read_only / CATALOG).unlink() if without_catalog else None
        (read_only / ".chatkeep").unlink() if unmarked else None
        os.seteuid(65534) if os.getuid() == 0 else read_only.chmod(0o555)
    before = everything_in(read_only)
    store = TinyDBFiles(read_only)
    assert (store.read_only(), store.list_trouble()) == (READ_ONLY, None)
    assert store.wait_until_ready(60)
    assert (ids(store), found(store, "word1"), store.count(OWNER, trashed=True)) == (["c0", "c1"], ["c1"], 1)
    assert store.get(OWNER, "c0").messages[0].content == "word0 shared"
    with pytest.raises(NotFound, match=r"is damaged .* It was left as it is"):
        store.get(OWNER, "half")
    assert store.interrupt_orphans() == 0
    refused: list[Callable[[], Any]] = [
        lambda: store.create(conversation("c9")),
        lambda: store.add_message(OWNER, "c0", message("q2")),
        lambda: store.trash(OWNER, "c0"),
        lambda: store.erase(OWNER, "c2"),
        lambda: store.set_preferences(OWNER, trash_days=7),
        lambda: store.merge(conversation("c9", message("q1"))),
        lambda: store.process,
        lambda: store.keeping.back_up(),
        lambda: list(store.keeping.repair()),
    ]
    for verb in refused:
        with pytest.raises(StoreError, match=r"access to the data folder is denied|the data folder is read-only"):
            verb()
    made = store.keeping.back_up(read_only.parent / "elsewhere.zip")
    assert (made.conversations, made.set_aside, made.unreadable) == (4, 0, [])
    assert sorted(path.name for path in read_only.parent.iterdir()) == ["data", "elsewhere.zip"]
    kinds = {finding.kind for finding in store.keeping.check().problems}
    assert kinds == {"damaged", "catalog"}
    store.close()
    assert everything_in(read_only) == before


# Files that come by hand while a store is open


def test_what_is_changed_by_hand_is_found_while_the_store_is_open(
    data: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SECONDS", 0.01)
    monkeypatch.setattr(catalog_sync, "SETTLING_NS", 0)
    filled(data)
    store = TinyDBFiles(data, clock)
    assert ids(store) == ["c0", "c1"]
    path = data / "personal" / "c0.json"
    path.write_bytes(path.read_bytes().replace(b"word0", b"edited-by-hand"))
    wait_for(lambda: found(store, "edited") == ["c0"], "the edit is found")
    (data / "personal" / "copied.json").write_bytes(path.read_bytes())
    wait_for(lambda: found(store, "edited") == ["c0", "copied"], "the copy is found")
    path.unlink()
    wait_for(lambda: ids(store) == ["c1", "copied"], "what is gone is forgotten")
    (data / "personal" / "cut.json").write_bytes(CUT)
    wait_for(lambda: len(store.damaged(OWNER)) == 1, "what is damaged is set aside")
    store.close()


def test_a_file_that_somebody_is_writing_is_not_read_yet(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(data)
    store = TinyDBFiles(data)
    path = data / "personal" / "c0.json"
    whole = path.read_bytes()
    path.write_bytes(CUT)
    store._index.look()
    assert path.read_bytes() == CUT
    assert ids(store) == ["c0", "c1"]
    path.write_bytes(whole.replace(b"word0", b"edited"))
    monkeypatch.setattr(catalog_sync, "SETTLING_NS", 0)
    store._index.look()
    assert found(store, "edited") == ["c0"]
    store.close()


def test_a_folder_that_is_not_there_for_a_while_loses_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_sync, "SETTLING_NS", 0)
    filled(data)
    store = TinyDBFiles(data)
    for name in (".chatkeep", "personal"):
        (data / name).rename(data.parent / name)
    store._index.look()
    assert ids(store) == ["c0", "c1"]
    for name in (".chatkeep", "personal"):
        (data.parent / name).rename(data / name)
    store._index.look()
    assert (ids(store), found(store, "word0")) == (["c0", "c1"], ["c0"])
    store.close()


def test_many_files_copied_in_at_once_are_brought_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_sync, "SETTLING_NS", 0)
    monkeypatch.setattr(catalog_sync, "AT_ONCE", 5)
    filled(data)
    store = TinyDBFiles(data)
    raw = (data / "personal" / "c0.json").read_bytes()
    for number in range(20):
        (data / "personal" / f"copy{number}.json").write_bytes(raw)
    store._index.look()
    assert store.wait_until_ready(60)
    assert store.count(OWNER) == 22
    store.close()


def test_an_index_that_a_stopped_process_keeps_is_not_waited_for_at_every_change(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "BUSY_SECONDS", 0.2)
    filled(data)
    store = TinyDBFiles(data)
    file = store._index._catalog._file

    def waits() -> float:
        return float(file.using(lambda connection: connection.execute("PRAGMA busy_timeout").fetchone()[0])) / 1000

    holder = sqlite3.connect(data / CATALOG, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    store.add_message(OWNER, "c0", message("q2", content="written meanwhile"))
    assert waits() == 0.2
    for number in range(3):
        store.add_message(OWNER, "c0", message(f"m{number}"))
        assert waits() == transactions.IMPATIENT_SECONDS
        assert ids(store) == ["c0", "c1"]
    holder.execute("ROLLBACK")
    holder.close()
    assert found(store, "meanwhile") == ["c0"]
    store.close()
    assert catalog_rows(data) == rebuilt_rows(data)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A data folder in which one owner's folder cannot be looked into."""
    outside = Path(tempfile.mkdtemp(prefix="chatkeep-closed-"))
    outside.chmod(0o777)
    with as_nobody():
        data = outside / "data"
        filled(data)
        store = TinyDBFiles(data)
        store.create(conversation("c1", message("q1"), owner="visitor-1"))
        store.set_preferences("visitor-1", trash_days=7)
        store.set_preferences(OWNER, trash_days=7)
        store.close()
        (data / "visitor-1").chmod(0)
        yield data
        (data / "visitor-1").chmod(0o755)
    shutil.rmtree(outside)


def test_an_owners_folder_that_cannot_be_looked_into_hides_no_other(closed_folder: Path, clock: FakeClock) -> None:
    clock.now += timedelta(days=40_000)
    store = TinyDBFiles(closed_folder, clock)
    assert ids(store) == ["c0", "c1"]
    assert store.erase_expired() == 1
    assert store.count(OWNER, trashed=True) == 0
    with pytest.raises(StoreError, match="access to the data folder is denied"):
        store.get("visitor-1", "c1")
    made = store.keeping.back_up()
    assert (made.conversations, made.unreadable) == (2, ["visitor-1"])
    assert ("unreadable", "visitor-1") in {(each.kind, each.name) for each in store.keeping.check().problems}
    store.close()

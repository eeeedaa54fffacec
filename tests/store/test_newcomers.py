"""Many conversations merged at once: each as if it were merged alone, whole or not at all, and kept for good."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.conversation import Conversation
from store import rules
from store.catalog.catalog import Catalog
from store.catalog.rows import Row
from store.conversations import AlreadyThere, ConversationStore, StoreError
from store.disk.locks import BUSY, STRIPES, Locks, SharedLock
from store.disk.places import Place
from store.files.folder import Files
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import (
    OWNER,
    catalog_rows,
    clock,
    conversation,
    message,
    open_again,
    rebuilt_rows,
    store,
)

__all__ = ["clock", "open_again", "store"]


def chat(id: str, *more: str) -> Conversation:
    """Return a conversation of a question and its answer, going on with messages of these ids."""
    ids = ("q", "a", *more)
    parents = (None, *ids)
    messages = [message(each, parents[place], ("user", "assistant")[place % 2]) for place, each in enumerate(ids)]
    return conversation(id, *messages)


def test_many_are_merged_as_each_would_be(store: ConversationStore, open_again: Callable[[], Any]) -> None:
    store.create(chat("here"))
    store.create(chat("grows"))
    twice = replace(chat("double"), messages=(message("q"), message("q")))
    loose = replace(chat("grows"), messages=(message("x", "nowhere"),))
    many = [chat("new"), chat("here"), chat("grows", "q2"), chat("new", "q2"), chat("Bad id"), twice, loose]
    new, here, grown, again, bad_id, double, hangs_on_nothing = store.merge_many(many)
    assert (new, here, grown, again) == (2, 0, 1, 1)
    assert type(bad_id) is ValueError
    assert type(double) is AlreadyThere
    assert str(hangs_on_nothing) == "A message that another one answers is not in the conversation."
    for each in (store, open_again()):
        assert each.get(OWNER, "new") == chat("new", "q2")
        assert each.get(OWNER, "grows") == chat("grows", "q2")
        assert sorted((one.id, one.message_count) for one in each.list(OWNER)) == [
            ("grows", 3),
            ("here", 2),
            ("new", 3),
        ]


def test_nothing_is_merged_of_nothing(store: ConversationStore) -> None:
    assert store.merge_many([]) == ()


def test_index_is_as_if_made_from_the_files(tmp_path: Path) -> None:
    files = TinyDBFiles(tmp_path / "data")
    files.create(chat("first"))
    assert files.merge_many(chat(f"c{number}") for number in range(20)) == (2,) * 20
    assert len(files.holding(OWNER, "user", "words of q")) == 21
    files.close()
    noted = catalog_rows(tmp_path / "data")
    assert noted == rebuilt_rows(tmp_path / "data")


@pytest.mark.parametrize("verb", ["write_beside", "take_place"])
def test_one_that_cannot_be_written_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    files = TinyDBFiles(tmp_path / "data")
    work: Any = getattr(Files, verb)

    def fail(self: Files, place: Any, *rest: Any) -> Any:
        if place.id == "c1":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/path")
        return work(self, place, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Files, verb, fail)
        kept, failed, also = files.merge_many([chat("c0"), chat("c1"), chat("c2")])
    assert (kept, also) == (2, 2)
    assert isinstance(failed, StoreError)
    assert str(failed) == (
        "The conversation could not be saved: the disk is full. Nothing that was there is lost; free some space and "
        "try again."
    )
    assert sorted(os.listdir(tmp_path / "data" / OWNER)) == ["c0.json", "c2.json"]
    assert sorted(each.id for each in files.list(OWNER)) == ["c0", "c2"]
    assert files.merge_many([chat("c1")]) == (2,)
    files.close()


def test_bytes_last_before_a_file_has_its_name_and_names_before_the_verb_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = TinyDBFiles(tmp_path / "data")
    files.create(chat("first"))
    steps: list[str] = []
    fsync, replaced = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)
        steps.append(f"sync {name.split('.')[1] if name.startswith('.') else name}")

    def named(source: Path, target: Path) -> None:
        replaced(source, target)
        steps.append(f"name {target.stem}")

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", named)
    files.merge_many([chat("c1"), chat("c2")])
    assert sorted(steps[:2]) == ["sync c1", "sync c2"]
    assert steps[2:] == ["name c1", "name c2", f"sync {OWNER}"]
    files.close()


def test_folder_that_cannot_be_synced_is_said_of_every_one_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = TinyDBFiles(tmp_path / "data")
    files.create(chat("first"))

    def fail(self: Files, folder: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(Files, "sync", fail)
        outcomes = files.merge_many([chat("c1"), chat("c2")])
    says = "The conversation could not be saved: input/output error. Nothing that was there is lost; try again."
    assert [str(each) for each in outcomes] == [says, says]
    files.close()


def test_who_interrupts_it_leaves_whole_conversations_that_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = TinyDBFiles(tmp_path / "data")
    take_place = Files.take_place

    def interrupted(self: Files, place: Any, writer: str) -> None:
        if place.id == "c2":
            raise KeyboardInterrupt
        take_place(self, place, writer)

    with monkeypatch.context() as patched:
        patched.setattr(Files, "take_place", interrupted)
        with pytest.raises(KeyboardInterrupt):
            files.merge_many([chat(f"c{number}") for number in range(4)])
    assert sorted(os.listdir(tmp_path / "data" / OWNER)) == ["c0.json", "c1.json"]
    assert sorted(each.id for each in files.list(OWNER)) == ["c0", "c1"]
    assert files.get(OWNER, "c1") == chat("c1")
    files.close()


def test_one_that_somebody_else_creates_meanwhile_is_merged_with_theirs(
    store: ConversationStore, open_again: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_again()
    write_beside = Files.write_beside

    def overtaken(self: Files, place: Any, *rest: Any) -> Any:
        written = write_beside(self, place, *rest)
        if not self.exists(place):
            other.create(chat("c1"))
        return written

    monkeypatch.setattr(Files, "write_beside", overtaken)
    assert store.merge_many([chat("c1", "q2")]) == (1,)
    assert store.get(OWNER, "c1") == other.get(OWNER, "c1") == chat("c1", "q2")


def test_two_at_once_with_the_same_conversations_disturb_nothing(tmp_path: Path) -> None:
    files = TinyDBFiles(tmp_path / "data")
    many = [chat(f"c{number}") for number in range(40)]
    added: list[int] = []

    def merge() -> None:
        added.extend(each for each in files.merge_many(many) if isinstance(each, int))

    threads = [threading.Thread(target=merge) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(added), sum(added)) == (120, 80)
    assert sorted(os.listdir(tmp_path / "data" / OWNER)) == sorted(f"{each.id}.json" for each in many)
    assert [files.get(OWNER, each.id) for each in many] == many
    files.close()
    assert catalog_rows(tmp_path / "data") == rebuilt_rows(tmp_path / "data")


def test_one_is_written_while_the_next_is_prepared(store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    is_written = threading.Event()
    write_beside, checked_new = Files.write_beside, rules.checked_new
    waited: list[bool] = []

    def written(self: Files, place: Any, *rest: Any) -> Any:
        stamp = write_beside(self, place, *rest)
        is_written.set()
        return stamp

    def waiting(given: Conversation) -> Conversation:
        if given.id == "c2":
            waited.append(is_written.wait(10))
        return checked_new(given)

    monkeypatch.setattr(Files, "write_beside", written)
    monkeypatch.setattr(rules, "checked_new", waiting)
    assert store.merge_many([chat("c1"), chat("c2")]) == (2, 2)
    assert waited == [True]


def test_each_lock_is_taken_once_and_held_while_its_files_get_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = TinyDBFiles(tmp_path / "data")
    files.create(chat("first"))
    held, take_place = Locks.held, Files.take_place
    open_keys: list[str] = []
    taken: list[str] = []
    named: dict[str, list[str]] = {}

    @contextmanager
    def noted(self: Locks, key: str) -> Iterator[None]:
        with held(self, key):
            open_keys.append(key)
            taken.append(key)
            yield
            open_keys.remove(key)

    def under(self: Files, place: Place, writer: str) -> None:
        named[place.key] = [*open_keys]
        take_place(self, place, writer)

    with monkeypatch.context() as patched:
        patched.setattr(Locks, "held", noted)
        patched.setattr(Files, "take_place", under)
        assert files.merge_many(chat(f"c{number}") for number in range(200)) == (2,) * 200
    stripes = {key: zlib.crc32(key.encode()) % STRIPES for key in named}
    assert len(named) == 200
    assert sorted(stripes[key] for key in taken) == sorted(set(stripes.values()))
    assert {key: [stripes[each] for each in keys] for key, keys in named.items()} == {
        key: [stripe] for key, stripe in stripes.items()
    }
    files.close()


def test_lock_that_cannot_be_had_is_said_of_all_that_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = TinyDBFiles(tmp_path / "data")
    files.create(chat("first"))
    many = [chat(f"c{number}") for number in range(100)]
    stripes = {each.id: zlib.crc32(f"{OWNER}/{each.id}".encode()) % STRIPES for each in many}
    ((fullest, _),) = Counter(stripes.values()).most_common(1)
    busy = {id for id, stripe in stripes.items() if stripe == fullest}
    held = SharedLock.held

    @contextmanager
    def refused(self: SharedLock, patience: float | None = None) -> Iterator[None]:
        if self._path.name == f"{fullest:02}.lock":
            raise StoreError(BUSY)
        with held(self, patience):
            yield

    with monkeypatch.context() as patched:
        patched.setattr(SharedLock, "held", refused)
        outcomes = files.merge_many(many)
    assert len(busy) > 1
    assert {each.id for each, outcome in zip(many, outcomes, strict=True) if str(outcome) == BUSY} == busy
    assert sorted(os.listdir(tmp_path / "data" / OWNER)) == sorted(
        [f"{each.id}.json" for each in many if each.id not in busy] + ["first.json"]
    )
    files.close()


ODD = (
    "\0",
    "a\0b",
    "\ud83d",
    "\ud83d\ude00",
    "\\u0000",
    '"',
    "\n\t\x01\x1f",
    "日本語 C++",
    "é e\u0301",
    "{}[],",
    "\u2028",
)
TEXTS = st.lists(st.sampled_from(ODD) | st.text(st.characters(), max_size=5), max_size=4).map("".join)


@settings(max_examples=20)
@given(texts=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=3))
def test_index_is_that_of_the_files_whatever_the_words(texts: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        files = TinyDBFiles(data)
        files.create(chat("first"))
        many = [
            replace(
                conversation(f"c{number}", replace(message("q"), content=words), replace(message("a", "q"), model=tag)),
                title=title,
                tags=(tag,),
                pinned=bool(number),
            )
            for number, (title, words, tag) in enumerate(texts)
        ]
        assert files.merge_many(many) == (2,) * len(many)
        files.close()
        assert catalog_rows(data) == rebuilt_rows(data)


class HeldBack:
    """Notes new conversations once that is allowed, as a slow disk would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.allowed = threading.Event()
        self.done = threading.Event()
        put_new = Catalog.put_new

        def put_late(catalog: Catalog, rows: Sequence[Row], is_current: Any, ready: Callable[[], object]) -> None:
            ready()
            assert self.allowed.wait(10)
            put_new(catalog, rows, is_current, ready)
            self.done.set()

        monkeypatch.setattr(Catalog, "put_new", put_late)


def test_who_imports_goes_on_meanwhile_and_who_asks_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noting = HeldBack(monkeypatch)
    files = TinyDBFiles(tmp_path / "data")
    assert files.merge_many([chat("c1"), chat("c2")]) == (2, 2)
    assert files.get(OWNER, "c1") == chat("c1")
    listed: list[str] = []
    asking = threading.Thread(target=lambda: listed.extend(each.id for each in files.list(OWNER)))
    asking.start()
    asking.join(0.05)
    assert listed == []
    noting.allowed.set()
    asking.join()
    assert sorted(listed) == ["c1", "c2"]
    files.close()


def test_what_was_noted_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = TinyDBFiles(tmp_path / "data")
    files.create(chat("first"))
    files.merge_many([chat("c1"), chat("c2")])
    loaded: list[Any] = []
    monkeypatch.setattr(Files, "load", lambda self, place, owner: loaded.append(place))
    assert sorted(each.id for each in files.list(OWNER)) == ["c1", "c2", "first"]
    assert loaded == []
    files.close()


def test_what_others_do_before_it_is_noted_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noting = HeldBack(monkeypatch)
    files, other = TinyDBFiles(tmp_path / "data"), TinyDBFiles(tmp_path / "data")
    files.merge_many([chat("kept"), chat("renamed"), chat("erased")])
    other.update(OWNER, "renamed", title="A new title")
    other.trash(OWNER, "erased")
    other.erase(OWNER, "erased")
    noting.allowed.set()
    assert noting.done.wait(10)
    for each in (other, files):
        assert {one.id: one.title for one in each.list(OWNER)} == {"kept": chat("kept").title, "renamed": "A new title"}
    files.close()
    other.wait_until_ready()
    other.close()
    assert catalog_rows(tmp_path / "data") == rebuilt_rows(tmp_path / "data")


def test_what_another_process_has_noted_already_is_noted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    noting = HeldBack(monkeypatch)
    files = TinyDBFiles(tmp_path / "data")
    files.merge_many([chat("c1"), chat("c2")])
    other = TinyDBFiles(tmp_path / "data")
    assert len(other.list(OWNER)) == 2
    other.close()
    noting.allowed.set()
    with caplog.at_level("INFO", logger="store"):
        assert len(files.list(OWNER)) == 2
    assert caplog.text == ""
    files.close()
    assert catalog_rows(tmp_path / "data") == rebuilt_rows(tmp_path / "data")


def test_catalog_that_fails_is_repaired_when_it_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = TinyDBFiles(tmp_path / "data")
    files.create(chat("first"))

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Catalog, "put_new", fail)
        assert files.merge_many([chat("c1")]) == (2,)
        assert files.merge_many([chat("c2")]) == (2,)
    assert sorted(each.id for each in files.list(OWNER)) == ["c1", "c2", "first"]
    files.close()
    assert catalog_rows(tmp_path / "data") == rebuilt_rows(tmp_path / "data")

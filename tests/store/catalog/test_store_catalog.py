"""The catalog: whatever happens to it, lists are those that the files give."""

from __future__ import annotations

import errno
import logging
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import store.files.tables
from store.catalog.catalog import Catalog
from store.conversations import StoreError
from store.disk.places import CATALOG
from store.files.store import TinyDBFiles
from store.queries import Query, Term
from tests.support.processes import run_python
from tests.support.store_fixtures import (
    OWNER,
    FakeClock,
    at,
    catalog_rows,
    clock,
    conversation,
    erase,
    message,
    rebuilt_rows,
)

__all__ = ["clock"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def files(folder: Path, clock: FakeClock) -> Iterator[TinyDBFiles]:
    opened = TinyDBFiles(folder, clock)
    yield opened
    opened.close()


def listed(files: TinyDBFiles, owner: str = OWNER) -> dict[str, int]:
    return {each.id: each.message_count for each in files.list(owner, limit=None)}


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_after_any_operations_it_is_what_the_files_give(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("random")
    chance = random.Random(seed)
    clock = FakeClock()
    stores = [TinyDBFiles(folder, clock), TinyDBFiles(folder, clock)]
    for step in range(40):
        clock.now = at(chance.randrange(50))
        with suppress(StoreError):
            _anything(chance, chance.choice(stores), folder, step)
    words = ["words", "漢", "title", "x", "half", "m1"]
    found = [[each.search(OWNER, Query((Term(word),)), limit=None) for word in words] for each in stores]
    assert found[0] == found[1]
    expected_lists = [[each.list(OWNER, trashed=trashed) for trashed in (False, True)] for each in stores]
    assert expected_lists[0] == expected_lists[1]
    for each in stores:
        each.close()
    kept = catalog_rows(folder)
    rebuilt = rebuilt_rows(folder)
    assert [row[:2] for row in kept.pop("damages")] == [row[:2] for row in rebuilt.pop("damages")]
    assert kept == rebuilt
    assert kept["ownerless"] == []
    again = TinyDBFiles(folder, clock)
    # Of two messages that are equally good either may be shown, so which one depends on what was written first.
    found.append([again.search(OWNER, Query((Term(word),)), limit=None) for word in words])
    ids = [[{hit.summary.id for hit in result.hits} for result in each] for each in found]
    assert ids[0] == ids[2]
    again.close()


def _anything(chance: random.Random, files: TinyDBFiles, folder: Path, step: int) -> None:
    owner = chance.choice([OWNER, "visitor-1"])
    id = chance.choice(["c1", "c2", "c3"])
    new = message(f"m{step}", role=chance.choice(["user", "assistant"]), model=chance.choice([None, "m/x", "é\ud800"]))
    verbs: list[Callable[[], Any]] = [
        lambda: files.create(conversation(id, owner=owner, title=chance.choice(["", "x\0", "\ud83d", "漢字"]))),
        lambda: files.add_message(owner, id, new),
        lambda: files.add_message(owner, id, new),
        lambda: files.add_message(owner, id, message(f"s{step}", status="streaming")),
        lambda: files.add_message(owner, id, message(f"l{step}", content="漢字 half \ud83d \0" * 9)),
        lambda: files.update_message(owner, id, f"m{chance.randrange(step + 1)}", rating=chance.choice([1, -1, None])),
        lambda: files.update_message(owner, id, f"m{chance.randrange(step + 1)}", trashed=chance.choice([True, False])),
        lambda: files.update_message(owner, id, f"s{chance.randrange(step + 1)}", content="x half", status="stopped"),
        lambda: files.update(owner, id, tags=tuple(chance.sample(["a", "A", "b", "\ud800"], 2))),
        lambda: files.merge(conversation(id, message(f"g{step}"), owner=owner)),
        lambda: files.update(owner, id, title=f"Title {step}", pinned=True),
        lambda: files.trash(owner, id),
        lambda: files.restore(owner, id),
        lambda: files.erase(owner, id),
        lambda: files.interrupt_orphans(chance.choice([None, owner])),
        lambda: files.list(owner),
        lambda: _damage(files, folder / owner / f"{id}.json"),
    ]
    chance.choice(verbs)()


def _damage(files: TinyDBFiles, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"{")
    files.get(path.parent.name, path.stem)


def test_a_second_process_sees_what_the_first_does(folder: Path, files: TinyDBFiles) -> None:
    script = """
import sys
from pathlib import Path
from store.queries import Query, Term
from store.disk.places import CATALOG
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import *
files = TinyDBFiles(Path(sys.argv[1]))
for line in sys.stdin:
    print(eval(line), flush=True)
"""
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert other.stdin is not None
    assert other.stdout is not None

    def ask(expression: str) -> str:
        other.stdin.write(expression + "\n")  # type: ignore[union-attr]
        other.stdin.flush()  # type: ignore[union-attr]
        return other.stdout.readline().strip()  # type: ignore[union-attr]

    assert ask("files.count(OWNER)") == "0"
    files.create(conversation("c1"))
    assert ask("[each.title for each in files.list(OWNER)]") == "['About c1']"
    assert ask("files.update(OWNER, 'c1', title='Mine').title") == "Mine"
    assert files.list(OWNER)[0].title == files.get(OWNER, "c1").title == "Mine"
    process = ask("files.process")
    assert files.is_alive(process)
    assert ask(f"files.is_alive({files.process!r})") == "True"
    files.add_message(OWNER, "c1", message("a1", None, "assistant", status="streaming", process=process))
    assert files.interrupt_orphans() == 0
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    assert not files.is_alive(process)
    assert files.interrupt_orphans() == 1
    assert files.get(OWNER, "c1").messages == (message("a1", None, "assistant", status="interrupted"),)
    assert not files.list(OWNER)[0].streaming


KILLED_BEFORE_THE_CATALOG = """
import os, sys
from pathlib import Path
from store.catalog.catalog import Catalog
from store.disk.places import CATALOG
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import OWNER, FakeClock, conversation, message

Catalog.put = Catalog.remove = lambda *_: os.kill(os.getpid(), 9)
files = TinyDBFiles(Path(sys.argv[1]), FakeClock())
{
    "create": lambda: files.create(conversation("c3")),
    "add_message": lambda: files.add_message(OWNER, "c1", message("q2")),
    "update": lambda: files.update(OWNER, "c1", title="x"),
    "erase": lambda: files.erase(OWNER, "c1"),
}[sys.argv[2]]()
"""


@pytest.mark.parametrize("verb", ["create", "add_message", "update", "erase"])
def test_killed_between_file_and_catalog(folder: Path, clock: FakeClock, verb: str) -> None:
    files = TinyDBFiles(folder, clock)
    for id in ("c1", "c2"):
        files.create(conversation(id, message("q1")))
    if verb == "erase":
        files.trash(OWNER, "c1")
    files.close()
    assert run_python(KILLED_BEFORE_THE_CATALOG, folder, verb) == -9
    before = catalog_rows(folder)
    files = TinyDBFiles(folder, clock)
    expected = {"create": {"c1": 1, "c2": 1, "c3": 0}, "add_message": {"c1": 2, "c2": 1}, "erase": {"c2": 1}}
    assert listed(files) == expected.get(verb, {"c1": 1, "c2": 1})
    files.close()
    repaired = catalog_rows(folder)
    assert repaired != before
    assert repaired == rebuilt_rows(folder)


def test_files_that_come_and_go_by_hand(folder: Path, clock: FakeClock) -> None:
    files = TinyDBFiles(folder, clock)
    for id in ("c1", "c2", "c3"):
        files.create(conversation(id))
    files.close()
    personal = folder / "personal"
    (personal / "c4.json").write_bytes((personal / "c1.json").read_bytes())
    (personal / "c2.json").unlink()
    (personal / "c3.json").write_bytes((personal / "c3.json").read_bytes().replace(b"About c3", b"By hands"))
    (folder / "visitor-7").mkdir()
    (personal / "c1.json").rename(folder / "visitor-7" / "c1.json")
    files = TinyDBFiles(folder, clock)
    assert {each.id: each.title for each in files.list(OWNER)} == {"c3": "By hands", "c4": "About c1"}
    assert listed(files, "visitor-7") == {"c1": 0}
    files.close()


def test_unchanged_files_are_not_opened_at_the_start(
    folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = TinyDBFiles(folder, clock)
    for id in ("c1", "c2"):
        files.create(conversation(id))
    files.close()
    opened: list[str] = []
    read_file = store.files.tables.read_file

    def counted(path: Path, **more: Any) -> Any:
        opened.append(path.name)
        return read_file(path, **more)

    monkeypatch.setattr("store.files.folder.read_file", counted)
    os.utime(folder / "personal" / "c2.json")
    files = TinyDBFiles(folder, clock)
    assert opened == ["c2.json"]
    assert files.interrupt_orphans() == 0
    assert listed(files) == {"c1": 0, "c2": 0}
    assert opened == ["c2.json"]
    files.close()


def _other_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _garbled(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + bytes(reversed(data[4096:])))


def _no_tables(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE conversations")
    connection.close()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b"") and None,
    "no-database": lambda path: path.write_bytes(b"not a database, but long enough to be one" * 100) and None,
    "half": _half,
    "garbled": _garbled,
    "another-version": _other_version,
    "no-tables": _no_tables,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_catalog_is_made_anew_at_the_start(folder: Path, clock: FakeClock, damage: str) -> None:
    files = TinyDBFiles(folder, clock)
    for number in range(30):
        files.create(conversation(f"c{number}", message("q1")))
    files.close()
    whole = catalog_rows(folder)
    DAMAGES[damage](folder / ".catalog.sqlite3")
    files = TinyDBFiles(folder, clock)
    assert listed(files) == {f"c{number}": 1 for number in range(30)}
    files.add_message(OWNER, "c1", message("q2"))
    assert listed(files)["c1"] == 2
    files.close()
    assert len(catalog_rows(folder)["conversations"]) == len(whole["conversations"])


@pytest.mark.parametrize("damage", sorted(DAMAGES.keys() - {"another-version"}))
def test_a_catalog_that_breaks_while_it_is_used(folder: Path, clock: FakeClock, damage: str) -> None:
    """As another process that made the catalog anew would: the file of that name is suddenly another."""
    files, other = TinyDBFiles(folder, clock), TinyDBFiles(folder, clock)
    for number in range(30):
        files.create(conversation(f"c{number}", message("q1")))
    path = folder / ".catalog.sqlite3"
    broken = folder / ".broken"
    source, target = sqlite3.connect(path), sqlite3.connect(broken)
    source.backup(target)
    source.close()
    target.close()
    if damage == "gone":
        broken = path
        path.unlink()
    else:
        DAMAGES[damage](broken)
        os.replace(broken, path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    other.add_message(OWNER, "c1", message("q2"))
    expected = {f"c{number}": 1 for number in range(30)} | {"c1": 2}
    assert listed(files) == expected
    assert listed(other) == expected
    for each in (files, other):
        each.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)


FAILURES = [
    pytest.param(lambda: _sqlite_error("disk I/O error", sqlite3.SQLITE_IOERR), id="io"),
    pytest.param(lambda: _sqlite_error("database or disk is full", sqlite3.SQLITE_FULL), id="full"),
    pytest.param(lambda: _sqlite_error("database is locked", sqlite3.SQLITE_BUSY), id="locked"),
    pytest.param(lambda: _sqlite_error("database disk image is malformed", sqlite3.SQLITE_CORRUPT), id="malformed"),
    pytest.param(lambda: OSError(errno.EACCES, "Permission denied"), id="denied"),
]


def _sqlite_error(text: str, code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("failure", FAILURES)
def test_a_catalog_that_cannot_be_written_fails_no_write(
    files: TinyDBFiles,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Callable[[], Exception],
) -> None:
    def fail(*_: object) -> None:
        raise failure()

    caplog.set_level(logging.INFO, "store")
    files.create(conversation("gone"))
    files.create(conversation("c1"))
    with monkeypatch.context() as patched:
        patched.setattr(Catalog, "put", fail)
        patched.setattr(Catalog, "remove", fail)
        after = files.add_message(OWNER, "c1", message("q1"))
        files.create(conversation("c2"))
        erase(files, OWNER, "gone")
        assert files.get(OWNER, "c1") == after
        with suppress(StoreError):
            files.list(OWNER)
    assert listed(files) == {"c1": 1, "c2": 0}
    files.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)
    assert {each.levelno for each in caplog.records if "repaired" in each.message} == {logging.INFO}


def test_a_full_disk_hides_no_list(files: TinyDBFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise _sqlite_error("database or disk is full", sqlite3.SQLITE_FULL)

    files.create(conversation("c1"))
    monkeypatch.setattr(Catalog, "put", fail)
    files.add_message(OWNER, "c1", message("q1"))
    assert listed(files) == {"c1": 0}  # as it was last known


def test_words_of_one_change_are_one_segment_of_the_index(folder: Path, files: TinyDBFiles) -> None:
    said = [message(f"m{n}", content=" ".join(f"word{n}x{each}" for each in range(3_000))) for n in range(20)]
    files.create(conversation("c1", *said))
    with closing(sqlite3.connect(folder / CATALOG)) as connection:
        assert connection.execute("SELECT count(DISTINCT segid) FROM words_idx").fetchone() == (1,)

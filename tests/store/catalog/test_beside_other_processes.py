"""One catalog that several processes open, copy, replace and remove at once: none of them disturbs another."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.catalog import sqlite_file
from store.catalog.sqlite_file import AnotherVersion, SQLiteFile
from store.conversations import StoreError
from store.disk.locks import SharedLock
from store.files import catalog_sync
from store.files.store import TinyDBFiles
from tests.support.processes import ROOT, run_python
from tests.support.store_fixtures import OWNER, catalog_rows, conversation, erase, message, rebuilt_rows

CATALOG = ".catalog.sqlite3"


class FakeTurn(SharedLock):
    """A lock after which, when it is let go for the first time, something else is done before anybody goes on."""

    then: Callable[[], object] | None = None

    @contextmanager
    def held(self, patience: float | None = None) -> Iterator[None]:
        with super().held(patience):
            yield
        then, self.then = self.then, None
        if then is not None:
            then()


def opened(folder: Path, version: int = 1) -> SQLiteFile:
    turn, copying = FakeTurn(folder / "catalog.lock"), SharedLock(folder / "catalog-copy.lock")
    tables = "CREATE TABLE notes (text TEXT);"
    return SQLiteFile(folder / CATALOG, turn, copying, version=version, tables=tables, checked=("notes",))


def write(file: SQLiteFile, text: str) -> None:
    file.changing(lambda connection: connection.execute("INSERT INTO notes VALUES (?)", (text,)))


def read(file: SQLiteFile) -> list[str]:
    return file.using(lambda connection: [text for (text,) in connection.execute("SELECT text FROM notes")])


def test_who_opens_the_folder_leaves_the_copy_that_another_process_makes(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "store")
    monkeypatch.setattr(catalog_sync, "GATHERING_SECONDS", 60)  # ended by who waits
    files = TinyDBFiles(data)
    for name in ("c1", "c2"):
        files.create(conversation(name, message("q1")))
    rewrite = SQLiteFile.rewrite
    there: list[int] = []
    opening = "import sys; from pathlib import Path; from store.files.store import TinyDBFiles\n" + (
        "TinyDBFiles(Path(sys.argv[1])).list('personal')"
    )

    def rewritten(file: SQLiteFile, finish: Callable[[sqlite3.Connection], object]) -> bool:
        def finished(connection: sqlite3.Connection) -> None:
            if not there:
                assert run_python(opening, data) == 0
                there.append(len(list(data.glob(f"{CATALOG}-{'[0-9a-f]' * 32}"))))
            finish(connection)

        return rewrite(file, finished)

    monkeypatch.setattr(SQLiteFile, "rewrite", rewritten)
    erase(files, OWNER, "c1")
    assert files.wait_until_ready(60)
    assert there == [1]
    assert list(data.glob(f"{CATALOG}-{'[0-9a-f]' * 32}*")) == []
    assert [each.id for each in files.list(OWNER)] == ["c2"]
    files.close()
    assert caplog.text == ""
    assert catalog_rows(data) == rebuilt_rows(data)


def test_a_file_that_is_replaced_right_after_it_was_opened_is_noticed(tmp_path: Path) -> None:
    file, other = opened(tmp_path), opened(tmp_path)

    def replaced() -> None:
        read(other)
        other.discard()
        write(other, "new")

    assert isinstance(file._lock, FakeTurn)
    file._lock.then = replaced
    assert read(file) == []
    assert read(file) == ["new"]
    file.close()
    other.close()


def test_work_that_fails_in_a_file_that_was_replaced_is_done_in_the_new_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "store")
    file, other = opened(tmp_path), opened(tmp_path)
    write(file, "old")
    read(other)

    def work(connection: sqlite3.Connection) -> list[str]:
        found = [text for (text,) in connection.execute("SELECT text FROM notes")]
        if found == ["old"]:
            other.discard()
            write(other, "new")
            raise sqlite3.OperationalError("disk I/O error")
        connection.execute("INSERT INTO notes VALUES ('mine')")
        return found

    assert file.changing(work) == ["new"]
    assert read(file) == read(other) == ["new", "mine"]
    with pytest.raises(sqlite3.OperationalError, match="no such table"):  # where nothing was replaced
        file.using(lambda connection: connection.execute("SELECT 1 FROM missing"))
    assert caplog.text == ""
    file.close()
    other.close()


def test_a_copy_that_cannot_be_put_in_place_leaves_all_with_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = opened(tmp_path), opened(tmp_path)
    write(file, "old")
    read(other)

    def fail(*_: object) -> None:
        raise PermissionError("denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fail)
        with pytest.raises(PermissionError):
            file.rewrite(lambda copy: None)
    write(other, "from the other")
    write(file, "from the one")
    assert read(file) == read(other) == ["from the other", "from the one"]
    file.close()
    other.close()
    assert list(tmp_path.glob(f"{CATALOG}-*")) == []


def test_a_file_that_another_process_is_still_making_is_not_copied(tmp_path: Path) -> None:
    file = opened(tmp_path)
    write(file, "old")
    (tmp_path / CATALOG).unlink()
    (tmp_path / CATALOG).write_bytes(b"")
    assert not file.rewrite(lambda copy: copy.execute("DELETE FROM notes"))
    assert (tmp_path / CATALOG).read_bytes() == b""
    assert read(file) == []
    file.close()


def test_a_file_that_becomes_another_while_it_is_copied_stays(tmp_path: Path) -> None:
    file, other = opened(tmp_path), opened(tmp_path)
    write(file, "old")
    read(other)

    def replaced(copy: sqlite3.Connection) -> None:
        other.discard()
        write(other, "new")
        copy.execute("DELETE FROM missing")

    assert not file.rewrite(replaced)
    assert read(file) == read(other) == ["new"]
    file.close()
    other.close()


def test_of_two_that_want_a_copy_one_makes_it(tmp_path: Path) -> None:
    file, other = opened(tmp_path), opened(tmp_path)
    write(file, "old")
    read(other)
    copied: list[str] = []
    file._copying = FakeTurn(tmp_path / "catalog-copy.lock")
    waited = other._copying = FakeTurn(tmp_path / "catalog-copy.lock")
    held = waited.held

    @contextmanager
    def held_after_the_other(patience: float | None = None) -> Iterator[None]:
        if not copied:
            assert file.rewrite(lambda _: copied.append("one"))
        with held(patience):
            yield

    other._copying.held = held_after_the_other  # type: ignore[method-assign]
    assert not other.rewrite(lambda _: copied.append("other"))
    assert copied == ["one"]
    assert read(file) == read(other) == ["old"]
    file.close()
    other.close()


def test_nobody_comes_between_while_the_last_one_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, other = opened(tmp_path), SharedLock(tmp_path / "catalog.lock")
    write(file, "old")
    drop = SQLiteFile._drop_connection
    free: list[bool] = []

    def dropped(closing: SQLiteFile) -> None:
        if closing._connection is not None:
            try:
                with other.held(patience=0):
                    free.append(True)
            except StoreError:
                free.append(False)
        drop(closing)

    monkeypatch.setattr(SQLiteFile, "_drop_connection", dropped)
    file.close()
    assert free == [False]


def test_two_versions_do_not_take_the_file_from_each_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old = opened(tmp_path, version=1)
    write(old, "old")
    new = opened(tmp_path, version=2)
    assert read(new) == []
    write(new, "new")
    for _ in range(3):
        write(old, "in memory")
        old.try_again()
        assert read(new) == ["new"]
    assert read(old) == ["in memory"] * 3
    assert (new.generation, type(old.trouble)) == (1, AnotherVersion)
    assert len(caplog.records) == 1
    new.close()
    old.close()
    back = opened(tmp_path, version=1)  # who starts makes it anew, the way back too
    assert (read(back), back.trouble) == ([], None)
    back.close()


def test_what_is_broken_in_memory_is_made_anew_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite_file, "connect", fail)
    file = opened(tmp_path)
    file.using(lambda connection: connection.execute("DROP TABLE notes"))
    generation = file.generation
    file.discard()
    assert (read(file), file.generation) == ([], generation + 1)
    file.close()


MANY_OPENINGS = """
import logging, sys
from pathlib import Path
from store.files import catalog_sync
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import OWNER, conversation, erase, message

logging.basicConfig(level=logging.INFO)
logging.getLogger("filelock").setLevel(logging.WARNING)
catalog_sync.GATHERING_SECONDS = 0.0
folder, process = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(8):
    store = TinyDBFiles(folder)
    for name in ("kept", "erased"):
        store.create(conversation(f"{name}-{process}-{number}", message("q1")))
    erase(store, OWNER, f"erased-{process}-{number}")
    if number % 3 == 0:
        store._index._catalog.discard()
    store.list(OWNER)
    store.close()
"""


def test_three_processes_that_begin_at_once_say_nothing_and_lose_nothing(data: Path) -> None:
    command = [sys.executable, "-c", MANY_OPENINGS, str(data)]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen([*command, str(number)], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        for number in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        said.append(process.communicate(timeout=60)[1])
    assert [(process.returncode, text) for process, text in zip(processes, said, strict=True)] == [(0, "")] * 3
    files = TinyDBFiles(data)
    kept = {f"kept-{process}-{number}" for process in range(3) for number in range(8)}
    assert {each.id for each in files.list(OWNER, limit=None)} == kept
    files.close()
    assert catalog_rows(data) == rebuilt_rows(data)

"""What the store does in the background: many files are brought into the catalog, and erased words leave the disk."""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.catalog.catalog import Catalog
from store.catalog.sqlite_file import SQLiteFile
from store.conversations import NotFound
from store.files import catalog_sync
from store.files.folder import Files
from store.files.store import TinyDBFiles
from store.query_text import parse
from tests.support.processes import run_python
from tests.support.store_fixtures import (
    CUT,
    OWNER,
    FakeClock,
    catalog_rows,
    clock,
    conversation,
    erase,
    message,
    rebuilt_rows,
)

__all__ = ["clock"]

COUNT = 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def opened(folder: Path, clock: FakeClock) -> Iterator[Callable[[], TinyDBFiles]]:
    """Opens the folder, as often as it is asked to, and closes what it opened in the end."""
    stores: list[TinyDBFiles] = []

    def open_one() -> TinyDBFiles:
        stores.append(TinyDBFiles(folder, clock))
        return stores[-1]

    yield open_one
    for each in stores:
        each.close()


@pytest.fixture
def without_catalog(folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with c0 (changed first) to c8 (changed last) and no catalog, to be brought in two at a time."""
    files = TinyDBFiles(folder, clock)
    for number in range(COUNT):
        files.create(conversation(f"c{number}", message("q1", content=f"word number{number}")))
    files.close()
    for path in folder.glob(".catalog*"):
        path.unlink()
    monkeypatch.setattr(catalog_sync, "AT_ONCE", 3)
    monkeypatch.setattr(catalog_sync, "BATCH", 2)


def found(files: TinyDBFiles, text: str) -> list[str]:
    return sorted(hit.summary.id for hit in files.search(OWNER, parse(text), limit=None).hits)


def _all(but: str = "") -> list[str]:
    return [f"c{number}" for number in range(COUNT) if f"c{number}" != but]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lets one batch through and stops before the second, until it is opened."""
    put_all = Catalog.put_all
    reached, go_on = threading.Event(), threading.Event()
    calls: list[int] = []

    def gated(catalog: Catalog, *more: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            reached.set()
            assert go_on.wait(60)
        put_all(catalog, *more)

    monkeypatch.setattr(Catalog, "put_all", gated)
    yield reached, go_on
    go_on.set()


@pytest.mark.usefixtures("without_catalog")
def test_a_lost_catalog_is_made_anew_in_the_background_the_newest_first(
    folder: Path, opened: Callable[[], TinyDBFiles], gate: tuple[threading.Event, threading.Event]
) -> None:
    files = opened()
    reached, go_on = gate
    assert reached.wait(60)
    assert files.rebuilding() == (2, COUNT)
    assert not files.wait_until_ready(0)
    assert sorted(each.id for each in files.list(OWNER)) == found(files, "word") == ["c7", "c8"]
    # All else is as ever, and what changes meanwhile is found at once.
    assert files.get(OWNER, "c0").title == "About c0"
    files.add_message(OWNER, "c1", message("q2", content="added"))
    files.create(conversation("new", message("q1", content="added")))
    files.update(OWNER, "c8", title="Renamed")
    erase(files, OWNER, "c5")
    assert found(files, "added") == ["c1", "new"]
    go_on.set()
    assert files.wait_until_ready(60)
    assert files.rebuilding() is None
    assert found(files, "word") == _all(but="c5")
    assert found(files, "added") == ["c1", "new"]
    assert found(files, "renamed") == ["c8"]
    files.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)


@pytest.mark.usefixtures("without_catalog")
def test_what_changes_between_being_read_and_being_noted_is_not_turned_back(
    folder: Path, opened: Callable[[], TinyDBFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = opened()
    assert other.wait_until_ready(60)
    for path in folder.glob(".catalog*"):
        path.unlink()
    load = Files.load
    seen: set[str] = set()

    def loaded(files: Files, place: Any, owner: str | None) -> Any:
        kept = load(files, place, owner)
        if owner is None and place.id not in seen:
            seen.add(place.id)
            {"c3": erase_it, "c4": rename}.get(place.id, lambda: None)()
        return kept

    def erase_it() -> None:
        erase(other, OWNER, "c3")

    def rename() -> None:
        other.update(OWNER, "c4", title="Renamed")

    monkeypatch.setattr(Files, "load", loaded)
    files = opened()
    assert files.wait_until_ready(60)
    assert seen == set(_all())
    assert found(files, "word") == _all(but="c3")
    assert found(files, "renamed") == ["c4"]
    assert found(files, "title:c4") == []


@pytest.mark.usefixtures("without_catalog")
def test_who_is_killed_while_it_is_made_anew_goes_on_at_the_next_start(
    folder: Path, opened: Callable[[], TinyDBFiles], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
import os, sys
from pathlib import Path
from store.catalog.catalog import Catalog
from store.files import catalog_sync
from store.files.store import TinyDBFiles

put_all, calls = Catalog.put_all, []

def killed(catalog, *more):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), 9)
    put_all(catalog, *more)

Catalog.put_all = killed
catalog_sync.AT_ONCE, catalog_sync.BATCH = int(sys.argv[2]), int(sys.argv[3])
TinyDBFiles(Path(sys.argv[1])).wait_until_ready()
"""
    assert run_python(script, folder, catalog_sync.AT_ONCE, catalog_sync.BATCH) == -signal.SIGKILL
    assert [row[1] for row in catalog_rows(folder)["conversations"]] == ["c5", "c6", "c7", "c8"]
    read: list[str] = []
    load = Files.load
    monkeypatch.setattr(
        Files,
        "load",
        lambda files, place, owner: read.append(place.id) or load(files, place, owner),  # type: ignore[func-returns-value]
    )
    files = opened()
    assert files.wait_until_ready(60)
    assert sorted(read) == ["c0", "c1", "c2", "c3", "c4"]
    assert found(files, "word") == _all()
    files.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)


@pytest.mark.usefixtures("without_catalog")
def test_a_store_that_is_closed_while_it_is_made_anew(
    folder: Path, opened: Callable[[], TinyDBFiles], gate: tuple[threading.Event, threading.Event]
) -> None:
    files = opened()
    reached, go_on = gate
    assert reached.wait(60)
    closing = threading.Thread(target=files.close)
    closing.start()
    go_on.set()
    closing.join(60)
    assert not closing.is_alive()
    assert files.wait_until_ready(60)  # a closed one opens again
    assert found(files, "word") == _all()
    files.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)


@pytest.mark.usefixtures("without_catalog")
def test_two_who_make_it_anew_at_once(folder: Path, opened: Callable[[], TinyDBFiles]) -> None:
    one, other = opened(), opened()
    for each in (one, other):
        assert each.wait_until_ready(60)
        assert found(each, "word") == _all()
        each.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)


@pytest.mark.usefixtures("without_catalog")
@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY])
def test_a_catalog_that_fails_while_it_is_made_anew(
    folder: Path, opened: Callable[[], TinyDBFiles], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    put_all = Catalog.put_all
    calls: list[int] = []

    def failing(catalog: Catalog, *more: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            error = sqlite3.OperationalError("failed")
            error.sqlite_errorcode = code
            raise error
        put_all(catalog, *more)

    monkeypatch.setattr(Catalog, "put_all", failing)
    files = opened()
    assert files.wait_until_ready(60)
    assert files.wait_until_ready(60)
    assert found(files, "word") == _all()
    assert files.rebuilding() is None
    files.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)


@pytest.mark.usefixtures("without_catalog")
def test_a_damaged_file_among_many_is_set_aside(folder: Path, opened: Callable[[], TinyDBFiles]) -> None:
    (folder / "personal" / "c4.json").write_bytes(CUT)
    files = opened()
    assert files.wait_until_ready(60)
    assert found(files, "word") == _all(but="c4")
    assert [damage.conversation_id for damage in files.damaged(OWNER)] == ["c4"]


# Erased words


def secret(chance: random.Random) -> str:
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=40))


def lingering(folder: Path, words: list[str]) -> list[str]:
    """Which words are in any file of the folder. Of a word in an index only its end may be there as it is."""
    everything = b"".join(path.read_bytes().lower() for path in sorted(folder.rglob("*")) if path.is_file())
    return [word for word in words if word[-20:].encode() in everything]


def _secrets(files: TinyDBFiles, chance: random.Random, count: int, size: int) -> dict[str, list[str]]:
    kept: dict[str, list[str]] = {}
    for number in range(count):
        words = [secret(chance) for _ in range(6)]
        content = [f"{words[place]} {'and more ' * chance.randrange(size)} {words[place + 1]}" for place in (0, 2)]
        told = (message("q1", content=content[0]), message("a1", "q1", "assistant", content[1]))
        id = f"c{number}"
        files.create(conversation(id, *told, title=words[4], tags=(words[5],)))
        kept[id] = words
    return kept


@pytest.mark.parametrize("seed", range(4))
def test_no_word_of_what_was_erased_is_left_in_any_file(
    folder: Path, opened: Callable[[], TinyDBFiles], seed: int
) -> None:
    chance = random.Random(seed)
    files = opened()
    kept = _secrets(files, chance, 150, size=[3, 80, 400, 2000][seed])
    erased: list[str] = []
    for _ in range(3):
        for id in chance.sample(sorted(kept), 30):
            erased += kept.pop(id)
            erase(files, OWNER, id)
            files.add_message(OWNER, chance.choice(sorted(kept)), message(secret(chance), content="filler " * 50))
        assert files.wait_until_ready(60)
        assert lingering(folder, erased) == []
    there = [word for words in kept.values() for word in words]
    assert sorted(lingering(folder, there)) == sorted(there)
    files.close()
    assert lingering(folder, erased) == []
    assert catalog_rows(folder) == rebuilt_rows(folder)


def test_who_erases_many_has_their_words_cleared_together(
    folder: Path, opened: Callable[[], TinyDBFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_sync, "GATHERING_SECONDS", 60)  # ended by the first who waits
    cleared: list[int] = []
    rewrite = SQLiteFile.rewrite

    def counted(file: SQLiteFile, finish: Any) -> bool:
        cleared.append(1)
        return rewrite(file, finish)

    monkeypatch.setattr(SQLiteFile, "rewrite", counted)
    files = opened()
    kept = _secrets(files, random.Random(1), 100, size=3)
    for id in kept:
        erase(files, OWNER, id)
    assert files.wait_until_ready(60)
    assert len(cleared) == 1
    assert lingering(folder, [word for words in kept.values() for word in words]) == []


def test_closing_clears_what_was_erased(folder: Path, opened: Callable[[], TinyDBFiles]) -> None:
    files = opened()
    kept = _secrets(files, random.Random(2), 3, size=3)
    erase(files, OWNER, "c1")
    files.close()
    assert lingering(folder, kept["c1"]) == []


def test_what_a_killed_process_erased_is_cleared_at_the_next_start(
    folder: Path, opened: Callable[[], TinyDBFiles], clock: FakeClock
) -> None:
    files = opened()
    kept = _secrets(files, random.Random(3), 3, size=3)
    files.close()
    script = """
import os, sys
from pathlib import Path
from store.files import catalog_sync
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import OWNER, erase

catalog_sync.GATHERING_SECONDS = 60
erase(TinyDBFiles(Path(sys.argv[1])), OWNER, "c1")
os._exit(0)
"""
    assert run_python(script, folder) == 0
    assert lingering(folder, kept["c1"]) != []
    files = opened()
    assert files.wait_until_ready(60)
    assert lingering(folder, kept["c1"]) == []
    assert found(files, kept["c2"][0]) == ["c2"]


def test_whoever_reads_or_writes_meanwhile_goes_on(
    folder: Path, opened: Callable[[], TinyDBFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    files, other = opened(), opened()
    kept = _secrets(files, random.Random(4), 5, size=3)
    reader = sqlite3.connect(folder / ".catalog.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM conversations").fetchone() == (5,)
    rewrite = SQLiteFile.rewrite
    meanwhile: list[Callable[[], object]] = [
        lambda: other.add_message(OWNER, "c2", message("q2", content="added")),
        lambda: erase(other, OWNER, "c3"),
        lambda: files.update(OWNER, "c4", title="Renamed"),
    ]

    def rewritten(file: SQLiteFile, finish: Callable[[sqlite3.Connection], object]) -> bool:
        def finished(connection: sqlite3.Connection) -> None:
            while meanwhile:
                meanwhile.pop()()
            finish(connection)

        return rewrite(file, finished)

    monkeypatch.setattr(SQLiteFile, "rewrite", rewritten)
    erase(files, OWNER, "c1")
    assert files.wait_until_ready(60)
    assert meanwhile == []
    for each in (files, other):
        assert each.wait_until_ready(60)
        assert sorted(summary.id for summary in each.list(OWNER)) == ["c0", "c2", "c4"]
        assert (found(each, "added"), found(each, "renamed"), found(each, kept["c3"][0])) == (["c2"], ["c4"], [])
    assert reader.execute("SELECT count(*) FROM conversations").fetchone() == (5,)
    reader.close()
    assert lingering(folder, kept["c1"] + kept["c3"] + [kept["c4"][4]]) == []
    for each in (files, other):
        each.close()
    assert catalog_rows(folder) == rebuilt_rows(folder)


def test_what_a_killed_process_was_writing_anew_is_removed(folder: Path, opened: Callable[[], TinyDBFiles]) -> None:
    opened().close()
    left = folder / f".catalog.sqlite3-{'0a' * 16}"
    left.write_bytes(b"secret")
    opened()
    assert not left.exists()


def test_titles_of_damaged_files_are_erased_too(folder: Path, opened: Callable[[], TinyDBFiles]) -> None:
    files = opened()
    kept = _secrets(files, random.Random(5), 1, size=3)["c0"]
    (folder / "personal" / "c0.json").write_bytes(b"{")
    with pytest.raises(NotFound):
        files.get(OWNER, "c0")
    assert files.damaged(OWNER)[0].title == kept[4]
    files.erase(OWNER, "c0")
    assert files.wait_until_ready(60)
    assert lingering(folder, kept) == []

"""What is not certainly ours is never renamed, moved, counted or deleted, wherever `STORE_URL` leads."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat.conversation import new_id
from store import keeping_of, open_store
from store.backups.backup import backup_to
from store.conversations import AlreadyThere, NotFound, StoreError
from store.disk.places import CATALOG, LOCKS, MARKER, PROCESSES
from store.files import claim
from store.files.claim import OTHER_THINGS
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import CUT, OWNER, conversation, message

DEAD = "0" * 32
PACKAGE = b'{\n  "name": "app",\n  "messages": {"en": {"hello": "Hello"}}\n}\n'
THEIRS = {
    "app/package.json": PACKAGE,
    "app/tsconfig.json": b'{ "compilerOptions": {} // a comment\n}',
    "app/empty.json": b"",
    "app/6fde4ba1b1a24c57a1fbd7c0ee0d9b3a.json": b"\x00\x01",
    "app/.preferences.json": b"{ theme: dark }",
    f"app/.package.{DEAD}.tmp": b"half of a package",
    f"app/._preferences.{DEAD}.tmp": b"{",
    "app/package.json.bak": PACKAGE,
    "notes.txt": b"mine",
}


def all_of(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder, but what Chatkeep keeps for itself."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not str(path.relative_to(folder)).startswith((".locks", ".processes", ".catalog", ".backups", MARKER))
    }


def fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)


def unmarked(folder: Path) -> None:
    """Make a data folder as it was before there was a marker."""
    store = TinyDBFiles(folder)
    store.create(conversation("c1", message("q1", content="remembered")))
    store.close()
    (folder / MARKER).unlink()


@pytest.mark.parametrize(
    "files",
    [
        {"app/package.json": PACKAGE},
        {"package.json": PACKAGE, "src/index.json": b"{}"},
        {"report.docx": b"PK"},
        {"personal/diary.txt": b"mine"},
        {".git/HEAD": b"ref", "chat/conversation.json": CUT},
        {".catalog.sqlite3": b"another catalog"},
        {".backups/chatkeep-20260101T000000Z.zip": b"PK"},
        {"locales/en.json": b'{"messages": {"hello": "Hello"}}'},
    ],
    ids=lambda files: next(iter(files)),
)
def test_a_folder_with_other_things_in_it_is_refused_and_not_touched(data: Path, files: dict[str, bytes]) -> None:
    fill(data, files)
    keeping = keeping_of(f"tinydb:///{data}")
    verbs: list[Callable[[], Any]] = [
        lambda: TinyDBFiles(data),
        keeping.check,
        keeping.back_up,
        lambda: keeping.back_up(data.parent / "elsewhere.zip"),
        lambda: list(keeping.repair()),
    ]
    for verb in verbs:
        with pytest.raises(StoreError) as caught:
            verb()
        assert str(caught.value) == OTHER_THINGS
    assert {str(path.relative_to(data)): path.read_bytes() for path in data.rglob("*") if path.is_file()} == files


@pytest.mark.parametrize("files", [{}, {".DS_Store": b"x"}, {".gitkeep": b""}, {"lost+found/.keep": b""}])
def test_an_empty_folder_becomes_a_data_folder(data: Path, files: dict[str, bytes]) -> None:
    data.mkdir()
    fill(data, files)
    store = TinyDBFiles(data)
    store.create(conversation("c1"))
    store.close()
    assert (data / MARKER).is_file()
    (data / "notes.txt").write_bytes(b"mine")  # later: a data folder it is
    TinyDBFiles(data).close()


def _as_it_is(data: Path) -> None:
    unmarked(data)
    (data / "notes.txt").write_bytes(b"mine")


def _without_catalog(data: Path) -> None:
    _as_it_is(data)
    (data / ".catalog.sqlite3").unlink()


def _only_the_catalog(data: Path) -> None:
    _as_it_is(data)
    shutil.rmtree(data / ".locks")
    shutil.rmtree(data / ".processes")


def _unpacked(data: Path) -> None:
    unmarked(data)
    made = backup_to(data)
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(data.parent / "unpacked")
    shutil.rmtree(data)
    (data.parent / "unpacked").rename(data)


@pytest.mark.parametrize("earlier", [_as_it_is, _without_catalog, _only_the_catalog, _unpacked])
def test_an_earlier_data_folder_opens_as_it_is_and_is_marked(data: Path, earlier: Callable[[Path], None]) -> None:
    earlier(data)
    before = all_of(data)
    store = TinyDBFiles(data)
    assert [each.id for each in store.list(OWNER)] == ["c1"]
    assert store.get(OWNER, "c1").messages[0].content == "remembered"
    store.close()
    assert (data / MARKER).is_file()
    assert all_of(data) == before


def test_what_is_put_into_a_data_folder_by_others_is_left_alone(data: Path, tmp_path: Path) -> None:
    store = TinyDBFiles(data)
    store.create(conversation("c1", message("q1")))
    fill(data, THEIRS)
    (data / "app" / "loop.json").symlink_to("loop.json")
    (data / "app" / "data.json").symlink_to(tmp_path / "elsewhere.json")
    (tmp_path / "elsewhere.json").write_bytes(PACKAGE)
    before = {name: raw for name, raw in all_of(data).items() if not name.startswith("personal")}
    names = [name[4:-5] for name in THEIRS if name.endswith(".json") and name[4] != "."]
    for name in [*names, "loop", "data"]:
        for verb in (
            lambda name: store.get("app", name),
            lambda name: store.add_message("app", name, message("q1")),
            lambda name: store.update("app", name, title="x"),
            lambda name: store.trash("app", name),
        ):
            with pytest.raises((NotFound, StoreError)):
                verb(name)
        with pytest.raises((AlreadyThere, StoreError)):
            store.create(conversation(name, owner="app"))
    for name in names:
        with pytest.raises(NotFound):
            store.erase("app", name)
    assert store.erase_many("app", [*names, "loop", "data"]) == 0
    assert (store.list("app"), store.count("app"), store.damaged("app")) == ((), 0, ())
    assert store.interrupt_orphans() == store.erase_expired() == 0
    assert store.wait_until_ready(60)
    assert store.keeping.back_up().conversations == 1
    report = store.keeping.check()
    assert report.conversations == 1
    foreign = {finding.name for finding in report.findings if finding.kind == "foreign"}
    assert {*THEIRS, "app/data.json"} <= foreign
    assert [(finding.kind, finding.name) for finding in report.problems] == [("unreadable", "app/loop.json")]
    assert list(store.keeping.repair()) == []
    store.close()
    again = TinyDBFiles(data)
    assert [each.id for each in again.list(OWNER)] == ["c1"]
    again.close()
    for path in data.glob(".catalog*"):
        path.unlink()
    TinyDBFiles(data).close()
    assert {name: raw for name, raw in all_of(data).items() if not name.startswith("personal")} == before
    assert (tmp_path / "elsewhere.json").read_bytes() == PACKAGE


def test_a_backup_is_restored_around_what_others_put_there(data: Path, tmp_path: Path) -> None:
    store = TinyDBFiles(tmp_path / "other")
    store.create(conversation("package", message("q1"), owner="app"))
    made = store.keeping.back_up(tmp_path / "made.zip")
    store.close()
    store = TinyDBFiles(data)
    fill(data, THEIRS)
    done = store.keeping.restore(made.path)
    assert (done.new, done.grown, [name for name, _ in done.skipped]) == (0, 0, ["app/package.json"])
    assert (data / "app" / "package.json").read_bytes() == PACKAGE
    store.close()


def test_a_conversation_of_ours_that_is_damaged_is_known_by_its_table_or_by_the_catalog(data: Path) -> None:
    store = TinyDBFiles(data)
    store.create(conversation("c1", message("q1")))
    (data / "personal" / "c1.json").write_bytes(b"\0" * 100)
    (data / "personal" / "c2.json").write_bytes(CUT)
    for name in ("c1", "c2"):
        with pytest.raises(NotFound, match="set aside untouched"):
            store.get(OWNER, name)
    assert [each.conversation_id for each in store.damaged(OWNER)] == ["c2", "c1"]
    store.close()


def test_a_backup_elsewhere_removes_only_what_a_process_of_this_folder_left_there(data: Path, tmp_path: Path) -> None:
    store = TinyDBFiles(data)
    store.create(conversation("c1"))
    theirs, ours = tmp_path / f".mine.zip.{new_id()}.tmp", tmp_path / f".mine.zip.{DEAD}.tmp"
    for path in (theirs, ours):
        path.write_bytes(b"PK")
    (data / ".processes" / f"{DEAD}.lock").touch()
    store.keeping.back_up(tmp_path / "mine.zip")
    assert [path.exists() for path in (theirs, ours)] == [True, False]
    store.close()


def test_two_who_open_a_new_folder_at_once_both_have_it(data: Path) -> None:
    data.mkdir()
    (data / f"{MARKER}.{new_id()}.tmp").write_bytes(b"{")  # the other is about to mark it
    TinyDBFiles(data).close()
    os.unlink(data / MARKER)
    open_store(f"tinydb:///{data}").close()


def test_a_new_folder_that_another_process_fills_at_the_same_moment_is_ours(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_empty = claim._is_empty
    others: list[TinyDBFiles] = []

    def meanwhile(root: Path) -> bool:
        if not others:
            monkeypatch.setattr(claim, "_is_empty", is_empty)
            others.append(TinyDBFiles(root))
            (root / CATALOG).unlink()  # it has only begun
            (root / LOCKS / "catalog.lock").unlink()
            (root / PROCESSES / "trying.lock").unlink()
        return is_empty(root)

    monkeypatch.setattr(claim, "_is_empty", meanwhile)
    store = TinyDBFiles(data)
    store.create(conversation("c1", message("q1")))
    assert [each.id for each in store.list(OWNER)] == ["c1"]
    for each in (store, *others):
        each.close()

"""The store on files: what is on the disk, what survives a bad disk, and what damaged files do."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import TinyDB

import store.disk.atomic
import store.disk.locks
from chat.conversation import new_id
from store import open_store
from store.conversations import Damage, NotFound, StoreError
from store.disk.places import Place, damaged_name, folder_name, is_owner_folder
from store.files.store import TinyDBFiles
from store.query_text import parse
from tests.support.store_fixtures import (
    CUT,
    OWNER,
    START,
    FakeClock,
    at,
    catalog_rows,
    clock,
    conversation,
    erase,
    message,
)

__all__ = ["clock"]

TEXT = st.text(st.characters(exclude_categories=()), min_size=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def files(folder: Path, clock: FakeClock) -> Any:
    opened = TinyDBFiles(folder, clock)
    yield opened
    opened.close()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of an owner, by its path below the data folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob("[!.]*/**/*"))
        if path.is_file() and not path.is_symlink()
    }


# The files


def test_a_conversation_is_a_file_that_stock_tinydb_opens(files: TinyDBFiles, folder: Path) -> None:
    files.create(conversation("c1"))
    path = folder / "personal" / "c1.json"
    with TinyDB(path) as database:
        assert database.tables() == {"conversation", "messages"}
    files.add_message(OWNER, "c1", message("q1", content="Où est l'été? 漢字"))
    files.update_message(OWNER, "c1", "q1", rating=1)
    files.update_message(OWNER, "c1", "q1", rating=None)
    assert path.read_text(encoding="utf-8") == (
        '{"conversation":{"1":{"id":"c1","owner":"personal","title":"About c1",'
        '"created_at":"2026-03-01T12:00:00+00:00","updated_at":"2026-03-01T12:00:00+00:00","head":"q1","version":2}},'
        '"messages":{"1":{"id":"q1","parent_id":null,"role":"user","content":"Où est l\'été? 漢字",'
        '"created_at":"2026-03-01T12:00:00+00:00"}}}'
    )
    with TinyDB(path) as database:
        (found,) = database.table("messages").all()
        assert (found.doc_id, found["content"]) == (1, "Où est l'été? 漢字")


def test_what_stock_tinydb_writes_is_read_and_kept(files: TinyDBFiles, folder: Path) -> None:
    files.create(conversation("c1", *(message(f"m{number}") for number in range(12))))
    assert files.get(OWNER, "c1").title == "About c1"
    with TinyDB(folder / "personal" / "c1.json", indent=2, sort_keys=True) as database:
        database.table("conversation").update({"title": "By hand", "colour": "red"})
        database.table("notes").insert({"mine": True})
    changed = files.add_message(OWNER, "c1", message("last"))
    assert changed.title == "By hand"
    assert [each.id for each in changed.messages] == [f"m{number}" for number in range(12)] + ["last"]
    with TinyDB(folder / "personal" / "c1.json") as database:
        assert database.table("conversation").all()[0]["colour"] == "red"
        assert database.table("notes").all() == [{"mine": True}]
        assert database.table("messages").get(doc_id=13)["id"] == "last"


def test_lone_surrogates_are_escapes_in_valid_utf8(files: TinyDBFiles, folder: Path) -> None:
    files.create(conversation("c1", message("q1", content="é \ud83d \0 \ud83d\ude00")))
    text = (folder / "personal" / "c1.json").read_bytes().decode("utf-8")
    assert '"é \\ud83d \\u0000 😀"' in text


def test_a_copied_file_belongs_to_where_it_is(files: TinyDBFiles, folder: Path, clock: FakeClock) -> None:
    kept = conversation("c1", message("q1", status="streaming"))
    files.create(kept)
    (folder / "visitor-2").mkdir()
    (folder / "visitor-2" / "c2.json").write_bytes((folder / "personal" / "c1.json").read_bytes())
    assert files.get("visitor-2", "c2") == dataclasses.replace(kept, id="c2", owner="visitor-2")
    again = TinyDBFiles(folder, clock)
    assert [each.id for each in again.list("visitor-2")] == ["c2"]
    assert again.interrupt_orphans() == 2  # for which nobody names the owner
    assert again.get("visitor-2", "c2").owner == "visitor-2"
    assert again.add_message("visitor-2", "c2", message("q2")).owner == "visitor-2"
    again.close()


def test_what_is_not_ours_is_left_alone(files: TinyDBFiles, folder: Path, clock: FakeClock) -> None:
    files.create(conversation("c1"))
    strange = [
        ".DS_Store",
        "notes.txt",
        "c9.json",
        "Old Backup/c9.json",
        ".git/c9.json",
        "personal/.DS_Store",
        "personal/C9.json",
        "personal/c9.json.bak",
        "personal/c 9.json",
        "personal/c1.json.damaged-yesterday",
        "personal/.c1.tmp",
        "personal/more/c9.json",
    ]
    for name in strange:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not ours")
    again = TinyDBFiles(folder, clock)
    assert [each.id for each in again.list(OWNER)] == ["c1"]
    assert again.damaged(OWNER) == ()
    erase(again, OWNER, "c1")
    again.close()
    assert [(folder / name).read_bytes() for name in strange] == [b"not ours"] * len(strange)
    assert catalog_rows(folder)["conversations"] == []


# Names


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("personal", "personal"),
        ("visitor-0a1b", "visitor-0a1b"),
        ("Jo@x.org", "%4ao%40x.org"),
        ("..", "%2e%2e"),
        (".", "%2e"),
        ("../x", "%2e.%2fx"),
        ("a/b\\c", "a%2fb%5cc"),
        ("x.", "x%2e"),
        ("con", "%63on"),
        ("nul.txt", "%6eul.txt"),
        ("auth0|5f", "auth0%7c5f"),
        ("é\0", "%c3%a9%00"),
        ("%", "%25"),
        ("x" * 121, "%sha256-79072a47bfaa54e6057a9ee21e0dea64b9edbfd160c4ccadbb657e64b6d22ee4"),
    ],
)
def test_an_owner_has_a_folder_with_a_safe_name(owner: str, name: str) -> None:
    assert folder_name(owner) == name
    assert is_owner_folder(name)


@given(TEXT, TEXT)
def test_two_owners_never_share_a_folder(one: str, other: str) -> None:
    names = folder_name(one), folder_name(other)
    assert (names[0].casefold() == names[1].casefold()) == (one == other)
    for name in names:
        assert is_owner_folder(name)
        assert len(name) <= 120
        assert not set(name) & set('/\\:*?"<>|\0 ')
        assert not name.startswith(".")
        assert not name.endswith(".")


@pytest.mark.parametrize("name", ["", ".locks", "Old", "a b", "%zz", "%4A", "%61", "%ff", "é", "\udcff", "%sha256-12"])
def test_other_folders_are_nobodys(name: str) -> None:
    assert not is_owner_folder(name)


# Opening


def test_a_url_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for url, expected in [
        ("tinydb:///chats/mine", "chats/mine"),
        (f"tinydb:///{tmp_path}/absolute", "absolute"),
        ("tinydb:///~/chats", "home/chats"),
    ]:
        opened = open_store(url)
        opened.create(conversation("c1"))
        opened.close()
        assert (tmp_path / expected / "personal" / "c1.json").is_file()
    opened = open_store()
    monkeypatch.chdir("/")
    opened.create(conversation("c1"))
    opened.close()
    assert (tmp_path / "data" / "personal" / "c1.json").is_file()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql+psycopg://me:secret@host/db", "names PostgreSQL, which this version cannot use yet"),
        ("sqlite:///data", "Use tinydb:///folder"),
        ("data", "Use tinydb:///folder"),
        ("tinydb://data", "three slashes"),
        ("tinydb:///", "names no folder"),
        ("tinydb:///data\0secret", "has a character in it that no folder has"),
        ("tinydb:///data\nsecret", "has a character in it that no folder has"),
        ("tinydb:///~nobody-of-that-name/secret", "names the home of somebody unknown"),
    ],
)
def test_a_url_that_names_nothing_says_so_without_its_password(url: str, says: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_made_says_so_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError) as caught:
        TinyDBFiles(tmp_path / "file" / "data")
    assert str(caught.value) == (
        "The data folder could not be opened: not a directory. Nothing that was there is lost; try again."
    )


# A disk that fails


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the disk is full. Nothing that was there is lost; free some space and try again."),
        (errno.EACCES, "access to the data folder is denied. Nothing that was there is lost; check its permissions"),
        (errno.EIO, "input/output error. Nothing that was there is lost; try again."),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "replace", "utime"])
def test_a_write_that_fails_leaves_what_was_there(
    files: TinyDBFiles, folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, says: str
) -> None:
    kept = conversation("c1", message("q1"))
    files.create(kept)
    before = tree(folder)

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "/secret/path")

    with monkeypatch.context() as patched:
        patched.setattr(store.disk.atomic.os, call, fail)
        for verb in (
            lambda: files.add_message(OWNER, "c1", message("q2")),
            lambda: files.update(OWNER, "c1", title="x"),
            lambda: files.update_message(OWNER, "c1", "q1", rating=1),
            lambda: files.create(conversation("c2")),
        ):
            with pytest.raises(StoreError) as caught:
                verb()
            assert str(caught.value).startswith(f"The conversation could not be saved: {says}")
    assert tree(folder) == before
    assert files.get(OWNER, "c1") == kept
    assert [(each.id, each.message_count) for each in files.list(OWNER)] == [("c1", 1)]
    after = files.add_message(OWNER, "c1", message("q2"))
    assert after == dataclasses.replace(kept, messages=(message("q1"), message("q2")), head="q2")
    again = TinyDBFiles(folder)
    assert again.get(OWNER, "c1") == after
    again.close()


def test_a_full_disk_in_earnest(folder: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from store.conversations import StoreError
from store.files.store import TinyDBFiles
from store.query_text import parse
from tests.support.store_fixtures import *
files = TinyDBFiles(Path(sys.argv[1]))
files.create(conversation("c1", message("q1")))
files.list(OWNER)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
for number in range(100):
    try:
        files.add_message(OWNER, "c1", message(f"m{number}", content="x" * 4000))
    except StoreError as error:
        print(number, error)
        break
assert len(files.get(OWNER, "c1").messages) == number + 1
files.create(conversation("small"))
assert files.count(OWNER) >= 1
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (done.returncode, done.stdout) == (
        0,
        "9 The conversation could not be saved: its file would be larger than this system allows. "
        "Nothing that was there is lost; go on in a new conversation.\n",
    ), done.stderr
    assert sorted(tree(folder)) == ["personal/c1.json", "personal/small.json"]
    again = TinyDBFiles(folder)
    assert [each.id for each in again.get(OWNER, "c1").messages] == ["q1", *(f"m{number}" for number in range(9))]
    assert again.count(OWNER) == 2
    again.close()


def test_a_verb_that_raises_in_the_middle_writes_nothing(
    files: TinyDBFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.create(conversation("c1", message("q1")))
    before = tree(folder)
    with monkeypatch.context() as patched:
        patched.setattr("store.files.tables.Change.set", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            files.add_message(OWNER, "c1", message("q2"))
    assert tree(folder) == before
    assert files.get(OWNER, "c1") == conversation("c1", message("q1"))


def test_a_verb_writes_its_file_once_and_only_where_something_changes(
    files: TinyDBFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.create(conversation("c1", message("q1")))
    written: list[str] = []
    replace = os.replace

    def counted(source: Any, target: Any) -> None:
        written.append(Path(target).name)
        replace(source, target)

    monkeypatch.setattr(store.disk.atomic.os, "replace", counted)
    files.add_message(OWNER, "c1", message("q2"))
    assert written == ["c1.json"]
    files.update_message(OWNER, "c1", "q2", content="words of q2")
    files.update(OWNER, "c1", title="About c1")
    files.restore(OWNER, "c1")
    files.interrupt_orphans()
    assert written == ["c1.json"]


def test_every_version_has_another_stamp(files: TinyDBFiles, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.disk.atomic.time, "time_ns", lambda: 1_700_000_000_000_000_000)
    other = TinyDBFiles(folder)
    files.create(conversation("c1", title="00"))
    times = set()
    for number in range(1, 20):
        files.update(OWNER, "c1", title=f"{number:02}")
        times.add(os.stat(folder / "personal" / "c1.json").st_mtime_ns)
        assert other.get(OWNER, "c1").title == f"{number:02}"
    assert len(times) == 19
    other.close()


def test_a_read_of_an_unchanged_file_opens_nothing(files: TinyDBFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.create(conversation("c1", message("q1")))
    monkeypatch.setattr(Path, "open", lambda *_, **__: 1 / 0)
    assert files.get(OWNER, "c1") is files.get(OWNER, "c1")


# Damage


def truncated(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def without(*path: str) -> Callable[[bytes], bytes]:
    def change(whole: bytes) -> bytes:
        content = json.loads(whole)
        inner = content
        for name in path[:-1]:
            inner = inner[name]
        del inner[path[-1]]
        return json.dumps(content).encode()

    return change


DAMAGES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("truncated", truncated, "not valid JSON at line 1, column 152"),
    ("empty", lambda _: b"", "empty"),
    ("binary", lambda _: b"{\xff\xfe\0", "not UTF-8 text at byte 1"),
    ("zeros", lambda whole: bytes(len(whole)), "not valid JSON at line 1, column 1"),
    ("twice", lambda whole: whole + whole, "not valid JSON at line 1, column 304"),
    ("html", lambda _: b"<html>\n</html>", "not valid JSON at line 1, column 1"),
    ("deep", lambda _: b"[" * 100_000, "not JSON that can be read"),
    ("number", lambda _: b'{"a": ' + b"9" * 5000 + b"}", "not JSON that can be read"),
    ("list", lambda _: b"[]", "not TinyDB tables"),
    ("nothing", lambda _: b"{}", "the table conversation is missing"),
    ("no-messages", without("messages"), "the table messages is missing"),
    ("no-conversation", without("conversation", "1"), "0 conversations in one file"),
    ("no-title", without("conversation", "1", "title"), "title is missing"),
    ("no-role", without("messages", "1", "role"), "role is missing"),
    (
        "wrong-role",
        lambda whole: whole.replace(b'"user"', b'"alien"'),
        "role is 'alien', not one of system, user, assistant",
    ),
    ("wrong-number", lambda whole: whole.replace(b'"messages":{"1"', b'"messages":{"x"'), "not TinyDB tables"),
]


@pytest.mark.parametrize("at_start", [False, True], ids=["while-open", "at-start"])
@pytest.mark.parametrize(("damage", "reason"), [pytest.param(*rest, id=name) for name, *rest in DAMAGES])
def test_a_damaged_file_is_set_aside_untouched(
    folder: Path, clock: FakeClock, damage: Callable[[bytes], bytes], reason: str, at_start: bool
) -> None:
    files = TinyDBFiles(folder, clock)
    files.create(conversation("c1", message("q1")))
    files.create(conversation("c2", message("q2")))
    path = folder / "personal" / "c1.json"
    if at_start:
        files.close()
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    clock.now = datetime(2026, 3, 2, 8, 30, 15, 250, tzinfo=UTC)
    if at_start:
        files = TinyDBFiles(folder, clock)
        assert [each.id for each in files.list(OWNER)] == ["c2"]
    with pytest.raises(NotFound) as caught:
        files.get(OWNER, "c1")
    assert at_start or str(caught.value) == (
        f"This conversation's file is damaged ({reason}). It was set aside untouched, and everything else is as it was."
    )
    name = "c1.json.damaged-20260302T083015.000250Z"
    expected = (Damage("c1", "About c1", name, reason, clock.now),)
    assert files.damaged(OWNER) == expected
    assert files.damaged("visitor-1") == ()
    assert sorted(tree(folder)) == [f"personal/{name}", "personal/c2.json"]
    assert (folder / "personal" / name).read_bytes() == broken
    assert [each.id for each in files.list(OWNER)] == ["c2"]
    assert files.add_message(OWNER, "c2", message("q3", "q2")).head == "q3"
    files.close()
    again = TinyDBFiles(folder, clock)
    assert again.damaged(OWNER) == expected
    again.close()
    for file in folder.glob(".catalog*"):
        file.unlink()
    again = TinyDBFiles(folder, clock)
    assert again.damaged(OWNER) == (dataclasses.replace(expected[0], title="c1"),)
    again.close()


@pytest.mark.parametrize("verb", ["get", "add_message", "update", "trash"])
def test_a_folder_in_a_files_place_is_set_aside_by_any_verb(files: TinyDBFiles, folder: Path, verb: str) -> None:
    files.create(conversation("c1"))
    (folder / "personal" / "c1.json").unlink()
    (folder / "personal" / "c1.json" / "inside").mkdir(parents=True)
    verbs = {
        "get": lambda: files.get(OWNER, "c1"),
        "add_message": lambda: files.add_message(OWNER, "c1", message("m")),
        "update": lambda: files.update(OWNER, "c1", title="x"),
        "trash": lambda: files.trash(OWNER, "c1"),
    }
    with pytest.raises(NotFound):
        verbs[verb]()
    name = damaged_name(Place("personal", "c1"), START)
    assert files.damaged(OWNER) == (Damage("c1", "About c1", name, "not a file", START),)
    assert (folder / "personal" / name / "inside").is_dir()
    files.create(conversation("c1"))
    assert files.get(OWNER, "c1") == conversation("c1")


def test_two_damaged_files_of_one_moment_are_both_kept(files: TinyDBFiles, folder: Path) -> None:
    for words in (CUT + b"first", CUT + b"second"):
        (folder / "personal").mkdir(exist_ok=True)
        (folder / "personal" / "c1.json").write_bytes(words)
        with pytest.raises(NotFound):
            files.get(OWNER, "c1")
    newest, oldest = files.damaged(OWNER)
    assert (folder / "personal" / oldest.file_name).read_bytes() == CUT + b"first"
    assert (folder / "personal" / newest.file_name).read_bytes() == CUT + b"second"


def test_what_was_set_aside_and_is_gone_is_forgotten(files: TinyDBFiles, folder: Path, clock: FakeClock) -> None:
    (folder / "personal").mkdir()
    (folder / "personal" / "c1.json").write_bytes(CUT)
    with pytest.raises(NotFound):
        files.get(OWNER, "c1")
    (damage,) = files.damaged(OWNER)
    (folder / "personal" / damage.file_name).unlink()
    assert files.damaged(OWNER) == ()
    TinyDBFiles(folder, clock).close()
    assert catalog_rows(folder)["damages"] == []


def test_erasing_takes_the_words_out_of_every_file(files: TinyDBFiles, folder: Path) -> None:
    files.create(conversation("c1", message("q1", content="a secret")))
    path = folder / "personal" / "c1.json"
    whole = path.read_bytes()
    path.write_bytes(whole + b"}")
    with pytest.raises(NotFound):
        files.get(OWNER, "c1")
    path.write_bytes(whole)
    (folder / "personal" / f".c1.{new_id()}.tmp").write_bytes(whole)
    erase(files, OWNER, "c1")
    assert tree(folder) == {}
    assert files.damaged(OWNER) == ()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_file_that_cannot_be_read_now_is_not_damaged(
    folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    files = TinyDBFiles(folder, clock)
    files.create(conversation("c1", message("q1")))
    files.close()
    (folder / "personal" / "c1.json").touch()
    open_path = Path.open

    def fail(path: Path, *rest: Any, **more: Any) -> Any:
        if path.name == "c1.json":
            raise OSError(number, os.strerror(number), str(path))
        return open_path(path, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", fail)
        files = TinyDBFiles(folder, clock)
        with pytest.raises(StoreError) as caught:
            files.get(OWNER, "c1")
        assert not isinstance(caught.value, NotFound)
        assert str(folder) not in str(caught.value)
        assert [each.id for each in files.list(OWNER)] == ["c1"]
    assert files.damaged(OWNER) == ()
    assert files.get(OWNER, "c1") == conversation("c1", message("q1"))
    files.close()


def test_a_file_that_is_whole_when_the_lock_is_held_is_not_damaged(
    files: TinyDBFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.create(conversation("c1", message("q1")))
    path = folder / "personal" / "c1.json"
    whole = path.read_bytes()
    path.write_bytes(truncated(whole))
    held = files._locks.held

    def repaired_meanwhile(key: str) -> Any:
        path.write_bytes(whole)
        return held(key)

    monkeypatch.setattr(files._locks, "held", repaired_meanwhile)
    assert files.get(OWNER, "c1") == conversation("c1", message("q1"))
    assert files.damaged(OWNER) == ()


# What processes leave behind


def test_half_written_files_of_the_dead_are_removed_at_the_start(folder: Path, clock: FakeClock) -> None:
    alive, dead = TinyDBFiles(folder, clock), TinyDBFiles(folder, clock)
    alive.create(conversation("c1"))
    left = [folder / "personal" / f".c1.{each.process}.tmp" for each in (alive, dead)]
    for path in left:
        path.write_bytes(CUT)
    dead.close()
    again = TinyDBFiles(folder, clock)
    assert [path.exists() for path in left] == [True, False]
    again.close()
    alive.close()


def test_lock_files_do_not_pile_up(folder: Path, clock: FakeClock) -> None:
    for _ in range(5):
        files = TinyDBFiles(folder, clock)
        for number in range(100):
            files.create(conversation(new_id(), updated_at=at(number)))
        (folder / ".processes" / f"{new_id()}.lock").touch()  # of a process that was killed
        files.close()
    files = TinyDBFiles(folder, clock)
    assert {path.name for path in (folder / ".processes").iterdir()} == {
        "trying.lock",
        "trying.holder",
        f"{files.process}.lock",
    }
    assert len(list((folder / ".locks").iterdir())) <= 2 * 65
    files.close()
    files.close()
    assert sorted(path.name for path in (folder / ".processes").iterdir()) == ["trying.holder", "trying.lock"]


# Files that an editor saved again


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_a_file_that_an_editor_saved_in_another_encoding_is_read(
    files: TinyDBFiles, folder: Path, clock: FakeClock, encoding: str
) -> None:
    files.create(conversation("c1", message("q1", content="hand é 漢字 😀")))
    files.set_preferences(OWNER, trash_days=7)
    for name in ("c1.json", ".preferences.json"):
        path = folder / "personal" / name
        text = path.read_text("utf-8").replace("hand", "edited")
        mark = "" if encoding in ("utf-8-sig", "utf-16", "utf-32") else "\ufeff"
        path.write_bytes((mark + text).encode(encoding))
    assert files.get(OWNER, "c1").messages[0].content == "edited é 漢字 😀"
    assert files.preferences(OWNER).trash_days == 7
    assert [each for each in files.keeping.check().problems if each.kind != "catalog"] == []
    files.close()
    files = TinyDBFiles(folder, clock)
    assert [hit.summary.id for hit in files.search(OWNER, parse("edited")).hits] == ["c1"]
    files.add_message(OWNER, "c1", message("q2"))
    with TinyDB(folder / "personal" / "c1.json", encoding="utf-8") as database:
        assert len(database.table("messages")) == 2
    files.close()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_what_is_whole_in_a_cut_file_of_another_encoding_is_brought_back(
    files: TinyDBFiles, folder: Path, encoding: str
) -> None:
    files.create(conversation("c1", message("q1", content="kept"), message("q2")))
    path = folder / "personal" / "c1.json"
    path.write_bytes(path.read_text("utf-8")[:-30].encode(encoding))
    for path in folder.glob(".catalog*"):
        path.unlink()
    assert any("1 message that is whole in it is" in line for line in files.keeping.repair())
    assert [each.content for each in files.get(OWNER, "c1").messages] == ["kept"]


# One entry that cannot be looked at


def test_one_link_to_itself_hides_nothing(files: TinyDBFiles, folder: Path, clock: FakeClock) -> None:
    files.create(conversation("c1", message("q1")))
    files.create(conversation("c2", message("q1"), head="nobody"))
    files.keeping.back_up()
    loops = [
        "personal/c9.json",
        "loop",
        "personal/.preferences.json",
        ".backups/chatkeep-20260101T000000Z.zip",
        f".processes/{'0' * 32}.lock",
        "personal/c1.json.damaged-20260302T083015.000250Z",
    ]
    for name in loops:
        (folder / name).symlink_to(Path(name).name)
    found = {(finding.kind, finding.name) for finding in files.keeping.check().problems}
    assert found == {
        ("unreadable", "personal/c9.json"),
        ("head", "personal/c2.json"),
        ("preferences", "personal/.preferences.json"),
    }
    assert any("personal/c2.json" in line for line in files.keeping.repair())
    assert files.get(OWNER, "c2").head == "q1"
    assert files.keeping.back_up().conversations == 2
    files.close()
    again = TinyDBFiles(folder, clock)
    assert sorted(each.id for each in again.list(OWNER)) == ["c1", "c2"]
    erase(again, OWNER, "c2")
    again.close()


# A lock that somebody keeps


def test_a_write_that_waits_for_a_stopped_process_says_for_whom(
    files: TinyDBFiles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.create(conversation("c1"))
    script = """
import os, signal, sys
from pathlib import Path
from store.disk.locks import Locks

with Locks(Path(sys.argv[1])).held("personal/c1"):
    os.kill(os.getpid(), signal.SIGSTOP)
"""
    holder = subprocess.Popen([sys.executable, "-c", script, str(folder / ".locks")], cwd=Path(__file__).parents[2])
    try:
        os.waitpid(holder.pid, os.WUNTRACED)
        monkeypatch.setattr(store.disk.locks, "PATIENCE_SECONDS", 0.05)
        with pytest.raises(StoreError) as caught:
            files.add_message(OWNER, "c1", message("q1"))
        assert str(caught.value) == (
            f"Another process (number {holder.pid}) has been holding this data for 0 seconds. Nothing was lost. Try "
            "again in a moment; if that process hangs or was stopped, end it first."
        )
        assert files.get(OWNER, "c1").messages == ()
    finally:
        holder.kill()
        holder.wait()
    monkeypatch.undo()
    assert len(files.add_message(OWNER, "c1", message("q1")).messages) == 1

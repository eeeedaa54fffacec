"""Backups: whole while others write, given back without overwriting, and reached when a conversation is erased."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import store.backups.backup
from chat.conversation import Conversation, new_id
from store.backups.backup import backup_path, backup_to, backups, delete_backup
from store.backups.members import names_to_back_up
from store.care.restoring import Limits, restore_from
from store.conversations import NotFound, StoreError
from store.disk.atomic import json_bytes
from store.disk.places import folder_name
from store.disk.presence import Presence
from store.files.store import TinyDBFiles
from store.files.tables import Change
from store.keeping import Backup, Differing, Restored
from store.preferences import Preferences
from tests.support.store_fixtures import CUT, OWNER, START, FakeClock, at, clock, conversation, erase, message

__all__ = ["clock"]

STAMP = "20260301T120000Z"
VISITOR = "Jo@x.org"
LONG = "someone-" + "x" * 200


@pytest.fixture
def open_store(tmp_path: Path, clock: FakeClock) -> Any:
    opened: list[TinyDBFiles] = []

    def open_one(name: str = "data") -> TinyDBFiles:
        opened.append(TinyDBFiles(tmp_path / name, clock))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


Open = Callable[..., TinyDBFiles]


def everything(store: TinyDBFiles, *owners: str) -> list[Conversation]:
    """All that these owners have, the trash too."""
    return sorted(
        (
            store.get(owner, each.id)
            for owner in owners
            for trashed in (False, True)
            for each in store.list(owner, limit=None, trashed=trashed)
        ),
        key=lambda each: (each.owner, each.id),
    )


def fill(store: TinyDBFiles) -> None:
    store.create(conversation("c1", message("q1", content="é 漢字 \ud83d"), message("a1", "q1", "assistant")))
    store.create(conversation("c2", message("q1"), trashed_at=at(1), pinned=True, tags=("a",)))
    store.create(conversation("c1", message("q1", content="a stranger's"), owner=VISITOR))
    store.create(conversation("c9", message("q1"), owner=LONG))


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def a_zip(path: Path, *named: tuple[str, bytes], manifest: Any = None) -> Path:
    record = {"format": "chatkeep-backup", "version": 1, "created_at": START.isoformat(), "owners": {}}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in named:
            archive.writestr(name, data)
        archive.writestr("backup.json", json.dumps(record if manifest is None else manifest))
    return path


def raw(value: Conversation) -> bytes:
    return json_bytes(Change.of_new(value).content)


def files_with(folder: Path, words: bytes) -> list[str]:
    """Every file below the folder in which the words can be found, in members of zips too."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            parts = [path.read_bytes()]
            if zipfile.is_zipfile(path):
                parts += [name.encode() + data for name, data in members(path).items()]
            if any(words in part for part in parts):
                found.append(str(path.relative_to(folder)))
    return found


# Making


def test_a_backup_has_every_file_byte_for_byte(open_store: Open, data: Path, clock: FakeClock) -> None:
    store = open_store()
    fill(store)
    store.set_preferences(OWNER, trash_days=30)
    (data / "personal" / "c3.json").write_bytes(CUT)
    with pytest.raises(NotFound):
        store.get(OWNER, "c3")
    made = backup_to(data, clock=clock)
    assert made.path == data / ".backups" / f"chatkeep-{STAMP}.zip"
    expected = {f"{folder}/{name}": (data / folder / name).read_bytes() for folder, name in names_to_back_up(data)}
    hashed = folder_name(LONG)
    assert sorted(expected) == sorted(
        [
            "%4ao%40x.org/c1.json",
            f"{hashed}/c9.json",
            "personal/.preferences.json",
            "personal/c1.json",
            "personal/c2.json",
            "personal/c3.json.damaged-20260301T120000.000000Z",
        ]
    )
    found = members(made.path)
    assert json.loads(found.pop("backup.json")) == {
        "format": "chatkeep-backup",
        "version": 1,
        "created_at": "2026-03-01T12:00:00+00:00",
        "conversations": 4,
        "visitors": 0,
        "set_aside": 1,
        "owners": {"%4ao%40x.org": VISITOR, hashed: LONG, "personal": "personal"},
    }
    assert found == expected
    assert (made.conversations, made.set_aside, made.unreadable) == (4, 1, [])
    assert made.size == made.path.stat().st_size
    assert made.path.stat().st_mode & 0o077 == 0


def test_backups_are_listed_and_deleted_and_none_takes_anothers_name(
    open_store: Open, data: Path, clock: FakeClock, tmp_path: Path
) -> None:
    fill(open_store())
    assert backups(data) == ()
    sizes = [backup_to(data, clock=clock).size for _ in range(2)]
    clock.now = at(1)
    sizes.append(backup_to(data, clock=clock).size)
    for name in ("notes.txt", ".chatkeep-20260301T120000Z.zip.tmp", "chatkeep-20261301T120000Z.zip", "x.zip"):
        (data / ".backups" / name).write_bytes(b"x")
    assert backups(data) == (
        Backup("chatkeep-20260301T120100Z.zip", at(1), sizes[2], False),
        Backup(f"chatkeep-{STAMP}.zip", START, sizes[0], False),
        Backup(f"chatkeep-{STAMP}-2.zip", START, sizes[1], False),
    )
    delete_backup(data, f"chatkeep-{STAMP}.zip")
    assert [each.file_name for each in backups(data)] == ["chatkeep-20260301T120100Z.zip", f"chatkeep-{STAMP}-2.zip"]
    for name in (f"chatkeep-{STAMP}.zip", "../personal/c1.json", "notes.txt", ""):
        with pytest.raises(NotFound):
            delete_backup(data, name)
        with pytest.raises(NotFound):
            backup_path(data, name)
    assert (data / "personal" / "c1.json").exists()
    there = tmp_path / "mine.zip"
    there.write_bytes(b"mine")
    with pytest.raises(StoreError, match="already"):
        backup_to(data, there)
    assert there.read_bytes() == b"mine"
    assert backup_to(data, tmp_path, clock=clock).path == tmp_path / "chatkeep-20260301T120100Z.zip"
    with pytest.raises(StoreError, match="nothing to back up"):
        backup_to(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_of_one_owner_has_nothing_of_the_others(open_store: Open, data: Path, tmp_path: Path) -> None:
    fill(open_store())
    made = backup_to(data, tmp_path / "theirs.zip", owner=VISITOR)
    assert sorted(members(made.path)) == ["%4ao%40x.org/c1.json", "backup.json"]
    assert b"personal" not in members(made.path)["backup.json"]


def test_a_backup_while_others_write_has_only_whole_versions(open_store: Open, data: Path, tmp_path: Path) -> None:
    store = open_store()
    for number in range(20):
        store.create(conversation(f"c{number}"))
    script = """
import sys
from pathlib import Path
from store.files.store import TinyDBFiles
from tests.support.store_fixtures import *
files = TinyDBFiles(Path(sys.argv[1]))
for turn in range(100_000):
    name = f"c{turn % 20}"
    files.add_message(OWNER, name, message(f"p{turn}", content=f"p{turn} " * 50 + "end"))
    if turn == 20:
        print("going", flush=True)
"""
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(data)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    stop = threading.Event()

    def write() -> None:
        turn = 0
        while not stop.is_set():
            store.add_message(OWNER, f"c{turn % 20}", message(f"t{turn}", content=f"t{turn} " * 50 + "end"))
            turn += 1

    thread = threading.Thread(target=write)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"going\n"
        thread.start()
        made = [backup_to(data, tmp_path / f"{number}.zip") for number in range(5)]
        still = other.poll()
    finally:
        stop.set()
        thread.join()
        other.kill()
        other.wait()
    assert still is None
    counts = []
    for number, each in enumerate(made):
        assert each.conversations == 20
        restored = open_store(f"restored-{number}")
        done = restore_from(restored, each.path)
        assert (done.new, done.skipped) == (20, [])
        messages = [message for kept in everything(restored, OWNER) for message in kept.messages]
        assert all(each.content == f"{each.id} " * 50 + "end" for each in messages)
        counts.append(len(messages))
    assert counts == sorted(counts)
    assert counts[0] > 20


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_no_half_backup(
    open_store: Open, data: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    fill(open_store())

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number), "/secret/path")

    with monkeypatch.context() as patched:
        patched.setattr(store.backups.backup.os, call, fail)
        with pytest.raises(StoreError) as caught:
            backup_to(data)
    assert str(caught.value).startswith("The backup could not be made: ")
    assert "/secret" not in str(caught.value)
    assert list((data / ".backups").iterdir()) == []
    assert backups(data) == ()


def test_a_backup_that_is_stopped_leaves_nothing(open_store: Open, data: Path) -> None:
    fill(open_store())
    seen = []

    def step(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup_to(data, step=step)
    assert seen == [(0, 4), (1, 4), (2, 4)]
    assert list((data / ".backups").iterdir()) == []


def test_a_backup_whose_process_is_killed_is_never_listed_and_goes_away(open_store: Open, data: Path) -> None:
    fill(open_store())
    script = """
import sys, time
from pathlib import Path
from store.backups.backup import backup_to
def step(done, total):
    if done == 3:
        print("halfway", flush=True)
        time.sleep(600)
backup_to(Path(sys.argv[1]), step=step)
"""
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(data)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"halfway\n"
    (half,) = (data / ".backups").iterdir()
    open_store().close()
    assert half.exists()  # its process lives
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert half.exists()
    assert backups(data) == ()
    open_store()
    assert list((data / ".backups").iterdir()) == []


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_kept(open_store: Open, data: Path) -> None:
    fill(open_store())
    (data / "personal" / "c5.json").symlink_to("c5.json")
    (data / "personal" / "c6.json").mkdir()
    os.mkfifo(data / "personal" / "c7.json")
    made = backup_to(data)
    assert (made.conversations, made.unreadable) == (4, ["personal/c5.json"])


# Restoring


def test_restored_into_an_empty_store_everything_is_as_it_was(open_store: Open, data: Path) -> None:
    store, empty = open_store(), open_store("empty")
    fill(store)
    store.set_preferences(OWNER, trash_days=30)
    made = backup_to(data)
    before = everything(store, OWNER, VISITOR, LONG)
    assert restore_from(empty, made.path) == Restored(new=4, messages=5, in_trash=1, preferences=1)
    assert everything(empty, OWNER, VISITOR, LONG) == before
    assert empty.preferences(OWNER) == Preferences(trash_days=30)
    assert restore_from(empty, made.path) == Restored(here=4)
    assert everything(empty, OWNER, VISITOR, LONG) == before
    with made.path.open("rb") as file:
        assert restore_from(store, file) == Restored(here=4)
    assert everything(store, OWNER, VISITOR, LONG) == before


TEXT = st.text(st.characters(exclude_categories=()), min_size=1, max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(owner=TEXT, title=TEXT, words=st.lists(TEXT, max_size=4))
def test_any_words_of_anybody_come_back(open_store: Open, data: Path, owner: str, title: str, words: list[str]) -> None:
    store, empty = open_store(), open_store("empty")
    said = tuple(message(f"m{index}", content=each) for index, each in enumerate(words))
    name = new_id()
    store.create(conversation(name, *said, owner=owner, title=title))
    made = backup_to(data, owner=owner)
    try:
        assert restore_from(empty, made.path) == Restored(new=1, messages=len(words))
        assert empty.get(owner, name) == store.get(owner, name)
    finally:
        for each in (store, empty):
            erase(each, owner, name)
            each.close()
        made.path.unlink()


def test_restored_into_a_store_that_went_on_nothing_is_overwritten(open_store: Open, data: Path) -> None:
    store = open_store()
    fill(store)
    store.create(conversation("c4", message("m1")))
    store.add_message(OWNER, "c1", message("b1", "q1", "assistant", content="another branch"))
    store.set_preferences(OWNER, trash_days=30)
    made = backup_to(data)

    other = open_store("other")
    mine = conversation(
        "c1", message("q1", content="my own words"), message("a1", "q1", "assistant"), message("q2", "a1"), title="Mine"
    )
    other.create(mine)
    other.create(conversation("c8", message("m1")))
    other.set_preferences(OWNER, trash_days=7)
    assert restore_from(other, made.path) == Restored(
        new=4, grown=1, messages=5, in_trash=1, differing=[Differing("c1", "Mine", ("q1",))]
    )
    branch = store.get(OWNER, "c1").messages[-1]
    assert other.get(OWNER, "c1") == dataclasses.replace(mine, messages=(*mine.messages, branch))
    assert other.get(OWNER, "c8") == conversation("c8", message("m1"))
    assert other.preferences(OWNER) == Preferences(trash_days=7)


def test_an_answer_that_was_being_written_comes_back_interrupted_and_is_no_difference_where_it_has_grown(
    open_store: Open, data: Path
) -> None:
    store = open_store()
    half = message("a1", "q1", "assistant", content="Half a sen", status="streaming", process=store.process)
    store.create(conversation("c1", message("q1"), half))
    made = backup_to(data)
    store.update_message(OWNER, "c1", "a1", content="Half a sentence.", status="complete")
    assert restore_from(store, made.path) == Restored(here=1)
    assert store.get(OWNER, "c1").messages[1].content == "Half a sentence."
    empty = open_store("empty")
    assert restore_from(empty, made.path) == Restored(new=1, messages=2, mended=1)
    assert empty.get(OWNER, "c1").messages[1] == dataclasses.replace(half, status="interrupted", process=None)


def test_an_owner_restores_only_what_is_their_own(open_store: Open, data: Path) -> None:
    fill(open_store())
    made = backup_to(data)
    empty = open_store("empty")
    assert restore_from(empty, made.path, owner=VISITOR) == Restored(new=1, messages=1, others=3)
    assert everything(empty, OWNER, LONG) == []
    assert [each.owner for each in everything(empty, VISITOR)] == [VISITOR]


def test_a_damaged_member_is_named_and_the_others_come_back(open_store: Open, data: Path, tmp_path: Path) -> None:
    store = open_store()
    for name in ("c1", "c2", "c3"):
        store.create(conversation(name, message("q1", content=os.urandom(300).hex())))
    path = backup_to(data).path
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("personal/c2.json").header_offset + 100
    whole = path.read_bytes()
    path.write_bytes(whole[:start] + bytes(20) + whole[start + 20 :])
    empty = open_store("empty")
    assert restore_from(empty, path) == Restored(
        new=2, messages=2, skipped=[("personal/c2.json", "damaged in the zip")]
    )
    assert [each.id for each in everything(empty, OWNER)] == ["c1", "c3"]


def test_what_no_backup_has_is_named_and_touches_nothing(open_store: Open, tmp_path: Path) -> None:
    good = raw(conversation("c1", message("q1")))
    strange = [
        "../evil.json",
        "../../etc/c1.json",
        "/etc/c1.json",
        "personal/../c1.json",
        "personal/sub/c1.json",
        "personal\\c1.json",
        "C:/c1.json",
        "Personal/c1.json",
        "personal/C1.json",
        "personal/.c1.0123.tmp",
        "personal/con.json",
        ".locks/c1.json",
        "c1.json",
        "%61/c1.json",
        "personal/",
    ]
    broken = [
        ("personal/a1.json", b"{", "damaged (not valid JSON at line 1, column 2)"),
        ("personal/a2.json", b"{}", "damaged (the table conversation is missing)"),
        ("personal/a3.json", b"[" * 100_000, "damaged (not JSON that can be read)"),
        ("personal/.preferences.json", b'{"trash_days": "x"}',
         "damaged (trash_days is a whole number from 1 to 36500, or None)"),
        ("%sha256-" + "0" * 64 + "/a4.json", good, "nobody knows whose it is"),
    ]  # fmt: skip
    path = a_zip(
        tmp_path / "b.zip",
        *((name, good) for name in strange),
        *((name, data) for name, data, _ in broken),
        ("personal/c1.json.damaged-20260301T120000.000000Z", b"broken"),
        ("personal/c7.json", raw(conversation("other-id", message("q1"), owner="somebody-else"))),
    )
    empty = open_store("empty")
    before = {each for each in tmp_path.rglob("*") if ".locks" not in each.parts}
    done = restore_from(empty, path)
    assert done.skipped == [(name, "not a name that is in a backup") for name in strange] + [
        (name, reason) for name, _, reason in broken
    ]
    assert (done.new, done.set_aside) == (1, 1)
    assert empty.get(OWNER, "c7") == conversation("c7", message("q1"), title="About other-id")
    assert {each.name for each in {each for each in tmp_path.rglob("*") if ".locks" not in each.parts} - before} == {
        "personal",
        "c7.json",
    }


def test_what_is_broken_inside_comes_back_whole(open_store: Open, tmp_path: Path) -> None:
    said = (message("m1"), message("m2", "gone", "assistant"), message("m2", "m1", "assistant", content="other words"))
    broken = Change(conversation("c1"), {}).of_new(conversation("c1", *said, head="nobody"))
    path = a_zip(tmp_path / "b.zip", ("personal/c1.json", json_bytes(broken.content)))
    empty = open_store("empty")
    assert restore_from(empty, path) == Restored(new=1, messages=3, mended=1)
    assert empty.get(OWNER, "c1") == conversation(
        "c1", said[0], dataclasses.replace(said[1], id="m2-2", parent_id=None), said[2]
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no backup of Chatkeep, or only a part"),
        (b"PK\x05\x06" + b"\xff" * 18, "no backup of Chatkeep, or only a part"),
        (b"<html>", "no backup of Chatkeep, or only a part"),
    ],
)
def test_what_is_no_zip_says_so(open_store: Open, tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(StoreError, match=says):
        restore_from(open_store(), tmp_path / "b.zip")


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ({"format": "chatkeep-history", "version": 1, "owners": {}}, "comes back through Import"),
        ({"format": "chatkeep-backup", "version": 2, "owners": {}}, "later version"),
    ],
)
def test_a_zip_of_another_kind_says_so(open_store: Open, tmp_path: Path, manifest: Any, says: str) -> None:
    path = a_zip(tmp_path / "b.zip", ("personal/c1.json", raw(conversation("c1"))), manifest=manifest)
    store = open_store()
    with pytest.raises(StoreError, match=says):
        restore_from(store, path)
    assert everything(store, OWNER) == []


def test_a_zip_without_its_list_is_no_backup_and_a_damaged_list_costs_only_itself(
    open_store: Open, tmp_path: Path
) -> None:
    store = open_store()
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("personal/c1.json", raw(conversation("c1")))
    with pytest.raises(StoreError, match="comes back through Import"):
        restore_from(store, tmp_path / "b.zip")
    path = a_zip(tmp_path / "c.zip", (f"{folder_name(LONG)}/c1.json", raw(conversation("c1", owner=LONG))), manifest=[])
    assert restore_from(store, path) == Restored(new=1, skipped=[("backup.json", "damaged")])
    assert store.get(LONG, "c1") == conversation("c1", owner=LONG)


def test_a_bomb_is_not_unpacked(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    zeros = a_zip(tmp_path / "zeros.zip", ("personal/c1.json", bytes(3_000_000)))
    assert restore_from(store, zeros, limits=Limits(ratio_from=1_000_000)).skipped == [
        ("personal/c1.json", "too large when unpacked")
    ]
    assert restore_from(store, zeros, limits=Limits(member_bytes=2_000_000)).skipped == [
        ("personal/c1.json", "too large when unpacked")
    ]
    two = a_zip(
        tmp_path / "two.zip", *((f"personal/c{number}.json", raw(conversation(f"c{number}"))) for number in range(2))
    )
    assert restore_from(store, two, limits=Limits(all_bytes=400)) == Restored(
        new=1, skipped=[("personal/c1.json", "too large when unpacked, all together")]
    )
    with pytest.raises(StoreError, match="too many"):
        restore_from(store, two, limits=Limits(members=2))
    # One that says it is small is read no further than it says.
    lying = bytearray(zeros.read_bytes())
    size = (3_000_000).to_bytes(4, "little")
    for place in (lying.find(size), lying.rfind(size)):
        lying[place : place + 4] = (100).to_bytes(4, "little")
    (tmp_path / "lying.zip").write_bytes(lying)
    assert restore_from(store, tmp_path / "lying.zip").skipped == [("personal/c1.json", "damaged in the zip")]


def test_an_encrypted_or_strangely_packed_member_is_passed_over(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    path = tmp_path / "b.zip"
    a_zip(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("personal/c1.json", raw(conversation("c1")), zipfile.ZIP_LZMA)
    assert restore_from(store, path).skipped == [("personal/c1.json", "packed in a way that no backup is")]


def test_a_full_disk_stops_a_restore_and_it_goes_on_later(
    open_store: Open, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    fill(store)
    made = backup_to(data)
    empty = open_store("empty")
    replace = os.replace

    def fail(source: Any, target: Any) -> None:
        if Path(target).name == "c2.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fail)
        with pytest.raises(StoreError, match="disk is full"):
            restore_from(empty, made.path)
    done = restore_from(empty, made.path)
    assert (done.new, done.here) == (1, 3)
    assert everything(empty, OWNER, VISITOR, LONG) == everything(store, OWNER, VISITOR, LONG)


# Erasing


def test_erasing_leaves_no_byte_of_the_words_below_the_data_folder(
    open_store: Open, data: Path, clock: FakeClock, tmp_path: Path
) -> None:
    store = open_store()
    secret = "abracadabra"
    for name in ("c1", "c2"):
        store.create(conversation(name, message("q1", content=f"{secret} {name} words"), title=f"{secret} {name}"))
    store.create(conversation("c3", message("q1", content="harmless")))
    store.create(conversation("c1", message("q1", content="a stranger's own"), owner=VISITOR))
    path = data / "personal" / "c1.json"
    whole = path.read_bytes()
    path.write_bytes(whole + b"}")
    with pytest.raises(NotFound):
        store.get(OWNER, "c1")  # set aside
    backup_to(data, clock=clock)
    path.write_bytes(whole)
    backup_to(data, clock=clock)
    dead = Presence(data / ".processes")
    half = data / ".backups" / f".chatkeep-{STAMP}.zip.{dead.id}.tmp"
    half.write_bytes(whole)
    dead.leave()
    (data / "personal" / f".c1.{new_id()}.tmp").write_bytes(whole)
    before = [members(data / ".backups" / each.file_name) for each in backups(data)]

    erase(store, OWNER, "c1")
    store.wait_until_ready()
    assert files_with(data, b"abracadabra c1") == []
    assert b"abracadabra c2" in (data / "personal" / "c2.json").read_bytes()
    after = [members(data / ".backups" / each.file_name) for each in backups(data)]
    for old, new in zip(before, after, strict=True):
        gone = {name for name in old if name.startswith("personal/c1.json")}
        assert gone
        manifest = json.loads(old.pop("backup.json"))
        left = json.loads(new.pop("backup.json"))
        assert left == manifest | {"conversations": 3, "set_aside": 0}
        assert new == {name: old[name] for name in old if name not in gone}
    restored = open_store("restored")
    assert restore_from(restored, data / ".backups" / f"chatkeep-{STAMP}.zip").new == 3

    for name in ("c2", "c3"):
        store.trash(OWNER, name)
    assert store.erase_many(OWNER, ["c2", "c3", "c2", "nobody", "../x"]) == 2
    store.wait_until_ready()
    assert files_with(data, b"abracadabra") == files_with(data, b"harmless") == []
    assert everything(store, VISITOR) == [conversation("c1", message("q1", content="a stranger's own"), owner=VISITOR)]
    assert all(b"personal" not in members(data / ".backups" / each.file_name)["backup.json"] for each in backups(data))


def test_a_stranger_erases_nothing_of_anothers_backup(open_store: Open, data: Path) -> None:
    store = open_store()
    fill(store)
    path = backup_to(data).path
    before = path.read_bytes()
    with pytest.raises(NotFound):
        store.erase("visitor-2", "c1")
    assert store.erase_many("visitor-2", ["c1", "c2"]) == 0
    assert path.read_bytes() == before


def test_a_backup_that_cannot_be_read_stops_an_erase_and_is_named(open_store: Open, data: Path) -> None:
    store = open_store()
    fill(store)
    path = backup_to(data).path
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(StoreError) as caught:
        erase(store, OWNER, "c1")
    assert str(caught.value) == (
        f"The backup {path.name} cannot be read, so these words cannot be taken out of it. They were not erased. "
        "Delete that backup, then erase again."
    )
    assert store.get(OWNER, "c1").id == "c1"
    delete_backup(data, path.name)
    erase(store, OWNER, "c1")


def test_what_is_erased_while_a_backup_is_made_is_not_in_it(open_store: Open, data: Path, tmp_path: Path) -> None:
    store = open_store()
    fill(store)

    def step(done: int, total: int) -> None:
        if done == total:
            erase(store, OWNER, "c1")

    for target in (None, tmp_path / "mine.zip"):
        made = backup_to(data, target, step=step)
        assert sorted(members(made.path)) == [
            "%4ao%40x.org/c1.json",
            f"{folder_name(LONG)}/c9.json",
            "backup.json",
            "personal/c2.json",
        ]
        assert made.conversations == json.loads(members(made.path)["backup.json"])["conversations"] == 3
        store.create(conversation("c1", message("q1")))


def test_an_erase_that_is_killed_between_backup_and_file_can_be_done_again(
    open_store: Open, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    store.create(conversation("c1", message("q1", content="abracadabra")))
    backup_to(data)
    with monkeypatch.context() as patched:
        patched.setattr(store._files, "erase", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erase(store, OWNER, "c1")
    assert files_with(data / ".backups", b"abracadabra") == []
    assert [each.id for each in store.list(OWNER, trashed=True)] == ["c1"]
    store.erase(OWNER, "c1")
    store.wait_until_ready()
    assert files_with(data, b"abracadabra") == []


def test_a_backup_that_was_erased_from_is_a_plain_zip_for_others_too(open_store: Open, data: Path) -> None:
    store = open_store()
    for number in range(30):
        store.create(conversation(f"c{number}", message("q1", content=f"{number} " * 200), trashed_at=START))
    path = backup_to(data).path
    store.erase_many(OWNER, [f"c{number}" for number in range(0, 30, 3)])
    left = members(path)
    assert sorted(name for name in left if name != "backup.json") == sorted(
        f"personal/c{number}.json" for number in range(30) if number % 3
    )
    done = subprocess.run(
        [sys.executable, "-m", "zipfile", "-t", str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "Done testing\n"
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        ends = sum(30 + len(each.filename) + each.compress_size for each in archive.infolist())
        assert archive.start_dir == ends  # nothing of the others is left between
    assert [each.name for each in (data / ".backups").iterdir()] == [path.name]

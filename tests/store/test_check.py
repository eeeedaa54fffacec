"""Check names everything that is wrong and changes nothing; repair puts it right and loses no word."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import Conversation, Message, new_id
from store.backups.backup import backup_to
from store.care.check import check
from store.care.flaws import mended
from store.care.repair import repair
from store.care.salvage import salvaged
from store.conversations import NotFound, StoreError
from store.disk.atomic import json_bytes
from store.disk.places import folder_name
from store.disk.presence import Presence
from store.files.store import TinyDBFiles
from store.files.tables import Change, conversation_of
from store.keeping import Finding, Report
from tests.support.store_fixtures import CUT, OWNER, START, FakeClock, at, clock, conversation, message

__all__ = ["clock"]

DEAD = "0" * 32
BEFORE = ".backups/before-repair-20260301T120000Z.zip"
LONG = "someone-" + "x" * 200
CATALOG = ".catalog.sqlite3"


def content_of(value: Conversation) -> Any:
    return Change.of_new(value).content


def written(data: Path, value: Conversation) -> None:
    """Put a conversation's file where it belongs, however broken it is inside."""
    path = data / folder_name(value.owner) / f"{value.id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json_bytes(content_of(value)))


def all_bytes(data: Path) -> dict[str, bytes]:
    return {str(path.relative_to(data)): path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()}


def seen(data: Path) -> list[tuple[str, str, str]]:
    return [(each.kind, each.name, each.text) for each in check(data).findings]


def repaired(data: Path, clock: FakeClock) -> list[str]:
    return list(repair(data, lambda: closing(TinyDBFiles(data, clock)), clock))


def all_words(data: Path) -> set[str]:
    """Every text in every file and every backup below the folder, as far as it is JSON."""
    found: set[str] = set()
    for path in data.rglob("*.json*"):
        text = path.read_bytes().decode(errors="replace") if path.is_file() else ""
        found |= {word for word in text.replace('"', " ").split() if word.startswith("word-")}
    return found


@pytest.fixture
def filled(data: Path, clock: FakeClock) -> Path:
    store = TinyDBFiles(data, clock)
    store.create(conversation("c1", message("q1"), message("a1", "q1", "assistant")))
    store.create(conversation("c2", message("q1"), owner="visitor-1"))
    store.create(conversation("c3", message("q1"), owner=LONG))
    store.set_preferences(OWNER, trash_days=7)
    store.close()
    backup_to(data, clock=clock)
    return data


# Checking


def test_where_all_is_well_nothing_is_named_and_nothing_touched(filled: Path, clock: FakeClock) -> None:
    before = {name: raw for name, raw in all_bytes(filled).items() if not name.startswith(CATALOG)}
    assert check(filled) == Report(conversations=3, messages=4, backups=1, findings=())
    assert repaired(filled, clock) == []
    assert {name: raw for name, raw in all_bytes(filled).items() if not name.startswith(CATALOG)} == before


def test_a_folder_that_is_not_there_says_so_and_is_not_made(data: Path, clock: FakeClock) -> None:
    for verb in (check, lambda data: repaired(data, clock)):
        with pytest.raises(StoreError, match="nothing to check: the data folder is not there"):
            verb(data)
    assert not data.exists()
    data.mkdir()
    assert check(data) == Report(0, 0, 0, ())


def plant(data: Path) -> None:
    """One of everything that can be wrong."""
    store = TinyDBFiles(data)
    (data / "personal" / "aside.json").write_bytes(CUT + b'"aside word-aside')
    with pytest.raises(NotFound):
        store.get(OWNER, "aside")
    store.close()
    written(data, conversation("behind", message("q1", content="word-behind")))
    whole = json_bytes(content_of(conversation("cut", message("q1", content="word-cut"), message("q2", "q1"))))
    (data / "personal" / "cut.json").write_bytes(whole[:-40])
    (data / "personal" / "folder.json").mkdir()
    written(
        data,
        conversation(
            "bad",
            message("m1", content="word-one"),
            message("m2", "gone", "assistant", content="word-two"),
            message("x", "z", content="word-x"),
            message("y", "x", content="word-y"),
            message("z", "y", content="word-z"),
            message("m1", content="word-other"),
            message("w", "m1", "assistant", content="word-half", status="streaming", process=DEAD),
            head="nobody",
        ),
    )
    (data / "personal" / "moved.json").write_bytes(
        json_bytes(content_of(conversation("from", message("q1", content="word-moved"), owner="elsewhere")))
    )
    (data / "personal" / f".c1.{DEAD}.tmp").write_bytes(CUT)
    (data / "visitor-1" / ".preferences.json").write_bytes(b"{")
    (data / "personal" / "notes.txt").write_bytes(b"mine")
    (data / "Old Stuff").mkdir()
    (data / ".backups" / f".chatkeep-20260301T120000Z.zip.{DEAD}.tmp").write_bytes(b"half")
    (data / ".backups" / "chatkeep-20250101T000000Z.zip").write_bytes(b"broken")


def test_every_problem_is_named(filled: Path) -> None:
    plant(filled)
    (aside,) = (path.name for path in (filled / "personal").glob("aside.json.damaged*"))
    before = {name: raw for name, raw in all_bytes(filled).items() if not name.startswith(CATALOG)}
    report = check(filled)
    assert report.findings == (
        Finding(
            "leftover",
            f".backups/.chatkeep-20260301T120000Z.zip.{DEAD}.tmp",
            "half of a backup, by a process that is gone",
        ),
        Finding("backup", ".backups/chatkeep-20250101T000000Z.zip", "cannot be read; delete it and make another"),
        Finding("catalog", CATALOG, "behind the files in 4 places; it is brought up to date"),
        Finding("foreign", "Old Stuff", "not one of Chatkeep's; left alone"),
        Finding("leftover", f"personal/.c1.{DEAD}.tmp", "half-written by a process that is gone"),
        Finding("set aside", f"personal/{aside}", "damaged, and set aside untouched"),
        Finding("double", "personal/bad.json", "1 message has the id of another", "About bad"),
        Finding("parent", "personal/bad.json", "1 message answers one that is missing", "About bad"),
        Finding("circle", "personal/bad.json", "1 line of messages leads back to itself", "About bad"),
        Finding("orphan", "personal/bad.json", "1 answer is being written by a process that is gone", "About bad"),
        Finding("head", "personal/bad.json", "the message it should be shown from is missing", "About bad"),
        Finding("damaged", "personal/cut.json", "damaged (not valid JSON at line 1, column 372)"),
        Finding("foreign", "personal/folder.json", "not one of Chatkeep's; left alone"),
        Finding("identity", "personal/moved.json", "its id and owner are others than its place says", "About from"),
        Finding("foreign", "personal/notes.txt", "not one of Chatkeep's; left alone"),
        Finding(
            "preferences",
            "visitor-1/.preferences.json",
            "cannot be read (not valid JSON), so the defaults hold",
        ),
    )
    assert (report.conversations, report.messages, report.backups) == (6, 13, 2)
    assert [each.kind for each in report.findings if not each.is_problem] == [
        "foreign",
        "set aside",
        "foreign",
        "foreign",
    ]
    assert {name: raw for name, raw in all_bytes(filled).items() if not name.startswith(CATALOG)} == before


def test_what_cannot_be_read_now_is_not_called_damaged(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_path = Path.open

    def fail(path: Path, *rest: Any, **more: Any) -> Any:
        if path.name == "c1.json":
            raise PermissionError(13, "Permission denied", str(path))
        return open_path(path, *rest, **more)

    monkeypatch.setattr(Path, "open", fail)
    assert seen(filled) == [("unreadable", "personal/c1.json", "cannot be read now (permission denied)")]


def test_a_running_app_is_no_problem(filled: Path) -> None:
    store = TinyDBFiles(filled)
    store.create(conversation("live", message("q1")))
    half = message("a1", "q1", "assistant", status="streaming", process=store.process)
    store.add_message(OWNER, "live", half)
    (filled / "personal" / f".c1.{store.process}.tmp").write_bytes(b"{")
    stop = threading.Event()

    def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            store.update_message(OWNER, "live", "a1", content="word " * turn)
            store.create(conversation(f"t{turn}", message("q1")))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        reports = [check(filled) for _ in range(10)]
    finally:
        stop.set()
        thread.join()
    assert [report.findings for report in reports] == [()] * 10
    assert reports[-1].conversations > reports[0].conversations
    (filled / "personal" / f".c1.{store.process}.tmp").unlink()
    store.close()
    assert seen(filled) == [("orphan", "personal/live.json", "1 answer is being written by a process that is gone")]


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda path: path.unlink(), "missing; it is made anew"),
        (lambda path: path.write_bytes(b"broken" * 1000), "cannot be read (file is not a database); it is made anew"),
        (lambda path: path.write_bytes(b""), "cannot be read (of another version); it is made anew"),
    ],
    ids=["missing", "broken", "empty"],
)
def test_a_catalog_that_is_lost_is_named_and_made_anew(filled: Path, clock: FakeClock, damage: Any, text: str) -> None:
    for path in filled.glob(f"{CATALOG}-*"):
        path.unlink()
    damage(filled / CATALOG)
    assert seen(filled) == [("catalog", CATALOG, text)]
    assert repaired(filled, clock) == [f"{CATALOG}: brought up to date."]
    assert seen(filled) == []
    store = TinyDBFiles(filled, clock)
    assert [each.id for each in store.list(OWNER)] == ["c1"]
    store.close()


def test_a_catalog_that_an_app_is_putting_in_place_is_no_problem(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aside = filled.with_name("aside")
    for path in filled.glob(f"{CATALOG}-*"):
        path.unlink()
    (filled / CATALOG).rename(aside)
    monkeypatch.setattr("store.care.check.time.sleep", lambda _: aside.rename(filled / CATALOG))
    assert seen(filled) == []


def test_erased_by_hand_is_behind(filled: Path, clock: FakeClock) -> None:
    (filled / "personal" / "c1.json").unlink()
    assert seen(filled) == [("catalog", CATALOG, "behind the files in 1 place; it is brought up to date")]
    repaired(filled, clock)
    assert seen(filled) == []


# Repairing


def test_repair_puts_right_what_check_names_and_every_word_is_still_there(filled: Path, clock: FakeClock) -> None:
    plant(filled)
    (aside,) = (path.name for path in (filled / "personal").glob("aside.json.damaged*"))
    originals = all_bytes(filled)
    words = all_words(filled)
    cut = "cut.json.damaged-20260301T120000.000000Z"
    assert repaired(filled, clock) == [
        f"{BEFORE}: has every file as it was before it was changed.",
        "personal/bad.json (About bad): 1 message has the id of another; what says the same is there once, and what "
        "says something else is a branch beside it.",
        "personal/bad.json (About bad): 1 message answers one that is missing; each begins a branch of its own.",
        "personal/bad.json (About bad): 1 line of messages leads back to itself; each begins with its oldest message.",
        "personal/bad.json (About bad): 1 answer is being written by a process that is gone; marked as interrupted, "
        "with the words that are there.",
        "personal/bad.json (About bad): the message it should be shown from is missing; it is shown from its newest "
        "message.",
        "personal/moved.json (About from): its id and owner are others than its place says; it is what its place says.",
        f"personal/cut.json: damaged (not valid JSON at line 1, column 372); set aside untouched as {cut}.",
        "visitor-1/.preferences.json: set aside as .preferences.json.damaged.",
        f"personal/{cut}: 1 message that is whole in it is in the conversation “About cut (recovered)” now.",
        f".backups/.chatkeep-20260301T120000Z.zip.{DEAD}.tmp: removed.",
        f"personal/.c1.{DEAD}.tmp: removed.",
        f"{CATALOG}: brought up to date.",
    ]
    assert check(filled).problems == (
        Finding("backup", ".backups/chatkeep-20250101T000000Z.zip", "cannot be read; delete it and make another"),
    )
    (filled / ".backups" / "chatkeep-20250101T000000Z.zip").unlink()
    assert [each.kind for each in check(filled).findings] == [
        "foreign",
        *["set aside"] * 2,
        *["foreign"] * 2,
        "set aside",
    ]
    assert repaired(filled, clock) == []

    assert all_words(filled) == words
    assert len(words) == 11
    store = TinyDBFiles(filled, clock)
    said = {each.id: (each.parent_id, each.content, each.status) for each in store.get(OWNER, "bad").messages}
    assert said == {
        "m1-2": (None, "word-one", "complete"),
        "m2": (None, "word-two", "complete"),
        "x": (None, "word-x", "complete"),
        "y": ("x", "word-y", "complete"),
        "z": ("y", "word-z", "complete"),
        "m1": (None, "word-other", "complete"),
        "w": ("m1", "word-half", "interrupted"),
    }
    assert store.get(OWNER, "bad").head == "w"
    assert store.get(OWNER, "moved") == conversation("moved", message("q1", content="word-moved"), title="About from")
    assert store.get(OWNER, "cut") == conversation(
        "cut", message("q1", content="word-cut"), title="About cut (recovered)", title_source="manual"
    )
    store.close()
    now = all_bytes(filled)
    assert now[f"personal/{cut}"] == originals["personal/cut.json"]
    for name in (f"personal/{aside}", "personal/notes.txt", "personal/c1.json"):
        assert now[name] == originals[name]
    assert now["visitor-1/.preferences.json.damaged"] == originals["visitor-1/.preferences.json"]
    with zipfile.ZipFile(filled / BEFORE) as archive:
        assert {name: archive.read(name) for name in archive.namelist() if name != "backup.json"} == {
            name: originals[name] for name in ("personal/bad.json", "personal/moved.json")
        }


def test_what_could_be_saved_of_a_damaged_conversation_and_its_backup_make_a_whole(
    filled: Path, clock: FakeClock
) -> None:
    from store.care.restoring import restore_from
    from store.keeping import Restored

    store = TinyDBFiles(filled, clock)
    whole = conversation("long", *(message(f"m{n}", f"m{n - 1}" if n else None) for n in range(5)))
    store.create(whole)
    clock.now = at(1)
    made = backup_to(filled, clock=clock)
    raw = (filled / "personal" / "long.json").read_bytes()
    (filled / "personal" / "long.json").write_bytes(raw[: raw.index(b'"m3"') + 40])
    assert len(repaired(filled, clock)) == 3
    assert [each.id for each in store.get(OWNER, "long").messages] == ["m0", "m1", "m2"]
    assert restore_from(store, made.path) == Restored(grown=1, here=3, messages=2)
    assert store.get(OWNER, "long") == dataclasses.replace(whole, title="About long (recovered)", title_source="manual")
    store.close()


def test_a_file_that_changes_between_copy_and_repair_is_left_for_the_next_time(
    filled: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import store.care.repair as module

    broken = conversation("bad", message("q1"), head="nobody")
    written(filled, broken)
    copy = module.copy_before_repair

    def changed_meanwhile(*rest: Any) -> Any:
        made = copy(*rest)
        written(filled, dataclasses.replace(broken, title="Renamed"))
        return made

    with monkeypatch.context() as patched:
        patched.setattr(module, "copy_before_repair", changed_meanwhile)
        assert "personal/bad.json (Renamed): changed meanwhile, so it was left alone; repair again." in repaired(
            filled, clock
        )
    assert [each.kind for each in check(filled).problems] == ["head"]
    repaired(filled, clock)
    assert check(filled).problems == ()


def test_an_owner_with_a_very_long_name_is_looked_after_too(filled: Path, clock: FakeClock) -> None:
    folder = folder_name(LONG)
    raw = json_bytes(content_of(conversation("cut", message("q1"), owner=LONG)))
    (filled / folder / "cut.json").write_bytes(raw[:-1])
    written(filled, conversation("bad", message("q1"), owner=LONG, head=None))
    repaired(filled, clock)
    assert check(filled).problems == ()
    store = TinyDBFiles(filled, clock)
    assert [store.get(LONG, name).messages for name in ("bad", "cut")] == [(message("q1"),)] * 2
    store.close()


def test_a_live_process_keeps_its_half_written_files_and_its_answers(filled: Path, clock: FakeClock) -> None:
    alive = Presence(filled / ".processes")
    (filled / "personal" / f".c1.{alive.id}.tmp").write_bytes(b"{")
    written(
        filled,
        conversation("c1", message("q1", status="streaming", process=alive.id), head="nobody"),
    )
    repaired(filled, clock)
    store = TinyDBFiles(filled, clock)
    assert store.get(OWNER, "c1") == conversation("c1", message("q1", status="streaming", process=alive.id))
    assert (filled / "personal" / f".c1.{alive.id}.tmp").exists()
    store.close()
    alive.leave()


# What is wrong inside, in every mixture

IDS = st.sampled_from("abcdef")
MESSAGES = st.lists(
    st.builds(
        lambda id, parent, words, status, process: Message(
            id, parent, "user", words, START, status=status, process=process if status == "streaming" else None
        ),
        IDS,
        st.none() | IDS,
        st.text("xyz", max_size=2),
        st.sampled_from(["complete", "streaming"]),
        st.sampled_from([None, "dead", "alive"]),
    ),
    max_size=8,
)


@given(messages=MESSAGES, head=st.none() | IDS)
def test_any_tangle_is_mended_once_and_for_all_without_a_word_lost(messages: list[Message], head: str | None) -> None:
    content = content_of(conversation("c1", *messages, head=head))
    before = json.dumps(content)
    whole, flaws = mended(content, "c1", OWNER, lambda process: process == "alive")
    assert json.dumps(content) == before
    assert mended(whole, "c1", OWNER, lambda process: process == "alive") == (whole, ())
    if not flaws:
        assert whole == content
    kept = conversation_of(whole)
    assert {each.content for each in kept.messages} == {each.content for each in messages}
    ids = [each.id for each in kept.messages]
    assert len(set(ids)) == len(ids)
    assert all(each.parent_id is None or each.parent_id in ids for each in kept.messages)
    assert all(kept.line(each.id)[0].parent_id is None for each in kept.messages)
    assert (kept.message(kept.head) is not None) == bool(messages)
    assert not any(each.status == "streaming" and each.process != "alive" for each in kept.messages)


@given(cut=st.integers(0, 700))
def test_wherever_a_file_is_cut_off_all_messages_before_are_saved(cut: int) -> None:
    tricky = ['he said "1": {"role": "user"}', 'back\\slash "2": {', "é 漢字 \ud83d"]
    said = tuple(message(f"m{n}", f"m{n - 1}" if n else None, content=each) for n, each in enumerate(tricky))
    whole = conversation("c1", *said)
    raw = json_bytes(content_of(whole))
    ends = [raw.index(json_bytes(content_of(whole)["messages"][str(n + 1)])) for n in range(3)]
    ends = [end + len(json_bytes(content_of(whole)["messages"][str(n + 1)])) for n, end in enumerate(ends)]
    found = salvaged(raw[:cut], "c1", OWNER, "c1", lambda _: False)
    saved = said[: sum(end <= cut for end in ends)]
    assert (() if found is None else found.messages) == saved
    if found is not None:
        assert (found.title, found.head) == ("About c1 (recovered)", saved[-1].id)


def test_what_is_saved_of_a_file_without_its_beginning_has_the_title_that_was_known() -> None:
    raw = json_bytes(content_of(conversation("c1", message("m1", created_at=at(1)), message("m2", "m1"))))
    found = salvaged(raw[raw.index(b'"messages"') :], "c1", OWNER, "Known", lambda _: False)
    assert found == conversation(
        "c1",
        message("m1", created_at=at(1)),
        message("m2", "m1"),
        title="Known (recovered)",
        title_source="manual",
        updated_at=at(1),
    )
    assert salvaged(os.urandom(1000), "c1", OWNER, "c1", lambda _: False) is None
    assert salvaged(new_id().encode(), "c1", OWNER, "c1", lambda _: False) is None

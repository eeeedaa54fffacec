"""Owners as a whole: who is kept, all of one given to another, all of one erased; no word lost and none left."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chat.conversation import Conversation
from chat.owner import visitor_of
from store.conversations import NotFound, StoreError
from store.files import folder, watch
from store.files.folder import Files
from store.files.store import TinyDBFiles
from store.people import Given, Person
from store.preferences import Preferences
from store.queries import Query, Term
from tests.support.processes import wait_for
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
    open_again,
    rebuilt_rows,
    store,
)

__all__ = ["clock", "open_again", "store"]

GIVER, TAKER = (visitor_of(token * 43).id for token in "ab")
LONG = "account of somebody " * 20


def all_of(store: TinyDBFiles, owner: str) -> dict[str, Conversation]:
    """Every conversation of an owner, those in the trash too, as whole values."""
    ids = [each.id for trashed in (False, True) for each in store.list(owner, limit=None, trashed=trashed)]
    return {each: store.get(owner, each) for each in ids}


def found(store: TinyDBFiles, owner: str, word: str) -> list[str]:
    return sorted(hit.summary.id for hit in store.search(owner, Query(terms=(Term(word),))).hits)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.exists() else {}


# Who is kept here


def test_everybody_is_told_in_numbers(store: TinyDBFiles, data: Path) -> None:
    store.create(conversation("c1", message("q1"), owner="Ann@x.org"))
    store.create(conversation("c2", owner="Ann@x.org", trashed_at=START))
    store.create(conversation("c1", owner=LONG))
    store.create(conversation("c1", owner=OWNER))
    store.set_preferences("only-preferences", trash_days=3)
    (data / "app").mkdir()
    (data / "app" / "package.json").write_text("{}")
    store.people.seen("Ann@x.org", at(60))
    store.people.seen(LONG, at(200))
    sizes = {name: path.stat().st_size for name in ("c1", "c2") for path in data.glob(f"%41nn%40x.org/{name}.json")}
    note = (data / "%41nn%40x.org" / ".seen.json").stat().st_size
    people = store.people.everybody()
    assert [(each.owner, each.conversations, each.in_trash, each.last_seen) for each in people] == [
        (LONG, 1, 0, at(200)),
        ("Ann@x.org", 1, 1, at(60)),
        (OWNER, 1, 0, None),
    ]
    assert (
        people[1]
        == store.people.person("Ann@x.org")
        == Person("Ann@x.org", 1, 1, sum(sizes.values()) + note, 0, at(60))
    )
    assert store.people.person("nobody") == Person("nobody")
    assert not (data / "nobody").exists()


# Giving


def test_everything_goes_to_the_taker_and_nothing_stays(store: TinyDBFiles, data: Path, open_again: Any) -> None:
    rated = message("a1", "q1", "assistant", rating=1, rating_note="good")
    given = (
        conversation("c1", message("q1", content="apples"), rated, owner=GIVER, pinned=True, tags=("fruit",)),
        conversation("c2", message("q2", content="pears"), owner=GIVER, trashed_at=at(5)),
    )
    for each in given:
        store.create(each)
    store.create(conversation("c3", message("q3"), owner=TAKER))
    before = all_of(store, GIVER)
    mine = store.get(TAKER, "c3")
    store.set_preferences(GIVER, trash_days=9)
    store.people.seen(GIVER, START)
    assert store.people.give(GIVER, TAKER) == Given(conversations=2)
    for view in (store, open_again()):
        as_takers = {name: each.__class__(**{**_fields(each), "owner": TAKER}) for name, each in before.items()}
        assert all_of(view, TAKER) == as_takers | {"c3": mine}
        assert all_of(view, GIVER) == {}
        assert view.count(TAKER, trashed=True) == 1
        assert (found(view, TAKER, "apples"), found(view, GIVER, "apples")) == (["c1"], [])
        assert view.preferences(TAKER) == Preferences(trash_days=9)
        assert view.people.person(GIVER) == Person(GIVER)
    assert not (data / GIVER).exists()
    assert store.people.give(GIVER, TAKER) == Given()
    assert store.keeping.check().findings == ()
    store.wait_until_ready()
    store.close()
    assert catalog_rows(data) == rebuilt_rows(data)


def _fields(each: Conversation) -> dict[str, Any]:
    return {name: getattr(each, name) for name in each.__dataclass_fields__ if each.__dataclass_fields__[name].init}


def test_what_the_taker_has_set_stays(store: TinyDBFiles) -> None:
    store.create(conversation("c1", owner=GIVER))
    store.set_preferences(GIVER, trash_days=9)
    store.set_preferences(TAKER, trash_days=2)
    store.people.give(GIVER, TAKER)
    assert (store.preferences(TAKER), store.preferences(GIVER)) == (Preferences(trash_days=2), Preferences())


def test_a_conversation_that_both_have_grows_and_keeps_what_the_taker_says(store: TinyDBFiles) -> None:
    first = message("q1", content="shared")
    store.create(conversation("c1", first, owner=TAKER, title="Mine"))
    store.create(conversation("c1", first, message("q2", "q1", content="more"), owner=GIVER, title="Theirs"))
    store.create(conversation("c2", first, owner=TAKER))
    store.create(conversation("c2", first, owner=GIVER))
    assert store.people.give(GIVER, TAKER) == Given(grown=1)
    assert sorted(all_of(store, TAKER)) == ["c1", "c2"]
    grown = store.get(TAKER, "c1")
    assert (grown.title, [each.content for each in grown.messages], grown.head) == ("Mine", ["shared", "more"], "q2")
    assert all_of(store, GIVER) == {}


@pytest.mark.parametrize(
    "theirs",
    [
        (message("q1", content="other words"),),
        (message("q9", content="another conversation"),),
        (message("q1", content="shared"), message("q2", "missing")),
        (message("q1", role="assistant", content="shared"),),
    ],
    ids=["other words", "nothing in common", "a parent that is missing", "another role"],
)
def test_of_one_id_with_other_words_both_are_kept(store: TinyDBFiles, data: Path, theirs: Any) -> None:
    mine = conversation("c1", message("q1", content="shared"), owner=TAKER)
    store.create(mine)
    store.create(conversation("c1", message("q1", content="shared"), owner=GIVER))
    store.trash(GIVER, "c1")
    path = data / GIVER / "c1.json"
    record = json.loads(path.read_text())
    record["messages"] = {
        str(number): {"id": each.id, "role": each.role, "content": each.content, "parent_id": each.parent_id}
        | {"created_at": START.isoformat(), "status": "complete"}
        for number, each in enumerate(theirs, start=1)
    }
    record["conversation"]["1"]["head"] = theirs[-1].id
    path.write_text(json.dumps(record))
    assert store.people.give(GIVER, TAKER) == Given(conversations=1)
    kept = all_of(store, TAKER)
    (other,) = kept.keys() - {"c1"}
    assert kept["c1"] == mine
    assert [(each.id, each.content) for each in kept[other].messages] == [(each.id, each.content) for each in theirs]
    assert kept[other].trashed_at is not None
    kinds = [each.kind for each in store.keeping.check().problems]
    assert kinds == (["parent"] if any(each.parent_id == "missing" for each in theirs) else [])
    assert all_of(store, GIVER) == {}


def test_an_answer_that_is_being_written_follows_when_it_has_ended(
    data: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SECONDS", 0.01)
    store = TinyDBFiles(data, clock)
    answer = message("a1", "q1", "assistant", status="streaming", process=store.process)
    store.create(conversation("live", message("q1"), answer, owner=GIVER))
    store.create(conversation("done", message("q1"), owner=GIVER))
    assert store.people.give(GIVER, TAKER) == Given(conversations=1, waiting=1)
    assert sorted(all_of(store, GIVER)) == ["live"]
    store.update_message(GIVER, "live", "a1", content="all of it", status="complete")
    wait_for(lambda: not (data / GIVER).exists(), "the answer follows")
    assert store.get(TAKER, "live").messages[-1].content == "all of it"
    assert sorted(all_of(store, TAKER)) == ["done", "live"]
    store.close()


def test_an_answer_of_a_process_that_is_gone_is_interrupted_and_given(store: TinyDBFiles) -> None:
    answer = message("a1", "q1", "assistant", content="half", status="streaming", process="0" * 32)
    store.create(conversation("c1", message("q1"), answer, owner=GIVER))
    assert store.people.give(GIVER, TAKER) == Given(conversations=1)
    got = store.get(TAKER, "c1").messages[-1]
    assert (got.content, got.status) == ("half", "interrupted")


@pytest.mark.parametrize("broken", ["save", "erase", "sync_folder"])
@pytest.mark.parametrize("after", range(4))
def test_given_again_after_a_crash_it_goes_on_and_doubles_nothing(
    store: TinyDBFiles, data: Path, monkeypatch: pytest.MonkeyPatch, broken: str, after: int, open_again: Any
) -> None:
    for name in ("c1", "c2", "c3"):
        store.create(conversation(name, message("q1", content=f"words of {name}"), owner=GIVER))
    store.create(conversation("c2", message("q1", content="mine"), owner=TAKER))
    calls = 0

    class Killed(BaseException):
        """Not caught by anybody, as a kill is not."""

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > after:
                raise Killed
            return real(*arguments, **more)

        return call

    room: Any = folder if broken == "sync_folder" else Files
    with monkeypatch.context() as patched, suppress(Killed):
        patched.setattr(room, broken, dying(getattr(room, broken)))
        store.people.give(GIVER, TAKER)
    again = open_again()
    again.people.give(GIVER, TAKER)
    contents = sorted(each.messages[0].content for each in all_of(again, TAKER).values())
    assert contents == ["mine", "words of c1", "words of c2", "words of c3"]
    assert all_of(again, GIVER) == {}
    assert not (data / GIVER).exists()


def test_what_a_process_began_to_give_is_given_when_the_store_is_next_opened(
    data: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SECONDS", 0.01)
    store = TinyDBFiles(data, clock)
    store.create(conversation("c1", owner=GIVER))
    store.close()
    (data / GIVER / ".given.json").write_text(json.dumps({"by": GIVER, "to": TAKER}))
    again = TinyDBFiles(data, clock)
    wait_for(lambda: again.count(TAKER) == 1, "it is given")
    wait_for(lambda: not (data / GIVER).exists(), "nothing stays")
    again.close()


def test_what_cannot_be_read_is_given_untouched(store: TinyDBFiles, data: Path) -> None:
    for name in ("damaged", "later", "whole"):
        store.create(conversation(name, message("q1"), owner=GIVER, title=f"About {name}"))
    store.get(GIVER, "damaged")
    (data / GIVER / "damaged.json").write_bytes(CUT)
    later = json.dumps({"conversation": {"1": {"version": 99, "id": 7}}, "messages": []}).encode()
    (data / GIVER / "later.json").write_bytes(later)
    (data / GIVER / "notes.txt").write_bytes(b"somebody's own")
    assert store.people.give(GIVER, TAKER).conversations == 2
    names = files_of(data / TAKER)
    assert names["later.json"] == later
    (damage,) = store.damaged(TAKER)
    assert (damage.title, names[damage.file_name]) == ("About damaged", CUT)
    assert store.damaged(GIVER) == ()
    assert files_of(data / GIVER) == {"notes.txt": b"somebody's own"}


def test_what_a_later_version_wrote_keeps_what_it_put_into_it(store: TinyDBFiles, data: Path) -> None:
    store.create(conversation("c1", message("q1"), owner=GIVER))
    path = data / GIVER / "c1.json"
    record = json.loads(path.read_text())
    record["conversation"]["1"] |= {"version": 99, "colour": "red"}
    record["folders"] = {"1": {"name": "x"}}
    path.write_text(json.dumps(record))
    assert store.people.give(GIVER, TAKER) == Given(conversations=1)
    record["conversation"]["1"]["owner"] = TAKER
    assert json.loads((data / TAKER / "c1.json").read_text()) == record


def test_what_is_erased_after_it_was_given_leaves_the_givers_backups_too(store: TinyDBFiles, data: Path) -> None:
    last = visitor_of("c" * 43).id
    store.create(conversation("c1", message("q1", content="secret one"), owner=GIVER))
    store.create(conversation("c2", message("q1", content="kept"), owner=GIVER))
    store.create(conversation("c1", message("q1", content="other words"), owner=TAKER))
    path = store.keeping.back_up().path
    store.people.give(GIVER, TAKER)
    store.people.give(TAKER, last)
    renamed = next(each.id for each in all_of(store, last).values() if each.messages[0].content == "secret one")
    assert members(path) == sorted([f"{TAKER}/c1.json", f"{GIVER}/c1.json", f"{GIVER}/c2.json"])
    erase(store, last, renamed)
    assert members(path) == sorted([f"{TAKER}/c1.json", f"{GIVER}/c2.json"])
    # The giver has something new of that id by now: that one's backup is not the taker's to erase.
    store.create(conversation("c2", message("q1", content="again mine"), owner=GIVER))
    assert store.people.erase_everything(last) == 2
    assert members(path) == [f"{GIVER}/c2.json"]


@pytest.mark.parametrize("note", [b"{", b"[]", b'{"from": 5, "renamed": {"c1": 7}, "earlier": {"x": [1]}, "to": 4}'])
def test_a_damaged_note_of_what_was_given_stops_nothing(store: TinyDBFiles, data: Path, note: bytes) -> None:
    for owner in (GIVER, TAKER):
        store.create(conversation(f"c-{owner[-1]}", owner=owner))
        (data / owner / ".given.json").write_bytes(note)
    assert store.people.give(GIVER, TAKER) == Given(conversations=1)
    for name in all_of(store, TAKER):
        erase(store, TAKER, name)
    assert store.people.erase_everything(TAKER) == 0
    assert not (data / TAKER).exists()


def members(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return sorted(name for name in archive.namelist() if name != "backup.json")


def test_nobody_gives_to_themselves_nor_without_a_name(store: TinyDBFiles) -> None:
    store.create(conversation("c1", owner=GIVER))
    for giver, taker in ((GIVER, GIVER), (GIVER, ""), ("", GIVER)):
        with pytest.raises(ValueError, match=r"themselves|owner"):
            store.people.give(giver, taker)
    assert sorted(all_of(store, GIVER)) == ["c1"]


def test_two_who_give_to_each_other_end_with_the_last_word(store: TinyDBFiles) -> None:
    for owner, name in ((GIVER, "c1"), (TAKER, "c2")):
        answer = message("a1", "q1", "assistant", status="streaming", process=store.process)
        store.create(conversation(name, message("q1"), answer, owner=owner))
    store.people.give(GIVER, TAKER)
    store.people.give(TAKER, GIVER)
    for owner, name in ((GIVER, "c1"), (TAKER, "c2")):
        store.update_message(owner, name, "a1", status="complete")
    store._owners.look(START)
    assert (sorted(all_of(store, GIVER)), sorted(all_of(store, TAKER))) == (["c1", "c2"], [])


# Erasing everything


def test_everything_of_one_owner_is_erased_and_nothing_of_others(store: TinyDBFiles, data: Path) -> None:
    for owner in (GIVER, TAKER):
        store.create(conversation("c1", message("q1", content="secretword"), owner=owner))
        store.create(conversation("c2", owner=owner, trashed_at=START, pinned=True))
        store.set_preferences(owner, trash_days=5)
        store.people.seen(owner, START)
        store.create(conversation("c3", message("q1", content="damaged secretword"), owner=owner))
        path = data / owner / "c3.json"
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(NotFound):
            store.get(owner, "c3")
    path = store.keeping.back_up().path
    others = files_of(data / TAKER)
    assert store.people.erase_everything(GIVER) == 3
    assert not (data / GIVER).exists()
    assert files_of(data / TAKER) == others
    assert {name.partition("/")[0] for name in members(path)} == {TAKER}
    assert store.people.person(GIVER) == Person(GIVER)
    assert store.people.erase_everything(GIVER) == 0
    assert store.people.erase_everything(TAKER) == 3
    store.wait_until_ready()
    store.close()
    for root, _, names in os.walk(data):
        for name in names:
            assert b"secretword" not in (Path(root) / name).read_bytes(), name


def test_what_is_not_ours_stays_where_everything_is_erased(store: TinyDBFiles, data: Path) -> None:
    store.create(conversation("c1", owner=OWNER))
    theirs = {"package.json": b"{}", "notes.txt": b"mine", "c9.json": b'{"a": 1}'}
    for name, raw in theirs.items():
        (data / OWNER / name).write_bytes(raw)
    assert store.people.erase_everything(OWNER) == 1
    assert files_of(data / OWNER) == theirs


def test_a_backup_that_cannot_be_read_stops_it_and_nothing_is_erased(store: TinyDBFiles, data: Path) -> None:
    store.create(conversation("c1", owner=GIVER))
    store.keeping.back_up().path.write_bytes(b"broken")
    before = files_of(data / GIVER)
    with pytest.raises(StoreError, match="cannot be read"):
        store.people.erase_everything(GIVER)
    assert files_of(data / GIVER) == before


def test_what_is_noted_of_owners_is_no_finding_of_a_check(store: TinyDBFiles, data: Path) -> None:
    store.create(conversation("c1", owner=GIVER))
    store.people.seen(GIVER, START)
    store.people.give(GIVER, TAKER)
    store.people.seen(TAKER, START)
    store.people.erase_unseen(5, START)
    names = sorted(path.relative_to(data).as_posix() for path in data.rglob("*.json"))
    assert names == sorted(
        [".owners/days.json"] + [f"{TAKER}/{name}" for name in (".given.json", ".seen.json", "c1.json")]
    )
    assert store.keeping.check().findings == ()
    assert store.keeping.back_up().conversations == 1
    (data / ".chatkeep").unlink()
    assert store.keeping.check().findings == ()

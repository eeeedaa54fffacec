"""What an owner sets for good, and the trash that empties itself: only where asked, never what is pinned."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chat.owner import new_token, visitor_of
from store.backups.backup import backup_to, backups
from store.care.restoring import restore_from
from store.conversations import ConversationStore, StoreError
from store.files import watch
from store.files.store import TinyDBFiles
from store.keeping import Restored
from store.preferences import Preferences
from tests.support.processes import wait_for
from tests.support.store_fixtures import OWNER, START, FakeClock, clock, conversation, message, open_again, store

__all__ = ["clock", "open_again", "store"]

STRANGER = "visitor-2"


def day(number: float) -> Any:
    return START + timedelta(days=number)


def left(store: ConversationStore, owner: str = OWNER) -> list[str]:
    return sorted(each.id for trashed in (False, True) for each in store.list(owner, limit=None, trashed=trashed))


# Preferences


def test_preferences_last_and_are_each_owners_own(store: ConversationStore, open_again: Any) -> None:
    assert store.preferences(OWNER) == Preferences(trash_days=None)
    assert store.set_preferences(OWNER, trash_days=30) == Preferences(trash_days=30)
    assert store.set_preferences(OWNER) == Preferences(trash_days=30)
    assert open_again().preferences(OWNER) == store.preferences(OWNER) == Preferences(trash_days=30)
    assert store.preferences(STRANGER) == Preferences()
    assert store.set_preferences(OWNER, trash_days=None) == open_again().preferences(OWNER) == Preferences()
    for verb in (lambda: store.preferences(""), lambda: store.set_preferences("", trash_days=1)):
        with pytest.raises(ValueError, match="owner"):
            verb()


def test_what_was_read_is_remembered(store: ConversationStore, open_again: Any) -> None:
    store.set_preferences(OWNER, trash_days=30)
    store.set_preferences(OWNER, knows_place=True)
    assert open_again().preferences(OWNER) == Preferences(trash_days=30, knows_place=True)
    with pytest.raises(ValueError, match="knows_place is true or false"):
        store.set_preferences(OWNER, knows_place=1)


@pytest.mark.parametrize("value", [0, -1, 36_501, 1.5, "30", True, [], 10**400])
def test_a_value_that_makes_no_sense_is_not_taken(store: ConversationStore, value: Any) -> None:
    store.set_preferences(OWNER, trash_days=5)
    with pytest.raises(ValueError, match="trash_days is a whole number from 1 to 36500, or None"):
        store.set_preferences(OWNER, trash_days=value)
    with pytest.raises(TypeError, match="colour"):
        store.set_preferences(OWNER, trash_days=9, colour="red")
    assert store.preferences(OWNER) == Preferences(trash_days=5)


@pytest.mark.parametrize("value", [None, 1, "true", []])
def test_whether_they_stay_behind_is_yes_or_no(store: ConversationStore, value: Any) -> None:
    assert store.set_preferences(OWNER, stays_behind=True) == Preferences(stays_behind=True)
    with pytest.raises(ValueError, match="stays_behind is true or false"):
        store.set_preferences(OWNER, stays_behind=value)
    assert store.preferences(OWNER) == Preferences(stays_behind=True)


def test_what_a_later_version_set_stays(store: ConversationStore, data: Path) -> None:
    path = data / "personal" / ".preferences.json"
    path.parent.mkdir()
    path.write_text('{"colour": "red", "trash_days": 7}')
    assert store.preferences(OWNER) == Preferences(trash_days=7)
    store.set_preferences(OWNER, trash_days=9)
    assert json.loads(path.read_text()) == {"colour": "red", "trash_days": 9}
    store.set_preferences(OWNER, trash_days=None)
    assert json.loads(path.read_text()) == {"colour": "red"}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"trash_days": "soon"}', b'{"trash_days": 0}', b"\xff", b"[" * 99_999]
)
def test_a_damaged_file_means_the_defaults_and_is_kept_when_something_is_set(
    store: ConversationStore, data: Path, raw: bytes
) -> None:
    store.create(conversation("c1", trashed_at=START))
    path = data / "personal" / ".preferences.json"
    path.write_bytes(raw)
    assert store.preferences(OWNER) == Preferences()
    assert store.erase_expired() == 0
    assert path.read_bytes() == raw
    assert store.set_preferences(OWNER, trash_days=3) == store.preferences(OWNER) == Preferences(trash_days=3)
    assert (data / "personal" / ".preferences.json.damaged").read_bytes() == raw
    assert left(store) == ["c1"]


# The trash


def test_the_trash_is_kept_until_somebody_sets_for_how_long(store: ConversationStore, clock: FakeClock) -> None:
    store.create(conversation("c1"))
    store.trash(OWNER, "c1")
    clock.now = day(10_000)
    assert (store.erase_expired(), store.erase_expired(OWNER)) == (0, 0)
    assert left(store) == ["c1"]


def test_after_its_days_in_the_trash_a_conversation_is_erased_and_nothing_else_is(
    store: ConversationStore, clock: FakeClock, open_again: Any, data: Path
) -> None:
    for name, trashed_at, pinned in (
        ("old", day(0), False),
        ("exactly", day(3), False),
        ("young", day(3.1), False),
        ("pinned", day(0), True),
        ("kept", None, False),
    ):
        said = message("q1", content=f"words of {name}")
        store.create(conversation(name, said, trashed_at=trashed_at, pinned=pinned, updated_at=day(-100)))
    store.create(conversation("old", trashed_at=day(0), owner=STRANGER))
    backup_to(data, clock=clock)
    store.set_preferences(OWNER, trash_days=7)
    clock.now = day(10)
    assert store.erase_expired(STRANGER) == 0
    assert store.erase_expired(OWNER) == 2
    assert left(store) == left(open_again()) == ["kept", "pinned", "young"]
    assert left(store, STRANGER) == ["old"]
    assert store.erase_expired() == 0
    # The backups the app made have forgotten them too.
    empty = TinyDBFiles(data.parent / "empty")
    assert restore_from(empty, data / ".backups" / backups(data)[0].file_name) == Restored(
        new=4, messages=3, in_trash=3
    )
    empty.close()


def test_for_everybody_each_owners_days_count(store: ConversationStore, clock: FakeClock) -> None:
    for owner, days in (("a", 1), ("b", 5), ("c", None)):
        store.create(conversation("c1", owner=owner))
        store.trash(owner, "c1")
        store.set_preferences(owner, trash_days=days)
    store.set_preferences("nobody-yet", trash_days=1)
    clock.now = day(2)
    assert store.erase_expired() == 1
    assert [left(store, owner) for owner in "abc"] == [[], ["c1"], ["c1"]]


def test_what_was_taken_out_of_the_trash_or_pinned_in_the_last_moment_stays(
    store: Any, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set_preferences(OWNER, trash_days=1)
    for name in ("c1", "c2", "c3"):
        store.create(conversation(name, message("q1"), trashed_at=START))
    clock.now = day(2)
    held = store._locks.held
    saved = iter([lambda: store.restore(OWNER, "c1"), lambda: store.update(OWNER, "c2", pinned=True)])

    def saved_meanwhile(key: str) -> Any:
        monkeypatch.setattr(store._locks, "held", held)
        for save in saved:
            save()
        return held(key)

    monkeypatch.setattr(store._locks, "held", saved_meanwhile)
    assert store.erase_expired() == 1
    assert left(store) == ["c1", "c2"]
    assert store.get(OWNER, "c1") == conversation("c1", message("q1"))


def test_a_backup_that_cannot_be_read_stops_it_and_nothing_is_lost(
    store: ConversationStore, clock: FakeClock, data: Path
) -> None:
    store.set_preferences(OWNER, trash_days=1)
    store.create(conversation("c1", trashed_at=START))
    path = backup_to(data).path
    path.write_bytes(b"broken")
    clock.now = day(2)
    with pytest.raises(StoreError, match="cannot be read"):
        store.erase_expired()
    assert left(store) == ["c1"]


# While the app runs


def test_an_open_store_erases_what_is_due_once_a_day(
    data: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SECONDS", 0.01)
    store = TinyDBFiles(data, clock)
    store.create(conversation("old", message("q1"), trashed_at=START))
    store.set_preferences(OWNER, trash_days=1)
    clock.now = day(1)
    wait_for(lambda: left(store) == [], "what is due is erased")
    store.close()


def test_a_backup_says_how_many_conversations_are_visitors(store: ConversationStore) -> None:
    visitor = visitor_of(new_token()).id
    for owner in (visitor, "visitor-list", OWNER):
        store.create(conversation("c1", owner=owner))
        store.create(conversation("c2", owner=owner))
    made = store.keeping.back_up()
    assert (made.conversations, made.visitors) == (6, 2)

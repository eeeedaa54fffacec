"""Visitors who stay away: everything of theirs is erased after the days set, and no clock that jumps hurries it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chat.owner import new_token, visitor_of
from store.conversations import StoreError
from store.files import watch
from store.files.store import TinyDBFiles
from tests.support.processes import wait_for
from tests.support.store_fixtures import OWNER, START, FakeClock, clock, conversation, message, open_again, store

__all__ = ["clock", "open_again", "store"]

VISITOR, ANOTHER = (visitor_of(token).id for token in ("a" * 43, "b" * 43))
ACCOUNT = "account-" + "0" * 32
DAYS = 5


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def kept(store: TinyDBFiles, owner: str = VISITOR) -> int:
    return store.count(owner) + store.count(owner, trashed=True)


def live_through(store: TinyDBFiles, first: int, last: int, days: int = DAYS) -> dict[int, tuple[str, ...]]:
    """Have the store look each day from one to the other; return who was erased on which day."""
    erased = {number: store.people.erase_unseen(days, day(number)) for number in range(first, last + 1)}
    return {number: who for number, who in erased.items() if who}


def test_a_visitor_who_stays_away_for_the_days_set_is_erased_with_everything(store: TinyDBFiles, data: Path) -> None:
    for owner in (VISITOR, ANOTHER, ACCOUNT, OWNER, "visitor-list"):
        store.create(conversation("old", message("q1", content="words"), owner=owner))
        store.create(conversation("trashed", owner=owner, trashed_at=START))
        store.people.seen(owner, START)
    store.keeping.back_up()
    store.people.seen(ANOTHER, day(2))
    assert live_through(store, 1, 6) == {5: (VISITOR,)}
    assert not (data / VISITOR).exists()
    assert [kept(store, owner) for owner in (ANOTHER, ACCOUNT, OWNER, "visitor-list")] == [2, 2, 2, 2]
    assert live_through(store, 7, 8) == {7: (ANOTHER,)}
    assert store.keeping.back_up().conversations == 6
    restored = store.keeping.restore(data / ".backups" / store.keeping.backups()[-1].file_name)
    assert (restored.new, restored.here) == (0, 6)


def test_nobody_is_erased_where_that_is_not_wanted(store: TinyDBFiles) -> None:
    store.create(conversation("old", owner=VISITOR))
    store.people.seen(VISITOR, START)
    assert live_through(store, 1, 400, days=0) == {}
    assert kept(store) == 1


def test_who_was_never_noted_counts_from_when_it_is_first_looked(store: TinyDBFiles) -> None:
    store.create(conversation("old", owner=VISITOR, updated_at=day(-1000)))
    assert live_through(store, 10, 20) == {15: (VISITOR,)}


@pytest.mark.parametrize("jump", [200, 40_000, -20, -20_000])
def test_a_clock_that_jumps_and_stays_there_erases_nobody_early(store: TinyDBFiles, jump: int) -> None:
    store.create(conversation("old", owner=VISITOR))
    store.people.seen(VISITOR, START)
    assert live_through(store, jump, jump + DAYS - 2) == {}
    assert live_through(store, jump + DAYS - 1, jump + DAYS + 1) in (
        {jump + DAYS - 1: (VISITOR,)},
        {jump + DAYS: (VISITOR,)},
    )


def test_a_clock_that_jumps_to_and_fro_erases_nobody_early(store: TinyDBFiles) -> None:
    store.create(conversation("old", owner=VISITOR))
    store.people.seen(VISITOR, START)
    for moment in (day(400), day(1), day(40_000), day(1), day(-20_000), day(400), day(1)) * 20:
        # Of the days that there were, four are not the first: the two far ahead, the one far back, and the next.
        assert store.people.erase_unseen(DAYS, moment) == ()
    assert kept(store) == 1


def test_a_visit_that_was_noted_while_the_clock_was_ahead_keeps_nobody_for_ever(store: TinyDBFiles) -> None:
    store.create(conversation("old", owner=VISITOR))
    store.people.seen(VISITOR, day(40_000))
    assert live_through(store, 1, 10) == {5: (VISITOR,)}


def test_a_store_that_was_closed_meanwhile_begins_no_days_of_its_own(open_again: Any) -> None:
    store = open_again()
    store.create(conversation("old", owner=VISITOR))
    store.people.seen(VISITOR, START)
    # A year on the shelf is one day on which somebody could have come.
    assert open_again().people.erase_unseen(DAYS, day(365)) == ()
    assert open_again().people.erase_unseen(DAYS, day(366)) == ()
    assert live_through(open_again(), 367, 380) == {369: (VISITOR,)}


def test_nobody_is_erased_with_something_pinned_that_changed_of_late(store: TinyDBFiles) -> None:
    store.create(conversation("old", owner=VISITOR, updated_at=datetime.now(UTC) - timedelta(days=1000)))
    store.update(VISITOR, "old", pinned=True)
    today = datetime.now(UTC)  # of the file, whose time is the machine's, and not a moment before it was written
    store.people.seen(VISITOR, today)
    erased = [store.people.erase_unseen(DAYS, today + timedelta(days=number)) for number in range(10)]
    assert erased == [()] * 5 + [(VISITOR,)] + [()] * 4
    store.create(conversation("pinned", owner=VISITOR, pinned=True, updated_at=today + timedelta(days=20)))
    store.people.seen(VISITOR, today)
    erased = [store.people.erase_unseen(DAYS, today + timedelta(days=number)) for number in range(10, 30)]
    assert erased == [()] * 15 + [(VISITOR,)] + [()] * 4


def test_nobody_is_erased_while_an_answer_is_written(store: TinyDBFiles) -> None:
    answer = message("a1", "q1", "assistant", status="streaming", process=store.process)
    store.create(conversation("old", message("q1"), answer, owner=VISITOR))
    store.people.seen(VISITOR, START)
    assert live_through(store, 1, 10) == {}
    store.update_message(VISITOR, "old", "a1", status="complete")
    assert live_through(store, 10, 10) == {10: (VISITOR,)}


def test_an_answer_of_a_process_that_is_gone_keeps_nobody(store: TinyDBFiles) -> None:
    answer = message("a1", "q1", "assistant", status="streaming", process="0" * 32)
    store.create(conversation("old", message("q1"), answer, owner=VISITOR))
    assert live_through(store, 1, 10) == {6: (VISITOR,)}


def test_of_what_cannot_be_read_nobody_says_that_it_may_go(store: TinyDBFiles, data: Path) -> None:
    store.create(conversation("old", owner=VISITOR))
    later = {"conversation": {"1": {"version": 99, "id": 7}}, "messages": []}
    (data / VISITOR / "later.json").write_text(json.dumps(later))
    assert live_through(store, 1, 10) == {}


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"seen": 7, "day": "x"}', b'{"day": 99999}', b"\xff"])
def test_a_damaged_note_counts_as_none(store: TinyDBFiles, data: Path, raw: bytes) -> None:
    store.create(conversation("old", owner=VISITOR))
    (data / VISITOR / ".seen.json").write_bytes(raw)
    assert store.people.person(VISITOR).last_seen is None
    assert live_through(store, 1, 10) == {6: (VISITOR,)}


@pytest.mark.parametrize("raw", [None, b"{", b'{"dates": 5}', b'{"dates": [1, 2]}'])
def test_days_that_are_lost_begin_anew(store: TinyDBFiles, data: Path, open_again: Any, raw: bytes | None) -> None:
    store.create(conversation("old", owner=VISITOR))
    assert live_through(store, 1, 5) == {}
    path = data / ".owners" / "days.json"
    path.unlink() if raw is None else path.write_bytes(raw)
    assert live_through(open_again(), 6, 20) == {11: (VISITOR,)}


def test_a_backup_that_cannot_be_read_erases_nobody(store: TinyDBFiles) -> None:
    store.create(conversation("old", owner=VISITOR))
    store.keeping.back_up().path.write_bytes(b"broken")
    assert live_through(store, 1, 5) == {}
    with pytest.raises(StoreError, match="cannot be read"):
        store.people.erase_unseen(DAYS, day(6))
    assert kept(store) == 1


def test_a_visit_is_noted_at_most_once_an_hour_and_only_of_who_keeps_something(store: TinyDBFiles, data: Path) -> None:
    store.people.seen(VISITOR, START)
    assert not (data / VISITOR).exists()
    store.create(conversation("c1", owner=VISITOR))
    for minutes, noted in ((0, 0), (59, 0), (60, 60), (61, 60), (400, 400), (-100, -100)):
        store.people.seen(VISITOR, START + timedelta(minutes=minutes))
        assert store.people.person(VISITOR).last_seen == START + timedelta(minutes=noted)


def test_an_open_store_counts_its_days(data: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "SECONDS", 0.01)
    store = TinyDBFiles(data, clock)
    store.create(conversation("old", owner=VISITOR))
    path = data / ".owners" / "days.json"
    for number in range(3):
        clock.now = day(number)
        wait_for(lambda: path.exists() and len(json.loads(path.read_text())["dates"]) > number, "the day is counted")  # noqa: B023
    store.close()
    assert json.loads(path.read_text()) == {"dates": ["2026-03-01", "2026-03-02", "2026-03-03"]}


def test_many_visitors_at_once(store: TinyDBFiles, data: Path) -> None:
    visitors = [visitor_of(new_token()).id for _ in range(45)]
    for each in visitors:
        store.create(conversation("c1", message("q1"), owner=each))
    store.keeping.back_up()
    assert sorted(live_through(store, 1, 6)[6]) == sorted(visitors)
    assert list(data.glob("visitor-*")) == []
    assert store.people.everybody() == ()


def test_whatever_the_clock_does_nobody_is_erased_before_their_days_were_lived(store: TinyDBFiles) -> None:
    chance = random.Random(5)
    for round in range(10):
        visitor, new = visitor_of(f"{round:043}").id, round * 10_000  # days that no earlier round has met
        store.create(conversation("c1", owner=visitor))
        store.people.seen(visitor, day(new + chance.randrange(1000)))
        today, met = new + chance.randrange(1000), set[int]()
        while not store.people.erase_unseen(DAYS, day(today)):
            met.add(today)
            today = chance.choice((today, today + 1, new + chance.randrange(5000)))
        assert len(met) >= DAYS - 1

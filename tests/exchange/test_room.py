"""An import into a place with a limit: what fits is taken, and the rest is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.conversation import Conversation
from exchange import passes
from exchange.importing import Importing
from exchange.room import AROUND_A_MESSAGE, Bounded, Full, Room, size_of
from exchange.sentences import in_words
from store.files.store import TinyDBFiles
from tests.exchange.test_importing import ended, lines
from tests.support.store_fixtures import OWNER, conversation, message

FULL = "Your place is full."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TinyDBFiles]:
    opened = TinyDBFiles(tmp_path / "data")
    yield opened
    opened.close()


def room_for(store: TinyDBFiles, conversations: int, size: int = 10**9) -> Room:
    def look() -> Full:
        there = store.count(OWNER)
        return lambda new, more: FULL if there + new > conversations or more > size else None

    return look


def merged(store: TinyDBFiles, number: int, room: Room) -> Importing:
    job = ended(Importing(store, OWNER, "lines.jsonl", lines(number), room=room))
    job.merge()
    return ended(job)


def test_what_fits_is_taken_and_what_does_not_is_named(store: TinyDBFiles) -> None:
    job = merged(store, 5, room_for(store, 3))
    assert (job.stage, in_words(job.tally), store.count(OWNER)) == ("merged", "3 new, 2 skipped", 3)
    assert job.tally.skipped == [(f"Question {n}", f"is not imported. {FULL}") for n in (3, 4)]


def test_it_stops_where_nothing_fits_any_more_and_goes_on_where_there_is_room_again(
    store: TinyDBFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "BATCH", 2)
    job = merged(store, 9, room_for(store, 3))
    assert (job.stage, store.count(OWNER)) == ("failed", 3)
    assert job.problem == f"{FULL} Imported so far: 3 new, 1 skipped. Import the file again to go on."
    again = merged(store, 9, room_for(store, 9))
    assert (again.stage, in_words(again.tally), store.count(OWNER)) == ("merged", "6 new, 3 already here", 9)


def test_bytes_are_counted_over_what_is_taken_together(store: TinyDBFiles) -> None:
    of_one = 2 * AROUND_A_MESSAGE + len("Question 0" + "Answer 0")
    job = merged(store, 5, room_for(store, 99, 2 * of_one))
    assert (in_words(job.tally), store.count(OWNER)) == ("2 new, 3 skipped", 2)


def test_a_conversation_that_grows_is_no_new_one(store: TinyDBFiles) -> None:
    had = conversation("c1", message("q1"))
    store.create(had)
    grown = conversation("c1", message("q1"), message("a1", "q1", "assistant"))
    outcomes = Bounded(store, room_for(store, 1)).merge_many([conversation("c2", message("q2")), grown])
    assert [str(each) for each in outcomes] == [FULL, "1"]
    assert [each.id for each in store.get(OWNER, "c1").messages] == ["q1", "a1"]


def test_the_size_is_that_of_the_words_in_bytes() -> None:
    said: Conversation = conversation("c1", message("q1", content="é€\ud800"), message("a1", reasoning="abc"))
    assert size_of(said) == 6 + len("words of a1abc") + 2 * AROUND_A_MESSAGE

"""Noting new conversations in a thread of its own: one batch at a time, each told once it is written."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence

import pytest

from store.catalog.note_taker import NoteTaker
from store.catalog.rows import Row
from store.conversations import StoreError

FIRST, SECOND = [("first",)], [("second",)]
"""Two batches; the note taker looks into no row."""


def note_taker(put: Callable[[object, Callable[[], object]], None]) -> tuple[NoteTaker, list[object]]:
    """Return a note taker that writes by `put`, and the list of what it says was written."""
    told: list[object] = []
    return NoteTaker(put, told.append), told  # type: ignore[arg-type]


def test_who_brings_rows_goes_on_while_they_are_indexed_and_the_next_waits_for_that():
    going_on, written = threading.Event(), []

    def put(rows: Sequence[Row], ready: Callable[[], object]) -> None:
        ready()
        assert going_on.wait(20)
        written.append(rows)

    taker, told = note_taker(put)
    taker.note(FIRST)
    assert (written, told) == ([], [])
    next_one = threading.Thread(target=taker.note, args=(SECOND,))
    next_one.start()
    going_on.set()
    next_one.join(20)
    assert told == [FIRST]
    taker.wait()
    assert written == told == [FIRST, SECOND]


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), OSError(28, "full"), StoreError("gone")])
def test_batch_that_could_not_be_written_is_not_told_and_the_next_one_is(error):
    def put(rows: Sequence[Row], ready: Callable[[], object]) -> None:
        if rows is FIRST:
            raise error
        ready()

    taker, told = note_taker(put)
    taker.note(FIRST)
    taker.note(SECOND)
    taker.wait()
    assert told == [SECOND]


def test_what_nobody_foresaw_is_raised_where_it_is_waited_for():
    def put(rows: Sequence[Row], ready: Callable[[], object]) -> None:
        raise ValueError("not foreseen")

    taker, told = note_taker(put)
    taker.note(FIRST)
    with pytest.raises(ValueError, match="not foreseen"):
        taker.wait()
    taker.wait()
    assert told == []


def test_it_is_of_use_again_after_a_wait_and_keeps_no_thread_between():
    taker, told = note_taker(lambda rows, ready: ready())
    for rows in (FIRST, SECOND):
        taker.note(rows)
        taker.wait()
        assert [each.name for each in threading.enumerate() if each.name.startswith("catalog-newcomers")] == []
    assert told == [FIRST, SECOND]

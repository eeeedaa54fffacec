"""What a page can wait for of a reply."""

import itertools
import threading
from dataclasses import replace

import pytest

from chat.conversation import ErrorDetails, Message, Usage, utc_now
from chat.providers.base import Chunk, Progress
from chat.replies.reply import Outcome, Reply, Snapshot
from tests.support.fakes.answers import MOMENT


def reply(content: str = "") -> Reply:
    return Reply("personal", "c", Message("m", None, "assistant", content, utc_now(), status="streaming"))


def test_first_stop_ends_the_receiving_and_no_later_one_does_so_again():
    stopped, calls = reply(), []
    stopped.stops_with(lambda: calls.append("receiving"))
    stopped.stop()
    stopped.end_early("interrupted")
    assert (calls, stopped.ended_early_as) == (["receiving"], "stopped")


def test_stop_that_came_before_takes_effect_once():
    stopped, calls = reply(), []
    stopped.stop()
    stopped.stops_with(lambda: calls.append("receiving"))
    assert calls == ["receiving"]
    stopped.stop()
    assert calls == ["receiving"]


def test_stop_after_the_receiving_lets_the_page_go_on_and_changes_no_outcome():
    ending, calls = reply(), []
    ending.stops_with(lambda: calls.append("receiving"))
    ending.finish(Outcome("complete"))
    ending.then_stops_with(lambda: calls.append("let go"))
    ending.stop()
    ending.stop()
    assert calls == ["let go"]
    assert ending.changes()["status"] == "complete"
    ending.end()
    ending.then_stops_with(lambda: calls.append("too late"))
    ending.stop()
    assert calls == ["let go"]


def test_only_the_first_outcome_counts():
    ending = reply()
    ending.receive(Chunk(text="half \ud83d"), 1)
    ending.finish(Outcome("interrupted", total_ms=5))
    ending.finish(Outcome("complete"))
    changes = ending.changes()
    assert (changes["content"], changes["status"], changes["total_ms"]) == ("half \ufffd", "interrupted", 5)


def test_each_change_is_told_once_and_what_is_the_same_is_none():
    told = reply()
    seen = [told.version]
    for step in (
        lambda: told.receive(Chunk(progress=Progress("Getting ready")), 1),
        lambda: told.receive(Chunk(progress=Progress("Getting ready")), 1),
        lambda: told.receive(Chunk(usage=Usage(1, 2)), 1),
        lambda: told.trouble("The disk is full."),
        lambda: told.trouble("The disk is full."),
        lambda: told.receive(Chunk(text="One"), 1),
        lambda: told.receive(Chunk(reasoning="Hm"), 1),
        lambda: told.report(None),
        told.end,
    ):
        step()
        seen.append(told.version)
    assert [after - before for before, after in itertools.pairwise(seen)] == [1, 0, 1, 1, 0, 1, 1, 1, 1]


def test_reply_that_ended_without_a_word_has_ended():
    ending = reply()
    assert not ending.wait_until_ended(0)
    ending.end()
    assert ending.wait_until_ended(0)


def test_first_word_progress_or_end_is_something_to_draw():
    for step in (
        lambda each: each.receive(Chunk(text="One"), 1),
        lambda each: each.receive(Chunk(reasoning="Hm"), 1),
        lambda each: each.report(Progress("Getting ready")),
        lambda each: each.end(),
    ):
        waiting, drawn = reply(), threading.Event()
        thread = threading.Thread(
            target=lambda waiting=waiting, drawn=drawn: (waiting.wait_for_something(60), drawn.set())
        )
        thread.start()
        waiting.trouble("The disk is full.")  # nothing to draw in the answer's place
        assert not drawn.wait(0.05)
        step(waiting)
        assert drawn.wait(20)
        thread.join()


def test_page_draws_all_there_is_at_one_moment():
    growing = reply("Begun. ")
    growing.receive(Chunk(reasoning="Hm."), 1)
    growing.receive(Chunk(text="One"), 2)
    growing.trouble("The disk is full.")
    assert growing.snapshot() == Snapshot(3, "Begun. One", "Hm.", None, "The disk is full.", ended=False)
    assert growing.wait(2, 0)
    assert not growing.wait(3, 0)
    growing.report(Progress("Again"))
    growing.end()
    assert growing.snapshot() == Snapshot(5, "Begun. One", "Hm.", Progress("Again"), "The disk is full.", ended=True)
    assert growing.wait(5, 0)


def test_waiting_has_an_end():
    reply().wait_for_something(0)
    growing = reply()
    growing.receive(Chunk(text="One"), 1)
    assert not growing.wait_until_ended(0)


BEGUN = Message(
    "m",
    "q",
    "assistant",
    "One, two",
    MOMENT,
    model="fake/first",
    status="streaming",
    usage=Usage(10, 4),
    first_token_ms=120,
    total_ms=900,
    reasoning="Count.",
    note="Answered without it.",
)


def test_what_is_known_grows_with_the_answer_and_nothing_known_is_overwritten():
    growing = Reply("personal", "c", BEGUN)
    growing.receive(Chunk(text=", two", reasoning=" On."), 5)
    grown = {
        "content": "One, two, two",
        "reasoning": "Count. On.",
        "usage": Usage(10, 4),
        "finish_reason": None,
        "note": "Answered without it.",
        "first_token_ms": 120,
    }
    assert growing.changes() == grown
    growing.receive(Chunk(usage=Usage(20, 3), finish_reason="length", note="Answered in part."), 6)
    growing.receive(Chunk(text="."), 7)
    growing.finish(Outcome("failed", "Cut off.", 100, ErrorDetails(503)))
    assert growing.changes() == {
        **grown,
        "content": "One, two, two.",
        "usage": Usage(30, 7),
        "finish_reason": "length",
        "note": "Answered in part.",
        "status": "failed",
        "error": "Cut off.",
        "error_details": ErrorDetails(503),
        "process": None,
        "total_ms": 1000,
    }


@pytest.mark.parametrize("first", [Chunk(text="One"), Chunk(reasoning="Hm.")], ids=["words", "thinking"])
def test_first_word_is_timed_once(first):
    growing = reply()
    for elapsed, chunk in enumerate([Chunk(progress=Progress("Getting ready")), Chunk(usage=Usage(1, 2))]):
        growing.receive(chunk, elapsed)
        assert (growing.changes()["first_token_ms"], growing.has_started) == (None, False)
    growing.receive(first, 3)
    growing.receive(Chunk(text=" two", reasoning="So."), 4)
    assert (growing.changes()["first_token_ms"], growing.has_started) == (3, True)


def test_answer_that_had_no_word_yet_is_by_the_model_that_writes_it():
    growing = Reply("personal", "c", replace(BEGUN, content=""), model="fake/second")
    growing.receive(Chunk(text="One"), 5)
    changes = growing.changes()
    assert (changes["content"], changes["model"], changes["parts"]) == ("One", "fake/second", ())


def test_what_is_waited_for_is_drawn_until_words_come():
    growing = reply()
    growing.receive(Chunk(progress=Progress("Getting ready")), 1)
    assert growing.snapshot() == Snapshot(1, "", "", Progress("Getting ready"), None, ended=False)
    growing.receive(Chunk(reasoning="Hm."), 2)
    assert growing.snapshot() == Snapshot(2, "", "Hm.", None, None, ended=False)
    growing.receive(Chunk(reasoning="", was_thinking=True), 3)  # says that what came as words was none
    assert growing.snapshot() == Snapshot(3, "", "Hm.", None, None, ended=False)


def test_half_a_character_is_waited_for_to_the_end_in_thinking_too():
    growing = reply()
    growing.receive(Chunk(text="a \ud83d", reasoning="b \ud83d"), 1)
    changes = growing.changes()
    assert (changes["content"], changes["reasoning"]) == ("a ", "b ")
    growing.finish(Outcome("complete"))
    changes = growing.changes()
    assert (changes["content"], changes["reasoning"]) == ("a \ufffd", "b \ufffd")


@pytest.mark.parametrize(
    ("begun", "total_ms"), [(BEGUN, 900), (replace(BEGUN, total_ms=None), None)], ids=["before", "never"]
)
def test_answer_for_which_nothing_was_asked_takes_no_time(begun, total_ms):
    stopped = Reply("personal", "c", begun)
    stopped.finish(Outcome("stopped"))
    assert (stopped.changes()["status"], stopped.changes()["total_ms"]) == ("stopped", total_ms)


def test_what_is_to_follow_is_called_once_the_reply_has_ended_or_at_once():
    ending, called = reply(), []
    ending.when_ended(lambda: called.append("waited"))
    assert called == []
    ending.end()
    ending.end()
    assert called == ["waited"]
    ending.when_ended(lambda: called.append("at once"))
    assert called == ["waited", "at once"]


def test_who_wants_to_be_told_is_told_of_each_change_until_they_do_not():
    said, told = reply(), []
    let_go = said.on_change(lambda: told.append(said.version))
    said.receive(Chunk(text="One "), 1)
    said.receive(Chunk(text="two"), 2)
    let_go()
    said.receive(Chunk(text=" three"), 3)
    said.end()
    assert (told, said.ended) == ([1, 2], True)

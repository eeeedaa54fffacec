"""Asking a model within its limits, and again where a failure passes by itself, as long as no word has arrived."""

import asyncio
import threading
import time

import pytest

from chat.conversation import Message
from chat.errors import CutOff, RateLimited, ServerError, Stalled, WrongKey
from chat.providers.base import Chunk, Progress
from chat.providers.failures import Failures
from chat.providers.report import Report
from chat.replies import retrying
from chat.replies.limits import Limits
from chat.replies.reply import Reply
from tests.support.fakes.answers import MOMENT, REQUEST, FakeProvider, FakeTime, start

ANSWER = Message("a1", "q1", "assistant", "", MOMENT, status="streaming")


def test_failure_in_mid_answer_keeps_the_words_and_is_not_tried_again(keeper, background):
    provider = FakeProvider([Chunk(text="Half an ans"), CutOff("The connection broke.")])
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"], keeper.last["error"]) == (
        "Half an ans",
        "failed",
        "The connection broke.",
    )


def test_what_is_said_while_it_is_tried_again_does_not_say_to_try_later(keeper, background):
    busy = Failures("Acme").of_report(Report(429, retry_after=600.0))
    assert str(busy) == "Acme is busy and asks to wait 10 minutes: try again then."
    slow = Limits(retry_waits=(1.0,), longest_wait=1000.0, save_every=0.02)
    _, reply = start(keeper, background, FakeProvider([busy]), slow)
    reply.wait_for_something(10)
    assert reply.snapshot().progress == Progress("Acme is busy. Trying again in 600 s.")
    reply.stop()
    assert reply.wait_until_ended(10)


def test_failure_that_passes_is_tried_again_before_the_first_word(keeper, background):
    provider = FakeProvider(
        [ServerError("The server failed.")],
        [RateLimited("Too many requests.", retry_after=0.01)],
        [Chunk(text="There", finish_reason="stop")],
    )
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("There", "complete")


@pytest.mark.parametrize("first", [Chunk(text="Half"), Chunk(reasoning="Hm")], ids=["words", "thinking"])
@pytest.mark.parametrize("error", [ServerError("It failed."), RateLimited("Too many.", retry_after=0.0)], ids=str)
def test_no_second_try_is_made_once_a_word_has_arrived(keeper, background, first, error):
    provider = FakeProvider([first, error], [Chunk(text="Another answer", finish_reason="stop")])
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert provider.asked == 1
    assert (keeper.last["content"], keeper.last["reasoning"]) == (first.text, first.reasoning)
    assert (keeper.last["status"], keeper.last["error"]) == ("failed", str(error))


def test_what_arrived_without_a_word_is_no_reason_not_to_try_again(keeper, background):
    tries = [Chunk(progress=Progress("Getting ready")), ServerError("It failed.")], [Chunk(text="There")]
    provider = FakeProvider(*tries)
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert (provider.asked, keeper.last["content"], keeper.last["status"]) == (2, "There", "complete")


def test_wait_before_another_try_is_shown_and_can_be_stopped(keeper, background):
    slow = Limits(retry_waits=(600.0,), save_every=0.02)
    provider = FakeProvider([ServerError("The server failed.")])
    _, reply = start(keeper, background, provider, slow)
    seen = reply.snapshot()
    while seen.progress is None:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    assert seen.progress == Progress("The server failed. Trying again in 600 s.")
    reply.stop()
    assert reply.wait_until_ended(10)
    assert keeper.last["status"] == "stopped"


@pytest.mark.parametrize(
    "error",
    [WrongKey("The key is wrong."), RateLimited("Come back later.", retry_after=3600.0)],
    ids=["not transient", "asks for too long a wait"],
)
def test_failure_that_does_not_pass_is_said_at_once(keeper, background, error):
    _, reply = start(keeper, background, FakeProvider([error]))
    assert reply.wait_until_ended(10)
    assert (keeper.last["status"], keeper.last["error"]) == ("failed", str(error))


def test_tries_come_to_an_end(keeper, background):
    provider = FakeProvider(*[[ServerError(f"Failure {count}.")] for count in (1, 2, 3, 4)])
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert keeper.last["error"] == "Failure 3."


def test_silence_before_the_first_word(keeper, background):
    _, reply = start(keeper, background, FakeProvider([threading.Event()]), Limits(first_token=0.05))
    assert reply.wait_until_ended(10)
    assert keeper.last["error"] == "The model said nothing for 0 seconds: try again, or choose another model."


def test_silence_after_it(keeper, background):
    provider = FakeProvider([Chunk(text="Then"), threading.Event()])
    _, reply = start(keeper, background, provider, Limits(stall=0.05))
    assert reply.wait_until_ended(10)
    assert keeper.last["content"] == "Then"
    assert keeper.last["error"] == (
        "Nothing more came for 0 seconds, so the answer was ended. What arrived is kept: try again."
    )
    assert provider.closed.is_set()


def test_whole_answer_has_a_deadline(keeper, background):
    provider = FakeProvider([Chunk(text="Endless"), threading.Event()])
    _, reply = start(keeper, background, provider, Limits(total=0.05))
    assert reply.wait_until_ended(10)
    assert keeper.last["error"] == (
        "The answer was not finished after 0 minutes, so it was ended here. "
        "What arrived is kept: try again, or ask for less at once."
    )


def pause(wait, *, retry_after=None, longest=30.0, error=RateLimited):
    return retrying._pause(error("Too many.", retry_after=retry_after), wait, longest)


def test_wait_before_another_try_is_what_the_provider_asks_for_within_reason():
    assert pause(3.0) == 3.0
    assert pause(3.0, retry_after=0.5) == 0.5
    assert pause(3.0, retry_after=-5.0) == 0.0
    assert pause(3.0, retry_after=30.0) == 30.0
    assert pause(3.0, retry_after=30.1) is None
    assert pause(3.0, retry_after=float("nan")) is None
    assert pause(3.0, retry_after=float("inf")) is None
    assert pause(None, retry_after=0.5) is None
    assert pause(3.0, error=WrongKey) is None


def test_wait_is_counted_down_by_the_second(monkeypatch):
    clock, slept, said = FakeTime(), [], []

    async def sleep(seconds):
        slept.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(retrying.asyncio, "sleep", sleep)
    monkeypatch.setattr(retrying.asyncio, "get_running_loop", lambda: clock)
    reply = Reply("personal", "c1", ANSWER)
    monkeypatch.setattr(reply, "report", said.append)
    counting = retrying._count_down(reply, "Too many.", 2.75)
    with pytest.raises(StopIteration):  # run by hand: the loop's own clock and sleep are taken
        counting.send(None)
    assert slept == [1.0, 1.0, 0.75]
    assert said == [*(Progress(f"Too many. Trying again in {seconds} s.") for seconds in (3, 2, 1)), None]


class FakeTimeout:
    """Ends nothing, but notes what it was asked for; one of `ends_at` seconds says that it is over."""

    ends_at = None

    def __init__(self, seconds):
        self.seconds = seconds
        self.rescheduled = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        if self.seconds == self.ends_at:
            raise TimeoutError

    def reschedule(self, when):
        self.rescheduled.append(when)


@pytest.fixture
def timeouts(monkeypatch):
    made = []
    monkeypatch.setattr(retrying.asyncio, "timeout", lambda seconds: made.append(FakeTimeout(seconds)) or made[-1])
    return made


def received(keeper, provider, limits, started=0.0):
    reply = Reply("personal", "c1", ANSWER)
    asyncio.run(retrying.receive(reply, REQUEST, lambda: provider, limits, started))
    return reply


def test_time_that_a_model_is_prepared_for_does_not_count(keeper, timeouts):
    asked = [Chunk(progress=Progress("Getting ready")), Chunk(text="One"), Chunk(text=", two")]
    before = time.monotonic()
    received(keeper, FakeProvider(asked), Limits(first_token=3.0, stall=2.0, total=500.0))
    assert [each.seconds for each in timeouts] == [500.0, 3.0, 3.0, 2.0, 2.0]
    (until,) = timeouts[0].rescheduled
    assert before + 500.0 <= until <= time.monotonic() + 500.0


def test_answer_that_takes_too_long_says_after_how_many_minutes_it_was_ended(keeper, timeouts, monkeypatch):
    monkeypatch.setattr(FakeTimeout, "ends_at", 1800.0)
    with pytest.raises(Stalled, match=r"^The answer was not finished after 30 minutes, so it was ended here"):
        received(keeper, FakeProvider([Chunk(text="One")]), Limits())


def test_first_word_is_timed_from_the_request_on(keeper, monkeypatch):
    clock = FakeTime()
    monkeypatch.setattr(retrying, "time", clock)
    reply = received(keeper, FakeProvider([Chunk(text="One")]), Limits(), started=clock.now - 0.75)
    assert reply.changes()["first_token_ms"] == 750

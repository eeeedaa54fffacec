"""An answer that another model, or the same one, went on with: who wrote what, and what is known of it stays known."""

from dataclasses import replace
from threading import Event

import pytest

from chat.conversation import Message, Part, Usage
from chat.errors import WrongKey
from chat.providers.base import Chunk, Request
from chat.replies import Replies
from tests.support.fakes.answers import MOMENT, QUICK, FakeProvider

BEGUN = Message(
    "a1",
    "q1",
    "assistant",
    "One, two",
    MOMENT,
    model="fake/first",
    status="stopped",
    usage=Usage(10, 4),
    first_token_ms=120,
    total_ms=900,
    reasoning="Count.",
)


def go_on(keeper, background, *steps, model="fake/second", begun=BEGUN):
    """Continue an answer; return it as it is kept then."""
    keeper.messages[begun.id] = begun
    replies = Replies(keeper, background, QUICK)
    request = Request(model, ())
    reply = replies.start("personal", "c1", "q1", request, lambda: FakeProvider(list(steps)), begun=begun)
    assert reply.wait_until_ended(10)
    return keeper.messages[reply.message.id]


def test_both_models_are_named_with_what_each_wrote(keeper, background):
    kept = go_on(keeper, background, Chunk(text=", three", finish_reason="stop"), Chunk(usage=Usage(20, 3)))
    assert kept.total_ms >= 900
    assert kept == replace(
        BEGUN,
        content="One, two, three",
        status="complete",
        finish_reason="stop",
        model="fake/second",
        parts=(Part("fake/first", 0), Part("fake/second", 8)),
        usage=Usage(30, 7),
        total_ms=kept.total_ms,
    )
    assert kept.models == ("fake/first", "fake/second")
    assert BEGUN.models == ("fake/first",)


def test_third_model_is_named_after_the_others(keeper, background):
    second = go_on(keeper, background, Chunk(text=", three", finish_reason="stop"))
    begun = replace(second, status="interrupted")
    third = go_on(keeper, background, Chunk(text=", four"), model="fake/first", begun=begun)
    assert third.parts == (Part("fake/first", 0), Part("fake/second", 8), Part("fake/first", 15))
    assert (third.model, third.models) == ("fake/first", ("fake/first", "fake/second"))


def test_same_model_that_goes_on_is_one_author(keeper, background):
    kept = go_on(keeper, background, Chunk(text=", three"), model="fake/first")
    assert (kept.content, kept.model, kept.parts) == ("One, two, three", "fake/first", ())


@pytest.mark.parametrize("steps", [[WrongKey("The key is wrong.")], [Chunk(reasoning="Hm."), WrongKey("x")]], ids=str)
def test_continue_that_brings_no_word_overwrites_nothing_that_is_known(keeper, background, steps):
    kept = go_on(keeper, background, *steps)
    assert kept.status == "failed"
    assert (kept.content, kept.model, kept.parts) == ("One, two", "fake/first", ())
    assert (kept.usage, kept.first_token_ms) == (Usage(10, 4), 120)
    assert kept.total_ms >= 900


def test_continue_that_is_stopped_before_it_asks_keeps_the_time_that_is_known(keeper, background):
    keeper.messages["a1"] = BEGUN
    held = Event()
    background.loop.call_soon_threadsafe(held.wait)
    replies = Replies(keeper, background, QUICK)
    reply = replies.start("personal", "c1", "q1", Request("fake/second", ()), FakeProvider, begun=BEGUN)
    reply.stop()
    held.set()
    assert reply.wait_until_ended(10)
    assert keeper.messages["a1"].total_ms == 900


def test_version_that_goes_on_with_a_complete_answer_names_both_too(keeper, background):
    limit = replace(BEGUN, status="complete", finish_reason="length")
    kept = go_on(keeper, background, Chunk(text=", three", finish_reason="stop", usage=Usage(20, 3)), begun=limit)
    assert kept.id != "a1"
    assert (kept.content, kept.model, kept.usage) == ("One, two, three", "fake/second", Usage(20, 3))
    assert kept.parts == (Part("fake/first", 0), Part("fake/second", 8))
    assert keeper.messages["a1"] == limit


def test_version_that_brings_no_word_is_by_the_first_model(keeper, background):
    limit = replace(BEGUN, status="complete", finish_reason="length")
    kept = go_on(keeper, background, WrongKey("The key is wrong."), begun=limit)
    assert (kept.content, kept.status, kept.model, kept.parts) == ("One, two", "failed", "fake/first", ())


def test_imported_answer_without_a_model_says_so_of_its_part(keeper, background):
    kept = go_on(keeper, background, Chunk(text=", three"), begun=replace(BEGUN, model=None))
    assert (kept.parts, kept.models) == ((Part(None, 0), Part("fake/second", 8)), ("fake/second",))

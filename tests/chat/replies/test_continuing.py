"""Going on with an answer that ended early: what is asked, how the parts join, and who wrote what."""

from dataclasses import replace
from threading import Event

import pytest

from chat.conversation import Message, Part, Usage, utc_now
from chat.errors import WrongKey
from chat.providers.base import Chunk, PromptMessage, Request
from chat.replies.continuing import ASK_FOR_THE_REST, to_continue, without_overlap
from chat.replies.replies import Replies
from tests.support.fakes.answers import MOMENT, QUICK, FakeProvider

ASKED = (PromptMessage("user", "Count to five."),)


def begun(content: str, **fields) -> Message:
    return Message("a1", "q1", "assistant", content, utc_now(), **{"status": "interrupted", **fields})


def test_provider_that_goes_on_gets_the_answer_as_the_last_message():
    assert to_continue(ASKED, "One, two, th", prefill=True) == (*ASKED, PromptMessage("assistant", "One, two, th"))


def test_provider_that_would_answer_is_asked_for_the_rest():
    assert to_continue(ASKED, "One, two, th", prefill=False) == (
        *ASKED,
        PromptMessage("assistant", "One, two, th"),
        PromptMessage("user", ASK_FOR_THE_REST),
    )


def test_answer_without_a_word_is_asked_for_from_the_start():
    assert to_continue(ASKED, " \n", prefill=True) == to_continue(ASKED, "", prefill=False) == ASKED


@pytest.mark.parametrize(
    ("begun", "rest", "joined"),
    [
        ("One, two, th", "ree, four", "One, two, three, four"),
        ("One, two, three,", " two, three, four", "One, two, three, four"),
        ("One, two, three", "One, two, three, four", "One, two, three, four"),
        ("a cat", "at home", "a catat home"),
        ("", "Hello", "Hello"),
        ("Hello", "", "Hello"),
    ],
)
def test_what_is_said_twice_at_the_seam_is_taken_away(begun, rest, joined):
    assert begun + without_overlap(begun, rest) == joined


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


def go_on(keeper, background, *steps, model="fake/second", begun=BEGUN, seam=False):
    """Continue an answer; return it as it is kept then."""
    keeper.messages[begun.id] = begun
    replies = Replies(keeper, background, QUICK)
    request = Request(model, ())
    reply = replies.start("personal", "c1", "q1", request, lambda: FakeProvider(list(steps)), begun=begun, seam=seam)
    assert reply.wait_until_ended(10)
    return keeper.messages[reply.message.id]


def test_interrupted_answer_grows_in_its_own_message(keeper, background):
    message = begun("One, two, th", reasoning="Count. ")
    go_on(keeper, background, Chunk(text="ree"), Chunk(text=", four", finish_reason="stop"), begun=message)
    assert keeper.added == []
    assert keeper.saved[0] == {
        "status": "streaming",
        "error": None,
        "error_details": None,
        "finish_reason": None,
        "process": "this-process",
    }
    assert (keeper.last["content"], keeper.last["reasoning"], keeper.last["status"]) == (
        "One, two, three, four",
        "Count. ",
        "complete",
    )


def test_complete_answer_at_its_limit_keeps_its_words_and_a_sibling_goes_on(keeper, background):
    kept = go_on(keeper, background, Chunk(text=", three"), begun=begun("One, two", status="complete"))
    assert (kept.id == "a1", kept.parent_id, kept.content) == (False, "q1", "One, two, three")


def test_overlap_is_taken_away_as_the_rest_arrives(keeper, background):
    steps = Chunk(text="two, "), Chunk(text="three, four")
    assert go_on(keeper, background, *steps, begun=begun("One, two, three"), seam=True).content == (
        "One, two, three, four"
    )


def test_overlap_is_taken_away_after_thinking_that_was_taken_for_words(keeper, background):
    steps = (
        Chunk(text="They had "),
        Chunk(text="three."),
        Chunk(text="two, three", was_thinking=True),
        Chunk(text=", four"),
    )
    kept = go_on(keeper, background, *steps, begun=begun("One, two, three"), seam=True)
    assert (kept.content, kept.reasoning) == ("One, two, three, four", "They had three.")


def test_failing_again_keeps_both_parts(keeper, background):
    kept = go_on(keeper, background, Chunk(text="two"), RuntimeError("boom"), begun=begun("One, "), seam=True)
    assert (kept.content, kept.status) == ("One, two", "failed")


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
    assert (kept.reasoning, kept.status, kept.process) == ("Count.", "complete", None)
    assert kept.parts == (Part("fake/first", 0), Part("fake/second", 8))
    assert keeper.messages["a1"] == limit


def test_version_that_brings_no_word_is_by_the_first_model(keeper, background):
    limit = replace(BEGUN, status="complete", finish_reason="length")
    kept = go_on(keeper, background, WrongKey("The key is wrong."), begun=limit)
    assert (kept.content, kept.status, kept.model, kept.parts) == ("One, two", "failed", "fake/first", ())


def test_imported_answer_without_a_model_says_so_of_its_part(keeper, background):
    kept = go_on(keeper, background, Chunk(text=", three"), begun=replace(BEGUN, model=None))
    assert (kept.parts, kept.models) == ((Part(None, 0), Part("fake/second", 8)), ("fake/second",))

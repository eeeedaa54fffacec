"""Going on with an answer that ended early: what is asked, how the parts join, and where the words are kept."""

from dataclasses import replace

import pytest

from chat.continuing import ASK_FOR_THE_REST, to_continue, without_overlap
from chat.conversation import Message, utc_now
from chat.providers.base import Chunk, PromptMessage
from tests.chat.test_replies import QUICK, REQUEST, FakeKeeper, FakeProvider, background, keeper  # noqa: F401

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


def go_on(keeper, background, message, *steps, seam=False):  # noqa: F811
    from chat.replies import Replies

    reply = Replies(keeper, background, QUICK).start(
        "personal", "c1", "q1", REQUEST, lambda: FakeProvider(list(steps)), begun=message, seam=seam
    )
    assert reply.wait_until_ended(10)
    return reply


def test_interrupted_answer_grows_in_its_own_message(keeper, background):  # noqa: F811
    message = begun("One, two, th", reasoning="Count. ")
    reply = go_on(keeper, background, message, Chunk(text="ree"), Chunk(text=", four", finish_reason="stop"))
    assert reply.message == replace(message, status="streaming", process="this-process")
    assert keeper.messages == {}
    assert keeper.saved[0] == {"status": "streaming", "error": None, "finish_reason": None, "process": "this-process"}
    assert (keeper.last["content"], keeper.last["reasoning"], keeper.last["status"]) == (
        "One, two, three, four",
        "Count. ",
        "complete",
    )


def test_complete_answer_at_its_limit_keeps_its_words_and_a_sibling_goes_on(keeper, background):  # noqa: F811
    reply = go_on(keeper, background, begun("One, two", status="complete"), Chunk(text=", three"))
    assert reply.message.id != "a1"
    assert keeper.messages[reply.message.id].parent_id == "q1"
    assert keeper.last["content"] == "One, two, three"


def test_overlap_is_taken_away_as_the_rest_arrives(keeper, background):  # noqa: F811
    go_on(keeper, background, begun("One, two, three"), Chunk(text="two, "), Chunk(text="three, four"), seam=True)
    assert keeper.last["content"] == "One, two, three, four"


def test_failing_again_keeps_both_parts(keeper, background):  # noqa: F811
    go_on(keeper, background, begun("One, "), Chunk(text="two"), RuntimeError("boom"), seam=True)
    assert (keeper.last["content"], keeper.last["status"]) == ("One, two", "failed")

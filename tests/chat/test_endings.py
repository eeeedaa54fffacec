"""How an answer ended: one table, and everything that follows from it says the same."""

import pytest

from chat.conversation import STATUSES, Message
from chat.endings import (
    BY_REASON,
    FAILED,
    INTERRUPTED,
    NO_TOOLS,
    NO_WORDS,
    STOPPED,
    broke_off,
    can_go_on,
    ended_early,
    is_whole,
    sentence_of,
    words_of,
)
from formats.exports.jsonl import complete_turns, why_left_out
from tests.support.store_fixtures import START, conversation, message

USUAL = [reason for reason, ending in BY_REASON.items() if ending is None]
EARLY = [reason for reason, ending in BY_REASON.items() if ending is not None]


def answer(content: str = "Words", **fields) -> Message:
    return Message("a", "q", "assistant", content, START, **fields)


@pytest.mark.parametrize("reason", [None, *USUAL, "STOP", "End_Turn"])
def test_usual_end_needs_no_word_and_is_whole(reason):
    whole = answer(finish_reason=reason)
    assert (sentence_of(whole), words_of(whole), is_whole(whole), can_go_on(whole)) == (None, None, True, False)


@pytest.mark.parametrize("reason", [*EARLY, "SAFETY", "MAX_TOKENS", "because"])
@pytest.mark.parametrize("content", ["Words", ""])
def test_end_before_that_is_said_and_is_not_whole(reason, content):
    early = answer(content, finish_reason=reason)
    assert sentence_of(early)
    assert words_of(early)
    assert not is_whole(early)


@pytest.mark.parametrize(
    ("reason", "sentence", "words"),
    [
        (
            "length",
            "The answer ended at the maximum number of tokens: raise the limit, or ask the model to go on.",
            "ended at the token limit",
        ),
        (
            "SAFETY",
            "The provider's content filter ended this answer: ask in another way.",
            "ended by the content filter",
        ),
        (
            "model_length",
            "The answer ended where the model's context window is full: start a new chat to go on.",
            "ended where the context window was full",
        ),
        (
            "insufficient_system_resource",
            "The provider ended this answer before it was finished: continue it, or try again.",
            "ended by an error",
        ),
        ("because", "The provider ended this answer (because).", "ended by the provider (because)"),
    ],
)
def test_what_is_said_of_it(reason, sentence, words):
    early = answer(finish_reason=reason)
    assert (sentence_of(early), words_of(early)) == (sentence, words)


@pytest.mark.parametrize("reason", [None, *BY_REASON, "because"])
@pytest.mark.parametrize("status", [status for status in STATUSES if status != "streaming"])
@pytest.mark.parametrize("content", ["", " \n"])
def test_every_ended_answer_has_words_or_a_sentence(reason, status, content):
    assert sentence_of(answer(content, status=status, finish_reason=reason))
    assert not is_whole(answer(content, status=status, finish_reason=reason))


def test_answer_without_words_says_why():
    said = {reason: sentence_of(answer("", finish_reason=reason)) for reason in (None, *USUAL)}
    tools = {"tool_calls", "tool_use", "function_call"}
    assert said == {reason: NO_TOOLS if reason in tools else NO_WORDS for reason in said}


def test_status_speaks_before_the_reason():
    for reason in (None, "stop", "length"):
        said = {status: sentence_of(answer(status=status, finish_reason=reason)) for status in STATUSES}
        del said["complete"]
        assert said == {"streaming": None, "stopped": STOPPED, "interrupted": INTERRUPTED, "failed": FAILED}
    assert sentence_of(answer(status="failed", error="No key.")) == "No key."
    assert [words_of(answer(status=status)) for status in STATUSES] == [
        None,
        "interrupted",
        "stopped",
        "interrupted",
        "failed",
    ]


def test_question_has_no_ending():
    question = message("q", finish_reason="length", status="failed")
    assert (sentence_of(question), is_whole(question), can_go_on(question), ended_early(question)) == (
        None,
        False,
        False,
        False,
    )


def test_continue_is_offered_where_words_break_off():
    assert [status for status in STATUSES if can_go_on(answer(status=status))] == ["stopped", "interrupted", "failed"]
    assert not any(can_go_on(answer("", status=status, finish_reason="length")) for status in STATUSES)
    assert not can_go_on(answer(status="streaming", finish_reason="length"))
    assert [reason for reason in BY_REASON if can_go_on(answer(finish_reason=reason))] == [
        "length",
        "max_tokens",
        "error",
        "insufficient_system_resource",
        "network_error",
        "abort",
        "aborted",
        "cancelled",
    ]


@pytest.mark.parametrize("reason", [None, *BY_REASON, "because", "SAFETY"])
def test_a_model_learns_from_whole_answers_only(reason):
    told = answer(finish_reason=reason)
    both = conversation("c1", message("q"), told)
    assert bool(complete_turns(both)) == is_whole(told)
    assert bool(why_left_out(both)) != is_whole(told)


def test_provider_failed_where_its_reason_says_so():
    broken = ["error", "insufficient_system_resource", "network_error", "abort", "aborted", "cancelled"]
    assert [reason for reason in BY_REASON if broke_off(reason)] == broken
    assert broke_off("ERROR")
    assert not broke_off(None)
    assert not broke_off("because")

"""What an answer takes of the limits: reserved, then counted as reported, or as estimated where nobody reports it."""

from __future__ import annotations

import threading

import pytest

from chat.allowances.tokens import about_tokens, prompt_tokens, reserved_tokens, taken_tokens
from chat.conversation import Message, Usage
from chat.errors import OverLimit, TooManyAtOnce, Unreachable, WrongKey
from chat.providers.base import Chunk, PromptMessage, Request
from chat.replies.background import Background
from chat.replies.replies import Replies
from tests.chat.providers.test_providers_table import provider_for
from tests.support.fakes.answers import MOMENT, QUICK, REQUEST, FakeKeeper, FakeProvider, start
from tests.support.fakes.fake_server import FakeModelServer


@pytest.fixture
def background():
    loop = Background()
    yield loop
    loop.close()


@pytest.fixture
def keeper():
    return FakeKeeper()


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("你好", 2), ("😀", 1), ("\ud83d", 1)]
)
def test_about_four_bytes_are_a_token(text, tokens):
    assert about_tokens(text) == tokens


@pytest.mark.parametrize(("max_tokens", "reserved"), [(None, 1_011), (1_000, 1_011), (200, 211), (5_000, 1_011)])
def test_a_question_is_reserved_with_an_answer_of_some_length(max_tokens, reserved):
    messages = (PromptMessage("system", "Be kind."), PromptMessage("user", "Hi."))
    request = Request("fake/model", messages, max_tokens=max_tokens)
    assert (prompt_tokens(request), reserved_tokens(request)) == (11, reserved)


PROMPT = 6
"""Tokens of `REQUEST`: four, and two for its word."""


@pytest.mark.parametrize(
    ("steps", "taken"),
    [
        ([Chunk(text="x" * 40, finish_reason="stop"), Chunk(usage=Usage(70, 9))], 79),
        ([Chunk(text="x" * 40, finish_reason="stop")], PROMPT + 10),
        ([Chunk(reasoning="y" * 20), Chunk(text="x" * 20, finish_reason="stop")], PROMPT + 10),
        ([Chunk(text="x" * 40, usage=Usage(7, 1)), Unreachable("Gone.")], PROMPT + 10),
        ([Chunk(text="x" * 40, usage=Usage(70, 1)), Unreachable("Gone.")], 71),
        ([WrongKey("Wrong key.")], 0),
        ([Chunk(usage=Usage(70, 1)), WrongKey("Wrong key.")], 71),
    ],
    ids=["reported", "not reported", "thinking", "broken off", "broken off, reported", "failed", "failed, reported"],
)
def test_what_an_answer_took_is_counted_when_it_has_ended(keeper, background, steps, taken):
    counted = []
    replies = Replies(keeper, background, QUICK)
    reply = replies.start(
        *("personal", "c1", "q1", REQUEST, lambda: FakeProvider(steps)),
        spend=lambda: lambda ended: counted.append(taken_tokens(ended, REQUEST)),
    )
    assert reply.wait_until_ended(10)
    assert counted == [taken]


def test_an_answer_that_is_stopped_took_its_question_and_the_words_that_came(keeper, background):
    counted = []
    replies, provider = Replies(keeper, background, QUICK), FakeProvider([Chunk(text="x" * 40), threading.Event()])
    reply = replies.start(
        *("personal", "c1", "q1", REQUEST, lambda: provider),
        spend=lambda: lambda ended: counted.append(taken_tokens(ended, REQUEST)),
    )
    seen = reply.snapshot()
    while not seen.text:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    reply.stop()
    assert reply.wait_until_ended(10)
    assert counted == [PROMPT + 10]


def test_only_the_part_that_was_gone_on_with_is_counted(keeper, background):
    counted = []
    begun = Message("a1", "q1", "assistant", "x" * 400, MOMENT, status="stopped", usage=Usage(70, 100))
    keeper.messages["a1"] = begun
    reply = Replies(keeper, background, QUICK).start(
        *("personal", "c1", "q1", REQUEST, lambda: FakeProvider([Chunk(text="y" * 40, finish_reason="stop")])),
        begun=begun,
        spend=lambda: lambda ended: counted.append(taken_tokens(ended, REQUEST)),
    )
    assert reply.wait_until_ended(10)
    assert counted == [PROMPT + 10]


@pytest.mark.parametrize("sdk", ["OpenAI", "Mistral"])
@pytest.mark.parametrize(
    ("model", "taken"),
    [("normal", 1 + 4), ("eof-no-finish", None), ("http-401", 0)],
)
def test_through_the_sdk(keeper, background, sdk, model, taken):
    request = Request(f"{sdk.lower()}/{model}", (PromptMessage("user", "Hello"),))
    counted, made = [], []

    def provider():
        made.append(provider_for(sdk, server, None))
        return made[-1]

    with FakeModelServer() as server:
        reply = Replies(keeper, background, QUICK).start(
            *("personal", "c1", "q1", request, provider),
            spend=lambda: lambda ended: counted.append(taken_tokens(ended, request)),
        )
        assert reply.wait_until_ended(20)
        background.submit(made[0].close()).result(10)
    kept = keeper.messages[reply.message.id]
    assert counted == [PROMPT + about_tokens(kept.content) if taken is None else taken]


def test_what_cannot_be_counted_ends_no_answer(keeper, background):
    def settle(reply):
        raise OSError("The disk is full.")

    replies = Replies(keeper, background, QUICK)
    provider = FakeProvider([Chunk(text="Words", finish_reason="stop")])
    reply = replies.start("personal", "c1", "q1", REQUEST, lambda: provider, spend=lambda: settle)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("Words", "complete")
    assert replies.active() == ()


def test_an_answer_that_may_not_be_counted_is_not_asked_for_and_not_kept(keeper, background):
    replies, provider = Replies(keeper, background, QUICK), FakeProvider([Chunk(text="Words")])
    with pytest.raises(OverLimit, match=r"No more\."):
        replies.start("personal", "c1", "q1", REQUEST, lambda: provider, spend=no_more)
    assert (provider.asked, keeper.added, replies.active()) == (0, [], ())


def no_more():
    raise OverLimit("No more.")


def test_no_more_answers_of_one_owner_at_once_than_may(keeper, background):
    gate = threading.Event()
    replies, first = start(keeper, background, FakeProvider([gate, Chunk(text="Words")]))
    with pytest.raises(TooManyAtOnce) as refused:
        replies.start("personal", "c2", "q2", REQUEST, lambda: FakeProvider([]), at_once=1)
    assert refused.value.conversation_ids == ("c1",)
    with pytest.raises(OverLimit):  # the answers of others do not count: it is asked whether this one may be
        replies.start("visitor-1", "c9", "q9", REQUEST, lambda: FakeProvider([]), at_once=1, spend=no_more)
    second = replies.start("personal", "c2", "q2", REQUEST, lambda: FakeProvider([gate, Chunk(text="b")]), at_once=2)
    with pytest.raises(TooManyAtOnce) as refused:
        replies.start("personal", "c3", "q3", REQUEST, lambda: FakeProvider([]), at_once=2)
    assert refused.value.conversation_ids == ("c1", "c2")
    gate.set()
    assert first.wait_until_ended(10)
    assert second.wait_until_ended(10)
    third = replies.start("personal", "c3", "q3", REQUEST, lambda: FakeProvider([Chunk(text="c")]), at_once=1)
    assert third.wait_until_ended(10)

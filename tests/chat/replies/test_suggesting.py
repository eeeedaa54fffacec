"""Asking a model for a title: what it is sent, and which title is in what it says."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from chat.conversation import Conversation, Message
from chat.errors import BadAnswer, NoQuestion, RateLimited, TimedOut
from chat.providers.base import Chunk, PromptMessage, Request
from chat.replies import suggesting
from chat.replies.suggesting import INSTRUCTION, suggest_title, title_in, title_request

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Tea in Porto", "Tea in Porto"),
        ('\n\n  "Tea in Porto."  \n', "Tea in Porto"),
        ("**Title: Tea in Porto**\nI chose it because …", "Tea in Porto"),
        ("Titre : « Le thé à Porto »", "Le thé à Porto"),
        ("# What is C++?", "What is C++?"),
        ("ポルトのお茶", "ポルトのお茶"),
        ("…", "…"),
        ("", ""),
        (' \n"" \n***', ""),
        ("word " * 30, "word" + " word" * 11 + "…"),
    ],
)
def test_title_is_found_in_what_a_model_says(answer: str, title: str) -> None:
    assert title_in(answer) == title


def talk(*said: tuple[str, str]) -> Conversation:
    messages: list[Message] = []
    for number, (role, content) in enumerate(said):
        parent = messages[-1].id if messages else None
        messages.append(Message(f"m{number}", parent, role, content, MOMENT))
    head = messages[-1].id if messages else None
    return Conversation("c", "personal", "A title", MOMENT, MOMENT, head=head, messages=tuple(messages))


def test_model_reads_the_first_question_and_its_answer_and_no_more_than_it_needs() -> None:
    asked = talk(("user", "Why is tea black?"), ("assistant", "x" * 5_000), ("user", "And green?"))
    request = title_request(asked, "fake/model")
    words = f"{INSTRUCTION}\n\n---\nUser: Why is tea black?\n\nAssistant: {'x' * 1_500}"
    assert request == Request("fake/model", (PromptMessage("user", words),), max_tokens=400)


def test_conversation_without_a_word_has_nothing_to_name() -> None:
    with pytest.raises(NoQuestion, match="There is nothing to name yet"):
        title_request(talk(), "fake/model")


class FakeProvider:
    """Says what a test says, or raises it."""

    def __init__(self, *steps: Chunk | Exception | None) -> None:
        self.steps = steps
        self.is_closed = False

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        try:
            for step in self.steps:
                if step is None:
                    await asyncio.sleep(60)
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.is_closed = True


REQUEST = title_request(talk(("user", "Hello")), "fake/model")


def suggested(provider: FakeProvider) -> str:
    return asyncio.run(suggest_title(lambda: provider, REQUEST))


def test_title_is_what_is_said_after_thinking() -> None:
    provider = FakeProvider(Chunk(reasoning="A name, a name…"), Chunk("Tea "), Chunk("time\n"))
    assert suggested(provider) == "Tea time"
    assert provider.is_closed


def test_what_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadAnswer, match="The model gave no title"):
        suggested(FakeProvider(Chunk(reasoning="Hm.")))
    with pytest.raises(RateLimited, match="Too many"):
        suggested(FakeProvider(RateLimited("Too many requests.")))
    monkeypatch.setattr(suggesting, "WAIT_SECONDS", 0.05)
    late = FakeProvider(Chunk("Tea"), None)
    with pytest.raises(TimedOut, match="took too long"):
        suggested(late)
    assert late.is_closed

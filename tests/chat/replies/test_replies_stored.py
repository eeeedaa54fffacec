"""What is stored of an answer in every case of the table: its words, how it ended, and the sentence; for both SDKs.

The whole way: the real SDK against the server that breaks the protocol, the one send-loop, the real store.
"""

from __future__ import annotations

import pytest

from chat.conversation import Conversation, Message, Usage, new_id, utc_now
from chat.providers.base import PromptMessage, Provider, Request
from chat.replies.background import Background
from chat.replies.limits import Limits
from chat.replies.replies import Replies
from chat.surrogates import printable
from store import open_store
from tests.chat.providers.test_providers_table import OPENAI_ROWS, ROWS, SHORT, Row, provider_for
from tests.support.fakes.fake_server import FakeModelServer

QUESTION = "What is teal?"
ONE_TRY = Limits(save_every=0.05, retry_waits=())


@pytest.fixture(scope="module")
def server():
    with FakeModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def background():
    loop = Background()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = open_store(f"tinydb:///{tmp_path_factory.mktemp('kept')}")
    yield opened
    opened.close()


def check(row: Row, sdk: str, server, background, store) -> None:
    now = utc_now()
    question = Message(new_id(), None, "user", QUESTION, now)
    conversation = Conversation(new_id(), "personal", "Teal", now, now, head=question.id, messages=(question,))
    store.create(conversation)
    made: list[Provider] = []

    def provider() -> Provider:
        made.append(provider_for(sdk, server, SHORT if row.silent else None))
        return made[-1]

    request = Request(f"{sdk.lower()}/{row.case}", (PromptMessage("user", QUESTION),))
    reply = Replies(store, background, ONE_TRY).start("personal", conversation.id, question.id, request, provider)
    assert reply.wait_until_ended(20)
    background.submit(made[0].close()).result(10)

    kept_question, answer = store.get("personal", conversation.id).path()
    assert kept_question == question
    assert (answer.content, answer.reasoning) == (printable(row.text), row.reasoning)
    if row.error is None:
        assert (answer.status, answer.error, answer.finish_reason) == ("complete", None, row.finish)
    else:
        assert (answer.status, answer.error) == ("failed", row.says.format(it=sdk))
    assert answer.process is None
    if row.tokens is not None:
        assert isinstance(answer.usage, Usage)
        assert answer.usage.completion_tokens == row.tokens
    server.wait_for(lambda: server.connections == 0)


@pytest.mark.parametrize("sdk", ["OpenAI", "Mistral"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_what_is_stored(row, sdk, server, background, store):
    check(row, sdk, server, background, store)


@pytest.mark.parametrize("row", OPENAI_ROWS, ids=lambda row: row.case)
def test_what_is_stored_of_what_only_compatible_servers_do(row, server, background, store):
    check(row, "OpenAI", server, background, store)

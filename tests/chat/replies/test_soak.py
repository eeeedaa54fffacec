"""Twenty answers at once, stopped and looked at at random, for a while: no word is lost and none is made up.

The real send-loop, store and SDK against our model server. `CHATKEEP_SOAK_SECONDS=120` makes it as long as we promise;
without it a few rounds have to do.
"""

import os
import random
import time

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.memory import select
from chat.providers import openai
from chat.providers.base import Request
from chat.replies.background import Background
from chat.replies.replies import Replies
from store import open_store
from tests.support.fakes.fake_server import FakeModelServer

AT_ONCE = 20
WORDS = 120
SECONDS = float(os.environ.get("CHATKEEP_SOAK_SECONDS", "10"))


def test_twenty_at_once_lose_nothing(tmp_path):
    chance = random.Random(20261122)
    store, background = open_store(f"tinydb:///{tmp_path}/data"), Background()
    replies = Replies(store, background)
    whole = "".join(f"word{number} " for number in range(1, WORDS + 1))
    rounds, stopped = 0, 0
    with FakeModelServer() as server:
        provider = openai.OpenAIProvider(openai.INFO, api_key="sk-test", base_url=server.url)
        conversations = []
        for number in range(AT_ONCE):
            now = utc_now()
            conversations.append(Conversation(new_id(), "personal", f"Chat {number}", now, now))
            store.create(conversations[-1])
        until = time.monotonic() + SECONDS
        while rounds == 0 or time.monotonic() < until:
            rounds += 1
            running = []
            for number, each in enumerate(conversations):
                head = store.get("personal", each.id).head
                question = Message(new_id(), head, "user", f"Question {rounds}", utc_now())
                conversation = store.add_message("personal", each.id, question)
                request = Request(f"openai/paced-{WORDS}-at-100", select(conversation, question.id).messages)
                reply = replies.start("personal", each.id, question.id, request, lambda: provider)
                running.append((reply, number))
            to_stop = chance.sample(running, AT_ONCE // 4)
            for reply, _ in to_stop:
                seen = reply.snapshot()
                wanted = chance.randrange(WORDS * 5)
                while len(seen.text) < wanted and not seen.ended:
                    assert reply.wait(seen.version, 30)
                    seen = reply.snapshot()
                    assert whole.startswith(seen.text)
                reply.stop()
            for reply, _ in running:
                assert reply.wait_until_ended(60)
            stopped += len(to_stop)
            for reply, number in running:
                kept = store.get("personal", conversations[number].id).message(reply.message.id)
                assert kept is not None
                assert kept.content == reply.snapshot().text
                assert kept.content == whole or (kept.status == "stopped" and whole.startswith(kept.content))
        background.submit(provider.close()).result(10)
    for each in conversations:
        conversation = store.get("personal", each.id)
        assert len(conversation.path()) == len(conversation.messages) == 2 * rounds
        assert [message.role for message in conversation.path()] == ["user", "assistant"] * rounds
    assert len(server.asked) == AT_ONCE * rounds
    assert replies.active() == ()
    background.close()
    store.close()

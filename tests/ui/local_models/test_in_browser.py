"""In a browser from the demo model's first answer to a better model's: labelled, found, fetched, asked, removed.

A small hub on this machine has the demo model's own file under another name: a real model answers.
"""

import re

from playwright.sync_api import expect

from chat.conversation import Conversation, ConversationSettings, Message, new_id, utc_now
from chat.providers.local.hub.catalog import SUGGESTED
from chat.providers.local.model import SMOLLM2
from store import open_store
from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import ANSWER_PATIENCE, all_stored, button, chatkeep, open_page, say, wait_for_answer
from tests.support.fakes.fake_hub import FakeHub
from tests.support.local_model import demo_model_only, local_model_cache
from ui.local_models.label import LABEL, LIMITS

__all__ = ["demo_model_only", "local_model_cache"]

NAME = SUGGESTED[0]
FILE = "Qwen3.5-0.8B-Q8_0.gguf"


def answered_by_the_demo_model(data):
    """Keep a conversation of one turn that it has answered, and return it."""
    now = utc_now()
    asked = Message(new_id(), None, "user", "What is the capital of France?", now)
    answer = Message(new_id(), asked.id, "assistant", "It is Lyon.", now, model=SMOLLM2.id)
    settings = ConversationSettings(model=SMOLLM2.id)
    conversation = Conversation(
        new_id(), "personal", "Capitals", now, now, head=answer.id, settings=settings, messages=(asked, answer)
    )
    store = open_store(f"tinydb:///{data}")
    store.create(conversation)
    store.close()
    return conversation


def test_from_the_demo_model_to_a_better_one(page, data, demo_model_only, local_model_cache):  # noqa: F811
    with FakeHub() as hub:
        hub.add(NAME, {FILE: local_model_cache.path.read_bytes()}, licence="apache-2.0", languages=("en", "zh"))
        hub.hold_at = 30_000_000
        answered = answered_by_the_demo_model(data)
        with chatkeep(data, HF_ENDPOINT=hub.url, CHATKEEP_MODE="personal", **demo_model_only) as server:
            page.goto(f"{server.url}/?c={answered.id}")
            expect(page.get_by_text(LABEL)).to_be_visible()
            assert hub.requests == [], "nobody is asked before somebody wants a model"

            button(page, "Get better answers").click()
            expect(page.get_by_text(LIMITS)).to_be_visible()
            page.get_by_role("link", name="Get a better model for this machine").click()
            get = button(page, "Get it (98 MB)")
            expect(get).to_be_in_viewport()
            expect(
                page.get_by_text("98 MB · apache-2.0 · English, Chinese · needs about 388 MB of memory")
            ).to_be_visible()
            get.click()
            getting = page.get_by_text("Getting Qwen3.5-0.8B-Q8_0: 30 MB of 98 MB")
            expect(getting).to_be_visible()
            expect(get).to_have_count(0)

            open_page(page, "History")
            open_page(page, "Settings")
            expect(getting).to_be_visible()
            hub.go_on()
            expect(
                page.get_by_text("Qwen3.5-0.8B-Q8_0 is here: it is among the models of every chat now.")
            ).to_be_visible()

            button(page, "Chat with it").click()
            expect(page.get_by_text("Send a message to get a reply from Qwen3.5-0.8B-Q8_0!")).to_be_visible()
            say(page, "Tell me a very long story about a cat.")
            expect(page.get_by_test_id("stChatMessage").last).to_contain_text(
                re.compile(r"[a-z]+ [a-z]+ [a-z]+"), timeout=ANSWER_PATIENCE
            )
            button(page, "Stop").click()
            assert wait_for_answer(page, 2)
            expect(page.get_by_text(LABEL)).to_have_count(0)
            assert all_stored(data)[0].path()[-1].model == f"local/{NAME}/{FILE}"

            open_page(page, "Settings")
            button(page, "Remove").click()
            expect(page.get_by_role("dialog").get_by_text("That frees 98 MB; it can be had again.")).to_be_visible()
            button(page, "Remove model").click()
            expect(page.get_by_text("Removed Qwen3.5-0.8B-Q8_0: 98 MB freed.")).to_be_visible()
            expect(button(page, "Chat with it")).to_have_count(0)
            left = {each.name for each in (data.parent / "hub").rglob("*") if each.is_file()}
            assert {name for name in left if not name.endswith(".lock")} == {"CACHEDIR.TAG"}

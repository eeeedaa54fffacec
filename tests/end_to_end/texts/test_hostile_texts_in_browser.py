"""Conversations full of markup that no browser could draw: their words, their neighbours and the input are there."""

import pytest
from playwright.sync_api import expect

from chat.conversation import Conversation, ConversationSettings, Message, new_id, utc_now
from store import open_store
from tests.support.browser import PATIENCE, browser  # noqa: F401
from tests.support.chatkeep_app import message_box, say, wait_for_answer
from tests.support.hostile_texts import BEFORE, BEHIND, MARKUP, between_good_words
from tests.support.shared_app import OWNER, app, shared_app  # noqa: F401
from ui.markdown.bounds import LONGEST_LOOKED_AT, LONGEST_TEXT

MOST_NODES = 60_000
"""Elements of a page that a browser draws in a few seconds; a usual page has one or two thousand."""
running = shared_app("by-script")
TEXTS = [between_good_words(markup) for markup in MARKUP.values()]


@pytest.fixture(scope="module")
def page(browser):  # noqa: F811
    """Return the one tab in which all of it is looked at."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def talk(texts) -> Conversation:
    now = utc_now()
    messages: list[Message] = []
    for number, text in enumerate(texts):
        parent = messages[-1].id if messages else None
        question = Message(new_id(), parent, "user", f"Question {number}", now)
        messages += [question, Message(new_id(), question.id, "assistant", text, now, model="openai/echo")]
    settings = ConversationSettings(model="openai/echo")
    last = messages[-1].id
    return Conversation(new_id(), OWNER, "Hostile", now, now, head=last, settings=settings, messages=tuple(messages))


@pytest.mark.parametrize("texts", [TEXTS[:10], TEXTS[10:20], TEXTS[20:]], ids=["first", "second", "third"])
def test_every_other_word_is_there_and_a_message_can_be_sent(page, app, texts):  # noqa: F811
    conversation = talk(texts)
    store = open_store(f"tinydb:///{app.data}")
    store.create(conversation)
    store.close()
    page.goto(f"{app.url}/?c={conversation.id}")
    expect(page.get_by_text(BEFORE, exact=True)).to_have_count(len(texts))
    expect(page.get_by_text(BEHIND)).to_have_count(sum(len(text) <= LONGEST_LOOKED_AT for text in texts))
    expect(page.get_by_text(f"Question {len(texts) - 1}", exact=True)).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < MOST_NODES
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    expect(page.get_by_text("RangeError")).to_have_count(0)
    say(page, "Still there?")
    assert wait_for_answer(page, 2 * len(texts) + 2) == "Still there?"


@pytest.mark.parametrize("name", ["numbers in one line", "quotes in one line", "emphasis in emphasis", "formulas"])
def test_an_answer_that_loops_takes_nothing_while_it_arrives(page, app, name):  # noqa: F811
    gate = app.models.gate()
    markup = MARKUP[name][:100_000]
    pieces = [markup[start : start + 500] for start in range(0, len(markup), 500)]
    app.models.script = [f"{BEFORE}\n\n", *pieces, gate, f"\n\n{BEHIND}"]
    page.goto(app.url)
    say(page, "Count")
    expect(page.get_by_text(BEFORE, exact=True)).to_be_visible()
    expect(page.get_by_text("Shown as plain text")).to_be_visible()
    expect(page.get_by_text(markup[:LONGEST_TEXT].strip(), exact=True)).to_be_visible()
    kept = f"{len(markup) - LONGEST_TEXT:,} more characters are kept"
    expect(page.get_by_text(kept)).to_have_count(1 if len(markup) > LONGEST_TEXT else 0)
    message_box(page).fill("typed meanwhile")
    gate.open()
    expect(page.get_by_text(BEHIND)).to_be_visible()
    wait_for_answer(page, 2)
    expect(message_box(page)).to_have_value("typed meanwhile")
    expect(page.get_by_text("RangeError")).to_have_count(0)

"""Looking at a message in another branch writes nothing; what is said there makes it the branch that is shown."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, Message, utc_now
from tests.support.pages import ROOT, app, click, keep, page, press, said, wait_for_replies  # noqa: F401
from ui.chat_page.header import ASIDE, BEHIND
from ui.services import services


def with_branches() -> Conversation:
    """Keep a conversation with two answers, the second of which is shown, and return it."""
    conversation = keep(1)
    other = Message("other", "q1", "assistant", "The quokka lives elsewhere.", utc_now(), model="openai/echo")
    conversation = replace(conversation, id="b" * 32, messages=(other, *conversation.messages))
    services().store.create(conversation)
    return stored(conversation)


def stored(conversation: Conversation) -> Conversation:
    return services().store.get("personal", conversation.id)


def look(conversation: Conversation) -> AppTest:
    """Click what a search in the sidebar finds in the other branch."""
    at = page("Home.py")
    at.text_input(key="sidebar_search").set_value("quokka").run()
    return click(at, conversation, key="found")


def other_tab(conversation: Conversation) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation.id
    return at.run()


def test_looking_at_a_hit_in_another_branch_changes_nothing():
    conversation = with_branches()
    at = look(conversation)
    assert "The quokka lives elsewhere." in said(at)
    assert ASIDE in said(at)
    assert stored(conversation) == conversation
    at.run()
    assert "The quokka lives elsewhere." in said(at)
    assert "Answer 1" in said(other_tab(conversation))
    at.button(key="show_newest").click().run()
    assert "Answer 1" in said(at)
    assert ASIDE not in said(at)


def test_the_same_from_the_history_page():
    conversation = with_branches()
    at = page("pages/1_History.py")
    at.text_input(key="q").set_value("quokka").run()
    click(at, conversation, "open_here", key="history")
    assert stored(conversation) == conversation


def test_what_is_sent_there_goes_on_there():
    conversation = with_branches()
    at = look(conversation)
    at.chat_input(key="message").set_value("And the wombat?").run()
    wait_for_replies()
    at.run()
    assert not at.exception
    words = ["Question 1", "The quokka lives elsewhere.", "And the wombat?", "And the wombat?"]
    assert [message.content for message in stored(conversation).path()] == words
    assert ASIDE not in said(at)


@pytest.mark.parametrize(
    ("button", "fields"),
    [("regenerate-other", {}), ("continue-other", {"status": "stopped"}), ("retry-other", {"status": "stopped"})],
)
def test_an_answer_asked_for_there_is_the_one_that_is_shown(button: str, fields: dict[str, Any]):
    conversation = with_branches()
    if fields:
        kept = replace(
            conversation,
            id="e" * 32,
            messages=tuple(replace(each, **fields) if each.id == "other" else each for each in conversation.messages),
        )
        services().store.create(kept)
        services().store.trash("personal", conversation.id)
        conversation = kept
    at = look(conversation)
    name = button.removesuffix("-other")
    press(at, "other", name) if name == "regenerate" else at.button(key=button).click().run()
    wait_for_replies()
    at.run()
    assert not at.exception
    head = stored(conversation).head
    assert head == "other" if button == "continue-other" else head not in ("other", "a1")
    assert stored(conversation).path()[-1].id == head
    assert ASIDE not in said(at)
    assert BEHIND not in said(at)


def test_branch_that_somebody_else_went_on_with_meanwhile_is_said_to_be_newer():
    conversation = with_branches()
    at = look(conversation)
    services().store.add_message("personal", conversation.id, Message("q2", "a1", "user", "More", utc_now()))
    at.run()
    assert BEHIND in said(at)
    assert "The quokka lives elsewhere." in said(at)

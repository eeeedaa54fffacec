"""*Suggest a title*: the model is asked, its title is put into the field, and only Save keeps it."""

import html
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation
from chat.errors import OverLimit
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.pages import app, click, keep, page  # noqa: F401
from ui.services import services


def kept(model: str) -> Conversation:
    conversation = keep(1, "Lisbon")
    settings = replace(conversation.settings, model=model)
    return services().store.update("personal", conversation.id, settings=settings)


def asked(conversation: Conversation) -> AppTest:
    """Open the window for its name, ask for a title, and wait for what comes of that."""
    at = page("Home.py")
    click(at, conversation, "rename")
    assert at.text_input(key="new_title").value == "Lisbon"
    return suggest(at)


def suggest(at: AppTest) -> AppTest:
    at.button(key="suggest_title").click().run()
    if "suggested_title" in at.session_state:  # else it has come already
        at.session_state["suggested_title"].title.exception(20)
    return at.run()


def test_title_of_the_model_is_put_into_the_field_and_kept_by_save(models: FakeModelServer):
    models.script = ['"Tea in Porto."\n']
    conversation = kept("openai/by-script")
    at = asked(conversation)
    assert not at.exception
    assert at.text_input(key="new_title").value == "Tea in Porto"
    assert services().store.get("personal", conversation.id).title == "Lisbon"
    at.button(key="save_title").click().run()
    renamed = services().store.get("personal", conversation.id)
    assert (renamed.title, renamed.title_source) == ("Tea in Porto", "manual")


@pytest.mark.parametrize("window", ["rename", "conversation"])
def test_why_there_is_no_title_is_said_in_the_window(window):
    conversation = kept("nobody/at-all")
    at = page("Home.py")
    click(at, conversation)
    if window == "rename":
        click(at, conversation, "rename")
    else:
        at.button(key="conversation_menu").click().run()
    suggest(at)
    assert [html.unescape(each.value) for each in at.error] == [
        "This conversation's model is not available here: choose another model, then try again."
    ]
    assert at.text_input(key="new_title").value == "Lisbon"
    assert not at.button(key="suggest_title").disabled


def test_limits_hold_for_a_title_too(monkeypatch, models: FakeModelServer):
    conversation = kept("openai/by-script")
    monkeypatch.setattr("ui.naming.title_form.check", refuse)
    at = asked(conversation)
    assert [each.value for each in at.error] == ["No more today."]
    assert models.asked == []


def refuse(*_: object) -> None:
    raise OverLimit("No more today.")

"""Choosing a model: what there is comes first, nothing is made up, and a new chat takes the one used last."""

import pytest
import streamlit as st

from chat.conversation import ConversationSettings
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.pages import app, keep, page, said, wait_for_replies  # noqa: F401
from ui import visit
from ui.services import services

CARDS = [{"id": name, "object": "model"} for name in ("echo", "normal", "thinker-r1")]


@pytest.fixture(autouse=True)
def listed(app, models: FakeModelServer, monkeypatch):  # noqa: F811
    models.models = CARDS
    monkeypatch.setattr(visit, "PICKER_WAIT", 20.0)
    monkeypatch.setattr("ui.chat_page.model_picker.PICKER_WAIT", 20.0)


def panel(at):
    at.session_state["model_and_memory"] = True
    return at.run()


def picker(at):
    (box,) = [each for each in at.selectbox if each.label == "Model"]
    return box


def other(at):
    (box,) = [each for each in at.text_input if each.label == "A model that is not listed"]
    return box


def label(at) -> str:
    (panel,) = [each.proto.popover for each in at.main.get("popover")]
    return panel.label


def is_open(at) -> bool:
    return any(each.label == "Model" for each in at.selectbox)


def answered_by(at, text="Hello") -> str | None:
    at.chat_input(key="message").set_value(text).run()
    wait_for_replies()
    at.run()
    newest = services().store.list("personal")[0]
    return services().store.get("personal", newest.id).path()[-1].model


def new_chat(at):
    return at.button(key="new_chat").click().run()


def test_list_has_what_there_is_and_takes_nothing_else():
    box = picker(panel(page("Home.py")))
    assert [each for each in box.options if each.startswith("OpenAI")] == [
        "OpenAI/echo",
        "OpenAI/normal",
        "OpenAI/thinker-r1",
    ]
    assert box.proto.accept_new_options is False


def test_panel_stays_open_after_a_choice_and_closes_as_a_person_closes_it():
    at = panel(page("Home.py"))
    picker(at).set_value("openai/normal").run()
    assert not at.exception
    assert (is_open(at), label(at)) == (True, "normal")
    at.session_state["model_and_memory"] = False
    at.run()
    assert not is_open(at)
    at.run()
    assert not is_open(at)


@pytest.mark.parametrize("typed", ["think", "r1", "THINK"])
def test_name_that_could_be_a_listed_model_adds_none(typed):
    at = panel(page("Home.py"))
    other(at).set_value(typed).run()
    told = f"“{typed}” is part of openai/thinker-r1: choose that above, or type the other's whole provider/model."
    assert told.replace("/", "/") in [each.replace("\\", "") for each in said(at)]
    assert (label(at), other(at).value) == ("echo", typed)


def test_name_of_a_listed_model_picks_that():
    at = panel(page("Home.py"))
    other(at).set_value("thinker-r1").run()
    assert (label(at), picker(at).value, other(at).value) == ("thinker-r1", "openai/thinker-r1", "")
    assert "Added" not in " ".join(said(at))


def test_name_that_no_list_has_is_added_and_that_is_said():
    at = panel(page("Home.py"))
    other(at).set_value("by-script").run()
    assert (label(at), picker(at).value, other(at).value) == ("by-script", "openai/by-script", "")
    told = "Added openai/by-script, which is in no list: if there is no such model, its answer says so."
    assert told in [each.replace("\\", "") for each in said(at)]
    assert is_open(at)


def test_new_chat_takes_the_model_that_was_chosen_last_also_after_a_reload_and_a_restart():
    at = panel(page("Home.py"))
    picker(at).set_value("openai/normal").run()
    assert label(new_chat(at)) == "normal"
    assert label(page("Home.py")) == "normal"
    st.cache_resource.clear()
    at = page("Home.py")
    assert label(at) == "normal"
    assert answered_by(at) == "openai/normal"


def test_new_chat_takes_the_model_that_answered_last():
    conversation = keep(1)
    services().store.update("personal", conversation.id, settings=ConversationSettings(model="openai/normal"))
    at = page("Home.py")
    at.query_params["c"] = conversation.id
    at.run()
    assert label(page("Home.py")) == "echo"  # looking at it uses nothing
    assert answered_by(at) == "openai/normal"
    assert label(new_chat(at)) == "normal"
    assert label(page("Home.py")) == "normal"


def test_who_never_chose_follows_what_is_set_up(monkeypatch):
    assert answered_by(page("Home.py")) == "openai/echo"
    monkeypatch.setenv("CHATKEEP_MODEL", "openai/normal")
    st.cache_resource.clear()
    assert label(page("Home.py")) == "normal"


def test_who_went_back_to_what_is_set_up_stays_there(monkeypatch):
    at = panel(page("Home.py"))
    picker(at).set_value("openai/normal").run()
    picker(at).set_value("openai/echo").run()
    assert label(page("Home.py")) == "echo"


@pytest.mark.parametrize("gone", ["its key", "its provider", "its model on this machine"])
def test_model_that_cannot_be_used_any_more_gives_way(gone, monkeypatch):
    last = {"its key": "mistral/codestral", "its provider": "acme/large"}.get(gone, "local/removed")
    services().store.set_preferences("personal", last_model=last)
    assert label(page("Home.py")) == "echo"


def test_preference_that_cannot_be_kept_keeps_nobody_from_choosing(monkeypatch):
    from store.conversations import StoreError

    def full(*names, **changes):
        raise StoreError("No space is left.")

    at = panel(page("Home.py"))
    monkeypatch.setattr(services().store, "set_preferences", full)
    picker(at).set_value("openai/normal").run()
    assert not at.exception
    assert label(at) == "normal"
    assert answered_by(at) == "openai/normal"

"""What another tab or a push changes is drawn anew wherever a page shows it, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

import ui.page
from chat.conversation import Conversation, Waiting, utc_now
from chat.errors import OverLimit
from chat.owner import visitor_of
from chat.titles import UNTITLED
from store.conversations import ConversationStore
from store.files.store import TinyDBFiles
from tests.support.pages import ROOT, app, click, keep, page, rows, titles, to_be_drawn  # noqa: F401
from tests.support.processes import wait_for
from ui.chat_page import in_line, messages
from ui.conversation_list import entries
from ui.identity import identify
from ui.services import services
from ui.visit import Visit


def store() -> ConversationStore:
    return services().store


def opened(conversation: Conversation, **session: object) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation.id
    for key, value in session.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception
    assert to_be_drawn(at) == ()
    return at


def test_window_of_a_conversation_opens_with_its_tags_and_pin_of_now():
    kept = keep(1)
    at = opened(kept)
    store().update("personal", kept.id, tags=("baking",))
    assert to_be_drawn(at) == ("header",)
    store().update("personal", kept.id, tags=(), pinned=True)
    assert to_be_drawn(at) == ("header", "conversations")


def test_tab_is_called_by_its_first_words_also_where_they_are_those_of_an_empty_chat():
    at = page("Home.py")
    draft, kept = at.session_state["draft_conversation"], keep(1, UNTITLED)
    store().create(replace(kept, id=draft.id, settings=draft.settings))
    assert to_be_drawn(at) == ("conversations",)
    at.session_state["open_conversation"] = draft.id
    assert "tab" in (to_be_drawn(at) or ())


def test_panel_of_the_model_offers_a_model_as_its_provider_names_it(models):
    at = page("Home.py")
    at.session_state["model_and_memory"] = True
    at.run()
    wait_for(lambda: to_be_drawn(at.run()) == (), "all providers have answered")
    models.models = [{"id": "just-out", "object": "model"}]
    services().providers.ask_again("openai")
    wait_for(lambda: to_be_drawn(at) == ("header",), "the panel is to be drawn anew")


def test_answers_say_their_models_label_and_their_day_of_now(monkeypatch):
    kept = keep(1)
    labels = ["echo"]
    monkeypatch.setattr(Visit, "model_label", lambda *_: labels[0])
    at = opened(kept)
    labels[0] = "Echo, the second"
    assert to_be_drawn(at) == ("message-1", "header")
    labels[0] = "echo"
    monkeypatch.setattr(messages, "utc_now", lambda: utc_now() + timedelta(days=1))
    assert to_be_drawn(at) == ("message-1", "message-0")


def test_what_waits_in_line_says_why_it_does_now(monkeypatch):
    why = ["Too much for today."]

    def refuse(*_: object) -> None:
        raise OverLimit(why[0])

    monkeypatch.setattr(in_line, "check_question", refuse)
    kept = keep(1)
    store().line.join("personal", kept.id, Waiting("w1", "And then?", utc_now(), "a1"))
    at = opened(kept)
    why[0] = "Too much for this hour."
    assert to_be_drawn(at) == ("message_box",)


def test_list_says_how_many_are_found_by_now(monkeypatch):
    monkeypatch.setattr(entries, "FOUND", 1)
    keep(1, "Lisbon")
    at = opened(keep(2, "Porto"), sidebar_search="Lisbon")
    keep(3, "Not far from Lisbon, and south of Porto, where the river is")
    assert titles(at, "found") == ["Lisbon"]
    assert to_be_drawn(at) == ("conversations",)


def test_empty_chat_offers_no_question_where_nothing_can_be_kept_by_now(monkeypatch):
    at = page("Home.py")
    assert to_be_drawn(at) == ()
    monkeypatch.setattr(TinyDBFiles, "read_only", lambda *_: "The disk is full.")
    assert to_be_drawn(at) == ("path", "message_box", "notes")


def test_note_that_files_do_not_last_comes_with_the_first_word_and_takes_all_there_is(monkeypatch):
    monkeypatch.setattr(ui.page, "_is_on_community_cloud", lambda: True)
    offered = []
    monkeypatch.setattr(ui.page, "draw_download_of", lambda visit, ids, count, **_: offered.append((ids, count)))
    at = page("Home.py")
    first = keep(1)
    assert to_be_drawn(at) == ("notes", "conversations")
    at.run()
    assert to_be_drawn(at) == ()
    other = keep(2)
    ((ids, count),) = offered
    assert (ids(), count) == ([first.id, other.id], 1)
    assert to_be_drawn(at) == ("notes", "conversations")


def test_note_of_whose_place_this_is_goes_as_another_tab_dismisses_it(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    token = "A" * 43
    monkeypatch.setattr(identify, "token_in", lambda *_, **__: token)
    at = page("Home.py")
    assert to_be_drawn(at) == ()
    store().set_preferences(visitor_of(token).id, knows_place=True)
    assert to_be_drawn(at) == ("notes",)


@pytest.mark.parametrize("name", ["pages/1_History.py", "pages/4_Settings.py", "pages/5_Admin.py"])
def test_all_of_a_page_whose_body_is_in_no_part_is_drawn_with_what_a_part_changes(name):
    kept = keep(1)
    at = page(name)
    assert to_be_drawn(at) == ()
    store().update("personal", kept.id, pinned=True)
    assert to_be_drawn(at) is None


def test_window_over_such_a_page_is_not_disturbed_by_it():
    kept = keep(1)
    at = page("pages/1_History.py")
    click(at, kept, "rename")
    store().update("personal", kept.id, pinned=True)
    assert to_be_drawn(at) == ("conversations",)
    assert rows(at) == [kept.title]

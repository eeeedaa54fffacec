"""The list of conversations in the sidebar: what its rows say, and that each click on one has its effect once."""

from __future__ import annotations

import json

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, utc_now
from tests.support.pages import app, click, entries, keep, page, said, titles  # noqa: F401
from ui.browser.rows import Click
from ui.services import services


def row_of(at: AppTest, conversation: Conversation) -> dict[str, object]:
    (row,) = [row for _, rows in entries(at) for row in rows if row["id"] == conversation.id]
    return row


def marked(at: AppTest) -> list[str]:
    return [row["title"] for _, rows in entries(at) for row in rows if row["is_open"]]


def test_open_conversation_is_marked_also_where_its_address_opened_it():
    first, other = keep(1, "Lisbon"), keep(2, "Porto")
    at = page("Home.py")
    assert marked(at) == []
    at.query_params["c"] = other.id
    assert marked(at.run()) == ["Porto"]
    assert marked(click(at, first)) == ["Lisbon"]
    del at.query_params["c"]
    assert marked(at.run()) == []


def test_link_of_a_row_leads_to_its_conversation():
    keep(1)
    for name in ("Home.py", "pages/1_History.py"):
        (proto,) = [each.proto for each in page(name).get("bidi_component") if each.proto.id.endswith("-recent")]
        assert json.loads(proto.json)["address"].endswith("/?c=")


def test_address_leads_to_a_message_once():
    kept = keep(1, "Lisbon")
    at = page("Home.py")
    at.query_params["c"], at.query_params["m"] = kept.id, "a1"
    at.run()
    assert not at.exception
    assert at.query_params == {"c": kept.id}
    assert at.session_state["message_to_show"][0] == "a1"


@pytest.mark.parametrize(("conversation", "message"), [("kept", "nothing"), ("unknown", "a1"), (None, "a1")])
def test_address_of_what_is_not_there_leads_nowhere_else(conversation, message):
    kept = keep(1, "Lisbon")
    at = page("Home.py")
    if conversation is not None:
        at.query_params["c"] = kept.id if conversation == "kept" else conversation
    at.query_params["m"] = message
    at.run()
    assert not at.exception
    assert at.query_params == ({"c": kept.id} if conversation == "kept" else {})
    assert "message_to_show" not in at.session_state


@pytest.mark.parametrize("is_open", [True, False])
def test_menu_of_a_row_pins_downloads_renames_and_deletes(is_open):
    kept, other = keep(1, "Lisbon"), keep(2, "Porto")
    at = page("Home.py")
    click(at, kept if is_open else other)
    assert row_of(at, kept)["menu"] == [
        ["rename", "Rename"],
        ["pin", "Pin"],
        ["download", "Download"],
        ["delete", "Delete"],
    ]
    click(at, kept, "pin")
    assert services().store.get("personal", kept.id).pinned
    assert row_of(at, kept)["menu"][1] == ["unpin", "Unpin"]
    click(at, kept, "unpin")
    assert not services().store.get("personal", kept.id).pinned
    click(at, kept, "rename")
    at.text_input(key="new_title").set_value(" Tea in  Lisbon ")
    at.button(key="save_title").click().run()
    renamed = services().store.get("personal", kept.id)
    assert (renamed.title, renamed.title_source) == ("Tea in Lisbon", "manual")
    click(at, kept, "download")
    assert [each.label for each in at.get("download_button")] == ["Download"]
    click(at, kept, "delete")
    assert not at.exception
    assert titles(at) == ["Porto"]
    assert "Deleted “Tea in Lisbon”." in said(at)
    assert ("Answer 1" in said(at), "Answer 2" in said(at)) == (False, not is_open)


def test_click_on_a_row_that_is_gone_is_said_and_breaks_nothing():
    first, other = keep(1), keep(2)
    at = page("Home.py")
    services().store.trash("personal", other.id)
    services().store.erase("personal", other.id)
    click(at, other, "pin")
    assert not at.exception
    assert titles(at) == [first.title]


@pytest.mark.parametrize("what", ["open", "pin", "delete"])
def test_row_that_is_not_in_the_list_cannot_be_clicked(what):
    keep(1)
    foreign = keep(2, trashed_at=utc_now())
    before = services().store.get("personal", foreign.id)
    at = click(page("Home.py"), foreign, what)
    assert not at.exception
    assert ("c" in at.query_params, services().store.get("personal", foreign.id)) == (False, before)


def test_every_click_is_taken_once_and_none_is_lost_to_the_next():
    """The browser says each click again until it has been told that it was taken."""

    def script() -> None:
        import streamlit as st

        from ui.browser.rows import Group, Row, draw_rows

        taken = st.session_state.setdefault("taken", [])
        draw_rows([Group([Row("a", "A")])], taken.append, key="list", name="Rows", look="list", address="/?c=")

    at = AppTest.from_function(script, default_timeout=60).run()
    (component,) = at.get("bidi_component")

    def say(*clicks: object) -> list[Click]:
        state = WidgetState(id=component.proto.id, json_value=json.dumps({"clicks": clicks}))
        widgets = at._tree.get_widget_states()
        widgets.widgets.append(state)
        assert not at._run(widget_state=widgets).exception
        return list(at.session_state["taken"])

    first, second, third = ({"number": number, "id": "a", "what": f"what {number}"} for number in (1, 2, 3))
    assert say(first) == [Click("a", "what 1")]
    assert say(first, second) == [Click("a", "what 1"), Click("a", "what 2")]
    assert say(second, third) == [Click("a", f"what {number}") for number in (1, 2, 3)]
    assert say("nonsense", {"number": "9", "id": "a", "what": "x"}, {"number": 9}, 9) == say(third)

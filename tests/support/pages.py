"""The pages in this process, without a browser: a store and models of their own, and what a page says.

`app` is a fixture of each test file that opens pages: `from tests.support.pages import app  # noqa: F401`.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, ConversationSettings, Message, utc_now
from tests.support.fakes.fake_server import FakeModelServer
from ui.services import close_services, services
from ui.work import work

ROOT = Path(__file__).resolve().parents[2]
ROW = "chatkeep_message_row"
"""The component that is the row under a message."""


@pytest.fixture(autouse=True)
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: FakeModelServer) -> Iterator[None]:
    """Give the pages a store and models of their own, for one personal owner."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("CHATKEEP_MODE", "personal")
    monkeypatch.setenv("STORE_URL", f"tinydb:///{tmp_path}/data")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", models.url)
    monkeypatch.setenv("CHATKEEP_MODEL", "openai/echo")
    monkeypatch.setenv("CHATKEEP_LOCAL_SERVERS", "off")  # whatever runs on this machine
    for name in ("MISTRAL_API_KEY", "MISTRAL_SERVER_URL", "CHATKEEP_GGUF", "CHATKEEP_VISITOR_KEYS"):
        monkeypatch.delenv(name, raising=False)
    # However busy this machine is, a click's work ends within its run, as it mostly does for a person.
    monkeypatch.setattr(work, "AT_ONCE_SECONDS", 20)
    st.cache_resource.clear()
    yield
    close_services()
    st.cache_resource.clear()


def page(name: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    return (at if name == "Home.py" else at.switch_page(name)).run()


def keep(number: int, title: str = "", **fields: Any) -> Conversation:
    moment = utc_now() - timedelta(minutes=number)
    messages = (
        Message(f"q{number}", None, "user", f"Question {number}", moment),
        Message(f"a{number}", f"q{number}", "assistant", f"Answer {number}", moment, model="openai/echo"),
    )
    conversation = Conversation(
        f"{number:032x}",
        "personal",
        title or f"Conversation {number}",
        moment,
        moment,
        head=f"a{number}",
        settings=ConversationSettings(model="openai/echo"),
        messages=messages,
        **fields,
    )
    services().store.create(conversation)
    return conversation


def entries(at: AppTest, key: str = "recent") -> list[tuple[str, list[dict[str, Any]]]]:
    """Return what a list of rows is told to draw, by its headings: the sidebar's are `recent` and `found`, the History
    page's is `history`."""
    found = [each.proto for each in at.get("bidi_component") if each.proto.id.endswith(f"-{key}")]
    return [(group["name"], group["rows"]) for each in found for group in json.loads(each.json)["groups"]]


def titles(at: AppTest, key: str = "recent") -> list[str]:
    """Return the titles that such a list shows."""
    return [row["title"] for _, listed in entries(at, key) for row in listed]


def click(at: AppTest, conversation: Conversation, what: str = "open", *, key: str = "recent") -> AppTest:
    """Do this with a row of such a list, as its component says it."""
    (proto,) = [each.proto for each in at.get("bidi_component") if each.proto.id.endswith(f"-{key}")]
    said = {"number": json.loads(proto.json)["seen"] + 1, "id": conversation.id, "what": what}
    widgets = at._tree.get_widget_states()
    widgets.widgets.append(WidgetState(id=proto.id, json_value=json.dumps({"clicks": [said]})))
    return at._run(widget_state=widgets)


def rows(at: AppTest) -> list[str]:
    """Return the titles that the History page lists."""
    return titles(at, "history")


def tick(at: AppTest, conversation: Conversation) -> None:
    click(at, conversation, "select", key="history")


def said(at: AppTest) -> list[str]:
    """Return all that the page says; a colon that is written as an entity reads as a colon."""
    elements = (*at.markdown, *at.text, *at.caption, *at.info, *at.error, *at.warning)
    return [html.unescape(each.value) for each in elements]


def wait_for_replies() -> None:
    for reply in services().replies.active():
        assert reply.wait_until_ended(20)


def row_under(at: AppTest, message_id: str) -> dict[str, Any]:
    """Return what the row of a message was given to draw."""
    data: dict[str, Any] = json.loads(_row(at, message_id).json)
    return data


def press(at: AppTest, message_id: str, name: str, value: int = 0) -> AppTest:
    """Press what has this name in the row of a message, as the browser says it to the server, and run the page."""
    states = at._tree.get_widget_states()
    state = states.widgets.add()
    state.id = f"$$STREAMLIT_INTERNAL_KEY_{_row(at, message_id).id}__events"
    state.json_trigger_value = json.dumps({"event": "action", "value": {"name": name, "value": value}})
    return at._run(states)


def _row(at: AppTest, message_id: str) -> Any:
    protos = (each.proto for each in at.get("bidi_component"))
    return next(each for each in protos if each.component_name == ROW and each.id.endswith(f"row-{message_id}"))


def to_be_drawn(at: AppTest) -> tuple[str, ...] | None:
    """Return the parts that the next run of any part would draw anew, in a browser that shows this page; None where it
    would be all of the page."""
    look = AppTest.from_function(_look_for_changes, default_timeout=20)
    for key, value in at.session_state._state.filtered_state.items():
        look.session_state[key] = value
    assert not look.run().exception
    return look.session_state["to_be_drawn"]  # type: ignore[no-any-return]


def _look_for_changes() -> None:
    import streamlit as st

    from ui.running import parts

    st.session_state["to_be_drawn"] = parts.changed()

"""The keys configured here are used for nobody who may not: not for an answer, a list of models, or anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, ConversationSettings, new_id, utc_now
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.pages import app, page, said, wait_for_replies
from ui.services import services

__all__ = ["app"]

CONFIGURED = {"MISTRAL_API_KEY": "mistral-configured", "OPENAI_API_KEY": "openai-configured"}


@pytest.fixture(autouse=True)
def configured(app: None, models: FakeModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two keys and an endpoint are configured, all of which lead to the same server; everybody is a visitor."""
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    for name, key in CONFIGURED.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setenv("MISTRAL_SERVER_URL", models.root_url)
    endpoint = {"base_url": models.url, "api_key": "endpoint-configured"}
    monkeypatch.setattr(type(st.secrets), "to_dict", lambda self: {"providers": {"house": endpoint}})


def ask(at: AppTest, model: str) -> None:
    """Ask this model in a new conversation, as somebody could who typed its name, or opened a chat that had it."""
    at.button(key="new_chat").click().run()
    now = utc_now()
    owner, settings = at.session_state["owner"], ConversationSettings(model=model)
    at.session_state["draft_conversation"] = Conversation(new_id(), owner, "New chat", now, now, settings=settings)
    at.run()
    at.chat_input(key="message").set_value("Hello").run()
    wait_for_replies()
    at.run()


def used(models: FakeModelServer) -> set[str]:
    return {str(each.headers.get("authorization", "")).removeprefix("Bearer ") for each in models.requests}


def look_everywhere(at: AppTest) -> None:
    for name in ("pages/4_Settings.py", "pages/1_History.py", "Home.py"):
        assert not at.switch_page(name).run().exception


@pytest.mark.parametrize("said_of_visitors", [None, "0", "yes", "2", "true false"])
def test_no_request_is_made_with_them_for_a_visitor(
    models: FakeModelServer, monkeypatch: pytest.MonkeyPatch, said_of_visitors: str | None
) -> None:
    if said_of_visitors is not None:
        monkeypatch.setenv("CHATKEEP_VISITOR_KEYS", said_of_visitors)
    at = page("Home.py")
    for model in ("mistral/mistral-small-latest", "openai/echo", "house/echo"):
        ask(at, model)
    look_everywhere(at)
    assert models.requests == []


def test_they_are_used_for_visitors_who_may(models: FakeModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_VISITOR_KEYS", "1")
    at = page("Home.py")
    for model in ("mistral/mistral-small-latest", "openai/echo", "house/echo"):
        ask(at, model)
    assert used(models) == {*CONFIGURED.values(), "endpoint-configured"}


def test_a_typed_key_is_used_alone_and_nowhere_on_the_disk_or_in_another_session(
    models: FakeModelServer, tmp_path: Path
) -> None:
    at = page("pages/4_Settings.py")
    at.text_input(key="key-OPENAI_API_KEY").set_value("sk-typed-by-me")
    at.button(key="use-OPENAI_API_KEY").click().run()
    look_everywhere(at)
    ask(at, "openai/echo")
    assert used(models) == {"sk-typed-by-me"}
    services().store.wait_until_ready()
    kept = [path.name for path in tmp_path.rglob("*") if path.is_file() and b"sk-typed-by-me" in path.read_bytes()]
    assert kept == []
    other = page("pages/4_Settings.py")
    assert said(other).count("Needs an API key.") == 2

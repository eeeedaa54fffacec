"""A store that fails while a page is drawn: a sentence in that place, and all else as ever."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from store.conversations import StoreError
from store.files.store import TinyDBFiles
from store.rules import LATER_VERSION, LIST_IN_MEMORY, READ_ONLY
from tests.support.pages import ROOT, app, click, keep, page, rows, said, tick, titles, wait_for_replies  # noqa: F401
from ui.guard import UNDONE, UNDRAWN
from ui.services import services

PAGES = ("Home.py", "pages/1_History.py", "pages/4_Settings.py")
LIST = ("list_trouble", "list", "count", "search", "facets", "holding", "damaged", "rebuilding")
TIDY = ("interrupt_orphans", "erase_expired")
NO_LIST = "The list cannot be read."


def break_store(monkeypatch, *verbs: str, error: Exception | None = None) -> None:
    def failing(*_arguments, **_changes):
        raise error or StoreError(NO_LIST)

    for verb in verbs:
        monkeypatch.setattr(TinyDBFiles, verb, failing)


def chat(conversation_id: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation_id
    return at.run()


@pytest.mark.parametrize("error", [StoreError("The disk does not answer."), RuntimeError("a bug at /private/path")])
@pytest.mark.parametrize("verb", [*LIST, *TIDY, "get", "preferences", "read_only"])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_crashes_whatever_the_store_cannot_do(monkeypatch, name, verb, error):
    conversation = keep(1)
    with monkeypatch.context() as changed:
        break_store(changed, verb, error=error)
        at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
        at.query_params["c"] = conversation.id
        at = (at if name == "Home.py" else at.switch_page(name)).run()
        assert not at.exception
        assert not [text for text in said(at) if "private" in text or "Traceback" in text]
        assert "New chat" in [each.label for each in at.sidebar.button]


def test_conversation_opens_and_goes_on_without_a_list(monkeypatch):
    conversation = keep(1)
    break_store(monkeypatch, *LIST, *TIDY)
    at = chat(conversation.id)
    assert "Answer 1" in said(at)
    assert [each.value for each in at.sidebar.warning] == [NO_LIST]
    assert "Tried again every few seconds. What is open goes on." in [each.value for each in at.sidebar.caption]
    at.chat_input(key="message").set_value("Go on").run()
    wait_for_replies()
    at.run()
    assert not at.exception
    kept = services().store.get("personal", conversation.id)
    assert [message.content for message in kept.path()] == ["Question 1", "Answer 1", "Go on", "Go on"]


def test_sidebar_lists_again_once_the_list_is_back(monkeypatch):
    keep(1, "Lisbon")
    with monkeypatch.context() as changed:
        break_store(changed, *LIST, *TIDY)
        at = page("Home.py")
        assert [each.label for each in at.sidebar.button] == ["New chat"]
    at.run()
    assert titles(at) == ["Lisbon"]
    assert not at.sidebar.warning


def test_app_starts_without_a_list(monkeypatch):
    conversation = keep(1)
    services().close()
    st.cache_resource.clear()
    break_store(monkeypatch, *LIST, *TIDY)
    assert "Answer 1" in said(chat(conversation.id))


def test_history_says_why_and_tries_again_with_the_same_search(monkeypatch):
    keep(1, "Lisbon"), keep(2, "Porto")
    at = page("pages/1_History.py")
    at.text_input(key="q").set_value("porto").run()
    with monkeypatch.context() as changed:
        break_store(changed, *LIST, *TIDY)
        at.run()
        assert [each.value for each in at.main.error] == [NO_LIST]
    at.button(key="try_again").click().run()
    assert rows(at) == ["Porto"]
    assert not at.main.error


def test_settings_offer_keys_and_backups_without_a_list(monkeypatch):
    keep(1)
    break_store(monkeypatch, *LIST, *TIDY)
    at = page("pages/4_Settings.py")
    assert [each.value for each in at.main.error] == [NO_LIST]
    assert at.text_input(key="key-MISTRAL_API_KEY")
    assert at.button(key="back_up")


def test_windows_say_what_they_cannot_do(monkeypatch):
    conversation = keep(1)
    at = page("pages/1_History.py")
    with monkeypatch.context() as changed:
        break_store(changed, "get", error=StoreError("The disk does not answer."))
        click(at, conversation, "preview", key="history")
        assert not at.exception
        assert "The disk does not answer." in said(at)
    with monkeypatch.context() as changed:
        break_store(changed, "facets")
        click(at, conversation, "more", key="history")
        assert not at.exception
        assert at.text_input(key="new_title").value == "Conversation 1"  # what it can do without a list
        tick(at, conversation)
        at.button(key="tag_selected").click().run()
        assert not at.exception
        assert at.multiselect(key="tags_for_many").options == []


def test_one_message_that_cannot_be_drawn_hides_no_other(monkeypatch):
    conversation = keep(1)

    def failing(text: str) -> str:
        raise RecursionError(text)

    monkeypatch.setattr("ui.markdown.draw.safe_markdown", failing)
    at = chat(conversation.id)
    assert not at.exception
    assert "Question 1" in said(at)
    assert UNDRAWN in said(at)
    assert at.chat_input(key="message")


@pytest.mark.parametrize(
    ("error", "sentence"), [(StoreError("The disk is full."), "The disk is full."), (RuntimeError("a bug"), UNDONE)]
)
def test_words_that_could_not_be_sent_go_back_into_the_input(monkeypatch, error, sentence):
    at = page("Home.py")
    with monkeypatch.context() as changed:
        break_store(changed, "create", error=error)
        at.chat_input(key="message").set_value("My long message").run()
    assert not at.exception
    assert sentence in said(at)
    assert at.chat_input(key="message").value == "My long message"


def test_action_that_fails_unforeseen_says_so(monkeypatch):
    conversation = keep(1, trashed_at=None)
    services().store.trash("personal", conversation.id)
    at = page("pages/1_History.py")
    at.text_input(key="q").set_value("in:trash").run()
    break_store(monkeypatch, "restore", error=RuntimeError("a bug"))
    click(at, conversation, "restore", key="history")
    assert not at.exception
    assert UNDONE in said(at)


def test_store_that_cannot_be_written_says_so_and_takes_no_message(monkeypatch):
    conversation = keep(1)
    monkeypatch.setattr(TinyDBFiles, "read_only", lambda _store, *_of: READ_ONLY)
    at = chat(conversation.id)
    assert not at.exception
    assert said(at).count(READ_ONLY) == 1
    assert at.chat_input(key="message").disabled
    assert "Answer 1" in said(at)
    for name in PAGES[1:]:
        assert said(page(name)).count(READ_ONLY) == 1


def test_conversation_of_a_later_version_is_shown_and_takes_no_message():
    conversation = keep(1)
    (path,) = Path(services().settings.store_url.removeprefix("tinydb:///")).glob(f"personal/{conversation.id}.json")
    path.write_text(path.read_text("utf-8").replace('"version":2', '"version":99'), "utf-8")
    at = chat(conversation.id)
    assert not at.exception
    assert said(at).count(LATER_VERSION) == 1
    assert at.chat_input(key="message").disabled
    assert "Answer 1" in said(at)
    assert not page("Home.py").chat_input(key="message").disabled


def test_message_can_be_sent_where_the_store_can_be_written():
    assert not page("Home.py").chat_input(key="message").disabled


def test_list_that_is_in_memory_only_is_said_in_the_sidebar(monkeypatch):
    conversation = keep(1)
    monkeypatch.setattr(TinyDBFiles, "list_trouble", lambda _store: LIST_IN_MEMORY)
    at = page("Home.py")
    assert [each.value for each in at.sidebar.warning] == [LIST_IN_MEMORY]
    assert titles(at) == [conversation.title]


def test_folder_in_the_place_of_the_list_keeps_no_conversation_from_opening(tmp_path):
    conversation = keep(1)
    services().close()
    st.cache_resource.clear()
    for path in (tmp_path / "data").glob(".catalog.sqlite3*"):
        path.unlink()
    (tmp_path / "data" / ".catalog.sqlite3").mkdir()
    at = chat(conversation.id)
    assert not at.exception
    assert "Answer 1" in said(at)
    at.chat_input(key="message").set_value("Go on").run()
    wait_for_replies()
    at.run()
    assert not at.exception
    assert services().store.get("personal", conversation.id).path()[-1].content == "Go on"

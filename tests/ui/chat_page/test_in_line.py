"""Messages that are sent while an answer arrives: in line, seen, taken back, and sent in their turn."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, Waiting, utc_now
from chat.owner import PERSONAL
from store.conversations import StoreError
from store.files.store import TinyDBFiles
from tests.support.pages import ROOT, app, keep, page, said, wait_for_replies  # noqa: F401
from ui import actions
from ui.chat_page.in_line import NOT_THERE, NOT_WHOLE
from ui.services import close_services, services
from ui.visit import Visit

WAITS = ":gray-badge[In line] "


@pytest.fixture(autouse=True)
def by_script(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODEL", "openai/by-script")


def kept() -> Conversation:
    (summary,) = services().store.list("personal")
    return services().store.get("personal", summary.id)


def path() -> list[str]:
    return [message.content for message in kept().path()]


def in_line(at: AppTest) -> list[str]:
    return [words.removeprefix(WAITS) for words in said(at) if words.startswith(WAITS)]


def opened(conversation_id: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation_id
    return at.run()


def send(at: AppTest, words: str) -> AppTest:
    return at.chat_input(key="message").set_value(words).run()


def press(at: AppTest, label: str, number: int = 0) -> AppTest:
    return [each for each in at.button if each.label == label][number].click().run()


def wait_until_said(*words: str) -> None:
    """Wait for the thread that sends what is next."""
    for _ in range(1_000):
        if path() == list(words) and kept().path()[-1].status != "streaming":
            return
        time.sleep(0.01)
    raise AssertionError(path())


def begun(models, *steps) -> AppTest:
    """Have an answer on its way."""
    models.script = list(steps)
    at = send(page("Home.py"), "First?")
    models.wait_for(lambda: models.asked and models.asked[-1].sent == 1)
    return at


def test_messages_wait_in_order_and_go_one_after_the_other_though_nobody_looks(models):
    gate = models.gate()
    at = begun(models, "One ", gate, "two")
    send(at, "Second *one*?")
    send(at, "Third?")
    assert in_line(at) == ["Second \\*one\\*?", "Third?"]
    assert not at.error
    assert [each.content for each in kept().waiting] == ["Second *one*?", "Third?"]
    assert len(models.asked) == 1
    gate.open()
    answer = "One two"
    wait_until_said("First?", answer, "Second *one*?", answer, "Third?", answer)
    assert kept().waiting == ()
    assert [each.body["messages"][-1]["content"] for each in models.asked] == ["First?", "Second *one*?", "Third?"]
    assert in_line(at.run()) == []


def test_another_tab_and_a_reload_show_what_waits_and_can_take_it_back(models):
    gate = models.gate()
    at = begun(models, "One ", gate, "two")
    send(at, "Second?")
    send(at, "Third?")
    other = opened(kept().id)
    assert in_line(other) == ["Second?", "Third?"]
    press(other, "Take back")
    assert in_line(other) == ["Third?"]
    assert other.session_state["returned_words"].words == "Second?"
    press(at, "Take back")  # still drawn for the one that is gone
    assert "This message is not in line any more: it was sent, or taken back." in said(at)
    gate.open()
    wait_until_said("First?", "One two", "Third?", "One two")


def test_message_sent_while_the_last_words_of_an_answer_are_saved_follows_it(models, monkeypatch):
    update_message, saving = TinyDBFiles.update_message, threading.Event()

    def slow(store, *names, **changes):
        if changes.get("status") == "complete":
            saving.wait(20)
        return update_message(store, *names, **changes)

    monkeypatch.setattr(TinyDBFiles, "update_message", slow)
    at = begun(models, "All there is to say.")
    send(at, "Second?")
    assert in_line(at) == ["Second?"]
    saving.set()
    wait_until_said("First?", "All there is to say.", "Second?", "All there is to say.")


def test_one_press_of_enter_that_arrives_twice_waits_once(models, monkeypatch):
    gate = models.gate()
    at = begun(models, "One ", gate, "two")
    monkeypatch.setattr("ui.chat_page.message_box.new_id", lambda: "the-same-press")
    at.run()
    for _ in range(2):
        send(at, "Second?")
    assert in_line(at) == ["Second?"]
    gate.open()
    wait_until_said("First?", "One two", "Second?", "One two")


def test_stopping_an_answer_lets_the_next_message_go(models):
    at = begun(models, "One ", models.gate(), "two")
    send(at, "Second?")
    models.script = ["Quick"]
    press(at, "Stop")
    wait_until_said("First?", "One ", "Second?", "Quick")


def test_line_stands_still_after_an_answer_that_is_not_whole_until_somebody_sends_it_on(models):
    conversation = keep(1)
    store = services().store
    store.update_message("personal", conversation.id, "a1", rating=1)
    broken = replace(conversation.messages[1], id="a2", parent_id="q1", status="interrupted", content="Half")
    store.add_message("personal", conversation.id, broken)
    store.line.join("personal", conversation.id, Waiting("w1", "Second?", utc_now(), "a2"))
    store.update("personal", conversation.id, settings=replace(conversation.settings, model="openai/by-script"))
    models.script = ["Whole"]
    at = opened(conversation.id)
    assert in_line(at) == ["Second?"]
    assert NOT_WHOLE in said(at)
    assert models.asked == []
    press(at, "Send now")
    wait_until_said("Question 1", "Half", "Second?", "Whole")
    assert in_line(at.run()) == []


def test_line_behind_what_was_deleted_stands_still(models):
    gate = models.gate()
    at = begun(models, "One ", gate, "two")
    send(at, "Second?")
    store, conversation = services().store, kept()
    ids = [each.id for each in conversation.path()]
    # As "Clear" does it, the answer is stopped after its message was deleted.
    store.update_messages("personal", conversation.id, ids, trashed=True)
    gate.open()
    wait_for_replies()
    assert NOT_THERE in said(at.run())
    assert kept().waiting != ()
    models.script = ["Quick"]
    press(at, "Send now")
    wait_until_said("Second?", "Quick")


def test_message_that_waited_when_its_process_was_killed_is_sent_when_the_conversation_is_opened(models):
    conversation = keep(1)
    services().store.line.join("personal", conversation.id, Waiting("w1", "Second?", utc_now(), "a1"))
    services().store.update(
        "personal", conversation.id, settings=replace(conversation.settings, model="openai/by-script")
    )
    close_services()
    st.cache_resource.clear()
    models.script = ["Quick"]
    page("Home.py")
    assert models.asked == []
    at = opened(conversation.id)
    wait_until_said("Question 1", "Answer 1", "Second?", "Quick")
    assert in_line(at) == []


def test_what_keeps_a_message_in_its_turn_is_said_where_it_waits(models, monkeypatch):
    conversation = keep(1)
    store = services().store
    store.line.join("personal", conversation.id, Waiting("w1", "Second?", utc_now(), "a1"))

    def full(*arguments):
        raise StoreError("The conversation could not be saved: the disk is full.")

    monkeypatch.setattr("ui.chat_page.in_line.check_question", full)
    at = opened(conversation.id)
    assert in_line(at) == ["Second?"]
    assert "The conversation could not be saved: the disk is full." in said(at)
    assert [each.label for each in at.button if each.label == "Send now"]
    monkeypatch.undo()


def test_message_in_line_that_has_no_room_goes_back_into_the_box(models, monkeypatch):
    at = begun(models, "One ", gate := models.gate(), "two")

    def full(*arguments):
        raise StoreError("The conversation could not be saved: the disk is full.")

    monkeypatch.setattr(type(services().store.line), "join", full)
    send(at, "Second?")
    assert in_line(at) == []
    assert "The conversation could not be saved: the disk is full." in said(at)
    assert at.session_state["given_back"] == "Second?"
    gate.open()
    wait_for_replies()


def test_fork_of_a_conversation_takes_nobodys_place_in_line(models, monkeypatch):
    conversation = keep(1)
    services().store.line.join("personal", conversation.id, Waiting("w1", "Second?", utc_now(), "gone"))
    at = opened(conversation.id)
    assert NOT_THERE in said(at)

    forks: list[str] = []
    monkeypatch.setattr("ui.state.chat.open_conversation", forks.append)
    actions.fork(Visit(PERSONAL, services(), ()), services().store.get("personal", conversation.id))
    assert services().store.get("personal", forks[0]).waiting == ()
    assert services().store.get("personal", conversation.id).waiting != ()

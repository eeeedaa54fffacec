"""What a visitor meets who asks for more than may be: the sentence, their words in the box, and what goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chat.allowances.limits import MEGABYTE
from chat.allowances.spent import SLOT, Spent, slot_of
from chat.conversation import Conversation, Message, new_id
from chat.owner import account_of
from chat.sign_in import Account
from store import open_store
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.pages import page, said, to_be_drawn
from tests.support.store_fixtures import FakeClock
from tests.ui.limits.limited_visitor import (
    NOON,
    OTHER,
    app,
    clock,
    errors,
    kept,
    owner,
    press,
    send,
    store,
    words,
)
from ui.identity import identify
from ui.limits import asking
from ui.services import close_services, services

__all__ = ["app", "clock"]

WAYS = "use an API key of your own (Settings) or the model on this machine"
HOUR_IS_OVER = (
    f"You have asked for as many answers as there are in an hour on this app's key (2). It goes on at 13:05. Until "
    f"then, {WAYS}."
)


def test_after_the_last_answer_of_an_hour_the_words_stay_in_the_box(clock: FakeClock, models: FakeModelServer) -> None:
    at = send(send(page("Home.py"), "One"), "Two")
    send(at, "Three")
    assert errors(at) == [HOUR_IS_OVER]
    assert at.chat_input(key="message").value == "Three"
    assert words() == ["One", "One", "Two", "Two"], "nothing of it was kept, or sent"
    assert len(models.asked) == 2
    clock.now = datetime(2030, 3, 1, 13, 4, tzinfo=UTC)
    send(at, "Three")
    assert errors(at) == [HOUR_IS_OVER]
    clock.now = datetime(2030, 3, 1, 13, 5, tzinfo=UTC)
    send(at, "Three")
    assert errors(at) == []
    assert words() == ["One", "One", "Two", "Two", "Three", "Three"]


@pytest.mark.parametrize(("button", "model"), [("regenerate", "echo"), ("continue", "length"), ("retry", "http-401")])
def test_buttons_that_ask_again_say_it_beside_the_box(
    button: str, model: str, models: FakeModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATKEEP_MODEL", f"openai/{model}")
    at = send(send(page("Home.py"), "One"), "Two")
    before = kept()
    press(at, button)
    assert errors(at).count(HOUR_IS_OVER) == 1
    assert kept() == before
    assert len(models.asked) == 2


def test_everybody_together_has_a_limit_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ALL_ANSWERS_PER_DAY", "3")
    at = page("Home.py")
    store().spending.spend(OTHER, Spent(2), NOON - timedelta(minutes=30), lambda own, everybody: None)
    send(send(at, "One"), "Two")
    assert errors(at) == [
        "Everybody here together has asked for as many answers as there are in 24 hours on this app's key (3). It goes "
        f"on tomorrow at 11:35. Until then, {WAYS}."
    ]
    assert at.chat_input(key="message").value == "Two"


def test_a_question_that_takes_more_tokens_than_there_are_says_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_TOKENS_PER_HOUR", "1500")
    at = send(page("Home.py"), "x" * 4_000)
    assert errors(at) == [
        "This takes about 2,004 tokens at once, and you have 1,500 in an hour on this app's key. Begin a new "
        f"conversation or send less; or {WAYS}."
    ]
    send(at, "Hello")
    assert words() == ["Hello", "Hello"]


def test_tokens_that_were_reserved_and_not_taken_are_given_back() -> None:
    send(page("Home.py"), "Hello")
    message = kept().path()[-1]
    assert message.usage is not None
    took = message.usage.prompt_tokens + message.usage.completion_tokens
    assert store().spending.past(owner(), NOON) == ((slot_of(NOON), Spent(1, took)),)


def test_limits_hold_over_a_restart(clock: FakeClock) -> None:
    at = send(send(page("Home.py"), "One"), "Two")
    close_services()
    services.clear()
    send(at, "Three")
    assert errors(at) == [HOUR_IS_OVER]


def test_a_key_of_ones_own_has_no_limit_and_the_configured_one_is_not_used(models: FakeModelServer) -> None:
    at = send(send(page("Home.py"), "One"), "Two")
    bring_a_key(at)
    send(at, "Three")
    assert (errors(at), words()[-1]) == ([], "Three")
    assert models.asked[-1].headers["authorization"] == "Bearer sk-mine"
    assert store().spending.past(owner(), NOON + SLOT)[0][1].answers == 2


def test_the_personal_owner_has_no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_MODE", "personal")
    at = send(send(send(page("Home.py"), "One"), "Two"), "x" * 40_000)
    assert errors(at) == []
    assert store().spending.all_past(NOON) == {}


def test_a_message_that_is_too_long_is_not_kept_and_stays_in_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_MESSAGE_CHARACTERS", "10")
    at = send(page("Home.py"), "Hello you all")
    assert errors(at) == [
        "This message has 13 characters, and 10 can be sent at once here. Shorten it, or send it in parts. Nothing of "
        "it was sent."
    ]
    assert at.chat_input(key="message").value == "Hello you all"
    assert store().people.everybody() == ()
    send(at, "Hello you")
    assert errors(at) == []
    assert words() == ["Hello you", "Hello you"]


def test_how_much_is_left_is_said_before_it_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_PER_HOUR", "6")
    at = page("Home.py")
    little = "1 of 6 answers in an hour left on this app's key."
    for number in range(5):
        assert little not in said(at)
        send(at, f"Number {number}")
    assert little in said(at)


def test_what_another_tab_asked_leaves_less_here_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_PER_HOUR", "6")
    at = send(page("Home.py"), "Hello").run()
    for _ in range(4):
        assert to_be_drawn(at) == ()
        store().spending.spend(owner(), Spent(1), NOON, lambda *_: None)
    assert to_be_drawn(at) == ("message_box",)
    assert "1 of 6 answers in an hour left on this app's key." in said(at.run())


def test_settings_says_how_much_is_left_and_what_there_is_room_for() -> None:
    at = send(page("Home.py"), "One")
    at.switch_page("pages/4_Settings.py").run()
    (size,) = [each.bytes for each in store().people.everybody()]
    assert (
        "1 of 2 answers in an hour left on this app's key.  \n"
        f"1 of 1,000 conversations, the trash included.  \n{size / MEGABYTE:,.1f} of 100 MB.  \n"
        "A message has up to 32,000 characters.  \nAnswers at once: up to 2."
    ) in said(at)


def test_settings_says_nothing_of_limits_to_whoever_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_MODE", "personal")
    assert "Limits" not in [each.value for each in page("pages/4_Settings.py").header]


def test_how_much_is_left_of_the_apps_key_is_not_said_to_whoever_uses_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_PER_HOUR", "1")
    at = page("Home.py")
    send(at, "One")
    assert "0 of 1 answer in an hour left on this app's key." in said(at)
    bring_a_key(at)
    assert [each for each in said(at) if "left on this app's key" in each] == []


def test_one_answer_more_than_may_be_at_once_says_where_the_others_are(
    monkeypatch: pytest.MonkeyPatch, models: FakeModelServer
) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_AT_ONCE", "1")
    monkeypatch.setenv("CHATKEEP_MODEL", "openai/stall-first")
    at = page("Home.py")
    at.chat_input(key="message").set_value("About teal").run()
    models.wait_for(lambda: models.asked)
    at.button(key="new_chat").click().run()
    at.chat_input(key="message").set_value("About *wombats*").run()
    assert errors(at) == [
        "You have an answer on the way, in “About teal”, and no more at once here. Wait for an end, or stop one there."
    ]
    assert at.chat_input(key="message").value == "About *wombats*"
    assert store().count(owner()) == 1
    for reply in services().replies.active():
        reply.stop()
        assert reply.wait_until_ended(20)
    at.chat_input(key="message").set_value("About *wombats*").run()
    assert errors(at) == []
    assert store().count(owner()) == 2
    for reply in services().replies.active():
        reply.stop()


def test_of_two_tabs_that_ask_at_the_same_time_the_second_is_told_as_well(
    monkeypatch: pytest.MonkeyPatch, models: FakeModelServer
) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_AT_ONCE", "1")
    monkeypatch.setenv("CHATKEEP_MODEL", "openai/stall-first")
    at = page("Home.py")
    at.chat_input(key="message").set_value("About teal").run()
    models.wait_for(lambda: models.asked)
    monkeypatch.setattr(asking, "_writing", lambda visit: ())  # it looked before the first had begun
    at.button(key="new_chat").click().run()
    at.chat_input(key="message").set_value("About wombats").run()
    assert errors(at) == [
        "You have an answer on the way, in “About teal”, and no more at once here. Wait for an end, or stop one there."
    ]
    assert len(models.asked) == 1
    for reply in services().replies.active():
        reply.stop()


def test_answers_that_another_process_writes_count_as_long_as_it_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_AT_ONCE", "1")
    at = send(page("Home.py"), "One")
    other = open_store(f"tinydb:///{tmp_path}/data")
    conversation = Conversation(new_id(), owner(), "Over there", NOON, NOON, head="q1")
    written = Message("a1", "q1", "assistant", "Half", NOON, status="streaming", process=other.process)
    store().create(replace(conversation, messages=(Message("q1", None, "user", "?", NOON), written)))
    send(at, "Two")
    assert errors(at) == [
        "You have an answer on the way, in “Over there”, and no more at once here. Wait for an end, or stop one there."
    ]
    other.close()
    send(at, "Two")
    assert errors(at) == []


@pytest.mark.parametrize("text", ["One, please", "x" * 32_001])
def test_an_edited_question_that_cannot_be_asked_stays_in_its_window(text: str) -> None:
    at = send(send(page("Home.py"), "One"), "Two")
    before = kept()
    press(at, "edit")
    (area,) = [each for each in at.text_area if str(each.key).startswith("edited-")]
    area.set_value(text)
    at.button(key="send_edited").click().run()
    said = "This message has 32,001 characters, and 32,000 can be sent at once here. Shorten it, or send it in parts. "
    assert errors(at) == [HOUR_IS_OVER if len(text) < 100 else f"{said}Nothing of it was sent."]
    (area,) = [each for each in at.text_area if str(each.key).startswith("edited-")]
    assert area.value == text
    assert kept() == before


def test_who_is_on_the_list_has_no_limits_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATKEEP_VISITOR_KEYS")
    monkeypatch.setenv("CHATKEEP_ALLOWED", "@example.org")
    ann = Account(account_of("https://login.example.org", "ann"), "Ann", "ann@example.org", True, False)
    monkeypatch.setattr(identify, "signed_in", lambda sign_in: ann)
    at = send(send(send(page("Home.py"), "One"), "Two"), "Three")
    assert (errors(at), words()[-1]) == ([], "Three")
    ((_, spent),) = store().spending.past(ann.owner.id, NOON)
    assert spent.answers == 3


def test_visitors_without_the_apps_keys_meet_no_limit_on_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATKEEP_VISITOR_KEYS")
    at = page("pages/4_Settings.py")
    bring_a_key(at)
    for number in range(3):
        send(at, f"Number {number}")
    assert (errors(at), words()[-1]) == ([], "Number 2")
    assert store().spending.all_past(NOON) == {}


def bring_a_key(at: AppTest) -> None:
    """Type a key on Settings, and come back to the chat."""
    at.switch_page("pages/4_Settings.py").run()
    at.text_input(key="key-OPENAI_API_KEY").set_value("sk-mine")
    at.button(key="use-OPENAI_API_KEY").click().run()
    at.switch_page("Home.py").run()

"""What a visitor meets at each limit: the sentence, their words still in the box, and what goes on all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from chat.allowances.spent import SLOT, Spent, slot_of
from chat.conversation import Conversation
from store.conversations import ConversationStore
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.pages import ROOT, app, page, said, wait_for_replies  # noqa: F401
from ui import phrases
from ui.limits import asking
from ui.services import close_services, services

NOON = datetime(2030, 3, 1, 12, 1, tzinfo=UTC)
OTHER = f"visitor-{'f' * 32}"
WAYS = "use an API key of your own (Settings) or the model on this machine"
HOUR_IS_OVER = (
    f"You have asked for as many answers as there are in an hour on this app's key (2). It goes on at 13:05. Until "
    f"then, {WAYS}."
)


class Clock:
    """What the limits believe the time is."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def clock(app: None, monkeypatch: pytest.MonkeyPatch) -> Clock:  # noqa: F811
    """Everybody is a visitor who may use the key that is configured, twice an hour; the clock stands still."""
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setenv("CHATKEEP_VISITOR_KEYS", "1")
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_PER_HOUR", "2")
    clock = Clock()
    monkeypatch.setattr(asking, "utc_now", clock)
    monkeypatch.setattr(phrases, "utc_now", clock)
    return clock


@pytest.fixture(autouse=True)
def store_at_noon(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's own look at what is old goes by the same clock."""
    monkeypatch.setattr("store.files.owners.spending.SpendingFile.look", lambda self, now: None)


def send(at: AppTest, text: str) -> AppTest:
    return until_answered(at.chat_input(key="message").set_value(text).run())


def until_answered(at: AppTest) -> AppTest:
    """Wait for the answer that is on its way, if one is, and look at the page then."""
    if not services().replies.active():
        return at
    wait_for_replies()
    return at.run()


def store() -> ConversationStore:
    return services().store


def owner() -> str:
    """The visitor of the test's one session."""
    (found,) = {person.owner for person in store().people.everybody()} - {OTHER}
    return found


def opened(at: AppTest) -> Conversation:
    (id,) = {each.id for each in store().list(owner())}
    return store().get(owner(), id)


def words(at: AppTest) -> list[str]:
    return [message.content for message in opened(at).path()]


def errors(at: AppTest) -> list[str]:
    return [each.value.replace("&#58;", ":") for each in at.error]


def press(at: AppTest, name: str) -> AppTest:
    return until_answered(next(each for each in at.button if str(each.key).startswith(f"{name}-")).click().run())


def test_after_the_last_answer_of_an_hour_the_words_stay_in_the_box(clock: Clock, models: FakeModelServer) -> None:
    at = send(send(page("Home.py"), "One"), "Two")
    send(at, "Three")
    assert errors(at) == [HOUR_IS_OVER]
    assert at.chat_input(key="message").value == "Three"
    assert words(at) == ["One", "One", "Two", "Two"], "nothing of it was kept, or sent"
    assert len(models.asked) == 2
    clock.now = datetime(2030, 3, 1, 13, 4, tzinfo=UTC)
    send(at, "Three")
    assert errors(at) == [HOUR_IS_OVER]
    clock.now = datetime(2030, 3, 1, 13, 5, tzinfo=UTC)
    send(at, "Three")
    assert errors(at) == []
    assert words(at) == ["One", "One", "Two", "Two", "Three", "Three"]


@pytest.mark.parametrize(("button", "model"), [("regenerate", "echo"), ("continue", "length"), ("retry", "http-401")])
def test_buttons_that_ask_again_say_it_beside_the_box(
    button: str, model: str, models: FakeModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATKEEP_MODEL", f"openai/{model}")
    at = send(send(page("Home.py"), "One"), "Two")
    before = opened(at)
    press(at, button)
    assert errors(at).count(HOUR_IS_OVER) == 1
    assert opened(at) == before
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
    assert words(at) == ["Hello", "Hello"]


def test_tokens_that_were_reserved_and_not_taken_are_given_back() -> None:
    at = send(page("Home.py"), "Hello")
    message = opened(at).path()[-1]
    assert message.usage is not None
    took = message.usage.prompt_tokens + message.usage.completion_tokens
    assert store().spending.past(owner(), NOON) == ((slot_of(NOON), Spent(1, took)),)


def test_limits_hold_over_a_restart(clock: Clock) -> None:
    at = send(send(page("Home.py"), "One"), "Two")
    close_services()
    services.clear()
    send(at, "Three")
    assert errors(at) == [HOUR_IS_OVER]


def test_a_key_of_ones_own_has_no_limit_and_the_configured_one_is_not_used(models: FakeModelServer) -> None:
    at = send(send(page("Home.py"), "One"), "Two")
    at.switch_page("pages/4_Settings.py").run()
    at.text_input(key="key-OPENAI_API_KEY").set_value("sk-mine")
    at.button(key="use-OPENAI_API_KEY").click().run()
    send(at.switch_page("Home.py").run(), "Three")
    assert (errors(at), words(at)[-1]) == ([], "Three")
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
    assert words(at) == ["Hello you", "Hello you"]


def test_how_much_is_left_is_said_before_it_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_PER_HOUR", "6")
    at = page("Home.py")
    little = "1 of 6 answers in an hour left on this app's key."
    for number in range(5):
        assert little not in said(at)
        send(at, f"Number {number}")
    assert little in said(at)

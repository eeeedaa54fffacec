"""A visitor who may use the key that is configured, within limits, on pages in this process; the clock stands still.

Import `app` and `clock` into a test module to use them as fixtures.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation
from store.conversations import ConversationStore
from store.files.owners.spending import SpendingFile
from tests.support import pages
from tests.support.pages import app, wait_for_replies
from tests.support.store_fixtures import FakeClock
from ui import phrases
from ui.limits import asking, room
from ui.services import services

__all__ = ["app", "clock"]

NOON = datetime(2030, 3, 1, 12, 1, tzinfo=UTC)
OTHER = f"visitor-{'f' * 32}"


@pytest.fixture(autouse=True)
def clock(app: None, monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Everybody is a visitor who may use the key that is configured, twice an hour; the clock stands still."""
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setenv("CHATKEEP_VISITOR_KEYS", "1")
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_PER_HOUR", "2")
    clock = FakeClock()
    clock.now = NOON
    for module in (asking, room, phrases):
        monkeypatch.setattr(module, "utc_now", clock)
    # By the clock of the machine all that is spent at that noon would be old, or still to come.
    monkeypatch.setattr(SpendingFile, "look", lambda self, now: None)
    return clock


def send(at: AppTest, text: str) -> AppTest:
    return until_answered(at.chat_input(key="message").set_value(text).run())


def until_answered(at: AppTest) -> AppTest:
    """Wait for the answer that is on its way, if one is, and look at the page then."""
    # It may have ended since the page was drawn with it.
    if not services().replies.active() and all(each.label != "Stop" for each in at.button):
        return at
    wait_for_replies()
    return at.run()


def store() -> ConversationStore:
    return services().store


def owner() -> str:
    """The visitor of the test's one session."""
    (found,) = {person.owner for person in store().people.everybody()} - {OTHER}
    return found


def kept() -> Conversation:
    """The visitor's one conversation."""
    (id,) = {each.id for each in store().list(owner())}
    return store().get(owner(), id)


def words() -> list[str]:
    return [message.content for message in kept().path()]


def errors(at: AppTest) -> list[str]:
    return [each.value.replace("&#58;", ":") for each in at.error]


def press(at: AppTest, name: str) -> AppTest:
    """Press a button below the last message, or what its row calls so; `edit` is below the last question."""
    if name in ("edit", "regenerate"):
        message = [each for each in kept().path() if each.role == ("user" if name == "edit" else "assistant")][-1]
        return until_answered(pages.press(at, message.id, name))
    return until_answered(next(each for each in at.button if str(each.key).startswith(f"{name}-")).click().run())

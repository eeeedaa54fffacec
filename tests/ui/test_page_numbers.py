"""A page number that is not there: the nearest page is shown, in the list and in a preview, never nothing."""

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, Message, utc_now
from tests.support.pages import ROOT, app, click, keep, page, rows, said  # noqa: F401
from ui.history_page.pages import page_among
from ui.services import services

LAST = [f"Conversation {number}" for number in range(20, 25)]
FIRST = [f"Conversation {number}" for number in range(20)]
NUMBERS = [(2, 2), (3, 2), (99, 2), (10**30, 2), (0, 1), (-1, 1), (-(10**30), 1), ("2", 1), (2.0, 1), (None, 1)]


@pytest.mark.parametrize(("asked", "shown"), [*NUMBERS, (True, 1), ((), 1)])
def test_nearest_page(asked, shown):
    assert page_among(asked, 2) == shown
    assert page_among(asked, 0) == 1


@pytest.mark.parametrize(("asked", "shown"), NUMBERS)
def test_history_shows_the_nearest_page(asked, shown):
    for number in range(25):
        keep(number)
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.session_state["history_page"] = asked
    at.switch_page("pages/1_History.py").run()
    assert not at.exception
    assert rows(at) == (LAST if shown == 2 else FIRST)
    assert at.session_state["history_page"] == shown


def test_last_page_that_is_emptied_leads_to_the_one_before():
    kept = [keep(number) for number in range(21)]
    at = page("pages/1_History.py")
    at.session_state["history_page"] = 2
    at.run()
    assert rows(at) == ["Conversation 20"]
    services().store.trash("personal", kept[20].id)
    at.run()
    assert rows(at) == FIRST


@pytest.mark.parametrize(("asked", "shown"), NUMBERS)
def test_preview_shows_the_nearest_page(asked, shown):
    now = utc_now()
    messages: list[Message] = []
    for number in range(40):
        role = "assistant" if number % 2 else "user"
        messages.append(Message(f"m{number}", messages[-1].id if messages else None, role, f"Words {number}", now))
    conversation = Conversation("c" * 32, "personal", "Long", now, now, head=messages[-1].id, messages=tuple(messages))
    services().store.create(conversation)
    at = page("pages/1_History.py")
    at.session_state[f"preview-page-{conversation.id}"] = asked
    click(at, conversation, "preview", key="history")
    assert not at.exception
    words = [text for text in said(at) if text.startswith("Words")]
    assert sorted(words) == sorted(f"Words {number}" for number in (range(30, 40) if shown == 2 else range(30)))

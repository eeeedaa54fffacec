"""What stands is drawn once: in a conversation of a thousand messages a turn runs its own part and never the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Runs, browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import button, message_box, say, words
from tests.support.processes import wait_for
from tests.support.shared_app import (
    SharedApp,
    answered,
    app,  # noqa: F401
    counting,
    in_chat,
    recent,
    shared_app,
)

running = shared_app("by-script")
DRAWN = 30
"""How many messages of a conversation are on the page at first."""


@pytest.fixture
def runs(page: Page) -> Runs:  # noqa: F811
    return Runs(page)


def open_long(page: Page, app: SharedApp, runs: Runs) -> None:  # noqa: F811
    """Open a conversation of a thousand messages."""
    long = app.kept([(f"Question {turn}.", f"Answer {turn}.") for turn in range(500)], "openai/by-script")
    page.goto(f"{app.url}/?c={long.id}")
    expect(in_chat(page)).to_have_count(DRAWN)
    expect(message_box(page)).to_be_enabled()
    runs.forget()


def test_turns_of_a_long_conversation_run_no_page(page, app, runs):  # noqa: F811
    open_long(page, app, runs)

    app.models.script = ["Sent and answered."]
    say(page, "Send this.")
    expect(in_chat(page)).to_have_count(DRAWN + 2)
    assert answered(page, DRAWN + 2).startswith("Sent and answered.")

    gate = app.models.gate()
    app.models.script = [*counting(1, 5), gate]
    say(page, "Stop this.")
    expect(page.get_by_text("word5")).to_be_visible()
    button(page, "Stop").click()
    answered(page, DRAWN + 4)

    app.models.script = ["Another version."]
    button(page, "Retry").click()
    expect(page.get_by_text("Another version.")).to_be_visible()
    answered(page, DRAWN + 4)

    button(page, "Edit").last.click()
    window = page.get_by_role("dialog", name="Edit")
    window.get_by_role("textbox", name="Message").fill("Edited.")
    app.models.script = ["Answer to the edit."]
    window.get_by_role("button", name="Send", exact=True).click()
    expect(window).to_have_count(0)
    expect(page.get_by_text("Answer to the edit.")).to_be_visible()
    answered(page, DRAWN + 4)

    page.keyboard.press("Alt+Shift+ArrowLeft")
    expect(page.get_by_text("Another version.")).to_be_visible()
    for place in ("1/2", "2/2"):  # of the question, and of its answer: below it is its own row by now
        expect(page.get_by_text(place, exact=True)).to_be_visible()
    button(page, "Good answer").last.click()
    expect(button(page, "Good answer").last).to_have_attribute("aria-pressed", "true")

    # The thumb is pressed at once, in the browser.
    wait_for(lambda: app.open_conversation(page).path()[-1].rating == 1, "the rating is kept")

    assert runs.of_page == 0
    kept = app.open_conversation(page)
    assert [each.content for each in kept.path()[-4:]] == [
        "Send this.",
        "Sent and answered.",
        "Stop this.",
        "Another version.",
    ]
    assert [each.splitlines()[0] for each in words(page)[-4:]] == [each.content for each in kept.path()[-4:]]


def test_turns_of_a_new_chat_run_no_page_for_its_address_nor_for_more_places(page, app, runs):  # noqa: F811
    app.models.script = ["Here."]
    page.goto(app.url)
    expect(message_box(page)).to_be_enabled()
    expect(page.get_by_text("Send a message")).to_be_visible()
    runs.forget()
    say(page, "Where are you?")
    answered(page, 2)
    expect(page.get_by_role("heading", name="Where are you?", exact=True)).to_be_visible()
    expect(recent(page, "Where are you?")).to_be_visible()
    page.wait_for_function("() => location.search.startsWith('?c=')")
    assert app.open_conversation(page).path()[-1].content == "Here."
    assert runs.of_page == 0

    app.models.script = ["Yes."]
    for turn in range(2, 14):
        say(page, f"Turn {turn}?")
        answered(page, 2 * turn)
    assert [each.splitlines()[0] for each in words(page)][-4:] == ["Turn 12?", "Yes.", "Turn 13?", "Yes."]
    assert runs.of_page == 0

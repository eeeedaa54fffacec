"""Twenty answers at once while four tabs reload, stop, ask and look around at random: every word is kept.

In a real browser; `test_soak.py` does the same without one, with more rounds. `CHATKEEP_SOAK_SECONDS=120` makes it as
long as we promise; without it a dozen clicks have to do. What is clicked comes from a seed, when from the machine.
"""

import os
import random
import time

from playwright.sync_api import Page, expect

from chat.conversation import Conversation
from store import open_store
from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import button, say
from tests.support.fakes.fake_server import RecordedRequest
from tests.support.processes import wait_for
from tests.support.shared_app import (
    OWNER,
    SharedApp,
    answered,
    app,  # noqa: F401
    counting,
    in_chat,
    last_words,
    open_recent,
    recent,
    shared_app,
    squeezed,
    text_of,
)

AT_ONCE = 20
TABS = 4
SECONDS = float(os.environ.get("CHATKEEP_SOAK_SECONDS", "8"))
PATIENCE = 90.0
SAFE_TO_STOP = 100
"""Words after which an answer is not stopped any more, since it may end before the click arrives."""

running = shared_app("by-script")


class Soak:
    """What was asked, by which tabs, and what was stopped."""

    def __init__(self, app: SharedApp, tabs: list[Page], chance: random.Random) -> None:  # noqa: F811
        self.app, self.tabs, self.chance = app, tabs, chance
        self.shown: dict[Page, str] = {}
        """The question on each tab."""
        self.stopped: dict[str, str] = {}
        """What the page showed when Stop was clicked, by question."""
        self.questions: list[str] = []

    def request(self, question: str) -> RecordedRequest:
        (request,) = (each for each in self.app.models.asked if each.body["messages"][-1]["content"] == question)
        return request

    def in_the_making(self) -> list[str]:
        return [
            question
            for question in self.questions
            if not ((request := self.request(question)).done or request.closed_early)
        ]

    def ask(self, *tabs: Page) -> None:
        """Ask in a new conversation on each of the tabs, all at once."""
        for tab in tabs:
            button(tab, "New chat").click()
        for tab in tabs:
            expect(tab.get_by_text("Send a message to get a reply from")).to_be_visible()
        for tab in tabs:
            question = f"Question {len(self.questions) + 1}"
            self.questions.append(question)
            self.shown[tab] = question
            say(tab, question)
        for tab in tabs:
            expect(tab.get_by_role("heading", name=self.shown[tab], exact=True)).to_be_visible()
            expect(tab.get_by_text("word1 ").first).to_be_visible()

    def reload(self, tab: Page) -> None:
        tab.reload()
        expect(tab.get_by_role("heading", name=self.shown[tab], exact=True)).to_be_visible()
        expect(tab.get_by_text("word1 ").first).to_be_visible()

    def look_elsewhere(self, tab: Page) -> None:
        self.shown[tab] = self.chance.choice(self.questions[-AT_ONCE:])
        entry = recent(tab, self.shown[tab])
        expect(entry.or_(button(tab, "Show more")).first).to_be_visible()
        if not entry.count():  # twenty others were active since
            button(tab, "Show more").click()
        open_recent(tab, self.shown[tab])
        expect(tab.get_by_text("word1 ").first).to_be_visible()

    def stop(self, tab: Page) -> None:
        question = self.shown[tab]
        request = self.request(question)
        if question in self.stopped or request.sent > SAFE_TO_STOP:
            return
        shown = last_words(tab)
        button(tab, "Stop").click()
        self.app.models.wait_for(lambda: request.closed_early or request.done)
        expect(button(tab, "Stop")).to_have_count(0)
        if request.closed_early:  # else the whole answer was sent already when the click arrived
            expect(tab.get_by_text("Stopped.")).to_be_visible()
            self.stopped[question] = shown

    def anything(self) -> None:
        """Do something on some tab."""
        tab = self.chance.choice(self.tabs)
        if len(self.in_the_making()) < AT_ONCE and self.chance.random() < 0.5:
            self.ask(tab)
        else:
            self.chance.choice((self.reload, self.reload, self.look_elsewhere, self.stop))(tab)


def test_four_tabs_at_random_lose_nothing_of_twenty_answers_at_once(page, browser, app):  # noqa: F811
    gate = app.models.gate()
    app.models.script = [*counting(1, 50, 0.05), gate, *counting(51, 250, 0.05)]
    whole = text_of(app.models.script)
    window = browser.new_context()
    tabs = [page, page.context.new_page(), page.context.new_page(), window.new_page()]
    for tab in tabs:
        tab.goto(app.url)
    soak = Soak(app, tabs, random.Random(20261123))
    for _ in range(AT_ONCE // TABS):
        soak.ask(*tabs)
    assert len(soak.in_the_making()) == AT_ONCE
    gate.open()
    soak.stop(tabs[0])
    assert soak.stopped
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        soak.anything()

    app.models.wait_for(lambda: not soak.in_the_making(), PATIENCE)
    kept = all_kept(app, len(soak.questions))
    for question, conversation in kept.items():
        asked, answer = conversation.messages
        assert asked.content == question
        if question in soak.stopped:
            assert (answer.status, whole.startswith(answer.content)) == ("stopped", True)
            assert squeezed(answer.content).startswith(soak.stopped[question])
        else:
            assert (answer.status, answer.content) == ("complete", whole)
        assert soak.request(question).text_sent.startswith(answer.content)
    assert kept.keys() == set(soak.questions)
    assert len(app.models.asked) == len(soak.questions)
    for tab in tabs:
        answered(tab, 2)
        answer = kept[soak.shown[tab]].messages[-1]
        assert last_words(tab).partition(" Stopped.")[0] == squeezed(answer.content)
        expect(in_chat(tab)).to_have_count(2)
    window.close()


def all_kept(app: SharedApp, count: int) -> dict[str, Conversation]:  # noqa: F811
    """Return every conversation by its title, once none of their answers is being written."""
    store = open_store(f"tinydb:///{app.data}")
    try:
        summaries = store.list(OWNER, limit=None)
        wait_for(lambda: not any(each.streaming for each in store.list(OWNER, limit=None)), "every answer is kept")
        assert len(summaries) == count
        return {each.title: store.get(OWNER, each.id) for each in summaries}
    finally:
        store.close()

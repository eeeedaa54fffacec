"""One running app and one model server that all tests of a module share, since each start of the app takes seconds.

A module says `app = shared_app("by-script")` and uses `app` as a fixture. Every test begins a conversation of its own,
with an empty list of requests; what the page showed on its way is kept by `watch_the_answer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from chat.conversation import Conversation, ConversationSettings, Message, new_id, utc_now
from chat.titles import auto_title
from store import open_store
from tests.support.chatkeep_app import ANSWER_PATIENCE, button, chatkeep, wait_for_answer, words
from tests.support.fakes.fake_server import FakeModelServer, Pause, Step

OWNER = "personal"


@dataclass(frozen=True)
class SharedApp:
    url: str
    data: Path
    models: FakeModelServer

    def open_conversation(self, page: Page) -> Conversation:
        """Return what is stored of the conversation that the page's address names."""
        store = open_store(f"tinydb:///{self.data}")
        try:
            return store.get(OWNER, conversation_id(page))
        finally:
            store.close()

    def empty(self) -> None:
        """Erase whatever earlier tests have kept, their backups too."""
        store = open_store(f"tinydb:///{self.data}")
        store.people.erase_everything(OWNER)
        for backup in store.keeping.backups():
            store.keeping.delete_backup(backup.file_name)
        store.close()

    def begun(self, question: str, answer: str, model: str, **fields: Any) -> Conversation:
        """Keep a conversation of one turn, as an earlier visit would have left it, and return it."""
        return self.kept([(question, answer)], model, **fields)

    def kept(self, turns: Sequence[tuple[str, str]], model: str, **fields: Any) -> Conversation:
        """Keep a conversation of these questions and answers, as earlier visits would have left it, and return it."""
        now = utc_now()
        messages: list[Message] = []
        for question, answer in turns:
            asked = Message(new_id(), messages[-1].id if messages else None, "user", question, now)
            messages += [asked, Message(new_id(), asked.id, "assistant", answer, now, model=model, **fields)]
        kept = Conversation(
            new_id(),
            OWNER,
            auto_title(messages[0].content),
            now,
            now,
            head=messages[-1].id,
            settings=ConversationSettings(model=model),
            messages=tuple(messages),
        )
        store = open_store(f"tinydb:///{self.data}")
        try:
            store.create(kept)
        finally:
            store.close()
        return kept


def shared_app(model: str):
    """Return a fixture: the running app with that model chosen, started once for the module that calls this."""

    @pytest.fixture(scope="module")
    def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApp]:
        data = tmp_path_factory.mktemp("shared") / "data"
        with FakeModelServer() as models:
            mistral = {"MISTRAL_API_KEY": "test", "MISTRAL_SERVER_URL": models.root_url}
            with chatkeep(data, models, model, **mistral) as server:
                yield SharedApp(server.url, data, models)

    return running


@pytest.fixture
def app(running: SharedApp) -> SharedApp:
    """Return the module's app, with nothing asked yet, and no model that a new conversation would begin with."""
    running.models.requests.clear()
    running.models.failures.clear()
    store = open_store(f"tinydb:///{running.data}")
    store.set_preferences(OWNER, last_model=None)
    store.close()
    return running


@pytest.fixture
def emptied(app: SharedApp) -> SharedApp:
    """Return the module's app with nothing kept in it."""
    app.empty()
    return app


def conversation_id(page: Page) -> str:
    """Return the id of the conversation that the page's address names."""
    return str(page.evaluate("new URLSearchParams(location.search).get('c')"))


def counting(first: int, last: int, seconds: float = 0.02) -> list[Step]:
    """Return the steps of an answer that counts in words, ten to a paragraph, with so long a pause after each."""
    steps: list[Step] = []
    for number in range(first, last + 1):
        steps += [f"word{number}" + ("\n\n" if number % 10 == 0 else " "), Pause(seconds)]
    return steps


def text_of(script: Sequence[Step]) -> str:
    """Return the text that a script says."""
    return "".join(step for step in script if isinstance(step, str))


def answered(page: Page, number: int) -> str:
    """Wait until there are `number` messages and each has its buttons, as none has on its way; return the last one."""
    expect(button(page, "More")).to_have_count(number, timeout=ANSWER_PATIENCE)
    return wait_for_answer(page, number)


def squeezed(text: str) -> str:
    """Return the text with every run of white space as one space: a page draws paragraphs, the store keeps them."""
    return " ".join(text.split())


def last_words(page: Page) -> str:
    """Return what the page shows of the last message."""
    return squeezed(words(page)[-1])


def in_chat(page: Page) -> Locator:
    """Return the messages on the page."""
    return page.get_by_test_id("stChatMessage")


def in_row(page: Page, number: int, name: str) -> Locator:
    """Return a button in the row of message `number` of the page, counted from 0."""
    return button(in_chat(page).nth(number), name)


def choose(page: Page, number: int, name: str) -> None:
    """Click something in the menu of message `number` of the page."""
    in_row(page, number, "More").click()
    page.get_by_role("menuitem", name=name, exact=True).click()
    expect(page.get_by_role("menu")).to_have_count(0)


def recent(page: Page, title: str) -> Locator:
    """Return a conversation's entry in the sidebar."""
    return page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True)


def open_recent(page: Page, title: str) -> None:
    """Click a conversation in the sidebar."""
    recent(page, title).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


WATCH = """
if (!window.answerAsSeen) {  // there may be tests that said it for the same context
  const seen = window.answerAsSeen = [];
  const look = () => {
    const answers = document.querySelectorAll('[aria-label="Chat message from assistant"]');
    const text = answers.length ? answers[answers.length - 1].innerText.replace(/\\s+/g, '') : '';
    if (text.startsWith('word') && text !== seen[seen.length - 1]) seen.push(text);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def watch_the_answer(context: BrowserContext) -> None:
    """From the next load on, have each page note the last answer, a counting one, in every frame that it draws."""
    context.add_init_script(WATCH)


def assert_it_only_grew(page: Page, whole: str, *, is_redrawn: bool = False) -> int:
    """Check that no frame showed a gap, a double or fewer words than the one before; return how many there were.

    `is_redrawn`: the page lost its session on the way, and came back to it as after a reload: piece by piece, so that
    its last words may come a moment after the others.
    """
    seen: list[str] = page.evaluate("window.answerAsSeen")
    bare = "".join(whole.split())
    for before, after in zip(["", *seen], seen, strict=False):
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(bare, after, strict=False)))
        assert same == len(after), f"not what was sent, behind {after[:same][-40:]}: {after[same:]}"
        assert is_redrawn or len(after) >= len(before), f"words went away: {before[-80:]} became {after[-80:]}"
    return len(seen)

"""A walk through every page, panel and window of the app, with conversations that have a bit of everything in them.

Whoever takes it looks at each place in turn: the tests by axe-core, `scripts/pictures` by its camera.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from chat.conversation import Conversation, ConversationSettings, ErrorDetails, Message, Usage, utc_now
from store import open_store
from tests.support.chatkeep_app import button, chatkeep, choose, in_header, message_box
from tests.support.fakes.fake_server import FakeModelServer, Pause

OWNER = "personal"
NAME = "gpt-5-mini"
"""The model that answers: a stand-in, which says what its server is told to."""
MODEL = f"openai/{NAME}"

ANSWER = """Rye keeps for a week, wheat for three days. What it takes:

- [x] 500 g of rye flour
- [ ] a sourdough that is awake

## How much of what

| Flour | Water | Hours |
|:------|------:|------:|
| Rye   | 85 %  | 4     |
| Wheat | 68 %  | 12    |

The share of water is \\(h = w / f\\), so with `flour = 500`:

```python
# Bakers count everything by the flour.
def water(flour: float, hydration: float = 0.85) -> float:
    return round(flour * hydration)  # grams, since a scale is what every kitchen has, and a cup is not


print(f"{water(500)} g", None, True, [1, 2.5])
```

Then [the oven](https://example.org/oven) at 250 °C, falling to 200 °C."""
TALKS = (
    ("How do I bake a rye bread?", ANSWER),
    ("Plan three days in Lisbon", "Begin in Alfama, take tram 28 early, and leave Sintra for the second day."),
    ("What does a window function do?", "It counts over rows that stand beside the current one, and keeps each row."),
    ("كيف أخبز خبز الشعير؟", "اخلط الدقيق والماء، واتركهما أربع ساعات."),
    ("Why is the sky blue?", "Short waves are scattered more than long ones."),
    ("Shorten this letter to one page", "Leave out the second paragraph: the third says it again."),
    ("Name for a small black cat", "Pepper, or Ink."),
    ("Rent or buy in a city?", "It depends on how long you stay: beyond eight years, buying was cheaper."),
    ("Translate “Feierabend”", "The part of the day after work, and the feeling that comes with it."),
    ("Ideas for a birthday of ten", "A treasure hunt, a tent in the garden, and pancakes for dinner."),
    ("Explain a monad to a cook", "A recipe that says how its dish goes into the next recipe."),
    ("A name for a boat", "Second Wind."),
)
"""What was talked about, the last active first."""
DELETED = "Shopping list"
REFUSED = "Which key is the right one?"
"""Its answer is an error."""
ERROR = "OpenAI does not accept this key: check it under Settings."


def _talk(number: int, question: str, answer: str, **fields: object) -> Conversation:
    moment = utc_now() - timedelta(hours=5 * number)
    asked = Message(f"q{number}", None, "user", question, moment)
    answered = Message(
        f"a{number}", asked.id, "assistant", answer, moment, model=MODEL, finish_reason="stop", usage=Usage(20, 180)
    )
    return Conversation(
        f"{number:032x}",
        OWNER,
        question,
        moment,
        moment,
        head=answered.id,
        settings=ConversationSettings(model=MODEL),
        messages=(asked, answered),
        **fields,  # type: ignore[arg-type]
    )


def opened_by(number: int) -> str:
    """Return what an address ends in that opens this one of the talks."""
    return f"/?c={number:032x}"


def keep_talks(data: Path) -> str:
    """Keep the conversations of the tour, and return the token of a link that shares the first of them."""
    store = open_store(f"tinydb:///{data}")
    try:
        for number, (question, answer) in enumerate(TALKS):
            store.create(
                _talk(number, question, answer, pinned=number == 2, tags=("baking",) if number in (0, 3) else ())
            )
        refused = _talk(len(TALKS) + 1, REFUSED, "")
        failed = replace(
            refused.messages[1],
            status="failed",
            error=ERROR,
            error_details=ErrorDetails(401, "No such key · invalid_api_key", "req_7", in_settings=True),
            finish_reason=None,
            usage=None,
        )
        store.create(replace(refused, messages=(refused.messages[0], failed)))
        gone = _talk(len(TALKS), DELETED, "Milk, rye, salt.")
        store.create(gone)
        store.trash(OWNER, gone.id)
        return store.shares.share(OWNER, f"{0:032x}", None).token
    finally:
        store.close()


@dataclass(frozen=True)
class Tour:
    """A running app to walk through."""

    url: str
    token: str
    models: FakeModelServer


Place = Callable[[Page, Tour], None]
"""How one comes to a place."""


@contextmanager
def touring(folder: Path, **environment: str) -> Iterator[Tour]:
    """Start the app with the conversations of the tour; its models are ours."""
    data = folder / "data"
    token = keep_talks(data)
    with FakeModelServer() as models:
        models.models = [{"id": name, "object": "model"} for name in (NAME, "gpt-5")]
        with chatkeep(data, models, NAME, **environment) as server:
            yield Tour(server.url, token, models)


def _at(path: str, heading: str) -> Place:
    """Return how one comes to a page by its address."""

    def go(page: Page, tour: Tour) -> None:
        page.goto(tour.url + path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()

    return go


def _then(*steps: Place) -> Place:
    def go(page: Page, tour: Tour) -> None:
        for step in steps:
            step(page, tour)

    return go


def _press(name: str) -> Place:
    return lambda page, tour: button(page, name).first.click()


def _press_above(name: str) -> Place:
    return lambda page, tour: in_header(page, name).first.click()


def _press_last(name: str) -> Place:
    return lambda page, tour: button(page, name).last.click()


def _choose(name: str) -> Place:
    return lambda page, tour: page.get_by_role("menuitem", name=name, exact=True).click()


def _see(role: str, name: str) -> Place:
    return lambda page, tour: expect(page.get_by_role(role, name=name).first).to_be_visible()  # type: ignore[arg-type]


def _text(words: str) -> Place:
    return lambda page, tour: expect(page.get_by_text(words)).to_be_visible()


def _unfold(words: str) -> Place:
    return lambda page, tour: page.get_by_text(words, exact=True).click()


def _sidebar(page: Page, tour: Tour) -> None:
    """Have the sidebar open, also where it would cover the page."""
    opening = page.get_by_test_id("stExpandSidebarButton")
    if opening.is_visible():
        opening.click()


def _window(page: Page, tour: Tour) -> None:
    expect(page.get_by_role("dialog")).to_be_visible()


def _open_panel(page: Page, tour: Tour) -> None:
    in_header(page, NAME).click()
    expect(page.get_by_role("textbox", name="System prompt")).to_be_visible()


def _shared(page: Page, tour: Tour) -> None:
    _at(f"/?share={tour.token}", TALKS[0][0])(page, tour)


def _ended_link(page: Page, tour: Tour) -> None:
    _at("/?share=no-such-link", "Nothing is shared here")(page, tour)


def _box(page: Page, tour: Tour) -> None:
    expect(message_box(page)).to_be_visible()


EMPTY = _then(_at("/", "New chat"), _box)
CHAT = _then(_at(opened_by(0), TALKS[0][0]), _box, _see("button", "Good answer"))
HISTORY = _then(_at("/History", "History"), _see("checkbox", f"Select {TALKS[0][0]}"))


def _select(page: Page, tour: Tour) -> None:
    page.get_by_role("checkbox", name=f"Select {TALKS[1][0]}").check()
    expect(button(page, "Tag")).to_be_visible()


def _select_deleted(page: Page, tour: Tour) -> None:
    page.get_by_role("checkbox", name=f"Select {DELETED}").check()
    expect(button(page, "Erase")).to_be_visible()


def _code(page: Page, tour: Tour) -> None:
    expect(page.get_by_text(re.compile("^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$"))).to_be_visible()


def _trash(page: Page, tour: Tour) -> None:
    choose(page, "Trash")
    expect(page.get_by_role("checkbox", name=f"Select {DELETED}")).to_be_visible()


def _search(page: Page, tour: Tour) -> None:
    box = page.get_by_role("searchbox", name="Search", exact=True)
    box.fill("sourdough")
    box.press("Enter")
    expect(button(page, "Open here").first).to_be_visible()


def _ask(page: Page, tour: Tour) -> None:
    """Have an answer on its way, and another message in line."""
    tour.models.script = ["Rye keeps ", "for a week", Pause(3_600)]
    message_box(page).fill("For how long?")
    message_box(page).press("Enter")
    expect(page.get_by_text("for a week")).to_be_visible()
    message_box(page).fill("And wheat?")
    message_box(page).press("Enter")
    expect(page.get_by_text("And wheat?")).to_be_visible()


PLACES: dict[str, Place] = {
    "chat-empty": EMPTY,
    "chat": CHAT,
    "chat-right-to-left": _then(_at(opened_by(3), TALKS[3][0]), _see("button", "Good answer")),
    "chat-model-panel": _then(CHAT, _open_panel),
    "chat-menu-of-a-message": _then(CHAT, _press_above("More"), _see("menuitem", "Fork from here")),
    "chat-menu-of-a-row": _then(CHAT, _sidebar, _press(f"Menu: {TALKS[1][0]}"), _see("menuitem", "Rename")),
    "chat-rename": _then(CHAT, _sidebar, _press(f"Menu: {TALKS[1][0]}"), _choose("Rename"), _window),
    "chat-conversation": _then(CHAT, _press_above("Conversation"), _window, _see("button", "End sharing")),
    "chat-edit": _then(CHAT, _press_above("Edit"), _window),
    "chat-note": _then(CHAT, _press_last("More"), _choose("Add a note"), _window),
    "chat-regenerate": _then(CHAT, _press_last("More"), _choose("Regenerate with another model"), _window),
    "chat-error": _then(_at(opened_by(len(TALKS) + 1), REFUSED), _unfold("Details"), _text("Request id: req_7")),
    "chat-shortcuts": _then(CHAT, lambda page, tour: page.keyboard.press("Control+/"), _window),
    "history": HISTORY,
    "history-search": _then(HISTORY, _search),
    "history-filters": _then(HISTORY, _press("Filters"), _see("button", "Clear filters")),
    "history-trash": _then(HISTORY, _trash),
    "history-selected": _then(HISTORY, _select),
    "history-download": _then(HISTORY, _select, _press("Download 1 selected"), _window),
    "history-erase": _then(HISTORY, _trash, _select_deleted, _press("Erase"), _window),
    "history-tag": _then(HISTORY, _select, _press("Tag"), _window),
    "history-import": _then(HISTORY, _press("Import"), _window),
    "history-preview": _then(HISTORY, _press("Preview"), _window, _see("group", "Chat message from assistant")),
    "settings": _at("/Settings", "Settings"),
    "settings-erase": _then(_at("/Settings", "Settings"), _press("Erase everything of mine"), _window),
    "settings-restore": _then(_at("/Settings", "Settings"), _press("Restore"), _window),
    "admin": _at("/Admin", "Admin"),
    "shared": _shared,
    "shared-ended": _ended_link,
    "chat-live": _then(EMPTY, _ask),
}
"""Every place by its name, and how one comes there."""
VISITORS_PLACES: dict[str, Place] = {
    "visitor-chat-empty": PLACES["chat-empty"],
    "visitor-settings": PLACES["settings"],
    "visitor-leave": _then(PLACES["settings"], _press("Leave this browser"), _window),
    "visitor-move": _then(PLACES["settings"], _press("Move to another browser"), _window, _press("Show a code"), _code),
    "visitor-erase": PLACES["settings-erase"],
    "visitor-shared": _shared,
}
"""Those of people who are visitors."""
SIGN_IN: Place = _at("/", "Chatkeep")
"""Where nobody has signed in."""

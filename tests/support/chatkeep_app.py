"""The really running app for browser tests: how to start it, and what a person does on its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from chat.conversation import Conversation
from store import open_store
from tests.support.browser import until
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.streamlit_server import StreamlitServer, UnixSocketServer
from ui.local_models.label import LABEL

ROOT = Path(__file__).resolve().parents[2]
ANSWER_PATIENCE = 120_000
"""Milliseconds that an answer may take; the real model's first one includes its start."""


PLAIN = ("-m", "ui.web")
"""What Python is given in place of `streamlit run Home.py` for the pages without an `st.App`."""


def chatkeep(
    data: Path,
    models: FakeModelServer | None = None,
    model: str = "echo",
    *,
    run: Sequence[str] | None = None,
    scheme: str = "http",
    **environment: str,
) -> StreamlitServer:
    """Return the app as a context manager: its conversations in `data`, its models from our server where given."""
    ours = _environment(data, models, model, environment)
    return StreamlitServer(ROOT / "Home.py", cwd=ROOT, env=ours, run=run, scheme=scheme)


def chatkeep_on_a_socket(
    path: Path, data: Path, models: FakeModelServer, model: str = "echo", **environment: str
) -> UnixSocketServer:
    """Return the app as a context manager that listens on a Unix socket, where a proxy finds it."""
    return UnixSocketServer(path, "Home:app", cwd=ROOT, env=_environment(data, models, model, environment))


def _environment(data: Path, models: FakeModelServer | None, model: str, more: Mapping[str, str]) -> dict[str, str]:
    ours = {"STORE_URL": f"tinydb:///{data}", "CHATKEEP_LOCAL_SERVERS": "off"}
    if models is not None:
        ours |= {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": models.url, "CHATKEEP_MODEL": f"openai/{model}"}
    return {**ours, **more}


def message_box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def button(page: Page | Locator, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def in_header(page: Page, name: str) -> Locator:
    """Return a button beside the title, once the page is up there: it follows its end until a person scrolls it, and
    what comes late at the end would take the button away from under the pointer."""
    title = page.get_by_role("heading", level=1)
    width = page.evaluate("() => window.innerWidth")
    page.mouse.move(0.6 * width, 400)

    def is_up() -> bool:
        page.mouse.wheel(0, -100_000)  # more than once where it began to follow its end only now
        return bool(title.evaluate("title => title.getBoundingClientRect().top > 0"))

    until(page, is_up)
    return button(page, name)


DOWNLOAD_MANY = re.compile(r"^Download .*\d")
"""How the one download of the History page is called, which says of what."""
DOWNLOAD_SELECTED = re.compile(r"^Download [\d,]+ selected$")


def pick(page: Page, name: str, option: str) -> None:
    """Choose the first such option of the list of that name, once the list offers it."""
    page.get_by_role("combobox", name=name).fill(option)
    page.get_by_role("option", name=option).first.click()


def choose(page: Page, name: str) -> None:
    """Choose one of a few by its words: what a browser knows of it lies below them."""
    page.locator("label").filter(has=page.get_by_role("radio", name=name, exact=True)).click()


def say(page: Page, text: str) -> None:
    """Type a message and send it."""
    message_box(page).fill(text)
    message_box(page).press("Enter")


def wait_for_answer(page: Page, number: int) -> str:
    """Wait until there are `number` messages and no answer is on its way; return the last one's words."""
    messages = page.get_by_test_id("stChatMessage")
    expect(messages).to_have_count(number, timeout=ANSWER_PATIENCE)
    # One on its way has no row yet, and may be there a moment before Stop is.
    row = messages.last.get_by_role("group", name=re.compile("^Actions for this"))
    expect(row).to_have_count(1, timeout=ANSWER_PATIENCE)
    expect(button(page, "Stop")).to_have_count(0, timeout=ANSWER_PATIENCE)
    return words(page)[-1]


def words(page: Page) -> list[str]:
    """Return what the page shows of each message, without its picture and what is said of the demo model."""
    return [
        message.get_by_test_id("stChatMessageContent").inner_text().partition(LABEL)[0].strip()
        for message in page.get_by_test_id("stChatMessage").all()
    ]


def open_page(page: Page, name: str) -> None:
    """Click a page's name in the navigation."""
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def all_stored(data: Path) -> list[Conversation]:
    """Return every conversation of the personal owner, the last active first."""
    store = open_store(f"tinydb:///{data}")
    try:
        return [store.get("personal", summary.id) for summary in store.list("personal")]
    finally:
        store.close()


def stored(data: Path) -> Conversation:
    """Return the only conversation that there is."""
    (conversation,) = all_stored(data)
    return conversation

"""What the browser benchmarks share: both apps on one model server, a browser, and what is read off a page."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from chat.conversation import Conversation, ConversationSettings, Message, new_id, utc_now
from store import open_store
from tests.support.browser import CHROMIUM, OPTIONS
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.streamlit_server import StreamlitServer

ROOT = Path(__file__).resolve().parent.parent
PAST = (("user", "Please count."), ("assistant", "One and two and three and so on. " * 12))

# Times are taken in the page: from the keydown of Enter to the change of the DOM that shows a word.
WATCH = """
([first, last]) => {
  window.seen = {updates: 0}; window.entered = 0;
  const root = document.getElementById('root');
  let text = '';
  const count = () => root.textContent.split(last).length - 1;
  const before = count();
  const firstBefore = root.textContent.split(first).length - 1;
  document.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !window.entered) window.entered = performance.now();
  }, true);
  new MutationObserver(() => {
    if (!window.entered) return;
    const now = root.textContent;
    if (now !== text) { text = now; window.seen.updates += 1; }
    const at = performance.now() - window.entered;
    if (!window.seen.first && now.split(first).length - 1 > firstBefore) window.seen.first = at;
    if (!window.seen.last && count() > before) { window.seen.last = at; window.seen.last_at = Date.now(); }
  }).observe(root, {subtree: true, childList: true, characterData: true});
}
"""


@dataclass
class Rig:
    """Both apps, one model server, one browser."""

    models: FakeModelServer
    chatkeep: StreamlitServer
    plain: StreamlitServer
    browser: Browser
    data: Path


@contextmanager
def rig(model: str, plain_turns: int = 0) -> Iterator[Rig]:
    """Start everything; both apps ask our server for the same model."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        models = stack.enter_context(FakeModelServer())
        shared = {
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": models.url,
            "PLAIN_MODEL": model,
            "PLAIN_TURNS": str(plain_turns),
        }
        ours = {**shared, "CHATKEEP_MODEL": f"openai/{model}", "STORE_URL": f"tinydb:///{folder}/data"}
        script = folder / "plain_app.py"
        script.write_text((ROOT / "benchmarks" / "plain_app.py").read_text("utf-8"), "utf-8")
        chatkeep = stack.enter_context(StreamlitServer(ROOT / "Home.py", env=ours, cwd=ROOT))
        plain = stack.enter_context(StreamlitServer(script, env=shared, cwd=folder))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        yield Rig(models, chatkeep, plain, browser, folder / "data")
        browser.close()


def with_past(data: Path, model: str, turns: int, first_version: str = "") -> str:
    """Keep a conversation of that many turns and return its id; its last answer is the second version where a first
    one is given."""
    now = utc_now()
    messages: list[Message] = []
    for role, content in PAST * turns:
        messages.append(Message(new_id(), messages[-1].id if messages else None, role, content, now))  # type: ignore[arg-type]
    if first_version:
        messages.insert(-1, replace(messages[-1], id=new_id(), content=first_version))
    conversation = Conversation(
        new_id(),
        "personal",
        f"{turns} turns",
        now,
        now,
        head=messages[-1].id if messages else None,
        settings=ConversationSettings(model=f"openai/{model}"),
        messages=tuple(messages),
    )
    store = open_store(f"tinydb:///{data}")
    store.create(conversation)
    store.close()
    return conversation.id


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def opened(page: Page, url: str) -> None:
    """Open a page and wait until it is still."""
    page.goto(url)
    box(page).wait_for()
    page.wait_for_load_state("networkidle")


def ask(page: Page, first: str, last: str, patience: float = 120.0) -> dict[str, float]:
    """Send a message; return milliseconds from Enter to the first and last word, and how often the text changed."""
    page.evaluate(WATCH, [first, last])
    box(page).fill("Please count.")
    box(page).press("Enter")
    page.wait_for_function("() => window.seen.last", timeout=patience * 1000)
    seen: dict[str, float] = page.evaluate("window.seen")
    return seen


def cpu_seconds(server: StreamlitServer) -> float:
    """Return the processor time that a server's own process has used."""
    assert server._process is not None
    fields = Path(f"/proc/{server._process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(server: StreamlitServer) -> float:
    """Return the memory that a server's own process has at the moment, in MB."""
    assert server._process is not None
    pages = int(Path(f"/proc/{server._process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return median (min-max)."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"

"""How often a click or an Enter is lost on a busy machine.

    python -m benchmarks.lost_clicks [--tries 40] [--busy 2] [--only erase stop send] [--trace FILE]

Each try does what a person does in the worst moment: *Erase* as soon as something is selected, *Stop* as soon as it is
there in a tab just opened, Enter as soon as an answer's last word is there. It counts what had no effect within ten
seconds. Beside the app run as many busy loops as `--busy` says. `--trace` writes down what the browser saw and sent,
and what the server made of it, for finding out where a click went.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Locator, Page, sync_playwright

from chat.conversation import Conversation, Message, new_id, utc_now
from store import open_store
from tests.support.browser import CHROMIUM, OPTIONS
from tests.support.fakes.fake_server import FakeModelServer, Pause
from tests.support.streamlit_server import StreamlitServer

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 10_000
"""Milliseconds after which what was clicked counts as lost."""

# What the browser notices, in its own order; a click that never comes after its mousedown landed on something else.
EVENTS = """
window.noticed = [];
const name = element => (element.closest?.('button,textarea,input')?.getAttribute('aria-label')
  || element.closest?.('button')?.textContent || element.tagName || '').slice(0, 40);
for (const kind of ['mousedown', 'mouseup', 'click', 'keydown']) {
  document.addEventListener(kind, event => window.noticed.push(
    [Date.now(), kind, name(event.target), event.key ?? '', event.defaultPrevented]), true);
}
"""

# Loaded by the server's own Python at its start, when `--trace` asks for it.
TRACE = """
import os, threading, time
_file = open(os.environ["LOST_CLICKS_TRACE"], "a", buffering=1)
def _say(*words):
    print(f"{time.time():.4f}", threading.current_thread().name, *words, file=_file)
def _install():
    from streamlit.runtime import app_session
    from streamlit.runtime.scriptrunner import script_runner
    from streamlit.runtime.state import session_state
    old = app_session.AppSession.request_rerun
    def request_rerun(self, client_state):
        if client_state is not None:
            states = [s for s in client_state.widget_states.widgets
                      if (s.WhichOneof("value") or "").endswith(("trigger_value", "chat_input_value"))]
            had = self._scriptrunner is not None
            _say("request", self.id[:4], "fragment" if client_state.fragment_id else "full",
                 "auto" if client_state.is_auto_rerun else "", "running" if had else "idle",
                 [s.id.split("-")[-1] for s in states])
        return old(self, client_state)
    app_session.AppSession.request_rerun = request_rerun
    old_run = script_runner.ScriptRunner._run_script
    def _run_script(self, data):
        _say("run", self._session_id[:4], data.fragment_id_queue and "fragment" or "full")
        try:
            return old_run(self, data)
        finally:
            _say("ran", self._session_id[:4])
    script_runner.ScriptRunner._run_script = _run_script
    old_callbacks = session_state.SessionState._call_callbacks
    def _call_callbacks(self, **kwargs):
        changed = [w for w in self._new_widget_state if self._widget_changed(w)]
        named = [w.split("-")[-1] for w in changed if self._new_widget_state.widget_metadata.get(w)]
        unnamed = [w for w in changed if not self._new_widget_state.widget_metadata.get(w)]
        if changed: _say("callbacks", named, "unknown:", unnamed)
        try:
            return old_callbacks(self, **kwargs)
        except BaseException as error:
            _say("callbacks ended by", repr(error))
            raise
    session_state.SessionState._call_callbacks = _call_callbacks
if "LOST_CLICKS_TRACE" in os.environ:
    import sys
    if "streamlit" in sys.argv or any("streamlit" in word for word in sys.orig_argv):
        _install()
"""


@dataclass
class Rig:
    url: str
    data: Path
    models: FakeModelServer
    page: Page


@contextmanager
def rig(busy: int, trace: str | None) -> Iterator[Rig]:
    """Start the app, its models, a browser, and so many loops that take processor time from them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        models = stack.enter_context(FakeModelServer())
        environment = {
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": models.url,
            "CHATKEEP_MODEL": "openai/by-script",
            "STORE_URL": f"tinydb:///{folder}/data",
        }
        if trace is not None:
            (folder / "sitecustomize.py").write_text(TRACE, "utf-8")
            environment |= {"LOST_CLICKS_TRACE": trace, "PYTHONPATH": str(folder)}
        server = stack.enter_context(StreamlitServer(ROOT / "Home.py", env=environment, cwd=ROOT))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        stack.callback(browser.close)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        context.add_init_script(EVENTS)
        page = context.new_page()
        loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
        try:
            yield Rig(server.url, folder / "data", models, page)
        finally:
            for loop in loops:
                loop.kill()
                loop.wait()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def happened(condition: Callable[[], bool], page: Page) -> bool:
    """Return whether this came true in time; the browser goes on meanwhile."""
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until:
        if condition():
            return True
        page.wait_for_timeout(20)
    return False


def seen(locator: Locator) -> bool:
    try:
        locator.wait_for(timeout=PATIENCE)
    except Error:
        return False
    return True


def keep(data: Path, number: int, trashed: bool) -> None:
    store = open_store(f"tinydb:///{data}")
    for each in range(number):
        now = utc_now()
        asked = Message(new_id(), None, "user", f"Question {each}", now)
        answered = Message(new_id(), asked.id, "assistant", "An answer.", now, model="openai/by-script")
        kept = Conversation(
            new_id(), "personal", f"Talk {each}", now, now, head=answered.id, messages=(asked, answered)
        )
        store.create(kept)
        if trashed:
            store.trash("personal", kept.id)
    store.close()


def erase(rig: Rig, tries: int) -> Iterator[bool]:
    """Select the page, and click *Erase* as soon as it says how many are selected."""
    page = rig.page
    page.goto(f"{rig.url}/History?q=in:trash")
    button(page, "Select page").wait_for()
    for _ in range(tries):
        button(page, "Select page").click()
        page.get_by_text("6 selected").wait_for()
        button(page, "Erase").click()
        asked = seen(page.get_by_text("Erase 6 conversations for good?"))
        yield asked
        if asked:
            page.keyboard.press("Escape")
            page.get_by_role("dialog").wait_for(state="detached")
        if page.get_by_text("6 selected").count():
            button(page, "Select none").click()
            page.get_by_text("6 selected").wait_for(state="detached")


def stop(rig: Rig, tries: int) -> Iterator[bool]:
    """Click *Stop* as soon as it is there in a tab just opened."""
    page = rig.page
    rig.models.script = [step for number in range(3000) for step in (f"word{number} ", Pause(0.01))]
    page.goto(rig.url)
    for number in range(tries):
        box(page).fill(f"Count {number}.")
        box(page).press("Enter")
        rig.models.wait_for(lambda number=number: len(rig.models.asked) > number and rig.models.asked[-1].sent > 30)
        other = page.context.new_page()
        other.goto(page.evaluate("location.href"))
        button(other, "Stop").click()
        asked = rig.models.asked[-1]
        stopped = happened(lambda asked=asked: asked.closed_early, other)
        yield stopped
        if not stopped:
            print(json.dumps(other.evaluate("window.noticed")))
            button(other, "Stop").click()
            happened(lambda asked=asked: asked.closed_early, other)
        other.close()
        button(page, "New chat").click()
        page.get_by_text("Send a message to get a reply from").wait_for()


def send(rig: Rig, tries: int) -> Iterator[bool]:
    """Press Enter as soon as the last word of an answer is there; the message was typed while the answer came."""
    page = rig.page
    page.goto(rig.url)
    last = 0
    rig.models.script = _short(0)
    box(page).fill("The first.")
    box(page).press("Enter")
    for number in range(1, tries + 1):
        page.wait_for_function(WAIT_FOR_WORD, arg=f"word{last}-11 ")
        box(page).fill(f"Message {number}.")
        page.wait_for_function(WAIT_FOR_WORD, arg=f"end{last}.")
        before = len(rig.models.asked)
        rig.models.script = _short(number)
        box(page).press("Enter")
        sent = happened(lambda before=before: len(rig.models.asked) > before, page)
        yield sent
        if not sent:
            print(json.dumps(page.evaluate("window.noticed.slice(-12)")), repr(box(page).input_value()))
            box(page).fill(f"Message {number} again.")
            box(page).press("Enter")
            happened(lambda before=before: len(rig.models.asked) > before, page)
        last = number
        if number % 8 == 0:  # another conversation, so that a long one does not slow down what is measured
            page.wait_for_function(WAIT_FOR_WORD, arg=f"end{last}.")
            button(page, "Regenerate").last.wait_for()
            button(page, "New chat").click()
            page.get_by_text("Send a message to get a reply from").wait_for()
            last = 10_000 + number
            rig.models.script = _short(last)
            box(page).fill("Another first.")
            box(page).press("Enter")


WAIT_FOR_WORD = "word => document.getElementById('root').textContent.includes(word)"


def _short(number: int) -> list[Any]:
    return [step for each in range(24) for step in (f"word{number}-{each} ", Pause(0.04))] + [f"end{number}."]


KINDS = {"erase": erase, "stop": stop, "send": send}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=40)
    parser.add_argument("--busy", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument("--seconds", type=float, default=200.0, help="no new try after so many seconds")
    parser.add_argument("--trace")
    options = parser.parse_args()
    print(f"{options.busy} busy loops, {os.cpu_count()} cores")
    until = time.monotonic() + options.seconds
    for name in options.only:
        with rig(options.busy, options.trace) as apps:
            if name == "erase":
                keep(apps.data, 6, trashed=True)
            tried = lost = 0
            for happened in KINDS[name](apps, options.tries):
                tried += 1
                if not happened:
                    lost += 1
                    print(f"{time.time():.3f} {name}: try {tried} was lost", flush=True)
                if time.monotonic() > until:
                    break
            print(f"{name}: {lost} of {tried} lost", flush=True)


if __name__ == "__main__":
    main()

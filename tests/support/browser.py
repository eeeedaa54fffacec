"""A browser for tests: Debian's Chromium, driven by Playwright, without what only a desktop needs where that is there.

A test module imports the fixtures (`from tests.support.browser import browser, page`). One browser serves the modules
that follow each other and need one; before a module that needs none it is closed (`tests/conftest.py`): while it
runs, no other test of this thread could call `asyncio.run`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    WebSocket,
    expect,
    sync_playwright,
)
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
"""The browser as people have it: for figures, pictures, and what a browser lets a site keep."""
_SHELL = Path("/usr/bin/chromium-headless-shell")
HEADLESS = _SHELL if "CHROMIUM" not in os.environ and _SHELL.exists() else CHROMIUM
"""The same engine without tabs, menus and an address bar, which Playwright itself takes where there is no screen."""
PATIENCE = 30_000
"""Milliseconds after which a wait for something on a page gives up: only a failing test takes so long."""
STEP = 20
"""Milliseconds between two looks at what a page has sent or got."""
expect.set_options(timeout=PATIENCE)
_PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
"""The features that Playwright turns off itself (its driver's `disabledFeatures`): of two lists the last counts."""
# Chromium's own errands (updates, hints, safe browsing) would be requests that the page under test never made. The two
# pages of its address bar, made for each context and seen by nobody, are a quarter of the CPU of opening one of ours.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--disable-features={_PLAYWRIGHTS},WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]
# No page of a test is open for so long that it gets back what its compilers for long work cost: a sixteenth of all CPU.
TEST_OPTIONS = [*OPTIONS, "--js-flags=--no-turbofan --no-maglev"]
LAPTOP: ViewportSize = {"width": 1280, "height": 900}
_consoles: WeakKeyDictionary[BrowserContext, list[str]] = WeakKeyDictionary()
_same_pages: WeakKeyDictionary[Browser, Page] = WeakKeyDictionary()


class _Running:
    """The browser that runs in this process, where one does. To begin and end one costs a second of CPU."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def begin(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self.end()
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(executable_path=str(HEADLESS), args=TEST_OPTIONS)
        return self._browser

    def end(self) -> None:
        if self._playwright is None:
            return
        if self._browser is not None:
            self._browser.close()
        self._playwright.stop()
        self._playwright = self._browser = None


_running = _Running()
end_browser = _running.end


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a running Chromium with no page open; without one the test fails and says how to get it."""
    for each in (HEADLESS, CHROMIUM):
        if not each.exists():
            pytest.fail(f"{each} is missing: apt-get install chromium chromium-headless-shell, or set CHROMIUM to one")
    chromium = _running.begin()
    yield chromium
    _same_pages.pop(chromium, None)
    for context in chromium.contexts:
        context.close()


def needs_browser(module: ModuleType) -> bool:
    """Return whether a test module imports the browser."""
    return getattr(module, "browser", None) is browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a new page in a context of its own, as wide as a laptop's."""
    page = _new_page(browser)
    yield page
    page.context.close()


@pytest.fixture
def same_page(browser: Browser) -> Iterator[Page]:
    """Return the module's one page, blank again: `from ... import same_page as page` where nobody's identity is tested.

    To load a page of ours in it costs less CPU than in a new context.
    """
    page = _same_pages.get(browser) or _same_pages.setdefault(browser, _new_page(browser))
    yield page
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.goto("about:blank")
    page.set_viewport_size(LAPTOP)
    page.mouse.move(0, 0)
    page.context.clear_permissions()
    console_of(page.context).clear()


def _new_page(browser: Browser) -> Page:
    context = browser.new_context(viewport=LAPTOP, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    said = _consoles[context] = []
    context.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: said.append(f"uncaught: {error.error}"))
    return context.new_page()


def console_of(context: BrowserContext) -> list[str]:
    """Return what the pages of a context have written to their consoles, and what they did not catch."""
    return _consoles.get(context, [])


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for this while Playwright goes on with what the page sends and gets."""
    for _ in range(PATIENCE // STEP):
        if condition():
            return
        page.wait_for_timeout(STEP)
    raise AssertionError("this never happened")


def when_drawn(page: Page) -> None:
    """Wait until the page has drawn what it has got, and a person could see it."""
    page.evaluate("() => new Promise(done => requestIdleCallback(() => requestAnimationFrame(done), {timeout: 1000}))")


class Runs:
    """How often the server runs a page for a browser, all of it or parts of it, told from what it sends; since it was
    made or told to forget."""

    def __init__(self, page: Page) -> None:
        self.of_page = 0
        self.of_parts = 0
        page.on("websocket", self._listen)

    def forget(self) -> None:
        self.of_page = self.of_parts = 0

    def _listen(self, socket: WebSocket) -> None:
        if "_stcore/stream" in socket.url:
            socket.on("framereceived", self._count)

    def _count(self, frame: str | bytes) -> None:
        message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else b"")
        if not message.HasField("new_session"):
            return
        if message.metadata.run.fragment_ids:
            self.of_parts += 1
        else:
            self.of_page += 1

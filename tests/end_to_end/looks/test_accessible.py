"""Whoever sees little, or nothing at all, can use every page, panel and window: axe-core finds nothing against them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from tests.support.browser import LAPTOP, PATIENCE, browser, when_drawn  # noqa: F401
from tests.support.identity.openid_provider import write_secrets
from tests.support.looks.tour import PLACES, SIGN_IN, VISITORS_PLACES, Place, Tour, touring

Theme = Literal["light", "dark"]
GRAVE = ("serious", "critical")
HEADINGS = ("heading-order", "page-has-heading-one")
"""What axe-core takes for less grave, and is held here all the same."""
STREAMLITS_TOKENS = re.compile(r'^<span class="token [a-z -]+"')
"""A word of code. Streamlit 1.67 colours it by fixed colours that no theme changes; on a light page several are too
pale whatever is behind them (a comment's is 3.8:1 on white). All other text in code is held."""
STREAMLITS_CODE = re.compile(r'^<pre class="st-')
"""A block of code. Streamlit 1.67 gives it no `tabindex` where it is wider than its place; browsers make what scrolls
reachable by the keyboard themselves (Chromium since 130), which axe-core does not count."""
SEEN = "html { min-height: 100vh }"
"""Under a window the page does not scroll, and its root is 0 pixels high: axe-core would take all that is in the window
for cut off, and not look at its colours."""
IN_THEME = """theme => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === theme"""
AT_REST = """() => document.getAnimations().every(
  each => each.playState !== 'running' || each.effect.getComputedTiming().endTime === Infinity)"""
"""Nothing comes in or goes any more: in between a colour is another one."""
PROBING = re.compile(r"/(History|Settings|Admin)/_stcore/(health|host-config)$")
"""Where Streamlit 1.67 looks for its server when a page is opened by its own address, before it looks where it is."""
PHONE: ViewportSize = {"width": 390, "height": 900}
IN_SIDEBAR = ("chat-menu-of-a-row", "chat-rename")
"""The places that Streamlit leaves as the page becomes as narrow as a phone: it closes its sidebar."""
RUN = "rules => axe.run({resultTypes: ['violations'], ...rules}).then(found => found.violations)"
ALL_RULES: dict[str, Any] = {}
CONTRAST = {"runOnly": ["color-contrast"]}
"""The dearest of axe-core's rules: as much as all others. What it finds hangs on the theme, and hardly on the width."""
ALL_BUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
"""What these find hangs on the width, and not on the theme."""
ALL_SEEN = """() => {
  const inside = root => [...root.querySelectorAll('*')].flatMap(
    each => [each, ...(each.shadowRoot ? inside(each.shadowRoot) : [])]);
  return inside(document).filter(each => each.checkVisibility({visibilityProperty: true}));
}"""
REMEMBER = f"() => {{ window.seenBefore = new Set(({ALL_SEEN})()); }}"
RUN_ON_NEW = f"""rules => {{
  const include = ({ALL_SEEN})().filter(each => !window.seenBefore?.has(each));
  return include.length ? axe.run({{include}}, rules).then(found => found.violations) : [];
}}"""
"""To run rules on what is seen now and was not when it was remembered what is seen."""


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with touring(tmp_path_factory.mktemp("tour")) as running:
        yield running


@pytest.fixture(scope="module")
def walk(browser: Browser, tour: Tour) -> Iterator[Walk]:  # noqa: F811
    """Return the walk that goes on from test to test."""
    walk = Walk(browser, tour, LAPTOP, "dark")
    yield walk
    walk.page.context.close()


@pytest.mark.parametrize("name", PLACES, ids=list(PLACES))
def test_axe_finds_nothing_grave_and_the_console_stays_empty(walk: Walk, name: str) -> None:
    walk.become(LAPTOP, "dark")
    walk.come(name, PLACES[name])
    walk.look(CONTRAST)
    walk.become(LAPTOP, "light")
    walk.look(ALL_RULES)
    open_there = walk.layers()
    walk.page.evaluate(REMEMBER)
    walk.become(PHONE, "light")
    if name in IN_SIDEBAR:
        walk.come(name, PLACES[name])
    walk.look(ALL_BUT_CONTRAST)
    walk.look(CONTRAST, RUN_ON_NEW)
    assert walk.layers() == open_there, "this is another place on a phone"
    assert walk.found() == []


def test_axe_finds_nothing_grave_in_what_visitors_see(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    with touring(tmp_path, CHATKEEP_MODE="visitors", CHATKEEP_VISITOR_KEYS="1") as tour:
        walk = Walk(browser, tour, LAPTOP, "dark")
        for name, go in VISITORS_PLACES.items():
            walk.come(name, go)
            walk.look(ALL_RULES)
        assert walk.found() == []
        walk.page.context.close()


def test_axe_finds_nothing_grave_where_one_signs_in(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    secrets = tmp_path / "secrets.toml"
    write_secrets(secrets, "http://localhost:8501", "http://localhost:8502")
    with touring(tmp_path, CHATKEEP_MODE="signed-in", STREAMLIT_SECRETS_FILES=str(secrets)) as tour:
        walk = Walk(browser, tour, PHONE, "dark")
        walk.come("sign-in", SIGN_IN)
        walk.look(ALL_RULES)
        assert walk.found() == []
        walk.page.context.close()


class Walk:
    """A walk through places in one window, and all that was found wrong on it, each with where it was."""

    def __init__(self, browser: Browser, tour: Tour, size: ViewportSize, theme: Theme) -> None:  # noqa: F811
        self.page = browser.new_page(viewport=size, color_scheme=theme)
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda message: self._note(*complaint(message)))
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self._tour = tour
        self._theme = theme
        self._width = size["width"]
        self._place = ""
        self._found: list[str] = []

    def become(self, size: ViewportSize, theme: Theme) -> None:
        """Have the window be so large, and the page follow the system's theme."""
        self._theme = theme
        self._width = size["width"]
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme=theme)
        when_drawn(self.page)

    def come(self, name: str, go: Place) -> None:
        self._place = name
        go(self.page, self._tour)
        self.page.add_style_tag(content=SEEN)
        self.page.evaluate(Axe().axe_script)

    def look(self, rules: dict[str, Any], run: str = RUN) -> None:
        """Note what axe-core finds by these rules on the page as it is now, each with the element."""
        self.page.wait_for_function(IN_THEME, arg=self._theme)
        self.page.wait_for_function(AT_REST)
        self._note(*too_many_titles(self.page))
        for violation in self.page.evaluate(run, rules):
            if violation["impact"] in GRAVE or violation["id"] in HEADINGS:
                for node in violation["nodes"]:
                    if not is_streamlits_own(violation["id"], node, self._theme):
                        why = "; ".join(check["message"] for check in node["any"][:1])
                        self._note(f"{violation['id']} at {node['html'][:200]}: {why}")

    def layers(self) -> int:
        """Return how many windows and menus lie over the page."""
        return self.page.get_by_role("dialog").or_(self.page.get_by_role("menu")).count()

    def found(self) -> list[str]:
        """Return what was found since this was asked before."""
        found, self._found = self._found, []
        return found

    def _note(self, *wrongs: str) -> None:
        self._found += [f"{self._place}, {self._width} wide, {self._theme}: {each}" for each in wrongs]


def is_streamlits_own(rule: str, node: dict[str, Any], theme: str) -> bool:
    if rule == "scrollable-region-focusable":
        return STREAMLITS_CODE.match(node["html"]) is not None
    return rule == "color-contrast" and theme == "light" and STREAMLITS_TOKENS.match(node["html"]) is not None


def too_many_titles(page: Page) -> list[str]:
    titles = page.locator("h1:visible").all_inner_texts()
    return [] if len(titles) == 1 else [f"not one title: {titles}"]


def complaint(message: ConsoleMessage) -> list[str]:
    if message.type not in ("error", "warning") or PROBING.search(message.location["url"]):
        return []
    return [f"{message.type}: {message.text} ({message.location['url']})"]

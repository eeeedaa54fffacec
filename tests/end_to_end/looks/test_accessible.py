"""Whoever sees little, or nothing at all, can use every page, panel and window: axe-core finds nothing against them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.browser import PATIENCE, browser  # noqa: F401
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


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with touring(tmp_path_factory.mktemp("tour")) as running:
        yield running


@pytest.mark.parametrize(("width", "themes"), [(1280, ("light", "dark")), (390, ("light",))])
def test_axe_finds_nothing_grave_and_the_console_stays_empty(
    browser: Browser,  # noqa: F811
    tour: Tour,
    width: int,
    themes: tuple[Theme, ...],
) -> None:
    assert found_on(browser, tour, PLACES, width, *themes) == []


def test_axe_finds_nothing_grave_in_what_visitors_see(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    with touring(tmp_path, CHATKEEP_MODE="visitors", CHATKEEP_VISITOR_KEYS="1") as tour:
        assert found_on(browser, tour, VISITORS_PLACES, 1280, "dark") == []


def test_axe_finds_nothing_grave_where_one_signs_in(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    secrets = tmp_path / "secrets.toml"
    write_secrets(secrets, "http://localhost:8501", "http://localhost:8502")
    with touring(tmp_path, CHATKEEP_MODE="signed-in", STREAMLIT_SECRETS_FILES=str(secrets)) as tour:
        assert found_on(browser, tour, {"sign-in": SIGN_IN}, 390, "dark") == []


def found_on(browser: Browser, tour: Tour, places: Mapping[str, Place], width: int, *themes: Theme) -> list[str]:  # noqa: F811
    """Return what is wrong with any of these places in any of these themes, each with its name."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=themes[0])
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    found: list[str] = []
    name = ""
    page.on("console", lambda message: found.extend(f"{name}: {said}" for said in complaint(message)))
    page.on("pageerror", lambda error: found.append(f"{name}: {error}"))
    for name, go in places.items():
        page.emulate_media(color_scheme=themes[0])
        go(page, tour)
        found += [f"{name}: {each}" for each in too_many_titles(page)]
        for theme in themes:
            page.emulate_media(color_scheme=theme)
            found += [f"{name}, {theme}: {each}" for each in violations(page, theme)]
    context.close()
    return found


def violations(page: Page, theme: str) -> Iterator[str]:
    """Yield what axe-core finds on the page as it is now, each with the element."""
    page.add_style_tag(content=SEEN)
    page.wait_for_function(IN_THEME, arg=theme)
    page.wait_for_function(AT_REST)
    for violation in Axe().run(page).response["violations"]:
        if violation["impact"] in GRAVE or violation["id"] in HEADINGS:
            for node in violation["nodes"]:
                if not is_streamlits_own(violation["id"], node, theme):
                    why = "; ".join(check["message"] for check in node["any"][:1])
                    yield f"{violation['id']} at {node['html'][:200]}: {why}"


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

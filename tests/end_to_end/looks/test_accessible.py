"""Whoever sees little, or nothing at all, can use every page, panel and window: axe-core finds nothing against them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.browser import PATIENCE, browser  # noqa: F401
from tests.support.looks.tour import PLACES, Tour, touring

GRAVE = ("serious", "critical")
HEADINGS = ("heading-order", "page-has-heading-one")
"""What axe-core takes for less grave, and is held here all the same."""
STREAMLITS_TOKENS = re.compile(r'^<span class="token [a-z -]+"')
"""A word of code. Streamlit 1.67 colours it by fixed colours that no theme changes; on a light page several are too
pale whatever is behind them (a comment's is 3.8:1 on white). All other text in code is held."""
STREAMLITS_CODE = re.compile(r'^<pre class="st-')
"""A block of code. Streamlit 1.67 gives it no `tabindex` where it is wider than its place; browsers make what scrolls
reachable by the keyboard themselves (Chromium since 130), which axe-core does not count."""
PROBING = re.compile(r"/(History|Settings|Admin)/_stcore/(health|host-config)$")
"""Where Streamlit 1.67 looks for its server when a page is opened by its own address, before it looks where it is."""


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with touring(tmp_path_factory.mktemp("tour")) as running:
        yield running


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_grave_and_the_console_stays_empty(browser: Browser, tour: Tour, theme: str) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    found: list[str] = []
    place = ""
    page.on("console", lambda message: found.extend(f"{place}: {said}" for said in complaint(message)))
    page.on("pageerror", lambda error: found.append(f"{place}: {error}"))
    for place, go in PLACES.items():
        go(page, tour)
        found += [f"{place}: {each}" for each in (*violations(page, theme), *too_many_titles(page))]
    context.close()
    assert found == []


def violations(page: Page, theme: str) -> Iterator[str]:
    """Yield what axe-core finds on the page as it is now, each with the element."""
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

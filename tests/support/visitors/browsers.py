"""What visitors do and see in browser tests: each browser is a context of its own, with none of another's cookies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.browser import PATIENCE
from tests.support.chatkeep_app import message_box, say, wait_for_answer

VISITORS = {"CHATKEEP_MODE": "visitors", "CHATKEEP_VISITOR_KEYS": "1"}


@contextmanager
def a_browser(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """Give a browser of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def as_new(page: Page) -> Page:
    """Have the browser of this page be one that was never here: it keeps no cookie, and has no page open that could
    write one. A tab goes on for half of what it costs to open one in a browser that is begun."""
    for tab in page.context.pages:
        if tab is not page:
            tab.close()
    page.goto("about:blank")
    page.context.clear_cookies()
    return page


def tabs_at_once(context: BrowserContext, url: str, number: int) -> list[Page]:
    """Return so many tabs that asked for a page in the same moment, each drawn."""
    first = context.new_page()
    before = context.pages
    with context.expect_page(lambda _: len(context.pages) == len(before) + number):
        first.evaluate("([url, number]) => { for (let i = 0; i < number; i++) window.open(url); }", [url, number])
    tabs = [each for each in context.pages if each not in before]
    for tab in tabs:
        expect(message_box(tab)).to_be_visible()
    return tabs


def asked(page: Page, question: str) -> str:
    """Say something in a new conversation, which the model echoes; return the address of that."""
    say(page, question)
    assert wait_for_answer(page, 2) == question
    return str(page.evaluate("location.href"))


def in_sidebar(page: Page, title: str) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True)


def assert_same_place(page: Page, *titles: str) -> None:
    """Check that these conversations are there."""
    for title in titles:
        expect(in_sidebar(page, title)).to_be_visible()


def assert_new_place(page: Page, *titles: str) -> None:
    """Check that nothing is there, these conversations least of all."""
    expect(page.get_by_text("Your conversations will be listed here.")).to_be_visible()
    for title in titles:
        expect(in_sidebar(page, title)).to_have_count(0)


def cookie_names(context: BrowserContext) -> list[str]:
    """Return the names of our cookies."""
    return [cookie["name"] for cookie in context.cookies() if "chatkeep" in cookie["name"]]

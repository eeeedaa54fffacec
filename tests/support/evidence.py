"""What a failed browser test leaves behind: what its pages showed, what their consoles said, what the app logged."""

from __future__ import annotations

from playwright.sync_api import Error, Page

from tests.support.browser import console_of
from tests.support.streamlit_server import STARTED

LAST_LINES = 80
"""Of each log; the end is what matters."""
SNAPSHOT_PATIENCE = 2_000
"""Milliseconds that a page which answers no more holds a report up."""


def evidence(page: Page) -> list[tuple[str, str]]:
    """Return titled sections for pytest's report: each page of the context, their console, each server's log."""
    sections = [(f"page {each.url}", _snapshot(each)) for each in page.context.pages]
    sections.append(("console", _end_of("\n".join(console_of(page.context)))))
    sections += [(f"log of {server.url}", _end_of(server.log)) for server in STARTED]
    return sections


def _snapshot(page: Page) -> str:
    try:
        return page.locator("body").aria_snapshot(timeout=SNAPSHOT_PATIENCE)
    except Error as error:
        return f"cannot be looked at: {error}"


def _end_of(text: str) -> str:
    return "\n".join(text.splitlines()[-LAST_LINES:])

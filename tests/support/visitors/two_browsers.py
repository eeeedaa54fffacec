"""Two browsers that were never here, for tests of who is who: as new for each test, and opened once for a module.

A test module that imports `browser` alone has `page` and `other` from here (`tests/conftest.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.visitors.browsers import a_browser, as_new


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    with a_browser(browser) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def others_tab(browser: Browser) -> Iterator[Page]:
    with a_browser(browser) as context:
        yield context.new_page()


@pytest.fixture
def page(tab: Page) -> Page:
    """Return the page of a browser that was never here."""
    return as_new(tab)


@pytest.fixture
def other(others_tab: Page) -> Page:
    """Return the page of another such browser."""
    return as_new(others_tab)

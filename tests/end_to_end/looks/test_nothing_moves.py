"""Nothing moves sideways as a page becomes longer than the window and gets a scrollbar."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.support.browser import HEADLESS, PATIENCE, TEST_OPTIONS
from tests.support.looks.tour import PLACES, touring


def left_of_title(page: Page) -> float:
    box = page.get_by_role("heading", level=1).bounding_box()
    assert box is not None
    return box["x"]


def width_of_scrollbar(page: Page) -> int:
    return int(page.evaluate("(main => main.offsetWidth - main.clientWidth)(document.querySelector('main'))"))


def test_titles_stand_at_one_place_with_a_scrollbar_and_without(tmp_path: Path) -> None:
    with touring(tmp_path) as tour, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(HEADLESS), args=TEST_OPTIONS, ignore_default_args=["--hide-scrollbars"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        at = {}
        for place in ("chat-empty", "chat", "history", "settings"):
            PLACES[place](page, tour)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            page.wait_for_function("() => document.querySelector('main').style.scrollbarGutter === 'stable'")
            at[place] = left_of_title(page)
        assert page.evaluate("document.querySelector('main').scrollHeight > innerHeight")
        assert width_of_scrollbar(page) > 0
        assert len(set(at.values())) == 1, at
        browser.close()

"""Pictures of every page, panel and window, at three widths in both themes; and those that the README shows.

scripts/pictures             into pictures/, which git ignores: to be looked at
scripts/pictures --readme    docs/chat.png, and docs/chat.webp, in which an answer arrives
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.browser import CHROMIUM, OPTIONS, PATIENCE
from tests.support.chatkeep_app import ROOT, button, message_box
from tests.support.fakes.fake_server import Pause, Step
from tests.support.looks.tour import ANSWER, PLACES, Tour, touring

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 768, 390)
HEIGHT = 900
TALLEST = 4_000
"""Pixels of a page that are in a picture, at most."""
FILM = (960, 600)
FRAME_SECONDS = 0.12
LAST_FRAME_SECONDS = 2.5
QUALITY = 60


@contextmanager
def opened(browser: Browser, width: int, height: int, theme: Literal["light", "dark"]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def picture_all(browser: Browser, tour: Tour, only: str) -> None:
    folder = ROOT / "pictures"
    folder.mkdir(exist_ok=True)
    for theme in THEMES:
        for width in WIDTHS:
            with opened(browser, width, HEIGHT, theme) as page:
                for place, go in PLACES.items():
                    if only in place:
                        go(page, tour)
                        _show_all(page)
                        page.screenshot(path=folder / f"{place}-{width}-{theme}.png", animations="disabled")
                        page.set_viewport_size({"width": width, "height": HEIGHT})


def _show_all(page: Page) -> None:
    """Make the window as tall as the page, where no window of the app stands over it."""
    if page.get_by_role("dialog").count() == 0 and page.viewport_size is not None:
        tall = int(page.evaluate("document.querySelector('main').scrollHeight"))
        width = page.viewport_size["width"]
        page.set_viewport_size({"width": width, "height": max(HEIGHT, min(tall, TALLEST))})


def picture_for_readme(browser: Browser, tour: Tour) -> None:
    """Make the picture and the film that the README shows."""
    with opened(browser, 1280, 800, "light") as page:
        PLACES["chat"](page, tour)
        expect(page.get_by_text("def water")).to_be_attached()
        page.mouse.move(700, 300)
        page.mouse.wheel(0, -5_000)
        page.wait_for_function("() => document.querySelector('main').scrollTop === 0")
        page.screenshot(path=ROOT / "docs" / "chat.png", animations="disabled")
        _make_small(ROOT / "docs" / "chat.png")
    with opened(browser, *FILM, "light") as page:
        _film(page, tour, ROOT / "docs" / "chat.webp")


def _make_small(path: Path) -> None:
    with Image.open(path) as whole:
        whole.convert("RGB").quantize(128).save(path, optimize=True)


def _film(page: Page, tour: Tour, path: Path) -> None:
    """Ask a question, letter by letter, and film its answer until it has ended."""
    tour.models.script = list(_in_words(ANSWER))
    frames: list[Image.Image] = []
    durations: list[int] = []
    PLACES["chat-empty"](page, tour)
    question = "A rye bread without yeast?"
    before = time.monotonic()
    last = False
    typed = 0
    while not last:
        if typed < len(question):
            typed += 2
            message_box(page).fill(question[:typed])
        elif typed < len(question) + 2:
            typed += 2
            message_box(page).press("Enter")
        else:
            last = button(page, "Good answer").count() > 0
        frames.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        page.wait_for_timeout(1_000 * FRAME_SECONDS)
        durations.append(round(1_000 * (time.monotonic() - before)))
        before = time.monotonic()
    durations[-1] = round(1_000 * LAST_FRAME_SECONDS)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=QUALITY, method=6)


def _in_words(text: str) -> Iterator[Step]:
    for word in text.split(" "):
        yield word + " "
        yield Pause(0.03)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readme", action="store_true", help="make the README's pictures, and no others")
    parser.add_argument("--only", default="", metavar="WORD", help="only places with this in their names")
    chosen = parser.parse_args()
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory() as folder, touring(Path(folder)) as tour, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        if chosen.readme:
            picture_for_readme(browser, tour)
        else:
            picture_all(browser, tour, chosen.only)
        browser.close()


if __name__ == "__main__":
    main()

"""From a click on History to its list being drawn, and from Enter in its search box to the hits: 10 against 10,000.

    python -m benchmarks.history_page [--rounds 9]

Two apps in one run, asked in turns; times are taken in the page, in milliseconds.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.rig import ROOT, box, spread
from tests.support.browser import CHROMIUM, OPTIONS
from tests.support.many_conversations import write_many
from tests.support.streamlit_server import StreamlitServer

SIZES = (10, 10_000)
SIZE = {"width": 1280, "height": 800}

UNTIL = """
async ([click, effect]) => {
  const find = new Function('return ' + effect);
  const start = performance.now();
  new Function(click)();
  while (!find()) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}
"""
LINK = "document.querySelector('[data-testid=stSidebar] a[href$=History]').click()"
ROWS = """[...document.querySelector('[data-testid=stMain]').querySelectorAll('*')]
.map(each => each.shadowRoot?.querySelector('.rows.cards')).find(Boolean)"""
LISTED = f"{ROWS}?.textContent.includes('Chat 9')"


def click(page: Page) -> float:
    """Return how long it takes from the click to the page's tenth row."""
    return float(page.evaluate(UNTIL, [LINK, LISTED]))


def search(page: Page) -> float:
    """Return how long it takes from Enter to the one conversation with a word."""
    page.get_by_role("searchbox", name="Search", exact=True).fill("number7")
    page.evaluate(
        """() => { document.addEventListener('keydown', event => {
        if (event.key === 'Enter') window.entered = performance.now(); }, {capture: true, once: true}); }"""
    )
    page.get_by_role("searchbox", name="Search", exact=True).press("Enter")
    return float(
        page.evaluate(
            f"""async () => {{ while (!{ROWS}?.textContent.includes('Open here'))
            await new Promise(requestAnimationFrame); return performance.now() - window.entered; }}"""
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    times: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        servers = {}
        for size in SIZES:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
            write_many(data, size)
            environment = {"STORE_URL": f"tinydb:///{data}"}
            servers[size] = stack.enter_context(StreamlitServer(ROOT / "Home.py", env=environment, cwd=ROOT))
            page = browser.new_page(viewport=SIZE)
            page.goto(f"{servers[size].url}/History")
            page.get_by_text(f"{size:,} conversations", exact=True).wait_for(timeout=120_000)
            page.get_by_text("The list is made anew").wait_for(state="detached", timeout=120_000)
            page.close()
        for number in range(rounds + 1):
            for size, server in servers.items():
                page = browser.new_page(viewport=SIZE)
                page.goto(server.url)
                box(page).wait_for()
                page.wait_for_load_state("networkidle")
                clicked, found = click(page), search(page)
                page.close()
                if number:  # the first round warms up
                    times.setdefault(("click to list", size), []).append(clicked)
                    times.setdefault(("Enter to hits", size), []).append(found)
        browser.close()
    print(f"{rounds} rounds, {os.cpu_count()} cores; milliseconds, median (min-max)\n")
    print("| |" + "".join(f" {size:,} conversations |" for size in SIZES) + "\n|---|---:|---:|")
    for what in ("click to list", "Enter to hits"):
        print(f"| {what} |" + "".join(f" {spread(times[what, size])} |" for size in SIZES))


if __name__ == "__main__":
    main()

"""Time from Enter to the first and to the last visible character, beside the plain tutorial app, in one run.

    python -m benchmarks.answer_latency [--rounds 7] [--tokens 200] [--rate 100]

Both apps run as real servers and answer from the same local server that speaks OpenAI's protocol at a fixed pace; a
real browser types and looks. The two take turns, so that a slow moment of the machine meets both. Times are taken
inside the browser, from the keydown event to the DOM change that shows the word; a new conversation each round.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import CHROMIUM, OPTIONS
from tests.fake_server import FakeModelServer
from tests.streamlit_server import StreamlitServer

ROOT = Path(__file__).resolve().parent.parent

WATCH = """
([first, last]) => {
  window.seen = {};
  const look = () => {
    const text = document.getElementById('root').textContent;
    if (!window.seen.first && text.includes(first)) window.seen.first = performance.now() - window.entered;
    if (!window.seen.last && text.includes(last)) window.seen.last = performance.now() - window.entered;
  };
  document.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !window.entered) window.entered = performance.now();
  }, true);
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}
"""


def measure(page: Page, url: str, first: str, last: str) -> tuple[float, float]:
    """Return milliseconds from Enter to the first and to the last word, in a new conversation."""
    page.goto(url)
    box = page.get_by_role("textbox", name="Message")
    box.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH, [first, last])
    box.fill("Please count.")
    box.press("Enter")
    page.wait_for_function("() => window.seen.last", timeout=60_000)
    return page.evaluate("[window.seen.first, window.seen.last]")


def row(name: str, values: list[float]) -> str:
    return f"| {name} | {statistics.median(values):.0f} | {min(values):.0f} | {max(values):.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--rate", type=int, default=100, help="tokens a second")
    options = parser.parse_args()
    model = f"paced-{options.tokens}-at-{options.rate}"

    with tempfile.TemporaryDirectory() as folder, FakeModelServer() as models, sync_playwright() as playwright:
        shared = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": models.url, "PLAIN_MODEL": model}
        ours = {**shared, "CHATKEEP_MODEL": f"openai/{model}", "STORE_URL": f"tinydb:///{folder}/data"}
        plain = Path(folder) / "plain_app.py"
        plain.write_text((ROOT / "benchmarks" / "plain_app.py").read_text("utf-8"), "utf-8")
        with (
            StreamlitServer(ROOT / "Home.py", env=ours, cwd=ROOT) as chatkeep,
            StreamlitServer(plain, env=shared, cwd=Path(folder)) as tutorial,
        ):
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            times: dict[str, list[tuple[float, float]]] = {"Chatkeep": [], "plain": []}
            for number in range(options.rounds + 1):
                for name, server in (("Chatkeep", chatkeep), ("plain", tutorial)):
                    both = measure(page, server.url, "word1", f"word{options.tokens}")
                    if number:  # the first round warms both up
                        times[name].append(both)
            browser.close()

    print(f"{options.rounds} rounds, {options.tokens} tokens at {options.rate}/s, {os.cpu_count()} cores\n")
    print("| Enter to (ms) | median | min | max |\n|---|---:|---:|---:|")
    for index, what in enumerate(("first character", "last character")):
        for name, measured in times.items():
            print(row(f"{what}, {name}", [both[index] for both in measured]))
        ratios = [ours[index] / plain[index] for ours, plain in zip(times["Chatkeep"], times["plain"], strict=True)]
        print(f"| ratio, round by round | {statistics.median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f} |")


if __name__ == "__main__":
    main()

"""What is done in a long conversation takes no longer than in a short one.

python -m benchmarks.turns [--rounds 9]   opening, rating, copying, another version: 30 and 1,000 messages

From Enter to the first character at any turn: `answer_latency`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from playwright.sync_api import Page

from benchmarks.rig import rig, spread, with_past

SIZE = {"width": 1280, "height": 800}
LONG = 500
"""Turns of a conversation of 1,000 messages."""

FIRST_VERSION = "The version of before."


DEEP = """(() => {{ const found = []; const look = root => {{
  for (const each of root.querySelectorAll('*')) {{
    if (each.ariaLabel === '{}') found.push(each);
    if (each.shadowRoot) look(each.shadowRoot);
  }} }}; look(document); return found.at(-1); }})()"""
"""The last element of that name on the page, components included."""


def _until(page: Page, click: str, effect: str) -> float:
    """Click in the page and wait there for the effect; both are JavaScript, so no driver's time is in it."""
    script = f"""async () => {{
      const start = performance.now(); {click};
      while (!({effect})) await new Promise(requestAnimationFrame);
      return performance.now() - start;
    }}"""
    return float(page.evaluate(script))


def _rate(page: Page) -> float:
    thumb = DEEP.format("Good answer")
    return _until(page, f"{thumb}.click()", f"{thumb}?.getAttribute('aria-pressed') === 'true'")


def _copy(page: Page) -> float:
    copy, copied = DEEP.format("Copy"), DEEP.format("Copied")
    return _until(page, f"{copy}.click()", f"{copied} != null")


def _other_version(page: Page) -> float:
    click = f"{DEEP.format('Previous version')}.click()"
    return _until(page, click, f"document.getElementById('root').innerText.includes('{FIRST_VERSION}')")


CLICKS: dict[str, Callable[[Page], float]] = {"rate": _rate, "copy": _copy, "another version": _other_version}


def measure(rounds: int) -> None:
    """Time what is done in a conversation of 30 and of 1,000 messages."""
    model = "paced-20-at-100"
    times: dict[tuple[str, int], list[float]] = {}
    with rig(model) as apps:
        for number in range(rounds + 1):
            for turns in (15, LONG):
                page = apps.browser.new_page(viewport=SIZE)
                page.context.grant_permissions(["clipboard-read", "clipboard-write"])
                page.goto(f"{apps.chatkeep.url}/?c={with_past(apps.data, model, turns, FIRST_VERSION)}")
                page.wait_for_function(
                    "() => document.querySelectorAll('[aria-label^=\"Chat message\"]').length === 30"
                )
                took = {"open": float(page.evaluate("performance.now()"))}
                page.wait_for_load_state("networkidle")
                took |= {name: click(page) for name, click in CLICKS.items()}
                page.close()
                for name, each in took.items() if number else ():
                    times.setdefault((name, turns), []).append(each)
    print(f"{rounds} rounds, {os.cpu_count()} cores; milliseconds, median (min-max)\n")
    print("| | 30 messages | 1,000 messages |\n|---|---:|---:|")
    for name in ("open", *CLICKS):
        print(f"| {name} | {spread(times[name, 15])} | {spread(times[name, LONG])} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    measure(parser.parse_args().rounds)


if __name__ == "__main__":
    main()

"""Answers by push, beside the plain tutorial app where that has the same: both on one model server, in one run.

python -m benchmarks.push behind [--rounds 9]   1,000 words at 200/s: how far a page is behind the model
python -m benchmarks.push pages [--rounds 3]    what 1 and 20 pages that follow one answer cost the server
python -m benchmarks.push steady [--rounds 3]   what moves on the page while an answer arrives and as it ends

What one page costs, and how often its text changes: `following cost`.
"""

from __future__ import annotations

import argparse
import os

from benchmarks.rig import box, cpu_seconds, opened, rig, spread, with_past

SIZE = {"width": 1280, "height": 800}
PATIENCE = 120_000
"""Milliseconds for twenty pages to have drawn all: so many browser processes share the machine."""

MOVED = """
() => {
  window.moved = 0;
  new PerformanceObserver(list => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.moved += each.value;
  }).observe({ type: 'layout-shift' });
}
"""

# When the page shows a word, in milliseconds since 1970, to be held against when the model said it.
SHOWN = """
words => {
  window.shownAt = {};
  const root = document.getElementById('root');
  new MutationObserver(() => {
    const text = root.textContent;
    for (const word of words) if (!window.shownAt[word] && text.includes(word + ' ')) window.shownAt[word] = Date.now();
  }).observe(root, {subtree: true, childList: true, characterData: true});
}
"""


def behind(rounds: int) -> None:
    """Time from a word's being said by the model to its being shown."""
    words, rate = 1000, 200
    model = f"paced-{words}-at-{rate}"
    places = (words // 2, words - 1)
    rows: dict[str, list[list[float]]] = {"Chatkeep": [], "plain": []}
    with rig(model) as apps:
        for number in range(rounds + 1):
            for name, server in (("Chatkeep", apps.chatkeep), ("plain", apps.plain)):
                page = apps.browser.new_page(viewport=SIZE)
                opened(page, server.url)
                page.evaluate(SHOWN, [f"word{place}" for place in places])
                asked = len(apps.models.asked)
                box(page).fill("Please count.")
                box(page).press("Enter")
                apps.models.wait_for(lambda asked=asked: len(apps.models.asked) > asked and apps.models.asked[-1].done)
                page.wait_for_function(f"() => window.shownAt['word{places[-1]}']")
                shown, said = page.evaluate("window.shownAt"), apps.models.asked[-1]
                # The model says its words by the clock.
                said_at = [said.first_sent_at + (place - 1) / rate for place in places]
                page.close()
                if number:
                    rows[name].append(
                        [shown[f"word{place}"] - at * 1000 for place, at in zip(places, said_at, strict=True)]
                    )
    print(f"{words} words at {rate}/s, {rounds} rounds, {os.cpu_count()} cores; milliseconds, median (min-max)\n")
    print("| | behind in mid-answer | behind at the end |\n|---|---:|---:|")
    for name, measured in rows.items():
        print(f"| {name} | {' | '.join(spread([row[index] for row in measured]) for index in range(2))} |")


def pages(rounds: int) -> None:
    """Take the server's processor time for an answer that one page follows, and that twenty do."""
    tokens, rate = 1000, 100
    model = f"paced-markdown-{tokens}-at-{rate}"
    print(f"{tokens} tokens at {rate}/s, {rounds} rounds, {os.cpu_count()} cores; server CPU s, median (min-max)\n")
    print("| pages | |\n|---:|---:|")
    with rig(model) as apps:
        for number in (1, 20):
            taken = []
            for _ in range(rounds + (number == 1)):  # the first round warms the server up
                page = apps.browser.new_page(viewport=SIZE)
                opened(page, f"{apps.chatkeep.url}/?c={with_past(apps.data, model, 1)}")
                others = [apps.browser.new_page(viewport=SIZE) for _ in range(number - 1)]
                for each in others:
                    opened(each, page.evaluate("location.href"))
                before, asked = cpu_seconds(apps.chatkeep), len(apps.models.asked)
                box(page).fill("Please write.")
                box(page).press("Enter")
                apps.models.wait_for(lambda asked=asked: len(apps.models.asked) > asked and apps.models.asked[-1].done)
                for each in (page, *others):
                    each.get_by_role("button", name="Regenerate", exact=True).nth(1).wait_for(timeout=PATIENCE)
                taken.append(cpu_seconds(apps.chatkeep) - before)
                for each in (page, *others):
                    each.close()
            print(f"| {number} | {spread(taken[number == 1 :], 2)} |", flush=True)


def steady(rounds: int) -> None:
    """Add up what moves on the page without a person having done anything, as the browser counts it."""
    model = "paced-markdown-1000-at-100"
    moved: dict[str, list[float]] = {"Chatkeep": [], "plain": []}
    with rig(model) as apps:
        for _ in range(rounds):
            for name, server in (("Chatkeep", apps.chatkeep), ("plain", apps.plain)):
                page = apps.browser.new_page(viewport=SIZE)
                opened(page, server.url)
                page.evaluate(MOVED)
                asked = len(apps.models.asked)
                box(page).fill("Please write.")
                box(page).press("Enter")
                apps.models.wait_for(lambda asked=asked: len(apps.models.asked) > asked and apps.models.asked[-1].done)
                page.wait_for_load_state("networkidle")
                moved[name].append(float(page.evaluate("window.moved")))
                page.close()
    print(f"Cumulative layout shift of an answer of 1,000 tokens, {rounds} rounds; median (min-max)\n")
    for name, each in moved.items():
        print(f"{name}: {spread(each, 4)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measures = {"behind": (behind, 9), "pages": (pages, 3), "steady": (steady, 3)}
    parser.add_argument("what", choices=measures)
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    measure, usual = measures[options.what]
    measure(options.rounds or usual)


if __name__ == "__main__":
    main()

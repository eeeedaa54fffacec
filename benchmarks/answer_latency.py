"""Time from Enter to the first and to the last visible character, beside the plain tutorial app, in one run.

    python -m benchmarks.answer_latency [--rounds 7] [--tokens 200] [--rate 100] [--turns 1 2 20 100]

Both apps run as real servers and answer from the same local server that speaks OpenAI's protocol at a fixed pace; a
real browser types and looks. The two take turns, so that a slow moment of the machine meets both. `--turns` says in
which turn of a conversation the question is asked.
"""

from __future__ import annotations

import argparse
import os
import statistics

from benchmarks.rig import ask, opened, rig, spread, with_past


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--rate", type=int, default=100, help="tokens a second")
    parser.add_argument("--turns", type=int, nargs="+", default=[1])
    options = parser.parse_args()
    model = f"paced-{options.tokens}-at-{options.rate}"
    print(f"{options.rounds} rounds, {options.tokens} tokens at {options.rate}/s, {os.cpu_count()} cores")
    print("Milliseconds from Enter: median (min-max); the ratio is taken round by round\n")
    print("| turn | first, Chatkeep | first, plain | ratio | last, Chatkeep | last, plain | ratio |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for turn in options.turns:
        times: dict[str, list[dict[str, float]]] = {"ours": [], "plain": []}
        with rig(model, plain_turns=turn - 1) as apps:
            for number in range(options.rounds + 1):
                ours = f"{apps.chatkeep.url}/"
                if turn > 1:
                    ours += f"?c={with_past(apps.data, model, turn - 1)}"
                for name, url in (("ours", ours), ("plain", apps.plain.url)):
                    page = apps.browser.new_page(viewport={"width": 1280, "height": 800})
                    opened(page, url)
                    seen = ask(page, "word1", f"word{options.tokens}")
                    page.close()
                    if number:  # the first round warms both up
                        times[name].append(seen)
        cells = []
        for what in ("first", "last"):
            mine, theirs = ([seen[what] for seen in times[name]] for name in ("ours", "plain"))
            ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
            cells += [spread(mine), spread(theirs), f"{statistics.median(ratios):.2f}"]
        print(f"| {turn} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

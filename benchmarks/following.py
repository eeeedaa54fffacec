"""What following an answer costs, beside the plain tutorial app: server, browser, network, and other clicks meanwhile.

python -m benchmarks.following cost [--rounds 3]     per 1,000 tokens at 100/s; also updates a second that show
python -m benchmarks.following many [--rounds 3]     Enter to first, last token to last character; 1, 5, 20 at once
python -m benchmarks.following clicks [--rounds 5]   from a click to its effect while an answer streams
python -m benchmarks.following reload [--rounds 7]   from a reload in mid-answer to the text being back
python -m benchmarks.following killed [--rounds 20]  text that is missing after SIGKILL, in seconds of stream
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from contextlib import ExitStack

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.rig import ROOT, Rig, ask, box, cpu_seconds, opened, rig, spread, with_past
from store import open_store
from tests.support.browser import CHROMIUM, OPTIONS
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.streamlit_server import StreamlitServer

SIZE = {"width": 1280, "height": 800}


def busy(session: CDPSession) -> float:
    """Return how many seconds the browser's main thread has worked for a page."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def cost(rounds: int) -> None:
    tokens, rate = 1000, 100
    model = f"paced-markdown-{tokens}-at-{rate}"
    rows: dict[str, list[tuple[float, float, float, float]]] = {"Chatkeep": [], "plain": []}
    with rig(model) as apps:
        for number in range(rounds + 1):
            for name, server in (("Chatkeep", apps.chatkeep), ("plain", apps.plain)):
                page = apps.browser.new_page(viewport=SIZE)
                session = page.context.new_cdp_session(page)
                session.send("Performance.enable")
                received = [0]

                def count(payload: str | bytes, received: list[int] = received) -> None:
                    received[0] += len(payload if isinstance(payload, bytes) else payload.encode())

                page.on("websocket", lambda socket, count=count: socket.on("framereceived", count))
                opened(page, server.url)
                received[0] = 0
                server_before, browser_before = cpu_seconds(server), busy(session)
                asked = len(apps.models.asked)
                page.evaluate("() => { window.changes = 0; window.shown = 0; }")
                box(page).fill("Please write.")
                page.evaluate(
                    """() => { let text = ''; const root = document.getElementById('root');
                    new MutationObserver(() => { const now = root.textContent.length;
                    if (now !== text) { text = now; window.changes += 1; } })
                    .observe(root, {subtree: true, childList: true, characterData: true}); }"""
                )
                box(page).press("Enter")
                apps.models.wait_for(lambda asked=asked: len(apps.models.asked) > asked and apps.models.asked[-1].done)
                page.wait_for_load_state("networkidle")
                changes = page.evaluate("window.changes")
                row = (
                    cpu_seconds(server) - server_before,
                    busy(session) - browser_before,
                    received[0] / 1000,
                    changes / (tokens / rate),
                )
                page.close()
                if number:
                    rows[name].append(row)
    print(f"{tokens} tokens of markdown at {rate}/s, {rounds} rounds, {os.cpu_count()} cores; median (min-max)\n")
    print("| | server CPU s | browser main thread s | websocket KB | updates/s |\n|---|---:|---:|---:|---:|")
    for name, measured in rows.items():
        cells = [spread([row[index] for row in measured], 2) for index in range(4)]
        print(f"| {name} | {' | '.join(cells)} |")


def many(rounds: int) -> None:
    model = "paced-200-at-100"
    print(f"200 tokens at 100/s, {rounds} rounds, {os.cpu_count()} cores; milliseconds, median (min-max)\n")
    print("| at once | Enter to first character | after the last token, last character |\n|---:|---:|---:|")
    with rig(model) as apps:
        warm = apps.browser.new_page(viewport=SIZE)
        opened(warm, apps.chatkeep.url)
        ask(warm, "word1", "word200")
        warm.close()
        for at_once in (1, 5, 20):
            firsts, lasts = [], []
            for _ in range(rounds):
                others = [apps.browser.new_page(viewport=SIZE) for _ in range(at_once - 1)]
                for page in others:
                    opened(page, apps.chatkeep.url)
                watched = apps.browser.new_page(viewport=SIZE)
                opened(watched, apps.chatkeep.url)
                for page in others:
                    box(page).fill("Please count.")
                    box(page).press("Enter")
                seen = ask(watched, "word1", "word200")
                firsts.append(seen["first"])
                own = apps.models.asked[-1].last_sent_at  # the watched page asked last
                lasts.append(seen["last_at"] - own * 1000)
                for page in (*others, watched):
                    page.close()
            print(f"| {at_once} | {spread(firsts)} | {spread(lasts)} |", flush=True)


def clicks(rounds: int) -> None:
    model = "paced-4000-at-100"
    print(f"While an answer streams, {rounds} rounds; milliseconds from the click, median (min-max)\n")
    print("| click | effect |\n|---|---:|")
    with rig(model) as apps:
        times: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, measure in MEASURES.items():
                times.setdefault(name, []).append(measure(apps, model))
    for name, measured in times.items():
        print(f"| {name} | {spread(measured)} |")


def _streaming(apps: Rig, model: str) -> Page:
    page = apps.browser.new_page(viewport=SIZE)
    opened(page, f"{apps.chatkeep.url}/?c={with_past(apps.data, model, 2)}")
    ask(page, "word1", "word20")
    return page


def _until(page: Page, click: str, effect: str) -> float:
    """Click in the page and wait there for the effect; both are JavaScript, so no driver's time is in it."""
    script = f"""async () => {{
      const start = performance.now(); {click};
      while (!({effect})) await new Promise(requestAnimationFrame);
      return performance.now() - start;
    }}"""
    taken = float(page.evaluate(script))
    page.get_by_role("button", name="Stop", exact=True).or_(
        page.get_by_role("heading", name="History")
    ).first.wait_for()
    page.close()
    return taken


BUTTON = "[...document.querySelectorAll('button')].find(b => b.textContent.includes('{}'))"


def _rate(apps: Rig, model: str) -> float:
    page = _streaming(apps, model)
    conversation_id = page.evaluate("location.href").rpartition("=")[2]
    store = open_store(f"tinydb:///{apps.data}")
    start = time.perf_counter()
    page.get_by_role("radio", name="Thumbs up").first.click()
    while not any(message.rating for message in store.get("personal", conversation_id).messages):
        time.sleep(0.002)
    taken = (time.perf_counter() - start) * 1000
    store.close()
    page.close()
    return taken


def _rename(apps: Rig, model: str) -> float:
    page = _streaming(apps, model)
    page.get_by_role("button", name="Conversation").click()
    page.get_by_role("textbox", name="Title").fill("A new name")
    return _until(
        page, f"{BUTTON.format('Save')}.click()", "document.querySelector('h4')?.textContent.includes('A new name')"
    )


def _other_page(apps: Rig, model: str) -> float:
    page = _streaming(apps, model)
    link = "document.querySelector('[data-testid=stSidebar] a[href$=History]').click()"
    return _until(page, link, "[...document.querySelectorAll('h1')].some(h => h.textContent.includes('History'))")


def _download(apps: Rig, model: str) -> float:
    page = _streaming(apps, model)
    page.get_by_role("button", name="Conversation").click()
    page.get_by_role("button", name="Download", exact=True).wait_for()
    start = time.perf_counter()
    with page.expect_download():
        page.get_by_role("button", name="Download", exact=True).click()
    taken = (time.perf_counter() - start) * 1000
    page.close()
    return taken


MEASURES = {
    "rate an answer": _rate,
    "rename in a dialog": _rename,
    "another page": _other_page,
    "download": _download,
}


def reload(rounds: int) -> None:
    model = "paced-4000-at-100"
    times = []
    with rig(model) as apps:
        for _ in range(rounds):
            page = apps.browser.new_page(viewport=SIZE)
            opened(page, apps.chatkeep.url)
            ask(page, "word1", "word150")
            page.goto(page.evaluate("location.href"), wait_until="commit")
            page.wait_for_function("() => document.getElementById('root')?.textContent.includes('word150')")
            times.append(page.evaluate("performance.now()"))
            page.get_by_role("button", name="Stop", exact=True).click()
            page.close()
    print(f"From the start of a reload to the text being back, {rounds} rounds: {spread(times)} ms")


def killed(rounds: int) -> None:
    rate = 50
    missing = []
    with ExitStack() as stack:
        models = stack.enter_context(FakeModelServer())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        for number in range(rounds):
            data = stack.enter_context(tempfile.TemporaryDirectory())
            environment = {
                "OPENAI_API_KEY": "none",
                "OPENAI_BASE_URL": models.url,
                "CHATKEEP_MODEL": f"openai/paced-4000-at-{rate}",
                "STORE_URL": f"tinydb:///{data}",
            }
            with StreamlitServer(ROOT / "Home.py", env=environment, cwd=ROOT) as server:
                page = browser.new_page(viewport=SIZE)
                opened(page, server.url)
                box(page).fill("Please count.")
                box(page).press("Enter")
                # A moment of its own each time, spread over a second between two saves.
                wanted = 3 * rate + number * rate // rounds
                models.wait_for(lambda wanted=wanted: models.asked and models.asked[-1].sent >= wanted)
                assert server._process is not None
                os.kill(server._process.pid, signal.SIGKILL)
                server._process.wait()
                sent = models.asked[-1].sent
                page.close()
            store = open_store(f"tinydb:///{data}")
            (summary,) = store.list("personal")
            kept = len(store.get("personal", summary.id).messages[-1].content.split())
            store.close()
            missing.append((sent - kept) / rate)
        browser.close()
    print(f"Missing after SIGKILL, {rounds} times, in seconds of stream: {spread(missing, 2)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("cost", "many", "clicks", "reload", "killed"))
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    measure, usual = {
        "cost": (cost, 3),
        "many": (many, 3),
        "clicks": (clicks, 5),
        "reload": (reload, 7),
        "killed": (killed, 20),
    }[options.what]
    measure(options.rounds or usual)


if __name__ == "__main__":
    main()

"""The start of the server, the first page and a reload, beside another version, in one run.

    python -m benchmarks.first_page FOLDER [--rounds 5] [--modes personal visitors]

FOLDER is a checkout of the other version; the two take turns, each with a new data folder and a new browser in each
round. A page counts as drawn when its message box can be typed into. Requests, bytes and websocket frames are those of
the first page until the network is still.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.rig import ROOT, box, resident_mb, spread
from tests.support.browser import CHROMIUM, OPTIONS
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.streamlit_server import StreamlitServer

NAMES = {
    "start": "server start, ms",
    "first": "first page of a server, ms",
    "another": "first page of a second browser, ms",
    "reload": "reload, ms",
    "requests": "requests",
    "kilobytes": "KB over http",
    "frames_sent": "frames to the server",
    "frames_got": "frames to the browser",
    "frame_bytes": "bytes in frames",
    "memory": "memory of the server, MB",
}


@dataclass(frozen=True)
class Seen:
    """What one round showed; the names are explained above."""

    start: float
    first: float
    another: float
    reload: float
    requests: float
    kilobytes: float
    frames_sent: float
    frames_got: float
    frame_bytes: float
    memory: float


class Traffic:
    """What a page's network does, as the browser's own tools count it."""

    def __init__(self, page: Page) -> None:
        self.requests, self.bytes, self.sent, self.got, self.frame_bytes = 0, 0.0, 0, 0, 0
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._request)
        session.on("Network.loadingFinished", self._loaded)
        session.on("Network.webSocketFrameSent", self._sent)
        session.on("Network.webSocketFrameReceived", self._received)
        session.send("Network.enable")

    def _request(self, _: Any) -> None:
        self.requests += 1

    def _loaded(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]

    def _sent(self, _: Any) -> None:
        self.sent += 1

    def _received(self, event: dict[str, Any]) -> None:
        self.got += 1
        self.frame_bytes += len(event["response"]["payloadData"]) * 3 // 4  # in base 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("beside", type=Path, help="a checkout of another version")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modes", nargs="+", default=["personal", "visitors"], help="values of CHATKEEP_MODE")
    options = parser.parse_args()
    versions = {"this": ROOT, "beside": options.beside}
    with FakeModelServer() as models, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        for mode in options.modes:
            seen: dict[str, list[Seen]] = {name: [] for name in versions}
            for number in range(options.rounds + 1):
                for name, folder in versions.items():
                    one = _round(browser, models, folder, mode)
                    if number:  # the first round fills the machine's caches
                        seen[name].append(one)
            _print(mode, seen)
        browser.close()


def _print(mode: str, seen: dict[str, list[Seen]]) -> None:
    print(f"\nCHATKEEP_MODE={mode}, {os.cpu_count()} cores: median (min-max); the ratio is taken round by round\n")
    print("| | this | beside | ratio |\n|---|---:|---:|---:|")
    for field in fields(Seen):
        this, beside = ([getattr(each, field.name) for each in seen[name]] for name in ("this", "beside"))
        print(f"| {NAMES[field.name]} | {spread(this)} | {spread(beside)} | {_ratio(this, beside):.2f} |", flush=True)


def _ratio(this: Sequence[float], beside: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(this, beside, strict=True))


def _round(browser: Browser, models: FakeModelServer, folder: Path, mode: str) -> Seen:
    with tempfile.TemporaryDirectory() as place:
        asked = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": models.url, "CHATKEEP_MODEL": "openai/echo"}
        settings = {**asked, "CHATKEEP_MODE": mode, "STORE_URL": f"tinydb:///{place}/data"}
        began = time.perf_counter()
        with StreamlitServer(folder / "Home.py", env=settings, cwd=folder) as server:
            start = 1000 * (time.perf_counter() - began)
            first, another = browser.new_context().new_page(), browser.new_context().new_page()
            first_ms = _drawn(first, lambda: first.goto(server.url, wait_until="commit"))
            traffic = Traffic(another)
            another_ms = _drawn(another, lambda: another.goto(server.url, wait_until="commit"))
            another.wait_for_load_state("networkidle")
            seen = traffic.requests, traffic.bytes / 1000, traffic.sent, traffic.got, traffic.frame_bytes
            reload_ms = _drawn(another, lambda: another.reload(wait_until="commit"))
            memory = resident_mb(server)
            for page in (first, another):
                page.context.close()
    return Seen(start, first_ms, another_ms, reload_ms, *seen, memory)


def _drawn(page: Page, go: Callable[[], object]) -> float:
    """Return the milliseconds until the message box is there."""
    began = time.perf_counter()
    go()
    box(page).wait_for()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()

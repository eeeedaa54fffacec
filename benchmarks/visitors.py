"""Many visitors at once: memory of a session, time to the first character, answers lost, identities mixed up.

    python -m benchmarks.visitors [--visitors 100] [--within 0 10] [--rounds 3] [--beside FOLDER]

Each visitor is a raw websocket client with cookies of its own (`tests/support/visitors/`), that does what a browser
does while an answer arrives. All ask within so many seconds (0: in the same moment), each with a word that nobody else
says, and every byte that comes back is looked through for the others' words. Then each connects anew, as after a
reload, and looks once more; at last the data folder has to hold one whole answer of each. FOLDER is a checkout of
another version; the two take turns.

The clients and the models work on the same machine, each in a process of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlit.proto.AutoRerun_pb2 import AutoRerun
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.rig import ROOT, cpu_seconds, resident_mb, spread
from store import open_store
from tests.support.streamlit_server import StreamlitServer
from tests.support.visitors.raw_client import RawBrowser, RawSession, sent

PATIENCE = 300.0
"""Seconds after which an answer counts as lost to its reader."""
MARK = re.compile(rb"visitor\d{4}quince")
NO_LIMITS = ("ALL_ANSWERS_PER_HOUR", "ALL_ANSWERS_PER_DAY", "ALL_TOKENS_PER_HOUR", "ALL_TOKENS_PER_DAY")
VISITORS = {
    "CHATKEEP_MODE": "visitors",
    "CHATKEEP_VISITOR_KEYS": "1",
    "OPENAI_API_KEY": "none",
    **{f"CHATKEEP_LIMIT_{name}": "none" for name in NO_LIMITS},
}


@dataclass
class Seen:
    """What one round showed."""

    first_ms: list[float]
    """From Enter to the first character of the answer, of each visitor who saw one."""
    last_ms: list[float]
    session_mb: float
    """What the server's memory grew by for each visitor."""
    cpu_seconds: float
    """Of the server, from Enter to the last answer's end."""
    not_seen: int
    """Visitors to whom the whole answer never came."""
    not_again: int | None
    """Visitors who did not find it after a reload; None where no visitor could."""
    not_kept: int
    """Answers that are not in the data folder, whole and complete."""
    mixed_up: int
    """Visitors who got a word of another one."""


class Visitor:
    """One of them, and what came."""

    def __init__(self, number: int, url: str, words: int) -> None:
        self.browser = RawBrowser(url)
        self.word = f"visitor{number:04}quince"
        self.question = " ".join(f"{self.word}-{index}" for index in range(words))
        self.last_word = f"{self.word}-{words - 1}"
        self.first_ms: float | None = None
        self.last_ms: float | None = None
        self.foreign: set[bytes] = set()
        """Words of others that came."""
        self._session: RawSession
        self._box: object = None
        self._query = ""
        self._entered = 0.0
        self._is_answering = False
        self._timers: dict[str, asyncio.Task[None]] = {}

    async def come(self) -> None:
        """Load the page, and connect."""
        await self.browser.load()
        self._session = await self.browser.connect()
        await self._session.begin()
        await asyncio.wait_for(self._read(is_enough=lambda: self._box is not None), PATIENCE)

    async def ask(self, after: float = 0.0) -> None:
        """Send the message after so many seconds, and follow the answer to its end as a browser does."""
        await asyncio.sleep(after)
        self._entered = time.perf_counter()
        await self._session.begin(sent(self._box, self.question), query=self._query)
        await asyncio.wait_for(self._read(is_enough=lambda: bool(self.last_ms) and not self._is_answering), PATIENCE)

    async def come_again(self) -> bool:
        """Connect anew; return whether the whole answer is there."""
        async with await self.browser.connect() as session:
            run = await session.run(query=self._query)
            self._look(run.data)
            return any(self.last_word in each.body for each in run.elements("markdown"))

    async def leave(self) -> None:
        await self._session.__aexit__(None, None, None)

    async def _read(self, is_enough: Callable[[], bool]) -> None:
        """Take what comes, until that is so at the end of a run of the page."""
        try:
            while True:
                message = await self._session.receive()
                self._look(message.SerializeToString())
                match message.WhichOneof("type"):
                    case "new_session" if not message.metadata.run.fragment_ids:
                        self._end_timers()
                        self._is_answering = False
                    case "page_info_changed":
                        self._query = message.page_info_changed.query_string
                    case "auto_rerun":
                        timer = message.auto_rerun
                        self._end_timer(timer.fragment_id)
                        self._timers[timer.fragment_id] = asyncio.create_task(self._look_again(timer))
                    case "stop_auto_rerun":
                        for fragment_id in message.stop_auto_rerun.fragment_ids:
                            self._end_timer(fragment_id)
                    case "delta":
                        self._see(message)
                    case "script_finished":
                        if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY and is_enough():
                            return
        finally:
            self._end_timers()

    async def _look_again(self, timer: AutoRerun) -> None:
        while True:
            await asyncio.sleep(timer.interval)
            await self._session.begin(query=self._query, fragment=timer.fragment_id, is_timer=True)

    def _end_timer(self, fragment_id: str) -> None:
        if (timer := self._timers.pop(fragment_id, None)) is not None:
            timer.cancel()

    def _end_timers(self) -> None:
        for fragment_id in tuple(self._timers):
            self._end_timer(fragment_id)

    def _see(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "chat_input":
            self._box = element.chat_input
        elif kind == "button" and element.button.label == "Stop":
            self._is_answering = True
        elif kind == "markdown" and self.word in element.markdown.body:
            now = 1000 * (time.perf_counter() - self._entered)
            self.first_ms = self.first_ms or now
            if self.last_word in element.markdown.body:
                self.last_ms = self.last_ms or now

    def _look(self, data: bytes) -> None:
        self.foreign |= set(MARK.findall(data)) - {self.word.encode()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=100)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--rate", type=int, default=20, help="words a second of each answer")
    parser.add_argument("--within", type=float, nargs="+", default=[0.0, 10.0], help="seconds in which all ask")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", type=Path, help="a checkout of another version")
    options = parser.parse_args()
    print(f"{options.visitors} visitors at once, {options.words} words at {options.rate}/s, {os.cpu_count()} cores")
    versions = {"this": ROOT} | ({"beside": options.beside} if options.beside else {})
    seen: dict[tuple[float, str], list[Seen]] = {}
    for _ in range(options.rounds):
        for within in options.within:
            for name, folder in versions.items():
                rounds = seen.setdefault((within, name), [])
                rounds.append(_round(folder, options.visitors, options.words, options.rate, within))
                print(f"within {within:g} s, {name}: {_in_words(rounds[-1:])}", flush=True)
    print("\nAll rounds:")
    for (within, name), rounds in seen.items():
        print(f"within {within:g} s, {name}: {_in_words(rounds)}")


def _in_words(rounds: Sequence[Seen]) -> str:
    first, last = ([ms for each in rounds for ms in getattr(each, what)] for what in ("first_ms", "last_ms"))
    again = [each.not_again for each in rounds if each.not_again is not None]
    return (
        f"first character {statistics.median(first):.0f} ms, 95th percentile {_percentile(first, 95):.0f}; "
        f"last word {statistics.median(last):.0f} ms, {_percentile(last, 95):.0f}; "
        f"memory of a session {spread([each.session_mb for each in rounds], 2)} MB; "
        f"processor {spread([each.cpu_seconds for each in rounds], 1)} s; "
        f"lost: {sum(each.not_seen for each in rounds)} not seen, {sum(each.not_kept for each in rounds)} not kept, "
        f"{sum(again) if again else 'all'} not there after a reload; "
        f"mixed up: {sum(each.mixed_up for each in rounds)}"
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, round(len(values) * percent / 100))]


def _round(folder: Path, visitors: int, words: int, rate: int, within: float) -> Seen:
    with tempfile.TemporaryDirectory() as place, _models() as models:
        url = f"tinydb:///{place}/data"
        ours = {**VISITORS, "OPENAI_BASE_URL": models, "CHATKEEP_MODEL": f"openai/echo-at-{rate}", "STORE_URL": url}
        with StreamlitServer(folder / "Home.py", env=ours, cwd=folder) as server:
            everybody = [Visitor(number, server.url, words) for number in range(visitors)]
            return asyncio.run(_all_at_once(server, Path(place) / "data", url, everybody, within))


@contextmanager
def _models() -> Iterator[str]:
    """Run our model server in a process of its own, and give its address."""
    command = [sys.executable, "-m", "tests.support.fakes.fake_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def _all_at_once(
    server: StreamlitServer, data: Path, url: str, everybody: Sequence[Visitor], within: float
) -> Seen:
    first = Visitor(9999, server.url, words=10)  # imports, and what is made once
    await first.come()
    await first.ask()
    before = resident_mb(server)
    for start in range(0, len(everybody), 10):
        await asyncio.gather(*(each.come() for each in everybody[start : start + 10]))
    used = cpu_seconds(server)
    pauses = [within * number / len(everybody) for number in range(len(everybody))]
    asking = (each.ask(pause) for each, pause in zip(everybody, pauses, strict=True))
    asked = await asyncio.gather(*asking, return_exceptions=True)
    used = cpu_seconds(server) - used
    grown = resident_mb(server) - before
    for each in everybody:
        await each.leave()
    has_places = any(name.startswith("chatkeep") for name in everybody[0].browser.cookies)
    again = [await each.come_again() for each in everybody] if has_places else None
    return Seen(
        first_ms=[each.first_ms for each in everybody if each.first_ms is not None],
        last_ms=[each.last_ms for each in everybody if each.last_ms is not None],
        session_mb=grown / len(everybody),
        cpu_seconds=used,
        not_seen=sum(isinstance(each, BaseException) for each in asked),
        not_again=None if again is None else again.count(False),
        not_kept=_not_kept(data, url, everybody),
        mixed_up=sum(bool(each.foreign) for each in everybody),
    )


def _not_kept(data: Path, url: str, everybody: Sequence[Visitor]) -> int:
    """Return whose answer is not in the data folder, alone in the one conversation of an owner of its own."""
    store = open_store(url)
    try:
        kept = []
        for owner in (folder.name for folder in data.glob("visitor-*")):
            paths = [store.get(owner, summary.id).path() for summary in store.list(owner, limit=None)]
            if len(paths) == 1 and len(paths[0]) == 2 and paths[0][1].status == "complete":
                kept.append(tuple(message.content for message in paths[0]))
    finally:
        store.close()
    return sum(kept.count((each.question, each.question)) != 1 for each in everybody)


if __name__ == "__main__":
    main()

"""What is said of one reply to all that listen: put together once, and sent to each as it is.

Runs on the server's own loop, where the sockets are; a reply grows on another (`chat/replies/`). Positions count as
JavaScript counts, in UTF-16 units.

A frame is an object, `{"of": the message's id, ...}`; the first one has `as`, a number for that id. Words come thirty
times a second, so theirs is but a list: the number, which of `KINDS` they are, from which position on, and the words.

`look` asks to draw what has settled: up to which position, the same in characters, how often that was asked, and where
the parts end that are drawn then, from the one that was the last before. `end` says these, and that the answer ended.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat.providers.base import Progress
from chat.replies.reply import Reply, Snapshot
from ui.markdown.settling import Standing, ends_of_parts, standing

BATCH_SECONDS = 0.02
"""Between two frames with words: more often than anybody can read, and few enough to be cheap."""
SETTLE_SECONDS = 2.0
"""Between two times that a page is asked to draw what has settled; the more pages, the longer, so that all of them
together cost no more than a few."""
LOOK_SECONDS = 0.25
"""Between two looks whether anything has settled, where nothing had: each reads the whole text."""
BESIDE_SECONDS = 0.2
"""The same as `SETTLE_SECONDS` for what stands beside the words."""
PAGES_AT_ONCE = 2
"""Pages that are asked as often as one."""

KINDS = ("thinking", "text")
"""What there is of an answer: what was thought before, and what was said. In frames by its place here."""
Listener = Callable[[str], None]

_numbers = itertools.count(1)


def units(text: str) -> int:
    """Return the length of a text as JavaScript counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def ends_in_units(text: str, place: int, *, later: int | None = None) -> list[int]:
    """Return where the parts end of a text that is drawn up to another place (`ends_of_parts`), each said once."""
    return [units(text[:end]) for end in dict.fromkeys(ends_of_parts(text, place, later=later))]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a page shows of an answer beside its words."""

    has_thoughts: bool = False
    has_thought: bool = False
    """There are words after them."""
    progress: Progress | None = None
    unsaved: str | None = None


class Feed:
    """The frames of one reply."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._number = next(_numbers)
        self._named = self._frame(**{"as": self._number})
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._changed.set()
        self._listeners: list[Listener] = []
        self._said = dict.fromkeys(KINDS, "")
        self._units = dict.fromkeys(KINDS, 0)
        self._beside = _Beside()
        self._kind, self._standing = KINDS[0], Standing(0)
        """What pages were last asked to draw, and how far."""
        self._asked = 0
        """How often."""
        self._ask_at = self._ask_of_beside_at = 0.0

    def join(self, listener: Listener, drawn: tuple[str, int]) -> None:
        """Tell this listener all that was said, and what comes.

        `drawn`: what kind its page has drawn, and how many characters of it. One that comes back may have missed that
        it was asked for more.
        """
        self._listeners.append(listener)
        listener(self._named)
        for kind, text in self._said.items():
            if text:
                listener(self._words(kind, 0, text))
        kind, before = drawn
        before = before if kind == self._kind else 0
        if before < self._standing.place:
            listener(self._look(self._said[self._kind], before))

    def leave(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    async def run(self) -> None:
        """Say what comes, until the reply has ended or nobody listens any more."""
        let_go = self._reply.on_change(self._wake)
        try:
            while self._listeners:
                await self._wait()
                snapshot = self._reply.snapshot()
                for kind, text in zip(KINDS, (snapshot.reasoning, snapshot.text), strict=True):
                    self._say_new(kind, text)
                if snapshot.ended:
                    self._tell(self._frame(end=ends_in_units(snapshot.text, self._drawn("text"))))
                    return
                self._ask_to_draw(snapshot)
                await asyncio.sleep(BATCH_SECONDS)
        finally:
            let_go()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), SETTLE_SECONDS)
        except TimeoutError:  # what has settled is drawn also where nothing comes after it
            return
        self._changed.clear()

    def _wake(self) -> None:
        if not self._changed.is_set() and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    def _say_new(self, kind: str, text: str) -> None:
        said = self._said[kind]
        if text == said:
            return
        if not text.startswith(said):  # words that turned out to be thinking
            said, self._units[kind] = "", 0
        add = text[len(said) :]
        self._tell(self._words(kind, self._units[kind], add))
        self._said[kind] = text
        self._units[kind] += units(add)

    def _ask_to_draw(self, snapshot: Snapshot) -> None:
        """Ask pages to draw what has settled, now and then, and at once what stands beside the words."""
        thinks = bool(snapshot.reasoning)
        beside = _Beside(thinks, thinks and bool(snapshot.text), snapshot.progress, snapshot.unsaved)
        now = self._loop.time()
        if now < (self._ask_at if beside == self._beside else self._ask_of_beside_at):
            return
        kind, text = ("text", snapshot.text) if snapshot.text else ("thinking", snapshot.reasoning)
        now_standing = standing(text)
        if (beside, now_standing) == (self._beside, self._standing):
            self._ask_at = now + LOOK_SECONDS
            return
        before = self._drawn(kind)
        self._beside, self._kind, self._standing = beside, kind, now_standing
        self._asked += 1
        self._ask_of_beside_at = now + BESIDE_SECONDS
        self._ask_at = now + SETTLE_SECONDS * max(1, len(self._listeners) / PAGES_AT_ONCE)
        self._tell(self._look(text, before))

    def _look(self, text: str, before: int) -> str:
        """Return what asks to draw what has settled, of a page that has drawn so many characters."""
        place = self._standing.place
        ends = ends_in_units(text, before, later=place)
        return self._frame(kind=self._kind, look=[units(text[:place]), place, self._asked, *ends])

    def _drawn(self, kind: str) -> int:
        """Return up to where pages were last asked to draw this."""
        return self._standing.place if self._kind == kind else 0

    def _tell(self, frame: str) -> None:
        for listener in tuple(self._listeners):
            listener(frame)

    def _frame(self, **said: Any) -> str:
        return _json({"of": self._reply.message.id, **said})

    def _words(self, kind: str, at: int, add: str) -> str:
        return _json([self._number, KINDS.index(kind), at, add])


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))

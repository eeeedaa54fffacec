"""One answer in the making, as the loop writes it and pages read it. Threads meet here, and nowhere else.

The loop calls `receive`, `report` and `end`; any page calls `snapshot`, `wait` and `stop`. A version counts every
change, so a page knows whether there is something new to draw.
"""

from __future__ import annotations

import codecs
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat.continuing import LONGEST_OVERLAP, without_overlap
from chat.conversation import Message, Status, Usage
from chat.providers.base import Chunk, Progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reply ended."""

    status: Status
    error: str | None = None
    total_ms: int | None = None

    def changes(self) -> dict[str, Any]:
        """Return the fields of the message that this sets."""
        return {"status": self.status, "error": self.error, "total_ms": self.total_ms, "process": None}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a page draws of a reply at one moment."""

    version: int
    text: str
    reasoning: str
    progress: Progress | None
    """What is being waited for, before the first character."""
    unsaved: str | None
    """Why the words could not be saved yet, for the user; None when all is well."""
    ended: bool


class _Words:
    """Text that grows by pieces. Halves of a surrogate pair that come in two pieces are joined, lone ones replaced."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
        self._pieces: list[str] = []

    def add(self, piece: str, final: bool = False) -> None:
        self._pieces.append(self._decoder.decode(piece.encode("utf-16-le", "surrogatepass"), final))

    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def taken_from(self, start: int) -> str:
        """Take away everything from this character on, and return it."""
        text = self.text()
        self._pieces = [text[:start]]
        return text[start:]


class Reply:
    """An answer in the making; it becomes the message that it was started with."""

    def __init__(self, owner: str, conversation_id: str, message: Message, *, seam: bool = False) -> None:
        """Begin with the words that the message has. `seam`: the provider may say some of them again."""
        self.owner = owner
        self.conversation_id = conversation_id
        self.message = message
        self.ended_early_as: Status | None = None
        self.version = 0
        self._changed = threading.Condition()
        self._text, self._reasoning = _Words(), _Words()
        self._text.add(message.content)
        self._reasoning.add(message.reasoning)
        self._begins_at = len(self._text.text())
        self._at_seam: str | None = "" if seam else None
        self._progress: Progress | None = None
        self._usage: Usage | None = None
        self._finish_reason: str | None = None
        self._first_token_ms: int | None = None
        self._unsaved: str | None = None
        self._ended = False
        self._cancel: Callable[[], object] | None = None

    # What pages do

    def snapshot(self) -> Snapshot:
        """Return everything there is to draw now."""
        with self._changed:
            return Snapshot(
                self.version,
                self._text.text(),
                self._reasoning.text(),
                self._progress,
                self._unsaved,
                self._ended,
            )

    def wait(self, seen: int, timeout: float) -> bool:
        """Wait until there is something newer than version `seen`, or the reply has ended; False on timeout (s)."""
        with self._changed:
            return self._changed.wait_for(lambda: self.version != seen or self._ended, timeout)

    def wait_for_something(self, timeout: float) -> None:
        """Wait until there is anything to draw, or the reply has ended, or `timeout` seconds are over."""

        def has_something() -> bool:
            return self._ended or self._first_token_ms is not None or self._progress is not None

        with self._changed:
            self._changed.wait_for(has_something, timeout)

    def wait_until_ended(self, timeout: float) -> bool:
        """Wait until the last word is saved; False on timeout (seconds)."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended, timeout)

    def stop(self) -> None:
        """End the reply now, at the provider too; what arrived stays."""
        self.end_early("stopped")

    def end_early(self, status: Status) -> None:
        """End the reply now, as `status`. Only the first call counts: the saving that follows is not to be broken."""
        with self._changed:
            if self.ended_early_as is not None or self._ended:
                return
            self.ended_early_as = status
            cancel = self._cancel
        if cancel is not None:
            cancel()

    # What the loop does

    def stops_with(self, cancel: Callable[[], object]) -> None:
        """Say what ends the receiving. A stop that came before takes effect now."""
        with self._changed:
            self._cancel = cancel
            stopped_before = self.ended_early_as is not None
        if stopped_before:
            cancel()

    @property
    def has_started(self) -> bool:
        """Whether any word has arrived, thinking included."""
        return self._first_token_ms is not None

    @property
    def explains_itself(self) -> bool:
        """Whether there are words, or a reason of the provider's why there are none."""
        with self._changed:
            return bool(self._text.text().strip()) or self._finish_reason not in (None, "stop")

    def receive(self, chunk: Chunk, elapsed_ms: int) -> None:
        """Add a chunk that arrived `elapsed_ms` after the request."""
        with self._changed:
            if (chunk.text or chunk.reasoning) and self._first_token_ms is None:
                self._first_token_ms = elapsed_ms
            if chunk.was_thinking:
                self._leave_seam()
                self._reasoning.add(self._text.taken_from(self._begins_at))
            if chunk.text:
                self._add(chunk.text)
            if chunk.reasoning:
                self._reasoning.add(chunk.reasoning)
            self._usage = chunk.usage or self._usage
            self._finish_reason = chunk.finish_reason or self._finish_reason
            if chunk.text or chunk.reasoning or chunk.progress != self._progress:
                self._progress = chunk.progress
                self._note_change()

    def finish_text(self) -> None:
        """Say that no more text comes: half a character that is still waited for is given up."""
        with self._changed:
            self._leave_seam()
            self._text.add("", final=True)
            self._reasoning.add("", final=True)

    def report(self, progress: Progress | None) -> None:
        """Say what is being waited for."""
        with self._changed:
            self._progress = progress
            self._note_change()

    def trouble(self, unsaved: str | None) -> None:
        """Say why the words could not be saved, or None once they are."""
        with self._changed:
            if self._unsaved != unsaved:
                self._unsaved = unsaved
                self._note_change()

    def end(self) -> None:
        """Say that nothing more comes and everything is saved."""
        with self._changed:
            self._ended = True
            self._note_change()

    def changes(self) -> dict[str, Any]:
        """Return the fields of the message as they are now."""
        with self._changed:
            return {
                "content": self._text.text(),
                "reasoning": self._reasoning.text(),
                "usage": self._usage,
                "finish_reason": self._finish_reason,
                "first_token_ms": self._first_token_ms,
            }

    def _add(self, text: str) -> None:
        if self._at_seam is None:
            self._text.add(text)
            return
        self._at_seam += text
        if len(self._at_seam) > LONGEST_OVERLAP:
            self._leave_seam()

    def _leave_seam(self) -> None:
        if self._at_seam is not None:
            self._text.add(without_overlap(self.message.content, self._at_seam))
            self._at_seam = None

    def _note_change(self) -> None:
        self.version += 1
        self._changed.notify_all()

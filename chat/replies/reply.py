"""One answer in the making, as the loop writes it and pages read it. Threads meet here, and nowhere else.

The loop calls `receive`, `report` and `end`; any page calls `snapshot`, `wait` and `stop`. A version counts every
change, so a page knows whether there is something new to draw.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from chat.conversation import ErrorDetails, Message, Part, Status, Usage
from chat.providers.base import Chunk, Progress
from chat.replies.growing_text import GrowingText
from chat.surrogates import printable

Counted = TypeVar("Counted", int, Usage)

LONGEST_REASON = 100
"""Characters of a finish_reason: it is a word, whatever a server puts there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reply ended."""

    status: Status
    error: str | None = None
    total_ms: int | None = None
    """Milliseconds from the request to the end; None where nothing was asked."""
    error_details: ErrorDetails | None = None


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


class Reply:
    """An answer in the making; it becomes the message that it was started with."""

    def __init__(
        self, owner: str, conversation_id: str, message: Message, *, model: str | None = None, seam: bool = False
    ) -> None:
        """Begin with the words that the message has. `seam`: the provider may say some of them again.

        `model` is the one that is asked, where it is another than the one that wrote these words.
        """
        self.owner = owner
        self.conversation_id = conversation_id
        self.message = message
        self.ended_early_as: Status | None = None
        self.outcome: Outcome | None = None
        """How it ended; None while words may come. Set once, by the loop."""
        self.version = 0
        self._model = model or message.model
        self._changed = threading.Condition()
        self._text = GrowingText(message.content, seam=seam)
        self._reasoning = GrowingText(message.reasoning)
        self._progress: Progress | None = None
        self._usage: Usage | None = None
        self._finish_reason: str | None = None
        self._note = message.note
        self._first_token_ms: int | None = None
        self._unsaved: str | None = None
        self._ended = False
        self._cancel: Callable[[], object] | None = None
        self._then: list[Callable[[], object]] = []
        self._told: list[Callable[[], None]] = []

    # What pages do

    @property
    def ended(self) -> bool:
        """Whether nothing more comes and everything is saved."""
        return self._ended

    def on_change(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have this called with every change, in the thread that makes it; it must not wait. Return what ends that."""
        with self._changed:
            self._told.append(told)

        def let_go() -> None:
            with self._changed:
                self._told.remove(told)

        return let_go

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

    def when_ended(self, then: Callable[[], object]) -> None:
        """Call this once the last word is saved; now, where it is. In any thread: it must neither block nor raise."""
        with self._changed:
            if not self._ended:
                self._then.append(then)
                return
        then()

    def stop(self) -> None:
        """End the reply now, at the provider too; what arrived stays."""
        self.end_early("stopped")

    def end_early(self, status: Status) -> None:
        """End the reply now, as `status`. The first call ends the receiving, and only it says how the reply ended.

        A later one ends the waiting for a save that does not succeed; the saving itself goes on.
        """
        with self._changed:
            if self._ended:
                return
            if self.ended_early_as is None:
                self.ended_early_as = status
            cancel, self._cancel = self._cancel, None
        if cancel is not None:
            cancel()

    # What the loop does

    def stops_with(self, cancel: Callable[[], object]) -> None:
        """Say what ends the receiving. A stop that came before takes effect now."""
        with self._changed:
            stopped_before = self.ended_early_as is not None
            self._cancel = None if stopped_before else cancel
        if stopped_before:
            cancel()

    def then_stops_with(self, let_go: Callable[[], object]) -> None:
        """Say what the next stop does once the receiving is over. One that came before has had its effect."""
        with self._changed:
            self._cancel = let_go

    @property
    def has_started(self) -> bool:
        """Whether any word has arrived, thinking included."""
        return self._first_token_ms is not None

    @property
    def has_words(self) -> bool:
        """Whether there is anything to read, thinking apart."""
        with self._changed:
            return bool(self._text.text().strip())

    @property
    def finish_reason(self) -> str | None:
        """Why the provider ended the answer, in its own word; None where it has not said."""
        return self._finish_reason

    def receive(self, chunk: Chunk, elapsed_ms: int) -> None:
        """Add a chunk that arrived `elapsed_ms` after the request. What is odd beside its words is passed over."""
        text, reasoning = _text(chunk.text), _text(chunk.reasoning)
        with self._changed:
            if (text or reasoning) and self._first_token_ms is None:
                self._first_token_ms = elapsed_ms
            if chunk.was_thinking:
                self._reasoning.add(self._text.take_new())
            if text:
                self._text.add(text)
            if reasoning:
                self._reasoning.add(reasoning)
            self._usage = _usage(chunk.usage) or self._usage
            self._finish_reason = _reason(chunk.finish_reason) or self._finish_reason
            self._note = _text(chunk.note) or self._note
            if text or reasoning or chunk.was_thinking or chunk.progress != self._progress:
                self._progress = chunk.progress
                self._note_change()

    def finish(self, outcome: Outcome) -> None:
        """Say how it ended, and that no more text comes: half a character that is still waited for is given up."""
        with self._changed:
            if self.outcome is not None:
                return
            self._text.end()
            self._reasoning.end()
            self.outcome = outcome

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
            waiting, self._then = self._then, []
        for then in waiting:
            then()

    def took(self) -> tuple[Usage | None, str]:
        """Return the tokens that the provider reports, and the words that came: in this asking alone."""
        before = self.message
        with self._changed:
            words = self._text.text()[len(before.content) :] + self._reasoning.text()[len(before.reasoning) :]
            return self._usage, words

    def changes(self) -> dict[str, Any]:
        """Return the fields of the message as they are now. What it had before is never overwritten by nothing."""
        before = self.message
        with self._changed:
            content = self._text.text()
            changes: dict[str, Any] = {
                "content": content,
                "reasoning": self._reasoning.text(),
                "usage": _sum(before.usage, self._usage),
                "finish_reason": self._finish_reason,
                "note": self._note,
                "first_token_ms": self._first_token_ms if before.first_token_ms is None else before.first_token_ms,
            }
            if self._model != before.model and len(content) > len(before.content):
                changes |= {"model": self._model, "parts": self._parts()}
            if self.outcome is not None:
                changes |= {
                    "status": self.outcome.status,
                    "error": self.outcome.error,
                    "error_details": self.outcome.error_details,
                    "process": None,
                    "total_ms": _sum(before.total_ms, self.outcome.total_ms),
                }
            return changes

    def _parts(self) -> tuple[Part, ...]:
        """Return who wrote what, now that another model has gone on with the words of the message."""
        before = self.message
        if not before.content:
            return ()
        return (*(before.parts or (Part(before.model, 0),)), Part(self._model, len(before.content)))

    def _note_change(self) -> None:
        self.version += 1
        self._changed.notify_all()
        for told in self._told:
            told()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _usage(value: object) -> Usage | None:
    return Usage.of(value.prompt_tokens, value.completion_tokens) if isinstance(value, Usage) else None


def _reason(value: object) -> str | None:
    return " ".join(printable(_text(value)).split())[:LONGEST_REASON] or None


def _sum(before: Counted | None, now: Counted | None) -> Counted | None:
    return now if before is None else before if now is None else before + now

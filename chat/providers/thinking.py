"""A model's thinking that arrives inside its answer, between `<think>` and `</think>`.

Models of the DeepSeek-R1 kind write so, and a local server without a parser for it passes it on as text. Only an
answer that begins with the tag is taken apart: further down, the same letters may well be what the answer is about.
Pure values: pieces of text in, reasoning and text out.
"""

from __future__ import annotations

from typing import Literal

OPENING, CLOSING = "<think>", "</think>"


class ThinkingSplitter:
    """Takes an answer apart piece by piece. A tag may be split over pieces; what may yet become one is held back."""

    def __init__(self) -> None:
        self._state: Literal["start", "thinking", "between", "answer"] = "start"
        self._held = ""

    def feed(self, piece: str) -> tuple[str, str]:
        """Return the reasoning and the text that are certain after this piece."""
        if self._state == "answer":
            return "", piece
        self._held += piece
        reasoning = ""
        if self._state == "start":
            begun = self._held.lstrip()
            if OPENING.startswith(begun[: len(OPENING)]) and len(begun) < len(OPENING):
                return "", ""
            if not begun.startswith(OPENING):
                return "", self._pass_on()
            self._state, self._held = "thinking", begun.removeprefix(OPENING)
        if self._state == "thinking":
            reasoning, tag, rest = self._held.partition(CLOSING)
            if not tag:
                kept = _beginning_of(CLOSING, self._held)
                reasoning, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
                return reasoning, ""
            self._state, self._held = "between", rest
        self._held = self._held.lstrip()  # the empty lines between thinking and answer
        return reasoning, self._pass_on() if self._held else ""

    def finish(self) -> tuple[str, str]:
        """Return the reasoning and the text that were held back. The answer has ended."""
        held, self._held = self._held, ""
        return (held, "") if self._state == "thinking" else ("", held)

    def _pass_on(self) -> str:
        self._state = "answer"
        text, self._held = self._held, ""
        return text


def _beginning_of(tag: str, text: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `tag`."""
    return next((length for length in range(len(tag) - 1, 0, -1) if text.endswith(tag[:length])), 0)

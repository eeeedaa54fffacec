"""How much of a line of words a conversation has, wherever in its tree: what tells a chat without ids from others.

Exports differ in what they hold. One of turns has no failed answer and no question without an answer; one for training
has the answers that follow each other as one, and older ones have only the first of them. So such messages are passed
over, and an answer of a line may be the answers of a conversation put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chat.conversation import Message
from exchange.ahead import Said, words_of

CUTS = 500
"""Line breaks of an answer at which it is looked whether an answer of the conversation ends there."""

_BREAKS = re.compile(r"\n{1,8}")


@dataclass(frozen=True, slots=True)
class Common:
    """How far a kept conversation says what a line says."""

    length: int = 0
    """Messages of the line that are there."""
    last: str | None = None
    """The kept message at which the rest of the line can go on."""
    is_end: bool = False
    """Nothing else is said there."""
    passed_words: bool = False
    """Since the last message of the line, words were passed over that the line does not have."""
    within: int = 0
    """Letters of the line's next message that are there, where it is several answers put together."""


def in_common(kept: tuple[Said, ...], line: tuple[Message, ...]) -> Common:
    """Follow the line's words through the kept tree, along whichever branch says most of them."""
    return _Comparison(kept, line).best()


class _Comparison:
    """A kept tree and a line that is looked for in it."""

    def __init__(self, kept: tuple[Said, ...], line: tuple[Message, ...]) -> None:
        self._line = line
        self._words = [words_of(message.role, message.content) for message in line]
        self._below: dict[str | None, list[Said]] = {}
        for message in kept:
            self._below.setdefault(message.parent_id, []).append(message)
        self._answers = {message.id for message in kept if message.is_answer}
        self._answered = {message.parent_id for message in kept if message.is_answer}

    def best(self) -> Common:
        best = Common()
        waiting = [Common()]
        seen: set[Common] = set()
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            below = self._below.get(at.last, [])
            is_end = not below and not at.passed_words and not at.within
            if (at.length, is_end) > (best.length, best.is_end) and not at.within:
                best = replace(at, is_end=is_end)
            for message in below:
                waiting += self._said(at, message)
                if not at.within and self._may_be_missing(at, message):
                    passed = at.passed_words or message.has_words
                    waiting.append(Common(at.length, message.id, passed_words=passed))
        return best

    def _said(self, at: Common, message: Said) -> Iterator[Common]:
        """Yield where the line can be after this message, if the line says it there."""
        if at.length == len(self._line):
            return
        whole = self._line[at.length]
        rest = whole.content[at.within :]
        if message.words == (words_of(whole.role, rest) if at.within else self._words[at.length]):
            yield Common(at.length + 1, message.id)
        elif whole.role == "assistant" and message.id in self._answers & self._answered:
            for cut, begins in _cuts(rest):
                if message.words == words_of(whole.role, rest[:cut]):
                    yield from (Common(at.length, message.id, within=at.within + begin) for begin in begins)

    def _may_be_missing(self, at: Common, message: Said) -> bool:
        """Whether a line may lack this message, and yet be of the same conversation."""
        if message.is_answer:
            return message.id in self._answered or at.last in self._answers
        return not (message.is_question and message.id in self._answered)


def _cuts(text: str) -> Iterator[tuple[int, range]]:
    """Yield where a part of a text may end, and where the next one may begin then: line breaks are of both."""
    for number, found in enumerate(_BREAKS.finditer(text)):
        if number == CUTS:
            return
        for cut in range(found.start(), found.end()):
            yield cut, range(cut + 1, found.end() + 1)

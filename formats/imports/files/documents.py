"""JSON from elsewhere, value by value: of a list only one value is in memory at a time, however long the list is.

The values of a file are the elements of its list, its lines (JSONL), or itself, where it is one object. Where a value
cannot be parsed, its end is told by its brackets, so one that is broken, too long or nested too deeply costs nothing
but itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Literal

from formats.imports.files.letters import BROKEN
from formats.imports.files.text_reader import SPACE_OR_COMMA, Text
from formats.imports.limits import Limits

Kind = Literal["list", "lines", "object"]

FIRST_LINE = 4 * 1024 * 1024
"""Characters in which the end of a first line is looked for."""

LINES_TRIED = 100
"""Of a file that is neither a list nor an object: one of these is JSON, or the file is none."""

TOO_DEEP = "is nested too deeply"

# Not strict: a bare line break inside of a text is an error that other writers make. Made once, not for each line.
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda name: None)
_TO_BRACKET = re.compile(r'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]{}])', re.DOTALL)
_BLANK = " \t\r\n\ufeff"
_SCALAR = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s,\[\]{}"]++)(?=.)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bad:
    """What is in the place of a value that cannot be read."""

    place: str
    """Where it is: `Line 3`, `Conversation 12`."""
    reason: str


REST = Bad("The rest of the file", "is not valid JSON")


class NotJson(ValueError):
    """The file is no JSON at all."""


class Document:
    """The values of a JSON file; can be gone through any number of times."""

    def __init__(
        self, opened: Callable[[], IO[bytes]], limits: Limits, kind: Kind | None = None, encoding: str = ""
    ) -> None:
        """Look at the beginning of the file, unless its kind is known. Raises `NotJson`.

        `encoding` is what the file is written in where it is not Unicode.
        """
        self._opened = opened
        self._limits = limits
        self._encoding = encoding
        self.broken_letters = 0
        """In the value that was yielded last; each is a U+FFFD in it."""
        self.kind: Kind = kind or self._found_kind()

    def __iter__(self) -> Iterator[Any]:
        """Yield each value as `json` parses it, or a `Bad` in its place."""
        return self._values(self.kind)

    def _found_kind(self) -> Kind:
        with self._opened() as file:
            text = Text(file, self._encoding)
            first = text.next_character()
            if first not in ("[", "{"):
                raise NotJson
            return "lines" if _begins_with_lines(text) else "list" if first == "[" else "object"

    def _values(self, kind: Kind) -> Iterator[Any]:
        with self._opened() as file:
            text = Text(file, self._encoding)
            text.next_character()
            if kind == "lines":
                yield from self._lines(text)
                return
            if kind == "list":
                yield from self._elements(text)
                return
            value = self._bracketed(text, "The file")
            is_all = text.next_character() == ""
        if (isinstance(value, Bad) or not is_all) and self._is_lines():
            yield from self._values("lines")
            return
        yield value
        if not is_all:
            yield REST

    def _is_lines(self) -> bool:
        """Whether there are lines after all, of which the first is broken or very long."""
        return any(isinstance(line, dict | list) for line in islice(self._values("lines"), LINES_TRIED))

    def _lines(self, text: Text) -> Iterator[Any]:
        number = 0
        while (line := text.line()) is not None:
            number += 1
            if line := line.strip(_BLANK):
                yield self._parsed(line, self._depth_of(line), f"Line {number}")

    def _depth_of(self, written: str) -> int:
        """Return how many levels a value has, or how many brackets where these are too few to be too deep."""
        brackets = written.count("[") + written.count("{")
        return brackets if brackets <= self._limits.depth else _nesting(written)[1]

    def _elements(self, text: Text) -> Iterator[Any]:
        text.at += 1
        number = 0
        while (first := text.next_character(SPACE_OR_COMMA)) not in ("]", ""):
            number += 1
            place = f"Conversation {number}"
            if first in "[{":
                yield self._bracketed(text, place)
                continue
            while (scalar := _SCALAR.match(text.text, text.at)) is None:
                if not text.more():
                    yield Bad(place, "and what comes after it cannot be read: the file is damaged")
                    return
            text.at = scalar.end()
            yield Bad(place, "is no conversation")
        text.at += 1
        if not first:
            yield Bad("The end of the file", "is missing: the file was cut off")
        elif text.next_character():
            yield REST

    def _bracketed(self, text: Text, place: str) -> Any:
        """Return the list or object that begins at `at`, and go behind it."""
        value = self._sound(text)
        return self._by_brackets(text, place) if value is None else value

    def _sound(self, text: Text) -> Any:
        """Return the list or object that begins at `at`, and go behind it, where nothing is wrong with it; else None.

        Where it ends is what parsing it tells: looking for its end first would take as long once more.
        """
        try:
            value, end = _DECODER.raw_decode(text.text, text.at)
        except (ValueError, RecursionError):  # it may only not have been read to its end
            return None
        written = text.text[text.at : end]
        if len(written) > self._limits.conversation_characters or BROKEN in written:
            return None
        if self._depth_of(written) > self._limits.depth:
            return None
        text.at = end
        self.broken_letters = 0
        return value

    def _by_brackets(self, text: Text, place: str) -> Any:
        """Return the list or object that begins at `at`, and go behind it, whatever is wrong with it."""
        depth = deepest = 0
        behind = let_go = 0
        while depth > 0 or behind == 0:
            found = _TO_BRACKET.match(text.text, text.at + behind)
            if found is not None:
                behind = found.end() - text.at
                depth += 1 if found[1] in "[{" else -1
                deepest = max(deepest, depth)
                continue
            if behind > self._limits.conversation_characters:
                let_go, text.at, behind = let_go + behind, text.at + behind, 0
            if not text.more():
                text.at = len(text.text)
                return Bad(place, "is not complete: the file is cut off or damaged")
        written = "" if let_go else text.text[text.at : text.at + behind]
        text.at += behind
        return Bad(place, self._too_long()) if let_go else self._parsed(written, deepest, place)

    def _parsed(self, written: str, depth: int, place: str) -> Any:
        if len(written) > self._limits.conversation_characters:
            return Bad(place, self._too_long())
        if depth > self._limits.depth:
            return Bad(place, TOO_DEEP)
        self.broken_letters = written.count(BROKEN)
        if self.broken_letters:
            written = written.replace(BROKEN, "\ufffd")
        try:
            return _DECODER.decode(written)
        except RecursionError:
            return Bad(place, TOO_DEEP)
        except ValueError:  # an integer of thousands of digits among them
            return Bad(place, "is not valid JSON")

    def _too_long(self) -> str:
        return f"is longer than {self._limits.conversation_characters:,} characters"


def _begins_with_lines(text: Text) -> bool:
    """Whether the first line is a whole value, and another one follows."""
    while (end := text.text.find("\n", text.at)) < 0:
        if len(text.text) - text.at > FIRST_LINE or not text.more():
            return False
    line = text.text[text.at : end].rstrip(_BLANK)
    closed, _ = _nesting(line)
    text.at = end
    return closed == len(line) and text.next_character() != ""


def _nesting(written: str) -> tuple[int, int]:
    """Return where the first list or object of the text is closed (0: nowhere), and how many levels it has."""
    at = depth = deepest = 0
    while (found := _TO_BRACKET.match(written, at)) is not None:
        at = found.end()
        depth += 1 if found[1] in "[{" else -1
        deepest = max(deepest, depth)
        if depth <= 0:
            return at, deepest
    return 0, deepest

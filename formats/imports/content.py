"""What a message says, in whatever shape its product wrote it: the one reader for all of them.

A content may be a text, null, a list of parts, or an object; a part may have its text under any usual key, and inside
of it objects again. Every string that is text is taken, thinking apart from the answer; what is no text (a picture, a
tool call, a part of no known kind) is counted by its kind.

Source: the SDKs of OpenAI (Chat Completions, Responses, Assistants), Anthropic, Mistral and Gemini, the `UIMessage` of
Vercel's AI SDK, and the exports that are read in `products/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from chat.thinking import split_thinking
from formats.imports.outcome import Kind, LeftOut
from formats.imports.part_kinds import BESIDE, kind_by_media_type, kind_of, name_of
from formats.imports.values import text

TEXT_KEYS = (
    *("content", "parts", "text", "value", "message", "refusal", "transcript", "caption", "markdown", "body"),
    *("utterance", "mes"),
    *("input_text", "output_text", "output", "answer", "response", "reply", "completion", "data"),
    *("content_blocks", "contentBlocks", "contentChunks", "children"),
)
"""Where text stands: in a message, in its content, in a part of that. All that are filled are read, each text once."""

THINKING_KEYS = (
    *("reasoning_content", "reasoningContent", "reasoning", "reasoning_text", "reasoningText", "reasoning_details"),
    *("thinking", "thoughts", "thought", "think"),
)
"""Where thinking stands beside an answer. They say the same in several forms, so the first that is filled is read."""

DOCUMENT_KEYS = ("extracted_content", "extractedContent", "text", "content")

TEXTUAL = ("", "text", "input_text", "output_text", "paragraph", "heading", "markdown", "message")
"""Types of parts that are nothing but text, so that all in them is."""

NUMBERS = ("content", "text", "value")
"""Where a number is an answer like any other."""

DEEPEST = 30
"""Levels of parts in parts. Real ones have four."""

# Dicts, because these are sets that keep an order.
_TEXT = dict.fromkeys(TEXT_KEYS)
_THINKING = dict.fromkeys(THINKING_KEYS)
# Not `data`: that is sealed thinking, which nobody can read.
_IN_THINKING = dict.fromkeys((*THINKING_KEYS, "summary", "summary_text", *(key for key in TEXT_KEYS if key != "data")))
_HEARD = dict.fromkeys(("transcript", "caption", "text"))

_TELLING = {*TEXT_KEYS, *THINKING_KEYS, *BESIDE, "type", "content_type", "thought"}
"""All keys that are looked at in an object."""
_NOTHING: tuple[object, ...] = (None, "", [])
_ABOUT = {"type", "content_type", "id", "role", "name", "state", "status", "signature", "model", "timestamp", "from"}
_ENCODED = re.compile(r"data:|[A-Za-z0-9+/=_-]{200}")
"""The beginning of bytes that are written as letters."""


class Content(NamedTuple):  # one is made for every message, and a tuple takes a third of the time or less
    """What a message says."""

    text: str = ""
    reasoning: str = ""
    attachments: tuple[str, ...] = ()
    """The name of each file, picture or recording that is left out, empty where it has none."""
    left_out: Mapping[Kind, int] = MappingProxyType({})
    """How many of each kind are not taken."""


def content_of(value: Any, between: str = "\n") -> Content:
    """Return what a whole message says, or its content alone; `between` stands between two texts of it."""
    if isinstance(value, dict):
        telling = _TELLING.intersection(value)
        key = telling.pop() if len(telling) == 1 else _only_text(value)
        if key in _TEXT and isinstance(value[key], str):
            value = value[key]
    if isinstance(value, str):  # nearly all messages, so they are not looked through for everything else
        return Content(value if value.strip() else "")
    reading = _Reading()
    reading.take(value, 0)
    return reading.as_content(between)


def answer_of(value: Any, between: str = "\n") -> Content:
    """Return what an answer says; thinking that stands inside of its text, between tags, is taken out of it."""
    content = content_of(value, between)
    thinking, answer = split_thinking(content.text)
    if not thinking:
        return content
    return content._replace(text=answer, reasoning="\n\n".join(part for part in (content.reasoning, thinking) if part))


def beside(value: Any) -> Content:
    """Return what stands beside the messages of a conversation, or beside the text of one: pictures, files, calls."""
    reading = _Reading()
    reading.take_beside(value, 0)
    return reading.as_content("\n")


def document(name: str, words: str) -> str:
    """Return a text that a person attached or pasted, under its name."""
    return f"[attachment: {name}]\n{words}" if name else words


def fenced(code: str, language: str = "") -> str:
    """Return code as a block of Markdown, with a fence that does not end inside of it."""
    longest = max((len(run) for run in re.findall("`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


class _Reading:
    """What was found so far."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._thinking: list[str] = []
        self._attachments: list[str] = []
        self._left_out = LeftOut()

    def as_content(self, between: str) -> Content:
        thinking = "\n\n".join(self._thinking)
        return Content(between.join(self._words), thinking, tuple(self._attachments), self._left_out)

    def take(self, value: Any, depth: int) -> None:
        """Take a text, a list of parts, or an object that has one of them somewhere."""
        if isinstance(value, str):
            self._words += [value] if value.strip() else []
        elif value and depth > DEEPEST:
            self._left_out["part"] += 1
        elif isinstance(value, list):
            for part in value:
                self.take(part, depth + 1)
        elif isinstance(value, dict):
            self._take_object(value, depth)
        elif value is not None and depth > 0:
            self._left_out["part"] += 1

    def take_beside(self, value: dict[str, Any], depth: int) -> None:
        """Take what stands beside a text."""
        for key in _in_order(value, BESIDE) if isinstance(value, dict) else ():
            kind, inside = BESIDE[key], value[key]
            for each in inside if isinstance(inside, list) else [inside] if inside else []:
                if isinstance(each, dict):
                    self._take_other(kind, each, depth)
                elif isinstance(each, str) and each.strip():
                    self._leave_out(kind, "" if ":" in each else each.rsplit("/", 1)[-1][:100])

    def _take_object(self, value: dict[str, Any], depth: int) -> None:
        if (key := _only_text(value)) is not None:
            self.take(value[key], depth + 1)
            return
        kind = kind_of(value)
        if kind == "thinking":
            inner = self._texts(value, _IN_THINKING, depth)
            self._thinking += [*inner._thinking, *inner._words]
            self._left_out += inner._left_out if inner._words or inner._thinking else LeftOut({"thinking": 1})
        elif kind is not None:
            self._take_other(kind, value, depth)
        elif text(value, "type") == "code" and (code := text(value, "code") or text(value, "text")):
            self._words.append(fenced(code, text(value, "language")))
        else:
            before = (len(self._words), len(self._thinking), self._left_out.total())
            self._take_thinking(value, depth)
            self._join(self._texts(value, _TEXT, depth))
            self.take_beside(value, depth)
            is_silent = before == (len(self._words), len(self._thinking), self._left_out.total())
            if is_silent and _says_something_else(value):
                self._take_unknown(value, depth)

    def _take_unknown(self, value: dict[str, Any], depth: int) -> None:
        """Take all that an object says which is a text, under whatever keys; count one that may be anything."""
        is_message = not value.keys().isdisjoint(("role", "from", "author", "sender"))
        if is_message or text(value, "type") not in TEXTUAL:
            self._left_out["part"] += 1
            return
        for key, inside in value.items():
            if key not in _ABOUT and isinstance(inside, str | list | dict):
                self.take("" if isinstance(inside, str) and _ENCODED.match(inside) else inside, depth + 1)

    def _take_thinking(self, value: dict[str, Any], depth: int) -> None:
        for key in _in_order(value, _THINKING):
            inner = _Reading()
            inner.take(value[key], depth + 1)
            if found := [*inner._thinking, *inner._words]:
                self._thinking += found
                return

    def _texts(self, value: dict[str, Any], keys: Mapping[str, object], depth: int) -> _Reading:
        """Read the texts under these keys; one that another key has said already is the same one again."""
        found = _Reading()
        for key in _in_order(value, keys):
            inside = value[key]
            if isinstance(inside, int | float) and not isinstance(inside, bool) and key in NUMBERS:
                inside = str(inside)
            if not isinstance(inside, str | list | dict):
                continue
            inner = _Reading()
            inner.take(inside, depth + 1)
            said = _as_line(found._words)
            found._words += [] if _as_line(inner._words) in said else inner._words
            found._thinking += [each for each in inner._thinking if each not in found._thinking]
            found._attachments = found._attachments or inner._attachments
            found._left_out |= inner._left_out
        return found

    def _join(self, other: _Reading) -> None:
        self._words += other._words
        self._thinking += other._thinking
        self._attachments += other._attachments
        self._left_out += other._left_out

    def _take_other(self, kind: Kind, value: dict[str, Any], depth: int) -> None:
        """Count a part that is no text; keep the words of a document, and what was heard in a recording."""
        if kind in ("tool call", "tool result", "source"):
            self._left_out[kind] += 1
            return
        kind, name = kind_by_media_type(value) or kind, name_of(value)
        written = next(_written(value), "") if kind == "file" else ""
        if written:
            self._words.append(document(name, written))
            return
        self._leave_out(kind, name)
        self._join(self._texts(value, _HEARD, depth))

    def _leave_out(self, kind: Kind, name: str) -> None:
        self._left_out[kind] += 1
        if kind in ("picture", "recording", "video", "file"):
            self._attachments.append(name)


def _only_text(value: dict[str, Any]) -> str | None:
    """Return the key of what an object says, where it says nothing else, as nearly all parts of messages do."""
    telling = [key for key in value if key in _TELLING and value[key] not in _NOTHING]
    if "type" in telling and value["type"] in TEXTUAL:
        telling.remove("type")
    is_text = len(telling) == 1 and telling[0] in _TEXT and isinstance(value[telling[0]], str | list | dict)
    return telling[0] if is_text else None


def _in_order(value: dict[str, Any], keys: Mapping[str, object]) -> Iterable[str]:
    """Return those of the keys that a value has, in their order. Most values have one, so all are not tried."""
    found = value.keys() & keys.keys()
    return found if len(found) < 2 else (key for key in keys if key in found)


def _as_line(words: list[str]) -> str:
    return " ".join(" ".join(words).split())


def _written(value: dict[str, Any]) -> Iterator[str]:
    """Yield the text of a document where it is in it, and not as an address or as encoded bytes."""
    for inside in (value, value.get("source"), value.get("file")):
        for key in DOCUMENT_KEYS:
            reading = _Reading()
            reading.take(inside.get(key) if isinstance(inside, dict) else None, 1)
            words = "\n".join(reading._words)
            if words and not _ENCODED.match(words):
                yield words
        if text(inside, "type") == "text" and text(inside, "data").strip():
            yield text(inside, "data")


def _says_something_else(value: dict[str, Any]) -> bool:
    """Whether an object has no text where texts stand, but something in another place."""
    if not value.keys().isdisjoint(_TEXT):
        return False
    return any(isinstance(each, str | list | dict) and each for key, each in value.items() if key not in _ABOUT)

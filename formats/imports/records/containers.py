"""Where the messages of a conversation stand: in a list, under one of many usual keys, as pairs, or in one text.

Source: the cards of data sets on the Hugging Face Hub: `messages` (ultrachat_200k, no_robots), `conversations`
(OpenHermes, SlimOrca), `conversation` (lmsys-chat-1m, WildChat; Capybara's pairs of `input` and `output`), `data`
(ultrachat, a list of texts that take turns), one text with both speakers (hh-rlhf, openassistant-guanaco).
"""

from __future__ import annotations

import json
import re
from typing import Any

from formats.imports.records.messages import is_message, unwrapped
from formats.imports.values import field, text

CONTAINERS = (
    *("messages", "conversations", "conversation", "turns", "dialog", "dialogue", "dialogs", "chat", "chat_history"),
    *("history", "thread", "items", "data", "log", "transcript", "utterances", "exchanges", "contents", "trajectory"),
    *("input", "text", "body", "request", "context"),
)
TAKING_TURNS = ("messages", "conversations", "conversation", "dialog", "dialogue", "chat", "history", "utterances")
"""Where a list of plain texts is what two said in turn, and a text may be such a list once more, written as JSON."""

BETWEEN_TWO = ("conversations", "conversation", "turns", "dialog", "dialogue", "dialogs", "utterances")
"""Where messages are those of a chat, whatever the names of the two are. `messages` may be letters of people, too."""

PAIRS = (
    *(("input", "output"), ("human", "assistant"), ("user", "assistant"), ("user", "bot"), ("human", "bot")),
    *(("question", "answer"), ("prompt", "response"), ("prompt", "completion"), ("instruction", "response")),
    *(("instruction", "output"), ("query", "response"), ("Human", "Assistant"), ("User", "Assistant")),
)

_STYLES = (
    re.compile(r"(?:^\s*|\n\n)(Human|User|Assistant|AI):[ \t]*"),
    re.compile(r"(?:^\s*|\n)###\s*(System|Human|User|Instruction|Assistant|Response|AI):\s*"),
    re.compile(r"(?:^|(?<=\n)|(?<=>))\s*<\|im_start\|>(\w+)\n"),
    re.compile(r"(?:^|(?<=\n)|(?<=>))\s*<\|(system|user|assistant)\|>\n?"),
)
"""How a text names its speakers: as hh-rlhf, as Alpaca and Guanaco, ChatML, Zephyr."""

_END_MARKS = re.compile(r"\s*(?:<\|im_end\|>|<\|end\|>|<\|endoftext\|>|</s>)\s*$")
_ROLES = {"human": "user", "instruction": "user", "response": "assistant", "ai": "assistant"}


def message(role: str, content: Any) -> dict[str, Any]:
    """Return a message in the usual shape."""
    return {"role": role, "content": content}


def messages_in(value: Any, depth: int = 0) -> list[Any]:
    """Return the messages of a conversation, wherever they are in it; an empty list where none are."""
    if not isinstance(value, dict) or depth > 2:
        return as_messages(value)
    for key in CONTAINERS:
        inside = value.get(key)
        if isinstance(inside, str) and key in TAKING_TURNS:
            inside = _from_json(inside)
        found = messages_in(inside, depth + 1) if inside else []
        if not found and isinstance(inside, list):
            is_in_turn = key in TAKING_TURNS or set(value) <= {"id", key}
            found = _in_turn(inside) if is_in_turn else [each for pair in inside for each in _pair(pair)]
        if found:
            return found
    return as_messages(value)


def as_messages(value: Any) -> list[Any]:
    """Return the messages that a list, a text, or an object of messages by their ids is; empty where it is none.

    One object alone is a message too, as in `chosen`.
    """
    if isinstance(value, str):
        return spoken(value)
    if isinstance(value, dict):
        if is_message(value):
            return [value]
        inside = list(value.values())
        return inside if inside and all(is_message(each) for each in inside) else []
    messages = list(unwrapped(value)) if isinstance(value, list) else []
    return messages if any(is_message(each) for each in messages) else []


def spoken(words: str) -> list[dict[str, Any]]:
    """Return the messages of one text that names its speakers; an empty list where it does not."""
    style = next((each for each in _STYLES if each.match(words)), None)
    found = list(style.finditer(words)) if style else []
    names = [_ROLES.get(each[1].lower(), each[1].lower()) for each in found]
    if "user" not in names:
        return []
    ends = [each.start() for each in found[1:]] + [len(words)]
    said = (_END_MARKS.sub("", words[each.end() : end]).strip() for each, end in zip(found, ends, strict=True))
    return [message(name, each) for name, each in zip(names, said, strict=True)]


def _from_json(words: str) -> Any:
    """Return the list that a text is, as tables have it; a text that is none comes back."""
    if not words.lstrip().startswith("["):
        return words
    try:
        return json.loads(words)
    except (ValueError, RecursionError):
        return words


def _in_turn(values: list[Any]) -> list[dict[str, Any]]:
    """Return the messages of texts that two said in turn, or of pairs of a question and its answer."""
    if len(values) > 1 and all(isinstance(each, str) for each in values):
        return [message("assistant" if place % 2 else "user", each) for place, each in enumerate(values)]
    return [each for value in values for each in _pair(value)]


def _pair(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value):
        return [message("user", value[0]), message("assistant", value[1])]
    for question, answer in PAIRS:
        if text(value, question) and isinstance(field(value, answer), str):
            return [message("user", value[question]), message("assistant", value[answer])]
    return []

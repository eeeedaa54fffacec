"""Lists of `{"role", "content"}`: `history.json`, Panel's `serialize()`, and OpenAI's JSONL with `messages` a line.

Source: panel 1.9.4, `chat/feed.py` (`_serialize_for_transformers`), and OpenAI's guide to supervised fine-tuning. These
have no ids, dates or branches. A system or developer message becomes the conversation's system prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import Role
from formats.imports.content import content_of
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped
from formats.imports.records.turns import Turn, read_turns
from formats.imports.values import field, items, text

ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
}
SYSTEM = ("system", "developer")


def claims_message(value: Any) -> bool:
    """Whether this is a message: a role, and words or parts."""
    return bool(text(value, "role")) and isinstance(field(value, "content"), str | list)


def claims_record(value: Any) -> bool:
    """Whether this is a conversation: a list of messages, bare or as `messages`."""
    messages = value if isinstance(value, list) else items(value, "messages")
    return any(claims_message(message) for message in messages)


def read_message_list(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    yield _read("history", values, context)


def read_records(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        messages = value if isinstance(value, list) else items(value, "messages")
        title = text(value, "title") or text(value, "name")
        yield _read("jsonl", messages, context, title)


def _read(product: str, messages: list[Any], context: Context, title: str = "") -> Read:
    turns: list[Turn] = []
    system: list[str] = []
    left_out = LeftOut()
    for message in messages:
        said = content_of(message)
        left_out += said.left_out
        name = text(message, "role").strip().lower()
        role = ROLES.get(name)
        if role is not None:
            turns.append(Turn(role, said.text, said.reasoning))
        elif name in SYSTEM and said.text.strip():
            system.append(said.text)
        elif name not in SYSTEM:
            left_out["message"] += 1
    return read_turns(product, turns, context, system="\n\n".join(system), title=title, left_out=left_out)


HISTORY = Format("history.json", claims_message, read_message_list, whole=True)
RECORDS = Format("OpenAI JSONL", claims_record, read_records)

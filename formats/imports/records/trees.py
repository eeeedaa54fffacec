"""OpenAssistant's message trees: a message a line (oasst1, oasst2), or a tree a line with `replies` inside.

Source: the data sets' cards and `oasst-data` of LAION-AI/Open-Assistant. Among answers to one message the best one has
`rank` 0, and is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import Message, Role
from formats.imports.content import answer_of, content_of
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped
from formats.imports.tree import HIDDEN, UNDATED, Chat, check_count, read_chat
from formats.imports.values import identity, items, moment, number, objects, text

ROLES: dict[str, Role] = {"prompter": "user", "assistant": "assistant"}
UNRANKED = 1000.0


def claims(value: Any) -> bool:
    """Whether this is a message of a tree, or a tree."""
    return bool(text(value, "message_tree_id")) and ("parent_id" in value or isinstance(value.get("prompt"), dict))


def tree_of(value: Any) -> str:
    """Return the id of the tree that this is, or is of."""
    return text(value, "message_tree_id")


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    messages: list[tuple[dict[str, Any], str | None]] = []
    for value in objects({"values": values}, "values"):
        first = value["prompt"] if isinstance(value.get("prompt"), dict) else value
        waiting: list[tuple[dict[str, Any], str | None]] = [(first, None)]
        while waiting:
            message, above = waiting.pop()
            if not identity(message, "message_id"):
                message = message | {"message_id": f"{tree_of(value)}:{len(messages)}"}
            messages.append((message, above or text(message, "parent_id") or None))
            check_count(len(messages), context)
            inside = [each for each in items(message, "replies") if isinstance(each, dict)]
            waiting += [(each, identity(message, "message_id")) for each in reversed(inside)]
    nodes, left_out = [], LeftOut()
    for message, above in messages:
        role = ROLES.get(text(message, "role"), HIDDEN)
        said = answer_of(message) if role == "assistant" else content_of(message)
        left_out += said.left_out
        id, date = identity(message, "message_id"), moment(message, "created_date") or UNDATED
        nodes.append(Message(id, above, role, said.text, created_at=date, reasoning=said.reasoning))
    id = tree_of(values[0]) if values else ""
    yield read_chat(Chat("openassistant", id, nodes, head=_best(messages), left_out=left_out), context)


def _best(messages: list[tuple[dict[str, Any], str | None]]) -> str | None:
    """Return the id of the message to which the best answers lead."""
    below: dict[str | None, list[dict[str, Any]]] = {}
    for message, above in messages:
        below.setdefault(above, []).append(message)
    at: str | None = None
    seen: set[str | None] = set()
    while at not in seen and at in below:
        seen.add(at)
        at = identity(min(below[at], key=_rank), "message_id")
    return at


def _rank(message: dict[str, Any]) -> float:
    rank = number(message, "rank")
    return UNRANKED if rank is None else rank


FORMAT = Format("OpenAssistant", claims, read, whole=True, group=tree_of)

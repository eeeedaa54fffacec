"""Jan's threads: a folder each in `jan/threads`, its messages in `messages.jsonl`, one a line.

Source: the specification in janhq/jan (`docs/specs/messages.md`). The shape is that of OpenAI's Assistants: a message
is a `thread.message` with its `thread_id`, and its words are objects with a `value`. The lines may stand newest first.
The title is in `thread.json` beside it, which is no conversation by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chat.conversation import Message, Role
from formats.imports.content import content_of
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import field, identity, moment, text

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def claims(value: Any) -> bool:
    """Whether this is a message of Jan's."""
    return text(value, "object") == "thread.message" and isinstance(field(value, "content"), list)


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    threads: dict[str, list[Any]] = {}
    for value in values:
        if claims(value):
            threads.setdefault(text(value, "thread_id"), []).append(value)
    for id, messages in threads.items():
        yield _read(id, messages, context)


def _read(thread_id: str, messages: list[Any], context: Context) -> Read:
    check_count(len(messages), context)
    messages.sort(key=lambda message: moment(message, "created_at") or FIRST)
    nodes: list[Message] = []
    left_out = LeftOut()
    for number, message in enumerate(messages):
        content = content_of(field(message, "content"))
        left_out += content.left_out
        role = ROLES.get(text(message, "role"), HIDDEN)
        words = content.text
        if role == "user" and not words.strip() and content.left_out:
            words = attached(content.attachments or [""])
        status = text(message, "status")
        error = text(message, "error_code") or text(message, "metadata", "error") if status == "error" else ""
        node = Message(
            f"{thread_id}:{identity(message, 'id') or number}",
            nodes[-1].id if nodes else None,
            role,
            words,
            created_at=moment(message, "created_at") or UNDATED,
            model=model_id(text(message, "metadata", "modelId") or text(message, "metadata", "model"), otherwise="jan"),
            status="failed" if error else "stopped" if status == "stopped" else "complete",
            error=error or None,
            reasoning=content.reasoning,
        )
        nodes.append(node)
    return read_chat(Chat(product="jan", id=thread_id, messages=nodes, head=nodes[-1].id, left_out=left_out), context)


FORMAT = Format(
    "Jan",
    claims,
    read,
    whole=True,
    how='In Jan, open Settings, App data; the folder "threads" has a messages.jsonl for each chat: import these files.',
)

"""Claude's design chats: an object each in `design_chats/` of the zip, its messages in a line.

Source: exports of 2026. Each message's `content` is an object that says the same twice, as a text and in blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import Message, Role
from formats.imports.content import answer_of, content_of
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import field, identity, moment, objects, text

ROLES: dict[str, Role] = {"user": "user", "human": "user", "assistant": "assistant"}


def claims(value: Any) -> bool:
    messages = list(objects(value, "messages"))
    return bool(text(value, "uuid")) and any(
        isinstance(field(each, "content", "contentBlocks"), list) for each in messages
    )


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        messages = list(objects(value, "messages"))
        check_count(len(messages), context)
        nodes: list[Message] = []
        left_out = LeftOut()
        for number, message in enumerate(messages):
            role = ROLES.get(text(message, "role"), HIDDEN)
            said = answer_of(message, "\n\n") if role == "assistant" else content_of(message, "\n\n")
            left_out += said.left_out
            words = said.text or (attached(said.attachments) if role == "user" and said.attachments else "")
            id = identity(message, "uuid") or f"{text(value, 'uuid')}:{number}"
            above = nodes[-1].id if nodes else None
            date = moment(message, "created_at") or UNDATED
            nodes.append(Message(id, above, role, words, created_at=date, reasoning=said.reasoning))
        chat = Chat(
            product="claude",
            id=text(value, "uuid"),
            messages=nodes,
            title=text(value, "title") or text(value, "name"),
            created_at=moment(value, "created_at"),
            updated_at=moment(value, "updated_at"),
            left_out=left_out,
        )
        yield read_chat(chat, context)


FORMAT = Format("Claude", claims, read)

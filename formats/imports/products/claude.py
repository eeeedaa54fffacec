"""Claude's export: a list of conversations with `chat_messages`, in `conversations.json` of a zip.

Source: nexus-ai-chat-importer's `claude-types.ts`. The blocks in `content` are the message; `text` beside them holds
notes such as "This block is not supported" in their place. Older exports are a line of messages without parents; newer
ones have `parent_message_uuid`, with a root that is no message. A text without a file name among the attachments is a
long paste: the user's own words, so they are kept; of files only the names are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import Role, Status
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, Read, Skipped, Unreadable
from formats.imports.tree import Chat, Node, attached, check_count, read_chat
from formats.imports.values import field, identity, items, moment, objects, text

ROLES: dict[str, Role] = {"human": "user", "user": "user", "assistant": "assistant"}
ENDINGS: dict[str, tuple[Status, str | None]] = {
    "user_canceled": ("stopped", None),
    "max_tokens": ("complete", "length"),
    "refusal": ("complete", "content_filter"),
}


def claims(value: Any) -> bool:
    return isinstance(field(value, "chat_messages"), list)


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    messages = list(objects(value, "chat_messages"))
    check_count(len(messages), context)
    is_tree = any(text(message, "parent_message_uuid") for message in messages)
    nodes: list[Node] = []
    left_out = 0
    for number, message in enumerate(messages):
        id = identity(message, "uuid") or f"{identity(value, 'uuid')}:{number}"
        before = nodes[-1].id if nodes else None
        parent = text(message, "parent_message_uuid") if is_tree else before
        node, missed = _node(id, parent or None, message, text(value, "model"))
        nodes.append(node)
        left_out += missed
    if not nodes:
        raise Unreadable("has no messages")
    chat = Chat(
        product="claude",
        id=identity(value, "uuid") or nodes[0].id,
        nodes=nodes,
        title=text(value, "name"),
        head=text(value, "current_leaf_message_uuid") or None,
        created_at=moment(value, "created_at"),
        updated_at=moment(value, "updated_at"),
        pinned=field(value, "is_starred") is True,
        left_out=left_out,
    )
    return read_chat(chat, context)


def _node(id: str, parent: str | None, message: Any, model: str) -> tuple[Node, int]:
    words: list[str] = []
    thinking: list[str] = []
    left_out = len(items(message, "files"))
    blocks = list(objects(message, "content"))
    for block in blocks:
        kind = text(block, "type")
        if kind == "text":
            words.append(text(block, "text"))
        elif kind == "thinking":
            thinking.append(text(block, "thinking"))
        elif kind != "tool_result":  # it belongs to a call, which counts
            left_out += 1
    if not blocks:
        words.append(text(message, "text"))
    for attachment in items(message, "attachments"):
        if not text(attachment, "file_name") and text(attachment, "extracted_content").strip():
            words.append(text(attachment, "extracted_content"))
        else:
            left_out += 1
    content = "\n\n".join(word for word in words if word.strip())
    role = ROLES.get(text(message, "sender"))
    if role == "user" and not content and left_out:
        content = attached(text(file, "file_name") for file in items(message, "files") + items(message, "attachments"))
    status, reason = ENDINGS.get(text(message, "stop_reason"), ("complete", None))
    node = Node(
        id,
        parent,
        role,
        content,
        created_at=moment(message, "created_at"),
        model=model_id(text(message, "model") or model, "anthropic"),
        status=status if role == "assistant" else "complete",
        finish_reason=reason if role == "assistant" else None,
        reasoning="\n\n".join(part for part in thinking if part.strip()) if role == "assistant" else "",
    )
    return node, left_out


FORMAT = Format("Claude", claims, read)

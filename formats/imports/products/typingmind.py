"""TypingMind's export: `{"data": {"chats": [...], "folders": [...]}}`, or one chat alone.

Source: big-AGI's importer and its schema of TypingMind's export. A chat is a line of messages with `uuid`, `createdAt`
and, in an answer, `model` and `usage`; a content is a text or a list of parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import ConversationSettings, Message, Role
from formats.imports.content import content_of
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import field, identity, moment, objects, text, usage

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
TOKENS = (("prompt_tokens", "completion_tokens"), ("input_tokens", "output_tokens"))


def claims(value: Any) -> bool:
    return _is_chat(value) or any(_is_chat(chat) for chat in objects(value, "data", "chats"))


def _is_chat(value: Any) -> bool:
    is_named = isinstance(value, dict) and ("chatID" in value or "chatTitle" in value)
    return is_named and isinstance(field(value, "messages"), list)


def chats_in(value: Any) -> list[Any]:
    """Return the chats of an export, each with the name of its folder."""
    if _is_chat(value):
        return [value]
    folders = {identity(each, "id"): text(each, "title") for each in objects(value, "data", "folders")}
    return [chat | {"folder": folders.get(text(chat, "folderID"), "")} for chat in objects(value, "data", "chats")]


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    messages = list(objects(value, "messages"))
    check_count(len(messages), context)
    chat_id = identity(value, "chatID", "id")
    nodes: list[Message] = []
    left_out = LeftOut()
    system = text(value, "systemMessage") or text(value, "chatParams", "systemMessage")
    for number, message in enumerate(messages):
        content = content_of(field(message, "content"))
        left_out += content.left_out
        role = ROLES.get(text(message, "role"), HIDDEN)
        if role == HIDDEN:
            is_system = text(message, "role") == "system"
            system = system or (content.text if is_system else "")
            left_out["tool result"] += not is_system
        words = content.text
        if role == "user" and not words.strip() and content.left_out:
            words = attached(content.attachments or [""])
        node = Message(
            identity(message, "uuid", "id") or f"{chat_id}:{number}",
            nodes[-1].id if nodes else None,
            role,
            words,
            created_at=moment(message, "createdAt") or UNDATED,
            model=model_id(text(message, "model") or text(value, "model"), otherwise="typingmind"),
            usage=usage(field(message, "usage"), *TOKENS) if role == "assistant" else None,
            reasoning=content.reasoning or text(message, "reasoning"),
        )
        nodes.append(node)
    if not nodes:
        raise Unreadable("has no messages")
    chat = Chat(
        product="typingmind",
        id=chat_id or nodes[0].id,
        messages=nodes,
        title=text(value, "chatTitle"),
        head=nodes[-1].id,
        created_at=moment(value, "createdAt"),
        updated_at=moment(value, "updatedAt"),
        settings=ConversationSettings(system_prompt=system),
        pinned=moment(value, "pinnedAt") is not None or field(value, "pinned") is True,
        tags=tuple(name for name in [" ".join(text(value, "folder").split())] if name),
        left_out=left_out,
    )
    return read_chat(chat, context)


FORMAT = Format(
    "TypingMind",
    claims,
    read,
    unfold=chats_in,
    how="In TypingMind, open Settings, App Data & Storage, and export all chats as JSON.",
)

"""Chatbot UI's export, which its many descendants have too: `{"version": 4, "history": [...], "folders": [...]}`.

Source: the types of chatbot-ui (`types/export.ts`). Version 1 is the bare list; a conversation has a name, a prompt, a
temperature and a model, its messages have a role and a text and nothing else, so their ids are made from their words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import ConversationSettings, Message, Role
from formats.imports.content import content_of
from formats.imports.ids import word_ids
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import HIDDEN, UNDATED, Chat, check_count, read_chat
from formats.imports.values import field, identity, items, number, objects, text

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}


def claims(value: Any) -> bool:
    return _is_chat(value) or any(_is_chat(chat) for chat in objects(value, "history"))


def _is_chat(value: Any) -> bool:
    """Whether this is a conversation of Chatbot UI's: one of its own fields is beside name and messages."""
    own = isinstance(field(value, "model"), dict) or (isinstance(value, dict) and "folderId" in value)
    return own and isinstance(field(value, "name"), str) and isinstance(field(value, "messages"), list)


def chats_in(value: Any) -> list[Any]:
    if isinstance(field(value, "messages"), list):
        return [value]
    folders = {identity(each, "id"): text(each, "name") for each in objects(value, "folders")}
    return [chat | {"folder": folders.get(identity(chat, "folderId"), "")} for chat in objects(value, "history")]


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    check_count(len(items(value, "messages")), context)
    said = [(text(each, "role"), content_of(field(each, "content"))) for each in objects(value, "messages")]
    chat_id = identity(value, "id")
    ids = word_ids(((role, content.text) for role, content in said), f"chatbotui\n{chat_id}")
    if not ids:
        raise Unreadable("has no messages")
    model = model_id(text(value, "model", "id") or text(value, "model", "name"), otherwise="chatbotui")
    nodes: list[Message] = []
    for id, (role, content) in zip(ids, said, strict=True):
        before, part = nodes[-1].id if nodes else None, ROLES.get(role, HIDDEN)
        nodes.append(Message(id, before, part, content.text, UNDATED, model, reasoning=content.reasoning))
    chat = Chat(
        product="chatbotui",
        id=chat_id or ids[0],
        messages=nodes,
        title=text(value, "name"),
        head=ids[-1],
        settings=ConversationSettings(system_prompt=text(value, "prompt"), temperature=number(value, "temperature")),
        tags=tuple(name for name in [" ".join(text(value, "folder").split())] if name),
        left_out=sum((LeftOut(content.left_out) for _, content in said), LeftOut()),
    )
    return read_chat(chat, context)


FORMAT = Format(
    "Chatbot UI",
    claims,
    read,
    unfold=chats_in,
    how='In Chatbot UI, choose "Export data" at the end of the sidebar.',
)

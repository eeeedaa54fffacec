"""DeepSeek's export: a list of conversations, each a `mapping` of nodes as ChatGPT's, but with `fragments` of its own.

Source: the parsers of public exporters that read `conversations.json` of DeepSeek's data download. A message has no
role: fragments of type REQUEST are the user's; THINK and RESPONSE are the answer's. The root has no message. Dates are
`inserted_at`. The exports of early 2025 have `content` and `reasoning_content` in place of fragments, and no role at
all: there question and answer take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import Message, Role
from formats.imports.content import content_of, document
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.part_kinds import kind_of_file
from formats.imports.tree import UNDATED, Chat, attached, check_count, hidden, is_shown, read_chat
from formats.imports.values import field, identity, items, moment, objects, text

THINKING = ("THINK", "THINKING", "REASONING")
ASKED = ("REQUEST",)
FAILED = "The answer failed in DeepSeek."


def claims(value: Any) -> bool:
    mapping = field(value, "mapping")
    messages = (field(entry, "message") for entry in mapping.values()) if isinstance(mapping, dict) else ()
    first = next((message for message in messages if isinstance(message, dict)), None)
    is_old = "inserted_at" in (first or ()) and isinstance(field(first, "content"), str)
    return isinstance(field(first, "fragments"), list) or is_old


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    mapping = field(value, "mapping")
    if not isinstance(mapping, dict):
        raise Unreadable("has no messages")
    check_count(len(mapping), context)
    chat_id = identity(value, "id", "conversation_id")
    nodes: list[Message] = []
    left_out = LeftOut()
    roles: dict[str, Role] = {}
    for id, entry in mapping.items():
        above = text(entry, "parent")
        # Its nodes are called 1, 2, 3 in every conversation.
        parent = f"{chat_id}:{above}" if above else None
        node, missed = _node(f"{chat_id}:{id}", parent, field(entry, "message"), roles.get(above) == "user")
        roles[id] = node.role
        nodes.append(node)
        left_out += missed
    current = text(value, "current_node")
    chat = Chat(
        product="deepseek",
        id=chat_id or next((node.id for node in nodes if is_shown(node)), ""),
        messages=nodes,
        title=text(value, "title"),
        head=f"{chat_id}:{current}" if current else None,
        created_at=moment(value, "inserted_at"),
        updated_at=moment(value, "updated_at"),
        pinned=field(value, "pinned") is True,
        left_out=left_out,
    )
    return read_chat(chat, context)


def _node(id: str, parent: str | None, message: Any, is_answer: bool) -> tuple[Message, LeftOut]:
    if not isinstance(message, dict):
        return hidden(id, parent), LeftOut()
    words = [text(message, "content")]
    thinking = [text(message, "reasoning_content")]
    left_out = LeftOut()
    role: Role = "assistant" if is_answer or "fragments" in message else "user"
    for fragment in objects(message, "fragments"):
        kind = text(fragment, "type").upper()
        said = content_of(field(fragment, "content"))
        left_out += said.left_out
        if kind in THINKING:
            thinking.append(said.text)
        elif kind in ("SEARCH", "READ_LINK") or "TOOL" in kind:
            left_out["tool call"] += 1
        else:
            role = "user" if kind in ASKED else role
            words.append(said.text)
    names: list[str] = []
    for file in items(message, "files"):
        name = text(file, "file_name") or text(file, "name")
        if text(file, "content").strip():
            words.append(document(name, text(file, "content")))
        else:
            names.append(name)
            left_out[kind_of_file(file)] += 1
    content = "\n\n".join(word for word in words if word.strip())
    if role == "user" and not content and names:
        content = attached(names)
    node = Message(
        id,
        parent,
        role,
        content,
        created_at=moment(message, "inserted_at") or UNDATED,
        model=model_id(text(message, "model"), "deepseek"),
        reasoning="\n\n".join(part for part in thinking if part.strip()),
    )
    return node, +left_out


FORMAT = Format(
    "DeepSeek",
    claims,
    read,
    how="In DeepSeek, open Settings, Data, Export data.",
)

"""Claude's conversations: a list, each with `chat_messages`, in `conversations.json` of a zip.

Source: nexus-ai-chat-importer's `claude-types.ts`. The blocks in `content` are the message; `text` beside them holds
notes such as "This block is not supported" in their place. Older exports are a line of messages without parents; newer
ones have `parent_message_uuid`, with a root that is no message. What was read out of an attached file or a long paste
(`extracted_content`) is what the user said, so it is kept under its name; of other files only the names are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import Message, Role, Status
from formats.imports.content import content_of, document
from formats.imports.enclosed import cited
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.part_kinds import kind_of_file
from formats.imports.products.claude.written import WRITING, words_and_thinking, written_by_call
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import field, identity, items, moment, objects, text

ROLES: dict[str, Role] = {"human": "user", "user": "user", "assistant": "assistant"}
ENDINGS: dict[str, tuple[Status, str | None]] = {
    "user_canceled": ("stopped", None),
    "max_tokens": ("complete", "length"),
    "refusal": ("complete", "content_filter"),
}
NOT_SHOWN = ("token_budget", "flag")
"""Blocks that stand for nothing on Claude's page."""
NOT_SUPPORTED = "This block is not supported on your current device"


def claims(value: Any) -> bool:
    return isinstance(field(value, "chat_messages"), list)


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    messages = list(objects(value, "chat_messages"))
    check_count(len(messages), context)
    is_tree = any(text(message, "parent_message_uuid") for message in messages)
    nodes: list[Message] = []
    titles: dict[str, str] = {}
    left_out = LeftOut()
    for number, message in enumerate(messages):
        id = identity(message, "uuid") or f"{identity(value, 'uuid')}:{number}"
        before = nodes[-1].id if nodes else None
        parent = text(message, "parent_message_uuid") if is_tree else before
        node, missed = _node(id, parent or None, message, text(value, "model"), titles)
        nodes.append(node)
        left_out += missed
    if not nodes:
        raise Unreadable("has no messages")
    chat = Chat(
        product="claude",
        id=identity(value, "uuid") or nodes[0].id,
        messages=nodes,
        title=text(value, "name"),
        head=text(value, "current_leaf_message_uuid") or None,
        created_at=moment(value, "created_at"),
        updated_at=moment(value, "updated_at"),
        pinned=field(value, "is_starred") is True,
        tags=tuple(_tags(value)),
        left_out=left_out,
    )
    return read_chat(chat, context)


def _node(id: str, parent: str | None, message: Any, model: str, titles: dict[str, str]) -> tuple[Message, LeftOut]:
    role = ROLES.get(text(message, "sender"), HIDDEN)
    words: list[str] = []
    thinking: list[str] = []
    left_out = LeftOut()
    blocks = list(objects(message, "content")) or [{"type": "text", "text": text(message, "text")}]
    for block in blocks:
        kind = text(block, "type")
        if kind == "text":
            said, thought = (
                words_and_thinking(text(block, "text")) if role == "assistant" else (text(block, "text"), "")
            )
            words.append(cited(said, _sources(block)))
            thinking.append(thought)
        elif kind == "thinking":
            summaries = (text(each, "summary") for each in objects(block, "summaries"))
            thinking.append(text(block, "thinking") or "\n\n".join(summaries))
        elif kind == "tool_use" and text(block, "name") in WRITING:
            words.append(written_by_call(block, titles))
        elif kind != "tool_result" and kind not in NOT_SHOWN:  # a result belongs to a call, which counts
            other = content_of(block)
            words.append(other.text)
            thinking.append(other.reasoning)
            left_out += other.left_out
    if not any(word.strip() for word in words) and NOT_SUPPORTED not in text(message, "text"):
        words.insert(0, text(message, "text"))
    names = []
    pasted = {text(each, "file_name"): text(each, "extracted_content") for each in objects(message, "attachments")}
    for file in (*items(message, "files"), *items(message, "attachments")):
        name = text(file, "file_name")
        if text(file, "extracted_content").strip():
            words.append(document(name, text(file, "extracted_content")))
        elif not pasted.get(name, "").strip():
            names.append(name)
            left_out[kind_of_file(file)] += 1
    content = "\n\n".join(word for word in words if word.strip())
    if role == "user" and not content and left_out:
        content = attached(names or [""])
    status, reason = ENDINGS.get(text(message, "stop_reason"), ("complete", None))
    node = Message(
        id,
        parent,
        role,
        content,
        created_at=moment(message, "created_at") or UNDATED,
        model=model_id(text(message, "model") or model, "anthropic"),
        status=status if role == "assistant" else "complete",
        finish_reason=reason if role == "assistant" else None,
        reasoning="\n\n".join(part for part in thinking if part.strip()) if role == "assistant" else "",
    )
    return node, left_out


def _sources(block: Any) -> Iterator[tuple[str, str]]:
    for citation in objects(block, "citations"):
        details = field(citation, "details")
        yield text(citation, "title") or text(details, "title"), text(citation, "url") or text(details, "url")


def _tags(value: Any) -> Iterator[str]:
    project = text(value, "project", "name") or text(value, "project_uuid")
    if project.strip():
        yield f"project {' '.join(project.split())}"


FORMAT = Format(
    "Claude",
    claims,
    read,
    how="In Claude, open Settings, Privacy, Export data; the zip comes by e-mail.",
)

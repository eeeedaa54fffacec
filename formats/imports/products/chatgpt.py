"""ChatGPT's export: a list of conversations, each a `mapping` of nodes; one file, or since 2026 many in a zip.

Source: the fixtures of LibreChat's importer (`chatgpt-modern-export.json`) and nexus-ai-chat-importer's filter. Left
out, with what hangs on them hung on the nearest message that stays: nodes without a message, system and tool messages,
hidden ones, those to a tool (`recipient`), and what was made for the model (`user_editable_context`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chat.conversation import ConversationSettings, Role, Status
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, Read, Skipped, Unreadable
from formats.imports.tree import Chat, Node, attached, check_count, read_chat
from formats.imports.values import field, identity, items, moment, objects, text

NOT_SAID = {"user_editable_context", "model_editable_context", "reasoning_recap", "system_error"}
THINKING_CHANNEL = "analysis"
FINISHED: dict[str, tuple[Status, str | None]] = {
    "stop": ("complete", "stop"),
    "max_tokens": ("complete", "length"),
    "interrupted": ("stopped", None),
}

_MARK = re.compile("\ue200[^\ue200\ue201]*\ue201")
"""A citation or widget, in private characters that only ChatGPT's page draws."""


def claims(value: Any) -> bool:
    return isinstance(field(value, "mapping"), dict)


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    mapping = field(value, "mapping")
    if not isinstance(mapping, dict):
        raise Unreadable("has no messages")
    check_count(len(mapping), context)
    parents = _parents(mapping)
    model = text(value, "default_model_slug")
    nodes, left_out = [], 0
    for id, entry in mapping.items():
        node, missed = _node(id, parents.get(id), field(entry, "message"), model, context)
        nodes.append(node)
        left_out += missed
    chat = Chat(
        product="chatgpt",
        # The first words identify a conversation whose id is missing: `current_node` changes when it grows.
        id=identity(value, "conversation_id", "id") or next((node.id for node in nodes if node.is_shown), ""),
        nodes=nodes,
        title=text(value, "title"),
        head=text(value, "current_node") or None,
        created_at=moment(value, "create_time"),
        updated_at=moment(value, "update_time"),
        settings=ConversationSettings(system_prompt=_instructions(mapping)),
        pinned=field(value, "is_starred") is True,
        left_out=left_out,
    )
    return read_chat(chat, context)


def _parents(mapping: dict[str, Any]) -> dict[str, str]:
    """Return each node's parent, from either end of the link: some exports lack one of them."""
    parents: dict[str, str] = {}
    for id, entry in mapping.items():
        for child in items(entry, "children"):
            if isinstance(child, str):
                parents.setdefault(child, id)
    for id, entry in mapping.items():
        if parent := text(entry, "parent"):
            parents[id] = parent
    return parents


def _node(id: str, parent: str | None, message: Any, model: str, context: Context) -> tuple[Node, int]:
    """Return the node, and how many attachments, pictures and tool calls of it are left out."""
    said, pictures = _said(message)
    thoughts = _thoughts(message)
    role = _role(message)
    if role is None or thoughts or text(message, "content", "content_type") in NOT_SAID:
        is_call = text(message, "author", "role") == "assistant" and _is_to_tool(message)
        return Node(id, parent, reasoning=thoughts), pictures + is_call
    files = items(message, "metadata", "attachments")
    missed = max(pictures, len(files))
    if missed and not said.strip() and role == "user":
        said = attached([text(file, "name") for file in files] or [""])
    status, reason = _ending(message) if role == "assistant" else ("complete", None)
    rating, note = (context.ratings or {}).get(text(message, "id") or id, (None, ""))
    node = Node(
        id,
        parent,
        role,
        said,
        created_at=moment(message, "create_time"),
        model=model_id(text(message, "metadata", "model_slug") or model, "openai"),
        status=status,
        finish_reason=reason,
        rating=rating if role == "assistant" else None,
        rating_note=note,
    )
    return node, missed


def _role(message: Any) -> Role | None:
    role = text(message, "author", "role")
    is_hidden = any(
        field(message, "metadata", name) is True
        for name in ("is_visually_hidden_from_conversation", "is_user_system_message")
    )
    if is_hidden or _is_to_tool(message):
        return None
    return "user" if role == "user" else "assistant" if role == "assistant" else None


def _is_to_tool(message: Any) -> bool:
    return text(message, "recipient") not in ("", "all")


def _said(message: Any) -> tuple[str, int]:
    """Return the words of a message, and how many pictures and recordings are among them."""
    content = field(message, "content")
    kind = text(content, "content_type")
    if kind in ("code", "execution_output"):
        language = text(content, "language")
        fence = "```" if "```" not in text(content, "text") else "````"
        written = text(content, "text")
        return (f"{fence}{'' if language == 'unknown' else language}\n{written}\n{fence}" if written else ""), 0
    words, pictures = [], 0
    for part in items(content, "parts"):
        if isinstance(part, str):
            words.append(part)
        elif text(part, "text"):
            words.append(text(part, "text"))
        elif isinstance(part, dict):
            pictures += 1
    said = "\n".join(word for word in words if word) or text(content, "text")
    return _without_marks(said, message), pictures


def _without_marks(said: str, message: Any) -> str:
    if "\ue200" not in said:
        return said
    for reference in objects(message, "metadata", "content_references"):
        mark = text(reference, "matched_text")
        if mark.startswith("\ue200"):
            said = said.replace(mark, text(reference, "alt"))
    return _MARK.sub("", said)


def _thoughts(message: Any) -> str:
    if text(message, "author", "role") != "assistant":
        return ""
    content = field(message, "content")
    if text(content, "content_type") == "thoughts":
        parts = [text(each, "content") or text(each, "summary") for each in objects(content, "thoughts")]
        return "\n\n".join(part for part in parts if part.strip())
    return _said(message)[0] if text(message, "channel") == THINKING_CHANNEL and not _is_to_tool(message) else ""


def _ending(message: Any) -> tuple[Status, str | None]:
    if text(message, "status") == "in_progress":
        return "interrupted", None
    return FINISHED.get(text(message, "metadata", "finish_details", "type"), ("complete", None))


def _instructions(mapping: dict[str, Any]) -> str:
    """Return what the user told ChatGPT about themselves and how to answer."""
    for entry in mapping.values():
        message = field(entry, "message")
        told = field(message, "metadata", "user_context_message_data")
        content = field(message, "content")
        parts = [text(told, "about_user_message"), text(told, "about_model_message")]
        if not any(parts) and text(content, "content_type") == "user_editable_context":
            parts = [text(content, "user_profile"), text(content, "user_instructions")]
        if any(parts):
            return "\n\n".join(part.strip() for part in parts if part.strip())
    return ""


FORMAT = Format("ChatGPT", claims, read)

"""ChatGPT's conversations: each a `mapping` of nodes; a shared link has them in a line (`linear_conversation`).

Source: the fixtures of LibreChat's importer (`chatgpt-modern-export.json`), nexus-ai-chat-importer's filter and
convoviz. Left out, with what hangs on them hung on the nearest message that stays: nodes without a message, system
messages, hidden ones, calls of tools and what tools say; but a document that was written by a call, a report of Deep
Research and a picture that was drawn stand where the user saw them. An export of many is one file, or since 2026 many
files in a zip, and may begin with the user's folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import ConversationSettings, Message
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.products import deepseek
from formats.imports.products.chatgpt.marks import without_marks
from formats.imports.products.chatgpt.messages import read_message
from formats.imports.tree import Chat, check_count, is_shown, read_chat
from formats.imports.values import field, identity, items, moment, objects, text


def claims(value: Any) -> bool:
    mapping = field(value, "mapping")
    if isinstance(mapping, dict):
        is_tree = any("message" in entry for entry in mapping.values() if isinstance(entry, dict))
        return (is_tree or (not mapping and "title" in value)) and not deepseek.claims(value)
    return any("message" in entry for entry in objects(value, "linear_conversation"))


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        if not isinstance(value, dict) or "mapping" in value or "linear_conversation" in value:
            yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    mapping = field(value, "mapping") or _line(value)
    if not isinstance(mapping, dict):
        raise Unreadable("has no messages")
    check_count(len(mapping), context)
    parents = _parents(mapping)
    answered = set(parents.values())
    model = text(value, "default_model_slug")
    nodes: list[Message] = []
    left_out = LeftOut()
    for id, entry in mapping.items():
        message = field(entry, "message")
        node, missed = read_message(id, parents.get(id), message, model, context, is_last=id not in answered)
        nodes.append(node)
        if missed:
            left_out += missed
    chat = Chat(
        product="chatgpt",
        # The first words identify a conversation whose id is missing: `current_node` changes when it grows.
        id=identity(value, "conversation_id", "id") or next((node.id for node in nodes if is_shown(node)), ""),
        messages=nodes,
        title=without_marks(text(value, "title"), value),
        head=text(value, "current_node") or None,
        created_at=moment(value, "create_time"),
        updated_at=moment(value, "update_time"),
        settings=ConversationSettings(system_prompt=_instructions(mapping)),
        pinned=field(value, "is_starred") is True or moment(value, "pinned_time") is not None,
        tags=tuple(_tags(value)),
        left_out=left_out,
    )
    return read_chat(chat, context)


def _line(value: Any) -> dict[str, Any]:
    """Return the nodes of a shared link, by id; one that names no parent hangs on the one before it."""
    nodes: dict[str, Any] = {}
    before: str | None = None
    for place, entry in enumerate(objects(value, "linear_conversation")):
        id = identity(entry, "id") or identity(field(entry, "message"), "id") or f":{place}"
        nodes[id] = {"parent": before} | entry
        before = id
    return nodes


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


def _tags(value: Any) -> Iterator[str]:
    """Yield how the conversation was filed there. Of a project and of a custom GPT, an export has the id alone."""
    if field(value, "is_archived") is True:
        yield "archived"
    id = text(value, "gizmo_id") or text(value, "conversation_template_id")
    if id:
        yield f"project {id}" if id.startswith("g-p-") else f"GPT {id}"


def _instructions(mapping: dict[str, Any]) -> str:
    """Return what the user told ChatGPT about themselves and how to answer."""
    for entry in mapping.values():
        message = field(entry, "message")
        told = field(message, "metadata", "user_context_message_data")
        content = field(message, "content")
        if told is None and text(content, "content_type") != "user_editable_context":  # nearly all messages
            continue
        parts = [text(told, "about_user_message"), text(told, "about_model_message")]
        if not any(parts) and text(content, "content_type") == "user_editable_context":
            parts = [text(content, "user_profile"), text(content, "user_instructions")]
        if any(parts):
            return "\n\n".join(part.strip() for part in parts if part.strip())
    return ""


FORMAT = Format(
    "ChatGPT",
    claims,
    read,
    how="In ChatGPT, open Settings, Data controls, Export data; the zip comes by e-mail.",
)

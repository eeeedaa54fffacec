"""Chatkeep JSON that comes from elsewhere: `formats/exports/chatkeep.py` reads it, this makes it safe to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chat.conversation import Conversation, Message, Usage, newest_leaf
from formats.exports.chatkeep import from_chatkeep, is_chatkeep
from formats.imports.ids import own_id
from formats.imports.outcome import Context, Format, Read, Skipped, Unreadable
from formats.imports.tree import Node, check_count, single_line, title_from, without_circles
from formats.imports.values import LARGEST, items


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        check_count(len(items(value, "messages")), context)
        try:
            conversation = from_chatkeep(value, context.owner)
        except ValueError as error:
            raise Unreadable(f"cannot be read: {str(error).rstrip('.')}") from error
        yield Read(_sound(conversation, context))


def _sound(conversation: Conversation, context: Context) -> Conversation:
    """Return the conversation with links that hold; what Chatkeep itself wrote stays exactly as it is."""
    links = without_circles({message.id: Node(message.id, message.parent_id) for message in conversation.messages})
    messages = tuple(_bounded(message, links[message.id].parent) for message in conversation.messages)
    has_head = conversation.head is None or conversation.message(conversation.head) is not None
    title, settings = conversation.title, conversation.settings
    if len(title) > context.limits.title_characters:
        title = single_line(title, context) or title_from(messages)
    return replace(
        conversation,
        id=own_id(conversation.id),
        title=title,
        head=conversation.head if has_head else newest_leaf(messages),
        settings=replace(settings, max_tokens=_count(settings.max_tokens)),
        messages=messages,
    )


def _bounded(message: Message, parent_id: str | None) -> Message:
    usage = message.usage
    return replace(
        message,
        parent_id=parent_id,
        rating=message.rating if message.rating in (1, -1) else None,
        usage=usage if usage and _is_count(usage) else None,
        first_token_ms=_count(message.first_token_ms),
        total_ms=_count(message.total_ms),
    )


def _is_count(usage: Usage) -> bool:
    return 0 <= usage.prompt_tokens < LARGEST and 0 <= usage.completion_tokens < LARGEST


def _count(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < LARGEST else None


FORMAT = Format("Chatkeep", is_chatkeep, read, how="In Chatkeep, open History, Download, Chatkeep JSON.")

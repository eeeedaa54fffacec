"""Chatkeep JSON that comes from elsewhere: `formats/exports/chatkeep.py` reads it, this makes it safe to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chat.conversation import Conversation, Message, newest_leaf
from formats.exports.chatkeep import from_chatkeep, is_chatkeep
from formats.imports.ids import own_id
from formats.imports.outcome import Context, Format, Read, Skipped, Unreadable
from formats.imports.tree import check_count, single_line, title_from, without_circles
from formats.imports.values import items


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
    linked = without_circles({message.id: message for message in conversation.messages})
    messages = tuple(_linked(message, linked[message.id].parent_id) for message in conversation.messages)
    has_head = conversation.head is None or conversation.message(conversation.head) is not None
    title = conversation.title
    if len(title) > context.limits.title_characters:
        title = single_line(title, context) or title_from(messages)
    return replace(
        conversation,
        id=own_id(conversation.id),
        title=title,
        head=conversation.head if has_head else newest_leaf(messages),
        messages=messages,
    )


def _linked(message: Message, parent_id: str | None) -> Message:
    rating = message.rating if message.rating in (1, -1) else None
    if (parent_id, rating) == (message.parent_id, message.rating):
        return message  # nearly always, and making it anew takes ten times as long
    return replace(message, parent_id=parent_id, rating=rating)


FORMAT = Format("Chatkeep", is_chatkeep, read, how="In Chatkeep, open History, Download, Chatkeep JSON.")

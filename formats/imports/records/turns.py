"""Conversations without ids: a line of messages whose ids are made from their words."""

from __future__ import annotations

from dataclasses import dataclass

from chat.conversation import Conversation, ConversationSettings, Message, Role
from formats.imports.ids import made_id, own_id, source_of, word_ids
from formats.imports.outcome import Context, LeftOut, Read, Unreadable
from formats.imports.tree import check_count, single_line, title_from


@dataclass(frozen=True, slots=True)
class Turn:
    """One message, in its place in the line."""

    role: Role
    content: str
    reasoning: str = ""


def read_turns(
    product: str,
    turns: list[Turn],
    context: Context,
    *,
    system: str = "",
    title: str = "",
    left_out: LeftOut | None = None,
) -> Read:
    """Return the conversation that the turns are: the same words always have the same ids.

    Where a manifest says which conversation of Chatkeep's it is, id, title and dates are that one's.
    """
    check_count(len(turns), context)
    said = [turn for turn in turns if turn.content.strip()]
    if not said:
        raise Unreadable("has no messages")
    about = context.about
    created_at = (about and about.created_at) or context.now
    ids = word_ids((turn.role, turn.content) for turn in said)
    messages = tuple(
        Message(
            id=id,
            parent_id=ids[place - 1] if place else None,
            role=turn.role,
            content=turn.content,
            created_at=created_at,
            reasoning=turn.reasoning if turn.role == "assistant" else "",
            source=source_of(product, id),
        )
        for place, (id, turn) in enumerate(zip(ids, said, strict=True))
    )
    title = single_line(about.title if about else title, context)
    conversation = Conversation(
        id=own_id(about.id) if about else made_id(f"words:{ids[-1]}"),
        owner=context.owner,
        title=title or title_from(messages),
        title_source="manual" if title else "auto",
        created_at=created_at,
        updated_at=max(created_at, (about and about.updated_at) or created_at),
        head=ids[-1],
        settings=ConversationSettings(system_prompt=system),
        source=None if about else source_of(product, ids[-1]),
        messages=messages,
    )
    return Read(conversation, left_out or LeftOut(), has_identity=False)

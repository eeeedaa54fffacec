"""What becomes of a conversation that comes from elsewhere: is it new, has it grown, or is it here already.

`arrival` decides for one conversation, by what the store has and what arrived before it. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from chat.conversation import Conversation, Message
from exchange.ahead import Ahead, Said
from exchange.alike import in_common

Kind = Literal["new", "grown", "here"]

FEW = 8
"""Conversations that are opened to compare them; where more begin alike, further words are asked for first."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a conversation from elsewhere is to this store, and how it is to be merged."""

    kind: Kind
    conversation: Conversation
    """With the id to merge it under, and hung on what is there. Of one that is here, nothing is left to merge."""
    added: int
    """Messages that are not kept yet."""


def arrival(ahead: Ahead, conversation: Conversation, has_identity: bool) -> Arrival:
    """Return what the conversation is to the store and to what arrived before it; nothing is written.

    With an identity, the conversation of the same id is the same one, and its messages are told apart by their ids.
    Without one, a kept conversation (of the trash too) is the same where a line through its tree begins with the same
    words from its first message on: all of them, or all that it has so far. Two chats that only begin alike are two.
    """
    path = () if has_identity else conversation.path()
    if not path:
        return _by_ids(conversation, ahead.message_ids(conversation.owner, conversation.id))
    same = ahead.said(conversation.owner, conversation.id)
    grown: Arrival | None = None
    alike = _beginning_alike(ahead, conversation.owner, path) if same is None else [(conversation.id, same)]
    for id, kept in alike:
        common = in_common(kept, path)
        if common.length == len(path):
            return _with_branches(
                Arrival("here", replace(conversation, id=id, messages=(), head=None), 0), kept, conversation
            )
        # Without a source it is one of Chatkeep's own, told by its zip: it goes on in no other than itself.
        goes_on = common.length > 0 and common.is_end and conversation.source is not None
        if grown is None and (goes_on or same is not None):
            going_on = _going_on(conversation, id, path[common.length :], common.last)
            grown = _with_branches(going_on, kept, conversation)
    return grown or Arrival("new", conversation, len(conversation.messages))


def _by_ids(conversation: Conversation, there: frozenset[str] | None) -> Arrival:
    if there is None:
        return Arrival("new", conversation, len(conversation.messages))
    added = sum(message.id not in there for message in conversation.messages)
    return Arrival("grown" if added else "here", conversation, added)


def _beginning_alike(ahead: Ahead, owner: str, path: tuple[Message, ...]) -> Iterable[tuple[str, tuple[Said, ...]]]:
    """Yield id and messages of the conversations that may begin with the path, or be its beginning."""
    ids = ahead.holding(owner, path[0].role, path[0].content)
    for message in path[1:]:
        if len(ids) <= FEW:
            break
        # A conversation that is the beginning of this one may be missed here, never one that has all of it.
        also = set(ahead.holding(owner, message.role, message.content))
        narrowed = tuple(id for id in ids if id in also)
        # An answer that nobody has may be several put together; a question is always one.
        ids = narrowed or (ids if message.role == "assistant" else ids[:FEW])
    for id in ids:
        kept = ahead.said(owner, id)
        if kept is not None:
            yield id, kept


def _going_on(conversation: Conversation, id: str, rest: tuple[Message, ...], last: str | None) -> Arrival:
    """Return the rest of a conversation as it hangs on what is kept of it, under that one's id."""
    messages = (replace(rest[0], parent_id=last), *rest[1:])
    return Arrival("grown", replace(conversation, id=id, messages=messages, head=rest[-1].id), len(rest))


def _with_branches(arrived: Arrival, kept: tuple[Said, ...], conversation: Conversation) -> Arrival:
    """Return the arrival with what the other branches of the conversation say that is not kept either."""
    added = {message.id: message for message in arrived.conversation.messages}
    answered = {message.parent_id for message in conversation.messages}
    for leaf in conversation.messages:
        if leaf.id in answered or leaf.id == conversation.head:
            continue
        line = conversation.path(leaf.id)
        common = in_common(kept, line)
        for place, message in enumerate(line[common.length :]):
            added.setdefault(message.id, message if place else replace(message, parent_id=common.last))
    if len(added) == arrived.added:
        return arrived
    messages = tuple(added.values())
    return Arrival("grown", replace(arrived.conversation, messages=messages), len(messages))

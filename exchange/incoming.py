"""What becomes of a conversation that comes from elsewhere: is it new, has it grown, or is it here already.

`arrival` decides for one conversation, `store.merge` then keeps it, and `Tally` counts. For a dry run, `DryRun` takes
the place of the store: it answers as the store would after each merge, and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from chat.conversation import Conversation, Message, Role, printable
from formats.imports import LeftOut
from store.conversations import NotFound
from store.rules import merging

Kind = Literal["new", "grown", "here"]

FEW = 8
"""Conversations that are opened to compare them; where more begin alike, further words are asked for first."""


class Kept(Protocol):
    """What is asked of a store here."""

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """See `ConversationStore.get`."""
        ...

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        """See `ConversationStore.holding`."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a conversation from elsewhere is to this store, and how it is to be merged."""

    kind: Kind
    conversation: Conversation
    """With the id to merge it under, and hung on what is there. Of one that is here, nothing is left to merge."""
    added: int
    """Messages that are not kept yet."""


@dataclass(slots=True)
class Tally:
    """What an import did, or would do."""

    new: int = 0
    grown: int = 0
    here: int = 0
    messages_added: int = 0
    left_out: LeftOut = field(default_factory=LeftOut)
    """What the conversations that are new or have grown have and Chatkeep does not take, by its kind."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Title and reason of each conversation that could not be taken."""

    def count(self, arrival: Arrival, left_out: LeftOut | None = None) -> None:
        """Count one conversation."""
        self.messages_added += arrival.added
        if arrival.kind == "here":
            self.here += 1
            return
        self.left_out += left_out or LeftOut()
        if arrival.kind == "new":
            self.new += 1
        else:
            self.grown += 1


def arrival(store: Kept, conversation: Conversation, has_identity: bool) -> Arrival:
    """Return what the conversation is to this store; nothing is written.

    With an identity, the conversation of the same id is the same one, and its messages are told apart by their ids.
    Without one, a kept conversation (of the trash too) is the same where a line through its tree begins with the same
    words from its first message on: all of them, or all that it has so far. Two chats that only begin alike are two.
    """
    same = _kept(store, conversation.owner, conversation.id)
    path = conversation.path()
    if has_identity or not path:
        return _by_ids(conversation, same)
    grown: Arrival | None = None
    for kept in [same] if same else _beginning_alike(store, conversation.owner, path):
        common = _common(kept, path)
        if common.length == len(path):
            return Arrival("here", replace(conversation, id=kept.id, messages=(), head=None), 0)
        # Without a source it is one of Chatkeep's own, told by its zip: it goes on in no other than itself.
        goes_on = common.length > 0 and common.is_end and conversation.source is not None
        if grown is None and (goes_on or same is not None):
            grown = _going_on(conversation, kept, path[common.length :], common.last)
    return grown or Arrival("new", conversation, len(conversation.messages))


class DryRun:
    """A store that only pretends to merge, so that a plan counts as the import will."""

    def __init__(self, store: Kept) -> None:
        self._store = store
        self._merged: dict[tuple[str, str], Conversation] = {}
        self._holding: dict[tuple[str, Role, str], dict[str, None]] = {}

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """See `ConversationStore.get`."""
        merged = self._merged.get((owner, conversation_id))
        return merged if merged is not None else self._store.get(owner, conversation_id)

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        """See `ConversationStore.holding`."""
        kept = dict.fromkeys(self._store.holding(owner, role, content))
        return tuple(kept | self._holding.get((owner, role, content), {}))

    def merge(self, conversation: Conversation) -> int:
        """Do as if the conversation were merged; see `ConversationStore.merge`."""
        kept = _kept(self, conversation.owner, conversation.id)
        new, changes = merging(kept, conversation) if kept else (conversation.messages, {})
        together = replace(kept, messages=(*kept.messages, *new), **changes) if kept else conversation
        self._merged[conversation.owner, conversation.id] = together
        for message in new:
            key = (conversation.owner, message.role, message.content)
            self._holding.setdefault(key, {})[conversation.id] = None
        return len(new)


def _kept(store: Kept, owner: str, conversation_id: str) -> Conversation | None:
    try:
        return store.get(owner, conversation_id)
    except NotFound:
        return None


def _by_ids(conversation: Conversation, kept: Conversation | None) -> Arrival:
    if kept is None:
        return Arrival("new", conversation, len(conversation.messages))
    added = sum(kept.message(message.id) is None for message in conversation.messages)
    return Arrival("grown" if added else "here", conversation, added)


def _beginning_alike(store: Kept, owner: str, path: tuple[Message, ...]) -> Iterable[Conversation]:
    """Yield the conversations that may begin with the path, or be its beginning."""
    ids = store.holding(owner, path[0].role, path[0].content)
    for message in path[1:]:
        if len(ids) <= FEW:
            break
        # A conversation that is the beginning of this one may be missed here, never one that has all of it.
        also = set(store.holding(owner, message.role, message.content))
        ids = tuple(id for id in ids if id in also) or ids[:FEW]
    for id in ids:
        kept = _kept(store, owner, id)
        if kept is not None:
            yield kept


@dataclass(frozen=True, slots=True)
class _Common:
    """How far a kept conversation says what a path says."""

    length: int = 0
    """Messages of the path that are there."""
    last: str | None = None
    """The kept message at which the rest of the path can go on."""
    is_end: bool = False
    """Nothing else is said there."""
    passed_words: bool = False
    """Since the last message of the path, words were passed over that the path does not have."""


def _common(kept: Conversation, path: tuple[Message, ...]) -> _Common:
    """Follow the path's words through the kept tree, along whichever branch says most of them."""
    below: dict[str | None, list[Message]] = {}
    for message in kept.messages:
        below.setdefault(message.parent_id if kept.message(message.parent_id) else None, []).append(message)
    answered = {message.parent_id for message in kept.messages if _is_whole(message)}
    best = _Common()
    waiting = [_Common()]
    seen: set[_Common] = set()
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        answers = below.get(at.last, [])
        is_end = not answers and not at.passed_words
        if (at.length, is_end) > (best.length, best.is_end):
            best = replace(at, is_end=is_end)
        for message in answers:
            if at.length < len(path) and _says(message, path[at.length]):
                waiting.append(_Common(at.length + 1, message.id))
            if not _is_whole(message) and (message.role != "user" or message.id not in answered):
                # An export of turns or words has no failed answer, and no question without an answer.
                has_words = bool(message.content.strip()) and not message.trashed
                waiting.append(_Common(at.length, message.id, passed_words=at.passed_words or has_words))
    return best


def _says(kept: Message, other: Message) -> bool:
    if kept.role != other.role:
        return False
    return kept.content == other.content or printable(kept.content) == printable(other.content)


def _is_whole(message: Message) -> bool:
    """Whether this is an answer that every export has."""
    return (
        message.role == "assistant"
        and not message.trashed
        and message.status == "complete"
        and message.finish_reason in (None, "stop")
        and bool(message.content.strip())
    )


def _going_on(conversation: Conversation, kept: Conversation, rest: tuple[Message, ...], last: str | None) -> Arrival:
    """Return the rest of a conversation as it hangs on what is kept of it."""
    messages = (replace(rest[0], parent_id=last), *rest[1:])
    return Arrival("grown", replace(conversation, id=kept.id, messages=messages, head=rest[-1].id), len(rest))

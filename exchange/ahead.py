"""The store as it will be once everything that has arrived is merged, for a dry run and for what waits to be merged.

Of what arrived no words are held: for each message its id, its parent, a hash of what was said by whom, and three facts
that tell whether an export has it. 10,000 conversations of 20 messages take 40 MB so, as they are 250.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from chat.conversation import Conversation, Message, Role
from chat.endings import is_whole
from chat.surrogates import printable
from store.conversations import NotFound

IS_ANSWER, IS_QUESTION, HAS_WORDS = 1, 2, 4
NOWHERE = -1


class Kept(Protocol):
    """What is asked of a store here."""

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """See `ConversationStore.get`."""
        ...

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        """See `ConversationStore.holding`."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """A message as far as two conversations are compared."""

    id: str
    parent_id: str | None
    """None where its parent is not in the conversation."""
    words: int
    """A hash of what was said by whom; see `words_of`."""
    is_answer: bool
    """It is an answer that every export has: whole, with words, not deleted."""
    is_question: bool
    has_words: bool
    """It has words that are not deleted."""


def words_of(role: Role, content: str) -> int:
    """Return 64 bits of a hash of what was said by whom: two messages with the same one are taken for the same."""
    try:
        words = content.encode()
    except UnicodeEncodeError:
        words = printable(content).encode()
    hashed = hashlib.blake2b(f"{role}\0".encode(), digest_size=8)
    hashed.update(words)
    return int.from_bytes(hashed.digest(), signed=True)


class Sketch:
    """A conversation without its words, packed: what `Said` says of each of its messages."""

    __slots__ = ("_facts", "_ids", "_parents", "_words")

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._parents = array("l")
        self._words = array("q")
        self._facts = bytearray()

    def add(self, messages: tuple[Message, ...]) -> list[int]:
        """Add messages behind those that are there; return their words."""
        ids = [*self._ids, *(message.id for message in messages)]
        places = {id: place for place, id in enumerate(ids)}
        words = [words_of(message.role, message.content) for message in messages]
        self._ids = ids
        self._parents.extend(places.get(message.parent_id or "", NOWHERE) for message in messages)
        self._words.extend(words)
        self._facts.extend(_facts(message) for message in messages)
        return words

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its messages."""
        return frozenset(self._ids)

    def __iter__(self) -> Iterator[Said]:
        for id, parent, words, facts in zip(self._ids, self._parents, self._words, self._facts, strict=True):
            yield Said(
                id,
                None if parent == NOWHERE else self._ids[parent],
                words,
                is_answer=bool(facts & IS_ANSWER),
                is_question=bool(facts & IS_QUESTION),
                has_words=bool(facts & HAS_WORDS),
            )


def _facts(message: Message) -> int:
    has_words = bool(message.content.strip()) and not message.trashed
    is_answer = is_whole(message) and has_words
    return is_answer * IS_ANSWER | (message.role == "user") * IS_QUESTION | has_words * HAS_WORDS


class Ahead:
    """Answers as the store would after each merge, and writes nothing."""

    def __init__(self, store: Kept) -> None:
        self._store = store
        self._sketches: dict[tuple[str, str], Sketch] = {}
        self._read_last: tuple[tuple[str, str], Conversation | None] | None = None
        """What the store said last: what is merged was asked for a moment ago."""
        self._said_in: dict[str, dict[int, tuple[str, ...]]] = {}
        """By owner and words, the ids of the conversations that have arrived with them."""

    def said(self, owner: str, conversation_id: str) -> tuple[Said, ...] | None:
        """Return the messages of a conversation in the order in which they were added; None where there is none."""
        sketch = self._sketch(owner, conversation_id)
        return None if sketch is None else tuple(sketch)

    def message_ids(self, owner: str, conversation_id: str) -> frozenset[str] | None:
        """Return the ids of the messages of a conversation; None where there is none."""
        sketch = self._sketches.get((owner, conversation_id))
        if sketch is not None:
            return sketch.ids
        kept = self._kept(owner, conversation_id)
        return None if kept is None else frozenset(message.id for message in kept.messages)

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        """Return the ids of the conversations that have a message with these words; see `ConversationStore.holding`."""
        arrived = self._said_in.get(owner, {}).get(words_of(role, content), ())
        return tuple(dict.fromkeys((*self._store.holding(owner, role, content), *arrived)))

    def merge(self, conversation: Conversation) -> None:
        """Take the conversation for merged; see `ConversationStore.merge`."""
        owner, id = conversation.owner, conversation.id
        sketch = self._sketches[owner, id] = self._sketch(owner, id) or Sketch()
        there = sketch.ids
        new = tuple(message for message in conversation.messages if message.id not in there)
        said_in = self._said_in.setdefault(owner, {})
        alone = (id,)  # one for all of its words: most are said nowhere else
        for words in sketch.add(new):
            ids = said_in.setdefault(words, alone)
            if id not in ids:
                said_in[words] = (*ids, id)

    def forget(self) -> None:
        """Forget what has arrived: the store has it now."""
        self._sketches.clear()
        self._said_in.clear()
        self._read_last = None

    def _sketch(self, owner: str, conversation_id: str) -> Sketch | None:
        sketch = self._sketches.get((owner, conversation_id))
        if sketch is not None:
            return sketch
        kept = self._kept(owner, conversation_id)
        if kept is None:
            return None
        sketch = Sketch()
        sketch.add(kept.messages)
        return sketch

    def _kept(self, owner: str, conversation_id: str) -> Conversation | None:
        asked = owner, conversation_id
        if self._read_last is None or self._read_last[0] != asked:
            try:
                self._read_last = asked, self._store.get(owner, conversation_id)
            except NotFound:
                self._read_last = asked, None
        return self._read_last[1]

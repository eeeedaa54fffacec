"""One pass over an export: to say what an import of it would do, or to do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from chat.conversation import Conversation
from exchange.ahead import Ahead, Kept
from exchange.incoming import Arrival, arrival
from exchange.tally import Tally
from formats.imports import LeftOut, Read, Skipped
from store.conversations import StoreError

BATCH = 100
BATCH_CHARACTERS = 4_000_000
"""Conversations that are merged at once, and the letters in them; they are in memory until then."""

IsCancelled = Callable[[], bool]


class Store(Kept, Protocol):
    """What is asked of a store that an import goes to."""

    def merge_many(self, conversations: Iterable[Conversation]) -> tuple[int | StoreError | ValueError, ...]:
        """See `ConversationStore.merge_many`."""
        ...


def look_through(items: Iterable[Read | Skipped], ahead: Ahead, tally: Tally, is_cancelled: IsCancelled) -> int:
    """Count what an import would do, and return how many items there were.

    `ahead` may know of other files that would be imported before this one; it knows of this one too after it.
    """
    number = 0
    for item in items:
        if is_cancelled():
            break
        number += 1
        if isinstance(item, Skipped):
            tally.skip(item.title, item.reason)
            continue
        arrived = arrival(ahead, item.conversation, item.has_identity)
        if arrived.kind != "here":
            ahead.merge(arrived.conversation)
        tally.count(arrived, item.left_out)
    return number


def take_in(items: Iterable[Read | Skipped], store: Store, tally: Tally, is_cancelled: IsCancelled) -> None:
    """Import, and count what is kept. Each conversation is merged whole or not at all.

    One that cannot be kept is skipped. Raises StoreError where none can be any more (a full disk).
    """
    batch = _Batch(store, tally)
    for item in items:
        if is_cancelled():
            return
        if isinstance(item, Skipped):
            tally.skip(item.title, item.reason)
        else:
            batch.add(item)
    batch.merge()


class _Batch:
    """Conversations that wait to be merged together."""

    def __init__(self, store: Store, tally: Tally) -> None:
        self._store = store
        self._tally = tally
        self._ahead = Ahead(store)
        self._waiting: list[tuple[Arrival, LeftOut]] = []
        self._characters = 0

    def add(self, item: Read) -> None:
        arrived = arrival(self._ahead, item.conversation, item.has_identity)
        if arrived.kind == "here":
            self._tally.count(arrived)
            return
        self._ahead.merge(arrived.conversation)
        self._waiting.append((arrived, item.left_out))
        self._characters += sum(len(message.content) for message in arrived.conversation.messages)
        if len(self._waiting) >= BATCH or self._characters >= BATCH_CHARACTERS:
            self.merge()

    def merge(self) -> None:
        waiting, self._waiting, self._characters = self._waiting, [], 0
        outcomes = self._store.merge_many(arrived.conversation for arrived, _ in waiting)
        self._ahead.forget()
        if outcomes and all(type(outcome) is StoreError for outcome in outcomes):
            raise StoreError(str(outcomes[0]))
        for (arrived, left_out), outcome in zip(waiting, outcomes, strict=True):
            if isinstance(outcome, int):
                self._tally.count(arrived, left_out)
            else:
                self._tally.skip(arrived.conversation.title, f"is not imported. {outcome}")

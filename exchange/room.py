"""A store with room for so much more, for an import: what fits is taken, and the rest is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from chat.conversation import Conversation, Role
from exchange.ahead import Kept
from store.conversations import StoreError

Full = Callable[[int, int], str | None]
"""Says why there is no room for so many more conversations and bytes, for the user; None where there is."""
Room = Callable[[], Full]
"""Looks at how much is kept now."""

AROUND_A_MESSAGE = 300
"""Bytes that a message takes in a file beside its words."""


class Merging(Kept, Protocol):
    def merge_many(self, conversations: Iterable[Conversation]) -> tuple[int | StoreError | ValueError, ...]:
        """See `ConversationStore.merge_many`."""
        ...


class Bounded:
    """A store that takes no more than there is room for; what is there already can always be read."""

    def __init__(self, store: Merging, room: Room) -> None:
        self._store = store
        self._room = room

    def get(self, owner: str, conversation_id: str) -> Conversation:
        return self._store.get(owner, conversation_id)

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        return self._store.holding(owner, role, content)

    def merge_many(self, conversations: Iterable[Conversation]) -> tuple[int | StoreError | ValueError, ...]:
        """Merge those for which there is room, in their order. One that does not fit is a StoreError among the rest."""
        given = tuple(conversations)
        full, refused = self._room(), dict[int, StoreError]()
        new = size = 0
        for number, each in enumerate(given):
            is_new, its_size = int(self._is_new(each)), size_of(each)
            words = full(new + is_new, size + its_size)
            if words is None:
                new, size = new + is_new, size + its_size
            else:
                refused[number] = StoreError(words)
        merged = iter(self._store.merge_many(each for number, each in enumerate(given) if number not in refused))
        return tuple(refused[number] if number in refused else next(merged) for number in range(len(given)))

    def _is_new(self, conversation: Conversation) -> bool:
        try:
            self._store.get(conversation.owner, conversation.id)
        except StoreError:
            return True
        return False


def size_of(conversation: Conversation) -> int:
    """Return about how many bytes a conversation takes where it is kept."""
    return sum(
        len((each.content + each.reasoning).encode("utf-8", "replace")) + AROUND_A_MESSAGE
        for each in conversation.messages
    )

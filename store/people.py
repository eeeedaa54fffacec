"""The verbs over owners as a whole: who is kept here, when they were last here, giving all to another, erasing all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """An owner, seen from outside: never a word of a conversation."""

    owner: str
    conversations: int = 0
    """Without those in the trash."""
    in_trash: int = 0
    bytes: int = 0
    """Of all files of this owner, the backups apart."""
    shares: int = 0
    last_seen: datetime | None = None
    """To the hour. None: not since something is kept of them, or since Chatkeep notes it."""


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A file that could not be read and was set aside, seen from outside: without its title and what is wrong."""

    owner: str
    file_name: str
    """The name, without the folder, that it has now."""
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """What went from one owner to another."""

    conversations: int = 0
    """That the taker did not have, those in the trash among them."""
    grown: int = 0
    """Conversations that both had, and that got messages."""
    shares: int = 0
    waiting: int = 0
    """Conversations with an answer that is still being written: they follow by themselves when it has ended."""


class People(Protocol):
    """Looks at and after owners. Every verb raises StoreError where it could not do its work, and ValueError for an
    owner that is empty."""

    def everybody(self) -> tuple[Person, ...]:
        """Return every owner of whom anything is kept, the last seen first and the never seen last."""
        ...

    def person(self, owner: str) -> Person:
        """Return what is kept of one owner; nothing of an owner whom nobody knows is nothing kept, not an error."""
        ...

    def damaged(self) -> tuple[DamagedFile, ...]:
        """Return everybody's files that were set aside, the newest first."""
        ...

    def seen(self, owner: str, now: datetime) -> None:
        """Note that this owner was here. Written at most once an hour, and not before something of theirs is kept."""
        ...

    def give(self, giver: str, taker: str) -> Given:
        """Give all of one owner's conversations, trash and shares to another, who keeps what is there already.

        Nothing is overwritten: of a conversation that both have the taker's grows by what it lacks, and where the same
        message says something else in it, both are kept. What is in the trash stays in the trash. What cannot be read
        is given untouched. The giver's preferences are taken over where the taker has set nothing. Backups stay as
        they are; what the taker erases is taken out of them all the same.

        Conversations with an answer that is still being written follow when it has ended; done again after a crash, or
        by itself when the store is next opened, it goes on where it was. Raises ValueError where both are the same.
        """
        ...

    def erase_everything(self, owner: str) -> int:
        """Erase all that is kept of this owner for good: conversations, trash, what was set aside, shares,
        preferences, what backups that the store keeps hold of it, notes of when they were here. Return how many
        conversations there were.

        Whoever calls it ends answers that are being written first. Raises StoreError where one of these backups cannot
        be read; then nothing is erased.
        """
        ...

    def erase_unseen(self, days: int, now: datetime) -> tuple[str, ...]:
        """Erase everything of visitors who were not here for so many days, and return who; nobody where `days` is 0.

        A visitor is never erased with an answer that is being written, nor with a pinned conversation that changed
        less than so many days ago.

        No clock is believed alone. A day counts when Chatkeep ran on it, and a visitor's days are those that it has
        seen since their last visit: a clock that jumps by a year adds one day, and one that jumps back adds none. So a
        visitor stays the longer where Chatkeep was not running, when nobody could have come. Visitors who were never
        noted count from when this first meets them.
        """
        ...

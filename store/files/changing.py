"""Changing one conversation: read under its lock, changed as the verb says, and written once or not at all.

The verbs of its line are here too: they change nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chat.conversation import Conversation, Message, Waiting
from store import rules
from store.conversations import Clock, LaterVersion, NotFound
from store.disk.locks import Locks
from store.disk.os_errors import saying
from store.disk.places import Place
from store.files.catalog_sync import Index
from store.files.folder import Files
from store.files.tables import Change, Damaged


class Changes:
    """Changes conversations of one data folder."""

    def __init__(self, files: Files, locks: Locks, index: Index) -> None:
        self._files = files
        self._locks = locks
        self._index = index

    @contextmanager
    def changing(self, place: Place, owner: str | None) -> Iterator[Change]:
        """Read a conversation under its lock, and write it once where the caller changed it and raised nothing.

        A damaged one is set aside. Raises NotFound where it is not there, StoreError where it cannot be kept.
        """
        with saying("The conversation could not be saved"), self._locks.held(place.key):
            try:
                before = self._files.load(place, owner)
            except FileNotFoundError as error:
                raise NotFound(rules.NO_CONVERSATION) from error
            except Damaged as error:
                if not self._index.set_aside(place, error):
                    raise NotFound(rules.NO_CONVERSATION) from error
                raise NotFound(
                    f"This conversation's file is damaged ({error}). It was set aside untouched, and everything else "
                    "is as it was."
                ) from error
            if before.is_later:
                raise LaterVersion(rules.LATER_VERSION)
            change = Change(before.conversation, before.content)
            yield change
            if change.changed:
                try:
                    after = self._files.save(place, change, before)
                except BaseException:
                    self._index.doubt(place)
                    raise
                self._index.note(place, after)


class LineInFiles:
    """Lets messages wait in the files of one data folder; `Line` says what every verb means."""

    def __init__(self, changes: Changes, place: Callable[[str, str], Place], clock: Clock) -> None:
        self._changes = changes
        self._place = place
        self._clock = clock

    def join(self, owner: str, conversation_id: str, waiting: Waiting) -> Conversation:
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            change.set(rules.joining_line(change.conversation, waiting, self._clock()))
        return change.conversation

    def leave(self, owner: str, conversation_id: str, message_id: str) -> Waiting:
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            waiting, changes = rules.leaving_line(change.conversation, message_id)
            change.set(changes)
        return waiting

    def say(self, owner: str, conversation_id: str, message_id: str, parent_id: str) -> Conversation:
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            waiting, changes = rules.leaving_line(change.conversation, message_id)
            message = Message(waiting.id, parent_id, "user", waiting.content, waiting.created_at)
            changes |= rules.adding(change.conversation, message, self._clock())
            change.add(message)
            change.set(changes)
        return change.conversation

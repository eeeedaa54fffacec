"""The conversation store on plain files: one TinyDB file for each conversation, written atomically.

`data/<owner>/<conversation id>.json` is the truth, for TinyDB and any editor to read. A verb takes the conversation's
lock, reads, asks `rules`, and replaces the file once; `catalog_sync` then notes it in the catalog that lists are made
from.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from chat.conversation import Conversation, Message, Role, utc_now
from chat.records import is_id
from chat.surrogates import joined_surrogates
from store import rules
from store.catalog.catalog import Catalog
from store.conversations import AlreadyThere, Clock, Damage, LaterVersion, NotFound, NotInTrash, StoreError
from store.disk.entries import can_write
from store.disk.locks import Locks
from store.disk.os_errors import saying
from store.disk.places import CATALOG, LOCKS, PROCESSES, Place, folder_name
from store.disk.presence import Presence
from store.files.catalog_sync import Index
from store.files.changing import Changes, LineInFiles
from store.files.claim import Claimed, claim
from store.files.erasing import MayGo
from store.files.folder import Files
from store.files.keeping import FolderKeeping
from store.files.newcomers import Newcomers
from store.files.orphans import Orphans
from store.files.owners.codes import CodeFiles
from store.files.owners.owners import Owners
from store.files.owners.people import PeopleFiles
from store.files.owners.shares import ShareFiles
from store.files.owners.spending import SpendingFile
from store.files.preferences import PreferenceFiles
from store.files.tables import Change, Damaged
from store.files.watch import Watch
from store.preferences import Preferences
from store.queries import Facets, Found, Query, Summary


class TinyDBFiles:
    """A ConversationStore in a folder; `ConversationStore` says what every verb means."""

    def __init__(self, root: Path, clock: Clock = utc_now) -> None:
        """Open the folder, and make it where it is missing (then for this user only).

        Raises StoreError, and touches nothing, where the folder holds other things than ours.
        """
        self._clock = clock
        self._opened_by = os.getpid()
        root = self._root = root.absolute()
        with saying("The data folder could not be opened"):
            claim(root)
            self._claimed = Claimed(root)
            self._locks = Locks(root / LOCKS, self._claimed.require)
            self._presence = Presence(root / PROCESSES)
            self._files = Files(root, self._presence, self._claimed)
            self._preferences = PreferenceFiles(root, self._locks, lambda: self._presence.id)
            catalog = Catalog(root / CATALOG, root / LOCKS)
            self._index = Index(self._files, self._locks, catalog, clock)
            self._changes = Changes(self._files, self._locks, self._index)
            self.line = LineInFiles(self._changes, self._place, clock)
            self._newcomers = Newcomers(self._files, self._locks, self._index)
            self._orphans = Orphans(self._changes, self._index, self.is_alive)
            parts = (self._files, self._preferences, self._locks, self._index, self._orphans, self._presence)
            self._owners = Owners(root, *parts, clock)
            self._eraser = self._owners.eraser
        self._files.tidy()
        self._index.begin()
        self._watch = Watch(self._look)

    @property
    def keeping(self) -> FolderKeeping:
        self._check_process()
        return FolderKeeping(self._root, lambda: nullcontext(self), self._clock, self._claimed.has_vanished)

    @property
    def people(self) -> PeopleFiles:
        self._claimed.require()  # nobody is told that all of theirs was given or erased
        return self._used().people

    @property
    def codes(self) -> CodeFiles:
        return self._used().codes

    @property
    def shares(self) -> ShareFiles:
        return self._used().shares

    @property
    def spending(self) -> SpendingFile:
        return self._used().spending

    @property
    def process(self) -> str:
        self._check_process()
        self._claimed.require()
        with saying("Nothing can be kept at the moment"):
            return self._presence.id

    def read_only(self, owner: str | None = None, conversation_id: str | None = None) -> str | None:
        if self._claimed.has_vanished():
            return rules.VANISHED
        if not can_write(self._root):
            return rules.READ_ONLY
        if owner is None or conversation_id is None:
            return None
        return rules.LATER_VERSION if self._files.is_later(self._place(owner, conversation_id), owner) else None

    def list_trouble(self) -> str | None:
        return self._index.trouble if self.read_only() is None else None

    def is_alive(self, process: str) -> bool:
        self._check_process()
        with saying("Other processes could not be looked at"):
            return self._presence.is_alive(process)

    def list(
        self, owner: str, *, limit: int | None = 50, offset: int = 0, trashed: bool = False
    ) -> tuple[Summary, ...]:
        folder = self._folder(owner)
        return self._index.ask(lambda catalog: catalog.page(folder, limit=limit, offset=offset, trashed=trashed))

    def count(self, owner: str, *, trashed: bool = False) -> int:
        folder = self._folder(owner)
        return self._index.ask(lambda catalog: catalog.count(folder, trashed=trashed))

    def search(self, owner: str, query: Query, *, limit: int | None = 50, offset: int = 0) -> Found:
        folder = self._folder(owner)
        return self._index.ask(lambda catalog: catalog.search(folder, query, limit=limit, offset=offset))

    def facets(self, owner: str) -> Facets:
        folder = self._folder(owner)
        return self._index.ask(lambda catalog: catalog.facets(folder))

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        folder, words = self._folder(owner), joined_surrogates(content)
        return self._index.ask(lambda catalog: catalog.holding(folder, role, words))

    def rebuilding(self) -> tuple[int, int] | None:
        return self._index.rebuilding()

    def wait_until_ready(self, timeout: float | None = None) -> bool:
        self._check_process()
        return self._index.wait(timeout)

    def get(self, owner: str, conversation_id: str) -> Conversation:
        place = self._place(owner, conversation_id)
        with saying("The conversation could not be read"):
            try:
                return self._files.load(place, owner).conversation
            except FileNotFoundError as error:
                self._claimed.require()
                raise NotFound(rules.NO_CONVERSATION) from error
            except Damaged as error:
                if self.read_only() is not None:
                    raise NotFound(f"This conversation's file is damaged ({error}). It was left as it is.") from error
                # Perhaps somebody was replacing it by hand: only what is damaged under the lock is set aside.
                with self._changes.changing(place, owner) as change:
                    return change.conversation

    def create(self, conversation: Conversation) -> None:
        if not is_id(conversation.id):
            raise ValueError("a conversation's id is 1 to 64 of a-z, 0-9, _ and -")
        place = Place(self._folder(conversation.owner), conversation.id)
        change = Change.of_new(rules.checked_new(conversation))
        with saying("The conversation could not be saved"), self._locks.held(place.key):
            if self._files.exists(place):
                raise AlreadyThere("A conversation of this id is there already.")
            self._index.note(place, self._files.save(place, change, None))

    def add_message(self, owner: str, conversation_id: str, message: Message) -> Conversation:
        message = rules.settled_message(message)
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            changes = rules.adding(change.conversation, message, self._clock())
            change.add(message)
            change.set(changes)
        return change.conversation

    def update_message(self, owner: str, conversation_id: str, message_id: str, **changes: Any) -> Conversation:
        return self.update_messages(owner, conversation_id, (message_id,), **changes)

    def update_messages(
        self, owner: str, conversation_id: str, message_ids: Iterable[str], **changes: Any
    ) -> Conversation:
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            for message_id in message_ids:
                message = rules.changing_message(change.conversation, message_id, changes)
                activity = rules.after_message_change(change.conversation, message, self._clock())
                change.put(message)
                change.set(activity)
        return change.conversation

    def update(self, owner: str, conversation_id: str, **changes: Any) -> Conversation:
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            changed = rules.changing(change.conversation, changes)
            change.set({name: getattr(changed, name) for name in rules.OPEN_IN_CONVERSATION})
        return change.conversation

    def trash(self, owner: str, conversation_id: str) -> None:
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            change.set({"trashed_at": change.conversation.trashed_at or self._clock()})

    def restore(self, owner: str, conversation_id: str) -> None:
        with self._changes.changing(self._place(owner, conversation_id), owner) as change:
            change.set({"trashed_at": None})

    def merge(self, conversation: Conversation) -> int:
        try:
            self.create(conversation)
        except AlreadyThere:
            if len({message.id for message in conversation.messages}) < len(conversation.messages):
                raise
        else:
            return len(conversation.messages)
        with self._changes.changing(self._place(conversation.owner, conversation.id), conversation.owner) as change:
            new, changes = rules.merging(change.conversation, conversation)
            if new:
                change.add(*new)
                change.set(changes)
        return len(new)

    def merge_many(self, conversations: Iterable[Conversation]) -> tuple[int | StoreError | ValueError, ...]:
        self._check_process()
        return self._newcomers.merge(tuple(conversations), self.merge)

    def erase(self, owner: str, conversation_id: str) -> None:
        place = self._place(owner, conversation_id)
        if not self._erase([place], rules.is_in_trash):
            self.get(owner, conversation_id)  # which raises where it is not there
            if self._files.is_later(place, owner):
                raise LaterVersion(rules.LATER_VERSION)
            raise NotInTrash(rules.NOT_IN_TRASH)

    def erase_many(self, owner: str, conversation_ids: Iterable[str]) -> int:
        folder = self._folder(owner)
        places = [Place(folder, each) for each in dict.fromkeys(conversation_ids) if is_id(each)]
        return self._erase(places, rules.is_in_trash)

    def erase_expired(self, owner: str | None = None) -> int:
        self._check_process()
        with saying("What is due could not be erased"):
            return self._eraser.erase_expired(self._clock(), None if owner is None else self._folder(owner))

    def preferences(self, owner: str) -> Preferences:
        return self._preferences.get(self._folder(owner))

    def set_preferences(self, owner: str, **changes: Any) -> Preferences:
        folder = self._folder(owner)
        with saying("The settings could not be saved"):
            return self._preferences.set(folder, changes)

    def interrupt_orphans(self, owner: str | None = None) -> int:
        self._check_process()
        return self._orphans.interrupt(None if owner is None else self._folder(owner), owner)

    def damaged(self, owner: str) -> tuple[Damage, ...]:
        return self._index.damages(self._folder(owner))

    def close(self) -> None:
        if os.getpid() != self._opened_by:
            return  # what a forked process closed would be its parent's
        self._watch.close()
        with saying("The data folder could not be closed"):
            self._presence.leave()
            self._index.close()

    def _look(self) -> None:
        if self._claimed.has_vanished():
            return
        self._index.look()
        self._owners.look(self._clock())

    def _erase(self, places: Sequence[Place], may_go: MayGo) -> int:
        self._claimed.require()
        with saying("The conversation could not be erased"):
            return self._eraser.erase(places, may_go)

    def _place(self, owner: str, conversation_id: str) -> Place:
        folder = self._folder(owner)
        if not is_id(conversation_id):
            raise NotFound(rules.NO_CONVERSATION)
        return Place(folder, conversation_id)

    def _folder(self, owner: str) -> str:
        self._used()
        return folder_name(owner)

    def _used(self) -> Owners:
        self._check_process()
        self._watch.begin()
        return self._owners

    def _check_process(self) -> None:
        # A forked process inherits locks that nobody in it will ever let go, and connections that it must not use.
        if os.getpid() != self._opened_by:
            raise StoreError(rules.FORKED)

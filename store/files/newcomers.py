"""Many new conversations at once: written side by side, then named one by one, then noted in the catalog together.

One after the other, each waits twice for the disk and once for the catalog. Side by side the waits are shared: 10,000
of 20 messages take a third of the time. Each is still whole or not there at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from chat.conversation import Conversation, new_id
from chat.records import is_id
from store import rules
from store.conversations import StoreError
from store.disk.atomic import Stamp
from store.disk.locks import Locks
from store.disk.os_errors import saying
from store.disk.places import Place, folder_name
from store.files.catalog_sync import Index
from store.files.folder import Files
from store.files.tables import Change, Kept

WRITERS = 8
"""Files that wait for the disk at the same time; more are no quicker."""

NOT_SAVED = "The conversation could not be saved"

Outcomes = dict[int, StoreError | ValueError | None]
"""By place in the list: None for what is kept for good now, else why it is not."""


@dataclass(slots=True)
class _Written:
    """A conversation whose file is on the disk, under a name of its own or already (`has_name`) under its last one."""

    place: Place
    change: Change
    writer: str = field(default_factory=new_id)
    stamp: Stamp | None = None
    has_name: bool = False
    error: StoreError | None = None


class Newcomers:
    """Keeps new conversations of one data folder."""

    def __init__(self, files: Files, locks: Locks, index: Index) -> None:
        self._files = files
        self._locks = locks
        self._index = index

    def merge(
        self, conversations: Sequence[Conversation], merge_one: Callable[[Conversation], int]
    ) -> tuple[int | StoreError | ValueError, ...]:
        """Keep those whose id is free, then have `merge_one` merge the others; return for each what it returned.

        That is how many messages are new, or why the conversation was not kept.
        """
        outcomes = self._keep(conversations)
        return tuple(
            outcomes[number] or len(each.messages) if number in outcomes else _merged(each, merge_one)
            for number, each in enumerate(conversations)
        )

    def _keep(self, conversations: Sequence[Conversation]) -> Outcomes:
        """Keep those whose id is free. Those that are there, or twice in the list, are in no outcome."""
        outcomes: Outcomes = {}
        written: dict[int, _Written] = {}
        try:
            with ThreadPoolExecutor(WRITERS, thread_name_prefix="newcomers") as writers:
                # One waits for the disk while the next is prepared.
                list(writers.map(self._write, self._free(conversations, written, outcomes)))
            return outcomes | self._named(written, outcomes)
        finally:
            for each in written.values():
                if not each.has_name:
                    self._files.remove_beside(each.place, each.writer)

    def _free(
        self, conversations: Sequence[Conversation], written: dict[int, _Written], outcomes: Outcomes
    ) -> Iterator[_Written]:
        """Yield what is to be written of each conversation whose id is free, and note it."""
        taken: set[Place] = set()
        for number, conversation in enumerate(conversations):
            try:
                place, change = _prepared(conversation)
            except (StoreError, ValueError) as error:
                outcomes[number] = error
                continue
            if place not in taken and not self._files.exists(place):
                taken.add(place)
                written[number] = _Written(place, change)
                yield written[number]

    def _write(self, each: _Written) -> None:
        try:
            with saying(NOT_SAVED):
                each.stamp = self._files.write_beside(each.place, each.change, each.writer)
        except StoreError as error:
            each.error = error

    def _named(self, written: dict[int, _Written], outcomes: Outcomes) -> Outcomes:
        """Give the files their names, and note them, also where somebody interrupts this."""
        named: dict[int, tuple[Place, Kept]] = {}
        by_key: dict[str, int] = {}
        for number, each in written.items():
            if each.stamp is None:
                outcomes[number] = each.error
            else:
                by_key[each.place.key] = number
        try:
            for keys in self._locks.sharing(by_key):  # each lock once: to take one takes longer than to name a file
                numbers = [by_key[key] for key in keys]
                try:
                    with saying(NOT_SAVED), self._locks.held(keys[0]):
                        for number in numbers:
                            self._name(number, written[number], named, outcomes)
                except StoreError as error:
                    outcomes |= dict.fromkeys(numbers, error)
            return self._lasting(named)
        finally:
            self._index.note_new(list(named.values()))

    def _name(self, number: int, each: _Written, named: dict[int, tuple[Place, Kept]], outcomes: Outcomes) -> None:
        """Give a file its name; its lock is held. One that is there since a moment ago is left, to be merged with."""
        if each.stamp is None or self._files.exists(each.place):
            return
        try:
            with saying(NOT_SAVED):
                self._index.doubt(each.place)
                self._files.take_place(each.place, each.writer)
        except StoreError as error:
            outcomes[number] = error
        else:
            each.has_name = True
            named[number] = each.place, Kept(each.change.conversation, each.change.content, each.stamp)

    def _lasting(self, named: dict[int, tuple[Place, Kept]]) -> Outcomes:
        lasting: Outcomes = {}
        for folder in {place.folder for place, _ in named.values()}:
            error: StoreError | None = None
            try:
                with saying(NOT_SAVED):
                    self._files.sync(folder)
            except StoreError as raised:
                error = raised
            lasting |= {number: error for number, (place, _) in named.items() if place.folder == folder}
        return lasting


def _merged(conversation: Conversation, merge_one: Callable[[Conversation], int]) -> int | StoreError | ValueError:
    try:
        return merge_one(conversation)
    except (StoreError, ValueError) as error:
        return error


def _prepared(conversation: Conversation) -> tuple[Place, Change]:
    if not is_id(conversation.id):
        raise ValueError("a conversation's id is 1 to 64 of a-z, 0-9, _ and -")
    place = Place(folder_name(conversation.owner), conversation.id)
    return place, Change.of_new(rules.checked_new(conversation))

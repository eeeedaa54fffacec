"""Keeps the catalog in step with the files.

A conversation is written first and noted after, so the catalog can only ever be behind: when the process died in
between, when the catalog could not be written, when files were copied in by hand. Every file's stamp is compared with
its row when the catalog is opened, and what differs is read again: a few files at once, many of them (a catalog that
was lost) in the background, the newest first.

What mends itself so is logged as information: nobody need do anything about it. What stays is a warning.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from store import rules
from store.catalog.catalog import Catalog
from store.catalog.connecting import is_broken
from store.catalog.note_taker import NoteTaker
from store.catalog.rows import Row, row_of
from store.catalog.sqlite_file import AnotherVersion
from store.conversations import Clock, Damage, LaterVersion, StoreError
from store.disk.locks import Locks
from store.disk.places import Place
from store.files.background_steps import Upkeep
from store.files.damaged_files import DamagedFiles
from store.files.folder import Files, Listing
from store.files.tables import Damaged, Kept

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

AT_ONCE = 200
"""Files that are read while somebody waits: a third of a second."""

BATCH = 200
BATCH_BYTES = 3_000_000
"""Files that are brought in with one transaction, and their size. Writers wait for it: 100 to 200 ms."""

GATHERING_SECONDS = 1.0
"""After the last erase until the words are cleared from the index: those of many erased at once go together."""

SETTLING_NS = 2_000_000_000
"""After the last change to a file by hand until it is read: an editor may not have written all of it."""

CLOSING_SECONDS = 30.0
"""How long that clearing may take at the end. A second is usual; it takes longer where another process is busy."""


class Index:
    """The catalog of one data folder, and what it takes to believe it."""

    def __init__(self, files: Files, locks: Locks, catalog: Catalog, clock: Clock) -> None:
        self._files = files
        self._locks = locks
        self._catalog = catalog
        self._damaged_files = DamagedFiles(files, catalog, clock)
        self._checked: int | None = None
        self._behind: set[Place] = set()
        self._foreign: dict[Place, tuple[int, int] | None] = {}
        """Files with a name of ours that are not ours, each with its stamp when it was looked at."""
        self._waiting: list[tuple[Place, int]] = []
        self._of = 0
        self._upkeep = Upkeep(self._step)
        self._newcomers = NoteTaker(lambda rows, ready: catalog.put_new(rows, self._is_current, ready), self._noted)
        self._mutex = threading.Lock()

    def begin(self) -> None:
        """Bring the catalog up to date as the store opens, where it can be read now."""
        try:
            self.ask(lambda catalog: catalog.generation)
        except StoreError as error:  # conversations can be read and written without a list of them
            _log.warning("%s (%s)", error, error.__cause__)

    def rebuilding(self) -> tuple[int, int] | None:
        """How many files have been brought in, of how many; None where none is waiting."""
        of, waiting = self._of, len(self._waiting)
        return (of - waiting, of) if waiting else None

    @property
    def trouble(self) -> str | None:
        """Why the catalog cannot be kept in its file at the moment, for the user; None where it is."""
        match self._catalog.trouble:
            case None:
                return None
            case AnotherVersion():
                return rules.LIST_OF_ANOTHER_VERSION
            case _:
                return rules.LIST_IN_MEMORY

    def wait(self, timeout: float | None = None) -> bool:
        """Bring the catalog up to date, and wait until nothing is left to do in the background; whether that is so."""
        self._catalog.try_again()
        while self.ask(lambda catalog: catalog.generation) and self._upkeep.wait(timeout):
            if self._catalog.generation == self._checked:
                return True
        return False

    def close(self) -> None:
        """Close the catalog; what is not brought in yet waits for the next start, what was erased is cleared first."""
        self._newcomers.wait()
        self._waiting, self._checked = [], None
        self._upkeep.wait(CLOSING_SECONDS)
        self._catalog.close()

    def ask(self, read: Callable[[Catalog], _T]) -> _T:
        """Read from the catalog, brought up to date; a broken one is made anew first. Holds no lock meanwhile.

        A catalog that cannot be written now (a full disk) is read as it is. Raises StoreError where it cannot be read.
        """
        try:
            try:
                return self._read(read)
            except sqlite3.Error as error:
                if not is_broken(error):
                    raise
                _log.info("the catalog is broken (%s); it is made anew", error)
                self._catalog.discard()
                return self._read(read)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(rules.NO_LIST) from error

    def _read(self, read: Callable[[Catalog], _T]) -> _T:
        self._catch_up()
        found = read(self._catalog)
        if self._checked not in (None, self._catalog.generation):
            # Another file took its place in between: it may lack what was written last.
            self._catch_up()
            found = read(self._catalog)
        return found

    def note(self, place: Place, kept: Kept) -> None:
        """Take over what was written. It is safe already, so a catalog that fails is repaired later, and no error."""
        with self._noting(place):
            self._catalog.put(row_of(place, kept.conversation, kept.stamp))

    def note_new(self, every: Sequence[tuple[Place, Kept]]) -> None:
        """Take over conversations that were written a moment ago and are locked no more; see `note`.

        It may return before that is done. Whoever asks this index waits for it.
        """
        rows = [row_of(place, kept.conversation, kept.stamp) for place, kept in every]
        self._behind.update(row.place for row in rows)
        if rows:
            self._newcomers.note(rows)

    def _noted(self, rows: Sequence[Row]) -> None:
        # What somebody changed in this moment is read again, since who notes it last need not be who wrote last.
        self._behind.difference_update(row.place for row in rows if self._is_current(row))

    def doubt(self, place: Place) -> None:
        """Read the conversation's file again before the catalog is next believed: a write ended in an error."""
        self._behind.add(place)

    def forget(self, place: Place, damaged: tuple[str, ...]) -> None:
        """Forget a conversation that was erased, and its files that had been set aside."""
        with self._noting(place):
            self._catalog.remove(place)
            for file_name in damaged:
                self._catalog.forget_damage(place.folder, file_name)
            self._upkeep.wake(GATHERING_SECONDS)

    def set_aside(self, place: Place, error: Damaged) -> bool:
        """Set a damaged file aside; its lock is held, and it was damaged when it was read under that lock.

        Returns False, and leaves it alone, where neither its tables nor the catalog say that it was a conversation.
        """
        damage = self._damaged_files.set_aside(place, error)
        if damage is None:
            self._foreign[place] = self._files.stamp(place)
            return False
        with self._noting(place):
            self._catalog.set_aside(place.folder, damage)
            self._catalog.remove(place)
        return True

    @contextmanager
    def _noting(self, place: Place) -> Iterator[None]:
        """Have what is done to the catalog here repaired later where it fails: the file is as it should be."""
        self._behind.add(place)
        try:
            yield
        except (sqlite3.Error, OSError, StoreError) as error:
            _log.info("the catalog could not be written (%s); it will be repaired", error)
        else:
            self._behind.discard(place)

    def move_damage(self, folder: str, damage: Damage, new_folder: str, new_name: str) -> None:
        """Take over that a file which was set aside has another owner, and perhaps another name."""
        with self._noting(Place(folder, damage.conversation_id)):
            self._catalog.set_aside(new_folder, replace(damage, file_name=new_name))
            self._catalog.forget_damage(folder, damage.file_name)

    def damages(self, folder: str) -> tuple[Damage, ...]:
        """Return what was set aside in a folder and is still there, the newest first."""
        return self._damaged_files.still_there(folder, lambda: self.ask(lambda catalog: catalog.damages(folder)))

    def look(self) -> None:
        """Bring in what was changed by hand, or by a process that could not note it, since the files were looked at.

        Nothing is done where the data folder is not there at the moment: its conversations are not gone.
        """
        if self._checked is None or self._waiting or not self._files.is_there():
            return
        listing = self._files.listing()
        settled = time.time_ns() - SETTLING_NS
        changing = frozenset(place for place, (mtime_ns, _) in listing.stamps.items() if mtime_ns > settled)
        with self._mutex:
            try:
                if self._checked == self._catalog.generation:
                    self._check(listing, changing)
            except (sqlite3.Error, OSError, StoreError) as error:
                _log.info("the catalog could not be brought up to date (%s)", error)

    def _catch_up(self) -> None:
        self._newcomers.wait()
        with self._mutex:
            try:
                generation = self._catalog.generation
                if generation != self._checked:
                    self._check(self._files.listing())
                    self._checked = generation
                for place in tuple(self._behind):
                    self._refresh(place)
            except sqlite3.Error as error:
                if is_broken(error):
                    raise
                _log.info("the catalog could not be brought up to date (%s)", error)

    def _check(self, listing: Listing, changing: Set[Place] = frozenset()) -> None:
        self._damaged_files.note(listing.damaged)
        known = self._catalog.stamps()
        differing = [
            (stamp, place)
            for place, stamp in listing.stamps.items()
            if place not in changing and known.pop(place, None) != stamp != self._foreign.get(place)
        ]
        for place in (gone := known.keys() - listing.stamps.keys()):
            self._refresh(place)
        waiting = [(place, size) for (_, size), place in sorted(differing)]
        if len(waiting) <= AT_ONCE:
            while waiting:
                self._bring_in_last(waiting)
        self._waiting, self._of = waiting, len(waiting)
        if differing or gone or not self._catalog.is_clear():
            self._upkeep.wake()

    def _step(self) -> bool:
        """Do some of what is left in the background; whether there was anything."""
        waiting = self._waiting
        try:
            if not waiting:
                return self._catalog.clear()
            self._bring_in_last(waiting)
            return True
        except (sqlite3.Error, OSError, StoreError) as error:
            _log.info("the catalog could not be written (%s); it will be repaired", error)
            if isinstance(error, sqlite3.Error) and is_broken(error):
                self._catalog.discard()
            self._waiting, self._checked = [], None
            return False

    def _bring_in_last(self, waiting: list[tuple[Place, int]]) -> None:
        """Read the last of these files, as many as make a batch, and note them; then they wait no more."""
        batch, size = 0, 0
        while batch < min(BATCH, len(waiting)) and size < BATCH_BYTES:
            batch += 1
            size += waiting[-batch][1]
        rows = []
        for place, _ in waiting[-batch:]:
            try:
                kept = self._files.load(place, None)
            except FileNotFoundError:
                continue
            except (Damaged, LaterVersion, OSError):
                self._refresh(place)
            else:
                rows.append(row_of(place, kept.conversation, kept.stamp))
        self._catalog.put_all(rows, self._is_current)
        del waiting[-batch:]

    def _is_current(self, row: Row) -> bool:
        return self._files.stamp(row.place) == (row.mtime_ns, row.size)

    def _refresh(self, place: Place) -> None:
        # Under the lock, so that what is read here cannot replace what somebody notes meanwhile.
        try:
            with self._locks.held(place.key):
                try:
                    kept = self._files.load(place, None)
                except FileNotFoundError:
                    self._catalog.remove(place)
                except Damaged as error:
                    self.set_aside(place, error)
                except LaterVersion:
                    self._foreign[place] = self._files.stamp(place)
                    self._catalog.remove(place)
                else:
                    self._catalog.put(row_of(place, kept.conversation, kept.stamp))
            self._behind.discard(place)
        except (OSError, StoreError) as error:  # of this one file; what is known of it stays
            _log.warning("%s could not be looked at (%s)", place.file_name, error)

"""Puts right what `check` names, and says what it did. No word is lost: what is changed is first kept in a backup.

Works beside a running app, one conversation's lock at a time. What is damaged is set aside untouched, and the messages
that can still be read in it come back under the conversation's id.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import get_args

from chat.conversation import new_id, utc_now
from store.backups.backup import copy_before_repair
from store.backups.members import owner_of, place_of
from store.care.check import check
from store.care.flaws import mended
from store.care.salvage import salvaged
from store.care.shares import close_share
from store.conversations import Clock, ConversationStore
from store.disk.entries import names_in, owner_folders
from store.disk.locks import Locks, SharedLock
from store.disk.os_errors import saying
from store.disk.places import BACKUPS, LOCKS, PROCESSES, damaged_parts
from store.disk.presence import Presence
from store.files.folder import Files
from store.files.preferences import SET_ASIDE, PreferenceFiles
from store.files.tables import Change, Damaged, conversation_of
from store.keeping import Finding, FlawKind, Made, Name, Report

Opened = Callable[[], AbstractContextManager[ConversationStore]]
"""Opens the store of a data folder for as long as it is needed."""


def repair(root: Path, opened: Opened, clock: Clock = utc_now) -> Iterator[str]:
    """Put right what can be, and yield what was done, line by line, as it is done; nothing where nothing was.

    What is left after it, `check` still names. Raises StoreError where the data folder is not there, or cannot be
    written; what was done until then is done.
    """
    root = root.absolute()
    report = check(root, clock)
    if report.findings:
        with saying("The data folder could not be repaired"):
            yield from _Repair(root, report, opened, clock).run()


class _Repair:
    """One repair."""

    def __init__(self, root: Path, report: Report, opened: Opened, clock: Clock) -> None:
        self._root = root
        self._findings = report.findings
        self._opened = opened
        self._clock = clock
        self._presence = Presence(root / PROCESSES)
        self._locks = Locks(root / LOCKS)
        self._files = Files(root, self._presence)
        self._is_alive = functools.cache(self._presence.is_alive)

    def run(self) -> Iterator[str]:
        try:
            yield from self._mend_flaws()
            for finding in self._of("damaged"):
                yield from self._set_aside(finding)
            preferences = PreferenceFiles(self._root, self._locks, lambda: self._presence.id)
            for finding in self._of("preferences"):
                if preferences.set_aside(finding.name.partition("/")[0]):
                    yield f"{finding.name}: set aside as {SET_ASIDE}."
            for finding in self._of("share"):
                yield from close_share(self._root, self._locks, finding, self._clock())
        finally:
            self._presence.leave()
        for finding in self._of("catalog"):
            yield from self._clear_the_way(self._root / finding.name)
        # Opening the store removes what is half-written, and brings the catalog up to date.
        with self._opened() as store:
            for folder in owner_folders(self._root):
                with suppress(OSError):  # `check` names a folder that cannot be looked into
                    for name in names_in(self._root / folder):
                        if damaged_parts(name) is not None:
                            yield from self._salvage(store, (folder, name))
            store.wait_until_ready()
        for finding in self._of("leftover"):
            if not (self._root / finding.name).exists():
                yield f"{finding.name}: removed."
        for finding in self._of("catalog"):
            yield f"{finding.name}: brought up to date."

    def _clear_the_way(self, catalog: Path) -> Iterator[str]:
        """Move away what is in the catalog's place and is no file: nobody could make the catalog anew there."""
        if not os.path.lexists(catalog) or catalog.is_file():
            return
        aside = catalog.with_name(f"{catalog.name}.{new_id()}")
        with SharedLock(self._root / LOCKS / "catalog.lock").held():
            os.rename(catalog, aside)
        yield f"{catalog.name}: not a file; moved untouched to {aside.name}."

    def _mend_flaws(self) -> Iterator[str]:
        found = dict.fromkeys(finding.name for finding in self._of(*get_args(FlawKind)))
        names: list[Name] = [name.partition("/")[::2] for name in found]
        if names:
            made = copy_before_repair(self._root, names, self._clock())
            yield f"{BACKUPS}/{made.path.name}: has every file as it was before it was changed."
            for name in names:
                yield from self._mend(name, made)

    def _mend(self, name: Name, made: Made) -> Iterator[str]:
        place = place_of("/".join(name))
        if place is None:
            return
        with self._locks.held(place.key):
            try:
                before = self._files.load(place, None)
            except (FileNotFoundError, Damaged):
                return
            title = before.conversation.title
            if before.stamp != made.stamps.get(name):
                yield f"{'/'.join(name)} ({title}): changed meanwhile, so it was left alone; repair again."
                return
            owner = owner_of(place.folder)
            content, flaws = mended(before.content, place.id, owner, self._is_alive)
            self._files.save(place, Change(conversation_of(content), content), before)
        for flaw in flaws:
            yield f"{'/'.join(name)} ({title}): {flaw.text}; {flaw.remedy}."

    def _set_aside(self, finding: Finding) -> Iterator[str]:
        place = place_of(finding.name)
        if place is None:
            return
        with self._locks.held(place.key):
            try:
                self._files.load(place, None)
            except Damaged as error:
                file_name, _ = self._files.set_aside(place, self._clock())
                yield f"{finding.name}: damaged ({error}); set aside untouched as {file_name}."
            except FileNotFoundError:
                return

    def _salvage(self, store: ConversationStore, name: Name) -> Iterator[str]:
        place = place_of("/".join(name))
        if place is None or not (self._root / "/".join(name)).is_file():
            return
        owner = owner_of(place.folder) or self._owner_in(place.folder)
        if owner is None:
            return
        titles = {damage.file_name: damage.title for damage in store.damaged(owner)}
        raw = (self._root / place.folder / name[1]).read_bytes()
        found = salvaged(raw, place.id, owner, titles.get(name[1], place.id), store.is_alive)
        if found is None:
            return
        added = store.merge(found)
        if added:
            title = store.get(owner, place.id).title
            messages = (
                "1 message that is whole in it is" if added == 1 else f"{added} messages that are whole in it are"
            )
            yield f"{'/'.join(name)}: {messages} in the conversation “{title}” now."

    def _owner_in(self, folder: str) -> str | None:
        """Return the owner of a folder whose name is a hash, as a conversation in it says."""
        for name in names_in(self._root / folder):
            place = place_of(f"{folder}/{name}")
            if place is not None and name == place.file_name:
                try:
                    owner = owner_of(folder, {folder: self._files.load(place, None).conversation.owner})
                except (OSError, Damaged):
                    continue
                if owner is not None:
                    return owner
        return None

    def _of(self, *kinds: str) -> list[Finding]:
        return [finding for finding in self._findings if finding.kind in kinds]

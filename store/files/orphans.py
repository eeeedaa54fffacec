"""Answers whose process is gone: what it was writing is interrupted, and keeps its words."""

from __future__ import annotations

import dataclasses
import functools
import logging
from collections.abc import Callable

from store import rules
from store.conversations import NotFound, StoreError
from store.disk.places import Place
from store.files.catalog_sync import Index
from store.files.changing import Changes

_log = logging.getLogger(__name__)


class Orphans:
    """Interrupts the orphans of one data folder."""

    def __init__(self, changes: Changes, index: Index, is_alive: Callable[[str], bool]) -> None:
        self._changes = changes
        self._index = index
        self._is_alive = is_alive

    def interrupt(self, folder: str | None, owner: str | None) -> int:
        """Mark answers as interrupted whose process is gone, of this owner or (None) everybody's; return how many."""
        is_alive = functools.cache(self._is_alive)
        interrupted = 0
        try:
            places = self._index.ask(lambda catalog: catalog.streaming(folder))
        except StoreError as error:  # without a list, conversations open all the same
            _log.warning("%s", error)
            places = ()
        for place in places:
            try:
                interrupted += self._interrupt(place, owner, is_alive)
            except NotFound:  # erased meanwhile
                continue
            except StoreError as error:  # one that cannot be written now keeps no other from it
                _log.warning("%s", error)
        return interrupted

    def _interrupt(self, place: Place, owner: str | None, is_alive: Callable[[str], bool]) -> int:
        interrupted = 0
        with self._changes.changing(place, owner) as change:
            for message in rules.written(change.conversation):
                if message.process is None or not is_alive(message.process):
                    change.put(dataclasses.replace(message, status="interrupted", process=None))
                    interrupted += 1
        return interrupted

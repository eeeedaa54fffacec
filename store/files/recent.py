"""The conversations that were used last, as values: most reads are of these, and parse nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict

from store.disk.places import Place
from store.files.tables import Kept

MOST = 64
"""Conversations that are remembered."""

MOST_BYTES = 32 * 1024 * 1024
"""Size of their files together; in memory they take a few times that."""


class Recent:
    """Remembers what was read or written last. Whether it still is what the file holds, its stamp says."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Place, Kept] = OrderedDict()
        self._bytes = 0
        self._mutex = threading.Lock()

    def get(self, place: Place) -> Kept | None:
        with self._mutex:
            kept = self._kept.get(place)
            if kept is not None:
                self._kept.move_to_end(place)
            return kept

    def put(self, place: Place, kept: Kept) -> None:
        with self._mutex:
            self._drop(place)
            self._kept[place] = kept
            self._bytes += kept.stamp.size
            while len(self._kept) > MOST or self._bytes > MOST_BYTES:
                self._drop(next(iter(self._kept)))

    def forget(self, place: Place) -> None:
        with self._mutex:
            self._drop(place)

    def _drop(self, place: Place) -> None:
        kept = self._kept.pop(place, None)
        if kept is not None:
            self._bytes -= kept.stamp.size

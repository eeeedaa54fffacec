"""An import on its way: looked through first, then merged, in a thread of its own that no page can end by leaving.

Each conversation is merged whole or not at all, so an import that is stopped or killed leaves nothing half; beginning
it again adds what is missing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import IO, Literal

from exchange.incoming import DryRun, Tally, arrival
from formats.imports import Export, NotAnExport, Skipped, left_out_in_words, open_export
from store.conversations import ConversationStore, StoreError

_log = logging.getLogger(__name__)

Stage = Literal["looking", "looked", "merging", "merged", "failed"]

REBUILDING_SECONDS = 0.2
UNEXPECTED = "This file could not be read. Nothing was imported; check that it is a whole export and try again."


class Importing:
    """One file that is to be imported. Read from the page's runs while its thread works."""

    def __init__(self, store: ConversationStore, owner: str, name: str, file: IO[bytes]) -> None:
        """Begin to look through the file, and to count what an import would do."""
        self.name = name
        """Of the file, as the user knows it."""
        self.stage: Stage = "looking"
        self.problem = ""
        """Why it failed, for the user."""
        self.tally = Tally()
        self.product = ""
        self._store = store
        self._owner = owner
        self._file = file
        self._export: Export | None = None
        self._cancelled = threading.Event()
        self._run(self._look)

    @property
    def is_working(self) -> bool:
        return self.stage in ("looking", "merging")

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def progress(self) -> float:
        """How much of the file the present pass has read, from 0 to 1."""
        return 0.0 if self._export is None else self._export.progress

    def merge(self) -> None:
        """Import what was found."""
        self.stage = "merging"
        self.tally = Tally()
        self._run(self._merge)

    def cancel(self) -> None:
        """Stop before the next conversation. What was merged stays."""
        self._cancelled.set()

    def _run(self, work: Callable[[], None]) -> None:
        threading.Thread(target=self._guarded, args=(work,), name="chatkeep-import", daemon=True).start()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (NotAnExport, StoreError) as error:
            self.problem = str(error)
            self.stage = "failed"
        except Exception:
            _log.exception("an import failed")
            self.problem = UNEXPECTED
            self.stage = "failed"

    def _look(self) -> None:
        while self._store.rebuilding() is not None and not self._cancelled.wait(REBUILDING_SECONDS):
            pass  # what is here already is told by the index
        self._export = open_export(self._file, self._owner)
        self.product = self._export.product
        self._go_through(DryRun(self._store))
        self.stage = "looked"

    def _merge(self) -> None:
        self._go_through(self._store)
        self.stage = "merged"

    def _go_through(self, store: ConversationStore | DryRun) -> None:
        assert self._export is not None
        for item in self._export:
            if self._cancelled.is_set():
                return
            if isinstance(item, Skipped):
                self.tally.skipped.append((item.title, item.reason))
                continue
            arrived = arrival(store, item.conversation, item.has_identity)
            if arrived.kind != "here":
                store.merge(arrived.conversation)
            self.tally.count(arrived, item.left_out)


def in_words(tally: Tally) -> str:
    """Return what an import does or did in one line: `12 new, 30 already here, 2 skipped, 5 pictures left out`."""
    parts = [
        (tally.new, "{} new"),
        (tally.grown, "{} with new messages"),
        (tally.here, "{} already here"),
        (len(tally.skipped), "{} skipped"),
    ]
    said = [words.format(f"{count:,}") for count, words in parts if count]
    left_out = [f"{counted} left out" for counted in left_out_in_words(tally.left_out)]
    return ", ".join([*said, *left_out]) or "nothing to import"

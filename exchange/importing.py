"""An import on its way: looked through first, then merged, in a thread of its own that no page can end by leaving.

The file is put on the disk while it is looked at: it is the same one at the import, and no memory holds it meanwhile.
An import that is stopped or killed leaves no conversation half; beginning it again adds what is missing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from itertools import islice
from typing import IO, Literal

from exchange import sentences
from exchange.ahead import Ahead
from exchange.files import set_down
from exchange.passes import look_through, take_in
from exchange.room import Bounded, Room
from exchange.tally import Tally
from formats.imports import LIMITS, Export, Limits, NotAnExport, NotUnicode, open_export
from formats.imports.outcome import Encoding
from store.conversations import ConversationStore, StoreError

_log = logging.getLogger(__name__)

Stage = Literal["looking", "unclear", "looked", "merging", "merged", "failed"]
"""`unclear`: somebody has to say what the file is written in; see `Importing.encodings`."""

REBUILDING_SECONDS = 0.2


class Importing:
    """One file that is to be imported. Read from the page's runs while its thread works."""

    def __init__(
        self,
        store: ConversationStore,
        owner: str,
        name: str,
        file: IO[bytes],
        limits: Limits = LIMITS,
        room: Room | None = None,
    ) -> None:
        """Begin to look through the file, and to count what an import would do. The file is not needed after this.

        `room`: how much this owner may still keep, where there is a limit. What has room is taken.
        """
        self.name = name
        """Of the file, as the user knows it."""
        self.stage: Stage = "looking"
        self.problem = ""
        """Why it failed, for the user."""
        self.tally = Tally()
        self.product = ""
        self.encodings: tuple[Encoding, ...] = ()
        """What the file may be written in, where it is not Unicode."""
        self._store = store
        self._owner = owner
        self._limits = limits
        self._room = room
        self._file: IO[bytes] | None = None
        self._export: Export | None = None
        self._looked_at = 0
        self._encoding = ""
        self._cancelled = threading.Event()
        try:
            self._file = set_down(file, limits)
        except (NotAnExport, OSError) as error:
            self._fail(str(error) if isinstance(error, NotAnExport) else sentences.NO_ROOM)
        else:
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
        export = self._export
        return 0.0 if export is None else export.progress

    def read_as(self, encoding: str) -> None:
        """Look through the file again, as one that is written in this encoding."""
        self.stage = "looking"
        self.tally = Tally()
        self._encoding = encoding
        self._run(self._look)

    def merge(self) -> None:
        """Import what was found."""
        self.stage = "merging"
        self.tally = Tally()
        self._run(self._merge)

    def cancel(self) -> None:
        """Stop before the next conversation. What was merged stays."""
        self._cancelled.set()

    def let_go(self) -> None:
        """Let go of the file: nothing more is to be done with it."""
        self._export = None
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _run(self, work: Callable[[], None]) -> None:
        threading.Thread(target=self._guarded, args=(work,), name="chatkeep-import", daemon=True).start()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except NotUnicode as error:
            self.problem, self.encodings = str(error), error.encodings
            self.stage = "unclear"
        except (NotAnExport, StoreError) as error:
            self._fail(str(error))
        except Exception:
            _log.exception("an import failed")
            self._fail(sentences.UNEXPECTED if self.stage == "looking" else sentences.BROKEN_OFF)

    def _fail(self, problem: str) -> None:
        has_merged = self.stage == "merging" and (self.tally.new or self.tally.grown)
        self.problem = f"{problem} {sentences.so_far(self.tally)}" if has_merged else problem
        self.let_go()
        self.stage = "failed"

    def _look(self) -> None:
        assert self._file is not None
        while self._store.rebuilding() is not None and not self._cancelled.wait(REBUILDING_SECONDS):
            pass  # what is here already is told by the index
        self._export = open_export(self._file, self._owner, self._limits, encoding=self._encoding)
        self.product = self._export.product
        items = self._export.items(self._limits.seconds)
        self._looked_at = look_through(items, Ahead(self._store), self.tally, self._cancelled.is_set)
        self.tally.count_beside(self._export)
        if self.is_cancelled or not (self.tally.new or self.tally.grown):
            self.let_go()
        self.stage = "looked"

    def _merge(self) -> None:
        assert self._export is not None
        rest = self._export.rest
        # To the end where all was looked at: what is twice in the file may come behind the last item.
        items = islice(self._export.items(), None if rest is None else self._looked_at - 1)
        store = self._store if self._room is None else Bounded(self._store, self._room)
        take_in(items, store, self.tally, self._cancelled.is_set)
        if rest is not None:
            self.tally.skip(rest.title, rest.reason)
        self.tally.count_beside(self._export)
        self.let_go()
        self.stage = "merged"

"""The verbs of counting: what owners have spent in the last two days, kept over a restart, for the limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from chat.allowances.spent import Past, Spent

KEPT = timedelta(days=2)
"""How long it is known what was spent. The longest limit is a day: a clock that was a day ahead loses nothing."""

MaySpend = Callable[[Past, Past], object]
"""Is given what one owner and what everybody has spent, and raises where no more may be."""


class Spending(Protocol):
    """Counts what is spent, by slots of `spent.SLOT`. Every verb raises StoreError where it cannot count.

    What was counted in a time that is still to come, by a clock that was ahead, counts as spent now: a clock that
    jumps back gives nobody more, and nobody is kept out for longer than a limit says.
    """

    def spend(self, owner: str, what: Spent, now: datetime, may: MaySpend) -> datetime:
        """Count what is spent now where `may` lets it, and return the slot in which it is counted.

        Asking and counting are one step: of many who ask at once, in any threads and processes, no more come through
        than may. What `may` raises is raised, and nothing is counted.
        """
        ...

    def correct(self, owner: str, slot: datetime, tokens: int, now: datetime) -> None:
        """Add tokens to what was counted in this slot, or take some away: now it is known how many there were."""
        ...

    def past(self, owner: str | None, now: datetime) -> Past:
        """Return what this owner has spent, or everybody together where `owner` is None."""
        ...

    def all_past(self, now: datetime) -> dict[str, Past]:
        """Return what each owner has spent of whom it is known."""
        ...

"""What somebody has spent lately: answers, tokens and uploads, in slots of five minutes. Pure arithmetic.

A window slides: the last hour is the hour before this very moment, so nobody can spend an hour's share before a full
hour, and another after it. A slot counts whole until its last moment has left the window: at most five minutes too
long, never too short. All times are UTC, so a change to summer time changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SLOT = timedelta(minutes=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spent:
    """What is counted."""

    answers: int = 0
    tokens: int = 0
    """Read and written together, where a provider says so; else estimated (`chat/allowances/tokens.py`)."""
    uploaded: int = 0
    """Bytes of files."""

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.answers + other.answers, self.tokens + other.tokens, self.uploaded + other.uploaded)


Past = tuple[tuple[datetime, Spent], ...]
"""Slots by their first moment, the oldest first, none twice."""
Measure = Callable[[Spent], int]
"""What of it a limit is about."""


def slot_of(moment: datetime) -> datetime:
    """Return the first moment of the slot that this one is in."""
    return datetime.fromtimestamp(moment.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), UTC)


def spent_within(past: Past, window: timedelta, now: datetime) -> Spent:
    """Return what counts for a window that ends now. What a clock put into the future counts as well."""
    return sum((spent for start, spent in past if start + SLOT > now - window), Spent())


def free_again(
    past: Past, window: timedelta, now: datetime, measure: Measure, limit: int, wanted: int
) -> datetime | None:
    """Return when `wanted` more fits into a window of this length: `now` where it does already.

    None where it never does, since it is more than the limit by itself.
    """
    if wanted > limit:
        return None
    counting = [(start, measure(spent)) for start, spent in past if start + SLOT > now - window]
    left = sum(amount for _, amount in counting)
    moment = now
    for start, amount in counting:
        if left + wanted <= limit:
            break
        left -= amount
        moment = start + SLOT + window
    return moment

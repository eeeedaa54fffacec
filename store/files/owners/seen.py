"""When an owner was last here, and which visitors have not been here for so long that all of theirs is erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chat.records import Record
from store.disk.places import SEEN
from store.files.owners.days import Days
from store.files.owners.notes import Notes

EVERY = timedelta(hours=1)
"""From one note of the same owner to the next."""


class Visits:
    """The notes of when owners were here, below one data folder. Owners go by their folders.

    A note holds the time, for people to read, and the number of the day, which is what counts (see `Days`).
    Every method raises OSError, StoreError.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._days = Days(notes)

    def count_day(self, now: datetime) -> None:
        """Count this day among those on which Chatkeep ran."""
        self._days.number(now)

    def last(self, folder: str) -> datetime | None:
        """Return when this owner was last here, as far as it is noted."""
        return _moment(self._notes.read(folder, SEEN))

    def note(self, folder: str, now: datetime) -> None:
        """Note that this owner is here, unless that was noted less than an hour ago."""
        last = self.last(folder)
        if last is None or abs(now - last) >= EVERY:
            day = self._days.number(now)
            self._notes.change(folder, SEEN, lambda _: {"seen": now.astimezone(UTC).isoformat(), "day": day})

    def is_unseen(self, folder: str, days: int, now: datetime) -> bool:
        """Whether this owner was not here for so many days on which Chatkeep ran. Who was never noted is noted now."""
        today = self._days.number(now)
        record = self._notes.read(folder, SEEN)
        day = record.get("day")
        if type(day) is not int or day > today:
            self._notes.change(folder, SEEN, lambda record: record | {"day": today})
            return False
        last = _moment(record)
        is_too_soon = last is not None and timedelta(0) <= now - last < timedelta(days=days)
        return today - day >= days and not is_too_soon


def _moment(record: Record) -> datetime | None:
    try:
        moment = datetime.fromisoformat(record["seen"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None

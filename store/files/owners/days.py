"""On how many days Chatkeep ran on this data, told without believing a clock.

Each date that is met counts once, whenever it is. A clock that jumps far ahead adds one day, and coming back adds none:
no jump makes ninety days of one. So what is said to be left for so many days was left for so long for certain.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from chat.records import Record
from store.disk.places import OWNERS
from store.files.owners.notes import Notes

DAYS = "days.json"


class Days:
    """The dates on which the store of one data folder was open."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._met: date | None = None
        self._number = 0

    def number(self, now: datetime) -> int:
        """Count the day of `now` (in UTC), where it was not met before, and return how many there were.

        Raises OSError, StoreError where it cannot be written.
        """
        today = now.astimezone(UTC).date()
        if today != self._met:
            record = self._notes.change(OWNERS, DAYS, lambda record: _with(record, today))
            self._met, self._number = today, len(record["dates"])
        return self._number


def _with(record: Record, today: date) -> Record:
    said = record.get("dates")
    dates = {each for each in said if isinstance(each, str)} if isinstance(said, list) else set()
    return record | {"dates": sorted(dates | {today.isoformat()})}

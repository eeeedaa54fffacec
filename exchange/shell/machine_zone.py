"""The time zone of the machine that a command runs on: the days of its user, as a page takes those of its browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class MachineZone(tzinfo):
    """Local time as the machine knows it at each moment, summer time and what was the rule in earlier years too.

    Python names only the present offset, which is an hour off for half of the year.
    """

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Return the offset at a moment of this zone; none where the machine's clock cannot reach."""
        try:
            local = datetime.now().astimezone() if moment is None else moment.replace(tzinfo=None).astimezone()
        except (OSError, OverflowError, ValueError):  # the first or the last year that there is; before 1970 on Windows
            return timedelta()
        return local.utcoffset() or timedelta()

    def dst(self, moment: datetime | None) -> timedelta:
        """Return nothing: the offset has summer time in it."""
        return timedelta()

    def tzname(self, moment: datetime | None) -> str:
        return "local"

    def fromutc(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)

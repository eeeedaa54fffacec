"""A moment of the next days, as the reader's clock shows it: where clocks change too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ui import phrases


@pytest.mark.parametrize(
    ("zone", "now", "moment", "words"),
    [
        ("UTC", (2026, 3, 1, 23, 30), (2026, 3, 1, 23, 55), "at 23:55"),
        ("UTC", (2026, 3, 1, 23, 30), (2026, 3, 2, 0, 5), "tomorrow at 00:05"),
        ("UTC", (2026, 3, 1, 23, 30), (2026, 3, 3, 0, 5), "on 2026-03-03 at 00:05"),
        ("Asia/Kolkata", (2026, 3, 1, 23, 30), (2026, 3, 2, 0, 5), "at 05:35"),
        ("America/New_York", (2026, 3, 1, 23, 30), (2026, 3, 2, 5, 5), "tomorrow at 00:05"),
        ("Europe/Berlin", (2026, 3, 29, 0, 30), (2026, 3, 29, 1, 35), "at 03:35"),
        ("Europe/Berlin", (2026, 10, 25, 0, 30), (2026, 10, 25, 1, 35), "at 02:35"),
    ],
)
def test_it_is_said_by_the_readers_clock(monkeypatch, zone, now, moment, words):
    monkeypatch.setattr(phrases, "zone", lambda: ZoneInfo(zone))
    monkeypatch.setattr(phrases, "utc_now", lambda: datetime(*now, tzinfo=UTC))
    assert phrases.soon(datetime(*moment, tzinfo=UTC)) == words

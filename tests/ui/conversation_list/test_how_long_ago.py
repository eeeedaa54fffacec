"""How long ago something was, in few words, by the days of whoever looks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ui import phrases

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-03-04T12:29:30", "just now"),
        ("2026-03-04T12:31:00", "just now"),  # by a clock that is ahead
        ("2026-03-04T12:29:00", "1 min ago"),
        ("2026-03-04T11:31:00", "59 min ago"),
        ("2026-03-04T11:30:00", "1 h ago"),
        ("2026-03-04T00:00:00", "12 h ago"),
        ("2026-03-03T23:59:00", "yesterday"),
        ("2026-03-03T00:00:00", "yesterday"),
        ("2026-03-02T23:00:00", "2 days ago"),
        ("2026-02-26T08:00:00", "6 days ago"),
        ("2026-02-25T23:00:00", "25 Feb"),
        ("2025-12-31T23:00:00", "31 Dec 2025"),
    ],
)
def test_how_long_ago(monkeypatch, moment, words):
    monkeypatch.setattr(phrases, "zone", lambda: ZoneInfo("UTC"))
    assert phrases.ago(datetime.fromisoformat(f"{moment}+00:00"), NOW) == words


def test_days_are_those_of_the_browser(monkeypatch):
    moment = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
    for name, words in (("Asia/Kolkata", "16 h ago"), ("America/Los_Angeles", "yesterday")):
        monkeypatch.setattr(phrases, "zone", lambda name=name: ZoneInfo(name))
        assert phrases.ago(moment, NOW) == words


def test_evening_is_hours_ago_after_midnight(monkeypatch):
    monkeypatch.setattr(phrases, "zone", lambda: ZoneInfo("UTC"))
    assert phrases.ago(datetime(2026, 3, 3, 22, 0, tzinfo=UTC), datetime(2026, 3, 4, 1, 0, tzinfo=UTC)) == "3 h ago"

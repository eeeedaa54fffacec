"""The days of the machine, in every season, wherever it stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exchange.shell.machine_zone import MachineZone


@pytest.fixture(params=["Pacific/Auckland", "America/New_York", "Asia/Kathmandu", "UTC"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    """The machine stands there."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield ZoneInfo(request.param)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("year", [1975, 2026, 2035])
@pytest.mark.parametrize("month", [1, 7])
def test_midnight_is_the_machines(place: ZoneInfo, year: int, month: int) -> None:
    assert datetime(year, month, 1, tzinfo=MachineZone()).astimezone(UTC) == datetime(year, month, 1, tzinfo=place)


@pytest.mark.parametrize("month", [1, 7])
def test_a_moment_is_shown_as_the_machines_clock_shows_it(place: ZoneInfo, month: int) -> None:
    moment = datetime(2026, month, 1, 11, 30, tzinfo=UTC)
    assert moment.astimezone(MachineZone()).replace(tzinfo=None) == moment.astimezone(place).replace(tzinfo=None)


@pytest.mark.parametrize("year", [1, 9999])
def test_where_the_clock_cannot_reach_there_is_an_offset_all_the_same(place: ZoneInfo, year: int) -> None:
    assert abs(MachineZone().utcoffset(datetime(year, 1, 1, tzinfo=MachineZone()))) < timedelta(days=1)

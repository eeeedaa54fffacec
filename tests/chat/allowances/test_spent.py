"""What was spent in a sliding window, whole values with a clock that obeys, and never more than a limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.allowances.limits import Allowances, Rate, Refusal, rates, refusal
from chat.allowances.spent import DAY, HOUR, SLOT, Past, Spent, free_again, slot_of, spent_within

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def answers(*minutes: int) -> Past:
    return tuple((NOON + minute * MINUTE, Spent(answers=1)) for minute in minutes)


def of_answers(spent: Spent) -> int:
    return spent.answers


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (NOON, NOON),
        (NOON + timedelta(minutes=4, seconds=59, microseconds=999_999), NOON),
        (NOON + SLOT, NOON + SLOT),
        (datetime(2026, 3, 1, 17, 32, tzinfo=ZoneInfo("Asia/Kathmandu")), datetime(2026, 3, 1, 11, 45, tzinfo=UTC)),
        (datetime(1969, 12, 31, 23, 59, tzinfo=UTC), datetime(1969, 12, 31, 23, 55, tzinfo=UTC)),
    ],
)
def test_a_moment_is_in_one_slot(moment, slot):
    assert slot_of(moment) == slot


@pytest.mark.parametrize(
    ("minutes_later", "counts"),
    [(0, 3), (59, 3), (60, 3), (64, 3), (65, 2), (69, 2), (70, 1), (74, 1), (75, 0)],
)
def test_a_slot_counts_until_its_last_moment_is_an_hour_old(minutes_later, counts):
    assert spent_within(answers(0, 5, 10), HOUR, NOON + minutes_later * MINUTE) == Spent(answers=counts)


def test_what_a_clock_put_into_the_future_counts():
    assert spent_within(answers(600), HOUR, NOON) == Spent(answers=1)


@pytest.mark.parametrize(
    ("wanted", "limit", "at"),
    [
        (1, 4, NOON + 15 * MINUTE),
        (1, 3, NOON + 65 * MINUTE),
        (2, 3, NOON + 70 * MINUTE),
        (3, 3, NOON + 75 * MINUTE),
        (1, 1, NOON + 75 * MINUTE),
        (4, 3, None),
        (1, 0, None),
        (0, 0, NOON + 75 * MINUTE),
    ],
)
def test_when_it_fits_again(wanted, limit, at):
    assert free_again(answers(0, 5, 10), HOUR, NOON + 15 * MINUTE, of_answers, limit, wanted) == at


@pytest.mark.parametrize(
    "change",
    [datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)],
    ids=["spring", "autumn"],
)
def test_an_hour_is_an_hour_where_clocks_change(change):
    """In Berlin clocks go on or back at 01:00 UTC. Who asked at half past asks again an hour and a slot later."""
    here = change.astimezone(ZoneInfo("Europe/Berlin"))
    past = ((slot_of(here), Spent(answers=1)),)
    for zone in (UTC, ZoneInfo("Europe/Berlin")):
        now = (change + 10 * MINUTE).astimezone(zone)
        assert free_again(past, HOUR, now, of_answers, 1, 1) == change + HOUR + SLOT
        assert free_again(past, DAY, now, of_answers, 1, 1) == change + DAY + SLOT


def spend(past: dict[datetime, Spent], what: Spent, now: datetime) -> None:
    past[slot_of(now)] = past.get(slot_of(now), Spent()) + what


@given(
    st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 40), st.booleans()), max_size=60),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(20, 100),
    st.integers(20, 200),
)
def test_no_window_ever_has_more_than_its_limit(asked, per_hour, per_day, tokens_per_hour, all_tokens_per_day):
    """People ask at any moments for any amounts; what came through is looked at through every window of that length."""
    limits = rates(Allowances(per_hour, per_day, tokens_per_hour, None, None, None, None, all_tokens_per_day))
    pasts: list[dict[datetime, Spent]] = [{}, {}, {}]
    through: list[tuple[datetime, bool, Spent]] = []
    now = NOON
    for seconds, tokens, is_first in asked:
        now += timedelta(seconds=seconds)
        own, everybody = pasts[is_first], pasts[2]
        wanted = Spent(1, tokens)
        found = refusal(limits, tuple(sorted(own.items())), tuple(sorted(everybody.items())), wanted, now)
        if found is None:
            spend(own, wanted, now)
            spend(everybody, wanted, now)
            through.append((now, is_first, wanted))
        elif found.until is not None:
            assert now < found.until <= now + DAY + SLOT
            again = refusal(limits, tuple(sorted(own.items())), tuple(sorted(everybody.items())), wanted, found.until)
            assert again is None, "it says when it ends"
    for first, whose, _ in through:
        for rate in limits:
            mine = [
                rate.measure(what)
                for at, who, what in through
                if first <= at < first + rate.window and (rate.whose == "everybody's" or who == whose)
            ]
            assert sum(mine) <= rate.most


def test_of_several_limits_the_one_that_holds_longest_is_said():
    limits = rates(Allowances(answers_per_hour=1, answers_per_day=2, all_answers_per_hour=2))
    past = answers(0, 5)
    day = Rate("yours", "answers", DAY, 2)
    assert refusal(limits, past, past, Spent(1, 10), NOON + 10 * MINUTE) == Refusal(day, 1, NOON + DAY + SLOT)
    never = Rate("yours", "tokens", HOUR, 60_000)
    assert refusal(limits, past, past, Spent(1, 60_001), NOON + 10 * MINUTE) == Refusal(never, 60_001, None)
    assert refusal(limits, (), answers(), Spent(1, 60_000), NOON) is None

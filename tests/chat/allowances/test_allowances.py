"""Whom a limit holds for, what is left of it, and the sentences that are read where one is in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chat.allowances.limits import (
    MEGABYTE,
    UNLIMITED,
    Allowances,
    Left,
    Rate,
    Refusal,
    allowances_for,
    least_left,
    rates,
    refusal,
    upload_rates,
)
from chat.allowances.sentences import at_once_refusal, left_in_words, message_refusal, room_refusal, spending_refusal
from chat.allowances.spent import DAY, HOUR, Spent
from chat.owner import PERSONAL, account_of, new_token, visitor_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VISITOR, ACCOUNT = visitor_of(new_token()), account_of("https://id.example.org", "ann")
SOME = Allowances()


@pytest.mark.parametrize(
    ("owner", "accounts", "is_listed", "is_free"),
    [
        (PERSONAL, "limited", False, True),
        (VISITOR, "unlimited", True, False),
        (ACCOUNT, "listed", True, True),
        (ACCOUNT, "listed", False, False),
        (ACCOUNT, "limited", True, False),
        (ACCOUNT, "unlimited", False, True),
    ],
)
def test_whom_limits_hold_for(owner, accounts, is_listed, is_free):
    allowances = Allowances(accounts=accounts)
    assert allowances_for(owner, allowances, is_listed=is_listed) == (UNLIMITED if is_free else allowances)


def test_who_has_no_limits_has_none_of_any_kind():
    assert (rates(UNLIMITED), upload_rates(UNLIMITED)) == ((), ())
    assert message_refusal("x" * 10**6, UNLIMITED) is None
    assert at_once_refusal(["A"] * 99, UNLIMITED) is None
    assert room_refusal(10**9, 10**15, UNLIMITED, new=1, more=1) is None


def test_every_rate_of_the_defaults():
    assert rates(SOME) == (
        Rate("yours", "answers", HOUR, 20),
        Rate("yours", "answers", DAY, 60),
        Rate("yours", "tokens", HOUR, 60_000),
        Rate("yours", "tokens", DAY, 200_000),
        Rate("everybody's", "answers", HOUR, 60),
        Rate("everybody's", "answers", DAY, 200),
        Rate("everybody's", "tokens", HOUR, 200_000),
        Rate("everybody's", "tokens", DAY, 600_000),
    )
    assert upload_rates(SOME) == (Rate("yours", "uploaded", DAY, 100 * MEGABYTE),)


@pytest.mark.parametrize("whose", ["yours", "everybody's"])
@pytest.mark.parametrize("what", ["answers", "tokens"])
@pytest.mark.parametrize("window", [HOUR, DAY])
def test_each_rate_is_reached_by_itself_and_by_one_more_only(whose, what, window):
    """The other limits are high: what is refused is refused by this one."""
    rate = Rate(whose, what, window, 100)
    name = f"{'all_' if whose != 'yours' else ''}{what}_per_{'hour' if window == HOUR else 'day'}"
    limits = rates(replace(Allowances(*(10**6,) * 8), **{name: 100}))
    past = ((NOON, Spent(99, 99)),)
    own, everybody = (past, ()) if whose == "yours" else ((), past)
    assert refusal(limits, own, everybody, Spent(1, 1), NOON) is None
    assert least_left(limits, own, everybody, NOON) == Left(rate, 1)
    found = Refusal(rate, 2, NOON + window + timedelta(minutes=5))
    assert refusal(limits, own, everybody, Spent(2, 2), NOON) == found


@pytest.mark.parametrize(
    ("spent", "left", "is_little"),
    [
        (Spent(0, 0), Left(Rate("yours", "answers", HOUR, 20), 20), False),
        (Spent(16, 0), Left(Rate("yours", "answers", HOUR, 20), 4), False),
        (Spent(17, 0), Left(Rate("yours", "answers", HOUR, 20), 3), True),
        (Spent(3, 59_000), Left(Rate("yours", "tokens", HOUR, 60_000), 1_000), True),
        (Spent(25, 0), Left(Rate("yours", "answers", HOUR, 20), 0), True),
    ],
)
def test_the_least_that_is_left_is_told(spent, left, is_little):
    found = least_left(rates(SOME), ((NOON, spent),), ((NOON, spent),), NOON)
    assert (found, found.is_little) == (left, is_little)


def test_nothing_is_left_to_tell_where_there_is_no_limit():
    assert least_left(rates(UNLIMITED), (), (), NOON) is None


def at(moment: datetime) -> str:
    return f"at {moment:%H:%M}"


UNTIL = NOON + timedelta(minutes=35)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Refusal(Rate("yours", "answers", HOUR, 20), 1, UNTIL),
            "You have asked for as many answers as there are in an hour on this app's key (20). It goes on at 12:35. "
            "Until then, use an API key of your own (Settings) or the model on this machine.",
        ),
        (
            Refusal(Rate("everybody's", "tokens", DAY, 600_000), 1_234, UNTIL),
            "Everybody here together has used as many tokens as there are in 24 hours on this app's key (600,000). It "
            "goes on at 12:35. Until then, use an API key of your own (Settings) or the model on this machine.",
        ),
        (
            Refusal(Rate("yours", "tokens", HOUR, 60_000), 71_234, None),
            "This takes about 71,234 tokens at once, and you have 60,000 in an hour on this app's key. Begin a new "
            "conversation or send less; or use an API key of your own (Settings) or the model on this machine.",
        ),
        (
            Refusal(Rate("yours", "uploaded", DAY, 100 * MEGABYTE), 5, UNTIL),
            "With this file you would have sent more than you may here (100 MB in 24 hours). It can be sent at 12:35; "
            "a smaller one perhaps sooner.",
        ),
        (
            Refusal(Rate("yours", "uploaded", DAY, 10 * MEGABYTE), 11 * MEGABYTE, None),
            "This file is larger than all that you may send here (10 MB in 24 hours). Choose a smaller one.",
        ),
    ],
)
def test_what_is_read_where_nothing_more_may_be_spent(found, words):
    assert spending_refusal(found, at) == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (Left(Rate("yours", "answers", HOUR, 20), 3), "3 of 20 answers in an hour left on this app's key."),
        (
            Left(Rate("everybody's", "tokens", DAY, 600_000), 1_200),
            "1,200 of 600,000 tokens in 24 hours left for everybody together on this app's key.",
        ),
    ],
)
def test_how_much_is_left_is_said(left, words):
    assert left_in_words(left) == words


def test_a_message_that_is_too_long_is_told_how_long_it_may_be():
    assert message_refusal("é" * 32_000, SOME) is None
    assert message_refusal("é" * 32_001, SOME) == (
        "This message has 32,001 characters, and 32,000 can be sent at once here. Shorten it, or send it in parts. "
        "Nothing of it was sent."
    )


@pytest.mark.parametrize(
    ("writing", "most", "words"),
    [
        (["Teal"], 2, None),
        (
            ["Teal"],
            1,
            "You have an answer on the way, in “Teal”, and no more at once here. Wait for an end, or stop one there.",
        ),
        (
            ["Teal", "Teal"],
            2,
            "You have 2 answers on the way, in “Teal”, and no more at once here. Wait for an end, or stop one there.",
        ),
        (
            ["A", "B", "C"],
            3,
            "You have 3 answers on the way, in “A”, “B” and “C”, and no more at once here. Wait for an end, or stop "
            "one there.",
        ),
    ],
)
def test_answers_at_once_names_the_conversations(writing, most, words):
    assert at_once_refusal(writing, Allowances(answers_at_once=most)) == words


FULL = (
    "Your place is full: there is room for {} here, the trash included. Download what you want to keep, then delete it "
    "and erase it from the trash (History)."
)


@pytest.mark.parametrize(
    ("conversations", "size", "new", "more", "room"),
    [
        (999, 0, 1, 0, None),
        (1_000, 0, 1, 0, "1,000 conversations"),
        (1_000, 0, 0, 0, None),
        (990, 0, 11, 0, "1,000 conversations"),
        (5, 100 * MEGABYTE, 0, 0, None),
        (5, 100 * MEGABYTE, 0, 1, "100 MB of conversations"),
        (5, 100 * MEGABYTE + 1, 0, 0, "100 MB of conversations"),
    ],
)
def test_a_full_place_says_what_there_is_room_for(conversations, size, new, more, room):
    assert room_refusal(conversations, size, SOME, new=new, more=more) == (None if room is None else FULL.format(room))

"""What may still be asked of the keys that are configured here, and how much somebody may keep. Pure rules.

Who runs Chatkeep pays for their keys and their disk. The personal owner has no limits. Visitors have all of them, and
so have people who signed in, unless the configuration trusts them (`Allowances.accounts`). Limits on answers and
tokens count only where a key or an endpoint of this configuration is used: whoever brings a key pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from chat.allowances.spent import DAY, HOUR, Measure, Past, Spent, free_again, spent_within
from chat.owner import Owner

MEGABYTE = 1024 * 1024
LITTLE = 0.2
"""The share of a limit that is left when it is said how much that is."""

Whose = Literal["yours", "everybody's"]
What = Literal["answers", "tokens", "uploaded"]
Accounts = Literal["listed", "limited", "unlimited"]
ACCOUNTS: tuple[Accounts, ...] = get_args(Accounts)


@dataclass(frozen=True, slots=True)
class Allowances:
    """Every limit by its name, as `[limits]` in the secrets has it. None: no limit.

    The defaults are for a family or a small group that shares one paid key: a busy afternoon for each, and a day that
    costs little whoever comes.
    """

    answers_per_hour: int | None = 20
    answers_per_day: int | None = 60
    tokens_per_hour: int | None = 60_000
    tokens_per_day: int | None = 200_000
    """These four are for each visitor; the next four for everybody together."""
    all_answers_per_hour: int | None = 60
    all_answers_per_day: int | None = 200
    all_tokens_per_hour: int | None = 200_000
    all_tokens_per_day: int | None = 600_000
    message_characters: int | None = 32_000
    """Of one message. A long article has so many."""
    answers_at_once: int | None = 2
    """Of one visitor, whoever makes them: the model on this machine costs its processor."""
    conversations: int | None = 1_000
    """Of one visitor, the trash included."""
    megabytes: int | None = 100
    """Of one visitor's files, the trash included."""
    upload_megabytes: int | None = 25
    """Of one file that is imported."""
    upload_megabytes_per_day: int | None = 100
    """Of all files that one visitor sends."""
    accounts: Accounts = "listed"
    """Who of those who signed in has no limits. `listed`: everybody where `CHATKEEP_ALLOWED` says who may come in, else
    nobody. `limited`: nobody. `unlimited`: everybody."""


UNLIMITED = Allowances(*(None,) * 14, accounts="unlimited")


def allowances_for(owner: Owner, allowances: Allowances, *, is_listed: bool) -> Allowances:
    """Return the limits that hold for this owner. `is_listed`: the configuration says who may sign in."""
    trusted = allowances.accounts == "unlimited" or (allowances.accounts == "listed" and is_listed)
    return UNLIMITED if owner.is_personal or (owner.kind == "account" and trusted) else allowances


@dataclass(frozen=True, slots=True)
class Rate:
    """One limit of what may be spent in some time."""

    whose: Whose
    what: What
    window: timedelta
    most: int

    @property
    def measure(self) -> Measure:
        return _MEASURES[self.what]


_MEASURES: dict[str, Measure] = {
    "answers": lambda spent: spent.answers,
    "tokens": lambda spent: spent.tokens,
    "uploaded": lambda spent: spent.uploaded,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which limit is in the way, and until when."""

    rate: Rate
    wanted: int
    until: datetime | None
    """None: always, since more is asked for at once than the limit allows."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the limit of which the least is."""

    rate: Rate
    amount: int

    @property
    def is_little(self) -> bool:
        """Whether it is time to say so."""
        return self.amount < LITTLE * self.rate.most


def rates(allowances: Allowances) -> tuple[Rate, ...]:
    """Return the limits on answers and tokens that there are."""
    every: tuple[tuple[Whose, What, timedelta, int | None], ...] = (
        ("yours", "answers", HOUR, allowances.answers_per_hour),
        ("yours", "answers", DAY, allowances.answers_per_day),
        ("yours", "tokens", HOUR, allowances.tokens_per_hour),
        ("yours", "tokens", DAY, allowances.tokens_per_day),
        ("everybody's", "answers", HOUR, allowances.all_answers_per_hour),
        ("everybody's", "answers", DAY, allowances.all_answers_per_day),
        ("everybody's", "tokens", HOUR, allowances.all_tokens_per_hour),
        ("everybody's", "tokens", DAY, allowances.all_tokens_per_day),
    )
    return tuple(Rate(whose, what, window, most) for whose, what, window, most in every if most is not None)


def upload_rates(allowances: Allowances) -> tuple[Rate, ...]:
    """Return the limits on uploads that there are."""
    most = allowances.upload_megabytes_per_day
    return () if most is None else (Rate("yours", "uploaded", DAY, most * MEGABYTE),)


def refusal(limits: tuple[Rate, ...], own: Past, everybody: Past, wanted: Spent, now: datetime) -> Refusal | None:
    """Return what is in the way of spending `wanted` more; None where nothing is.

    Of several limits that are reached it is the one that holds longest, since until then nothing can be asked.
    """
    reached = [found for rate in limits if (found := _reached(rate, own, everybody, wanted, now)) is not None]
    never = next((each for each in reached if each.until is None), None)
    return never or max(reached, key=lambda each: each.until or now, default=None)


def _reached(rate: Rate, own: Past, everybody: Past, wanted: Spent, now: datetime) -> Refusal | None:
    past = own if rate.whose == "yours" else everybody
    amount = rate.measure(wanted)
    until = free_again(past, rate.window, now, rate.measure, rate.most, amount)
    return Refusal(rate, amount, until) if until is None or until > now else None


def least_left(limits: tuple[Rate, ...], own: Past, everybody: Past, now: datetime) -> Left | None:
    """Return of which limit the smallest share is left, and how much; None where there is no limit."""

    def left(rate: Rate) -> Left:
        past = own if rate.whose == "yours" else everybody
        return Left(rate, max(0, rate.most - rate.measure(spent_within(past, rate.window, now))))

    return min(map(left, limits), key=lambda each: each.amount / each.rate.most, default=None)

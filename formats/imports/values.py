"""Getting what one expects out of a parsed JSON value of which nothing is known, without ever failing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chat.conversation import Usage

LATEST = 4_102_444_800
"""Seconds until the year 2100. A later date is a mistake, and would stand above all others for good."""

_EPOCH, _LATEST = datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(LATEST, UTC)

LARGEST = 2**53
"""No count is larger; SQLite's integers end at 2**63."""


def field(value: Any, *names: str) -> Any:
    """Follow the names through nested objects; None where one is not there."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: Any, *names: str) -> str:
    """Return the text at these names, or an empty one where there is none."""
    for name in names:  # as `field` does, which is not called: most of what is read is text
        if not isinstance(value, dict):
            return ""
        value = value.get(name)
    return value if isinstance(value, str) else ""


def identity(value: Any, *names: str) -> str:
    """Return the first of these fields that can be an id, as text; empty where none can."""
    for name in names:
        found = field(value, name)
        if isinstance(found, str) and found.strip():
            return found
        if isinstance(found, int) and not isinstance(found, bool) and abs(found) < LARGEST:
            return str(found)
    return ""


def items(value: Any, *names: str) -> list[Any]:
    """Return the list at these names, or an empty one."""
    found = field(value, *names)
    return found if isinstance(found, list) else []


def objects(value: Any, *names: str) -> Iterator[dict[str, Any]]:
    """Return the objects in the list at these names; what is no object is passed over."""
    return (item for item in items(value, *names) if isinstance(item, dict))


def number(value: Any, *names: str) -> float | None:
    """Return the finite number at these names, or None."""
    found = field(value, *names)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if -LARGEST < found < LARGEST and math.isfinite(found) else None


def count(value: Any, *names: str) -> int | None:
    """Return the number at these names as a whole one from 0 on, or None."""
    found = number(value, *names)
    return None if found is None or found < 0 else int(found)


def usage(value: Any, *pairs: tuple[str, str]) -> Usage | None:
    """Return the tokens of the first pair of fields that are both there: those read, those written."""
    if not isinstance(value, dict):  # most messages have none
        return None
    for prompt, completion in pairs:
        read, written = count(value, prompt), count(value, completion)
        if read is not None and written is not None:
            return Usage(read, written)
    return None


def moment(value: Any, *names: str) -> datetime | None:
    """Return the time at these names: ISO 8601, or a number of seconds, milli-, micro- or nanoseconds since 1970.

    None for what is no time, for 0, and from the year 2100 on. A time without a zone is in UTC.
    """
    found = field(value, *names)
    if isinstance(found, str):
        return _written(found)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    if not 0 < found < LATEST * 1_000_000_000:
        return None
    seconds = float(found)
    while seconds >= LATEST:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _written(written: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(written.strip())
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        return found if _EPOCH < found < _LATEST else None
    except (ValueError, OverflowError):
        return None

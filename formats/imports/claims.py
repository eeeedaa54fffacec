"""Which product a JSON value is of, and the conversations inside of an object that is none itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from formats.imports.known import FORMATS
from formats.imports.outcome import Format


def format_of(values: Iterable[Any]) -> Format | None:
    """Return the first format that claims one of the values; None where none does."""
    found = list(values)
    return next((each for each in FORMATS if any(is_claimed(each, value) for value in found)), None)


def is_claimed(format: Format, value: Any) -> bool:
    """Whether a value looks like one of the format's; a value over which it stumbles does not."""
    try:
        return format.claims(value)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
        return False  # claims expect anything, so this is a mistake of theirs: it must not cost the user the file


def chats_inside(value: Any) -> list[Any]:
    """Return the conversations that are in a list of this object, or are its values; an empty list where none are.

    Some programs write all chats into one object, under a key or by their ids; the Hub's viewer puts each into a `row`.
    """
    for values in _lists_in(value):
        chats = [_row(each) for each in values if isinstance(each, dict | list)]
        format = format_of(chats)
        if format is not None and not format.whole:
            return chats
    return []


def _lists_in(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    elif isinstance(value, dict):
        yield from (each for each in value.values() if isinstance(each, list))
        yield list(value.values())
        yield from (list(each.values()) for each in value.values() if isinstance(each, dict))


def _row(value: Any) -> Any:
    return value["row"] if isinstance(value, dict) and isinstance(value.get("row"), dict) else value

"""The language of the search box: `paris "rue de" tag:work after:2026-03` to a Query and back.

Whatever is typed means something: what is no filter is a word, and a word has no meaning to the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, tzinfo

from store.queries import Query, Term

_PIECE = re.compile(r'(?:(?P<name>[^\W\d]+):)?"(?P<quoted>[^"]*)(?:"|$)|(?P<plain>\S+)')
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?")
_CURLY = str.maketrans("“”„", '"""')
_RATINGS = {"up": 1, "+1": 1, "1": 1, "good": 1, "down": -1, "-1": -1, "bad": -1}


def parse(text: str, zone: tzinfo = UTC) -> Query:
    """Return what the text asks for; its days are those of `zone`.

    Words; "phrases"; `model:` `provider:` `tag:`, of which several mean any one; `after:` and `before:` with a year, a
    month or a day (`2026`, `2026-03`, `2026-03-01`); `rating:` up, down, +1, -1, good, bad; `is:pinned`; `has:errors`;
    `in:trash` or `is:trashed`. A value with spaces is quoted: `tag:"to read"`. Never raises: an unknown filter
    (`https://x`) or an impossible value (`after:tomorrow`) is a word.
    """
    query = Query(zone=zone)
    for piece in _PIECE.finditer(text.translate(_CURLY)):
        name, value, is_quoted = _parts(piece)
        add = _FILTERS.get(name.lower())
        filtered = add(query, value) if add is not None and value.strip() else None
        if filtered is None:
            words = f"{name}:{value}" if name else value
            filtered = replace(query, terms=(*query.terms, Term(words, is_quoted))) if words.strip() else query
        query = filtered
    return query


def _parts(piece: re.Match[str]) -> tuple[str, str, bool]:
    """Return the name of a filter or what looks like one (else empty), its value, and whether that was quoted."""
    if piece["quoted"] is not None:
        return piece["name"] or "", piece["quoted"], True
    name, colon, value = piece["plain"].partition(":")
    return (name, value, False) if colon and name else ("", piece["plain"], False)


def to_text(query: Query) -> str:
    """Return the text that `parse` makes this query of, apart from its sort, which no text says."""
    pieces = [f'"{term.text}"' if term.is_phrase else term.text for term in query.terms]
    for name, values in (("model", query.models), ("provider", query.providers), ("tag", query.tags)):
        pieces += [f"{name}:{_quoted(value)}" for value in values]
    pieces += [f"after:{query.after}"] if query.after else []
    pieces += [f"before:{query.before}"] if query.before else []
    pieces += [f"rating:{'up' if rating > 0 else 'down'}" for rating in query.ratings]
    pieces += ["is:pinned"] if query.pinned else []
    pieces += ["has:errors"] if query.has_errors else []
    pieces += ["in:trash"] if query.trashed else []
    return " ".join(pieces)


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


def _added(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return values if value in values else (*values, value)


def _day(value: str) -> date | None:
    found = _DAY.fullmatch(value)
    if found is None:
        return None
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError:  # a month 13, a year 0
        return None


def _after(query: Query, value: str) -> Query | None:
    day = _day(value)
    return None if day is None else replace(query, after=max(day, query.after or day))


def _before(query: Query, value: str) -> Query | None:
    day = _day(value)
    return None if day is None else replace(query, before=min(day, query.before or day))


def _rating(query: Query, value: str) -> Query | None:
    rating = _RATINGS.get(value.lower())
    if rating is None:
        return None
    return query if rating in query.ratings else replace(query, ratings=(*query.ratings, rating))


def _is(query: Query, value: str) -> Query | None:
    match value.lower():
        case "pinned":
            return replace(query, pinned=True)
        case "trashed":
            return replace(query, trashed=True)
    return None


_FILTERS: dict[str, Callable[[Query, str], Query | None]] = {
    "model": lambda query, value: replace(query, models=_added(query.models, value)),
    "provider": lambda query, value: replace(query, providers=_added(query.providers, value)),
    "tag": lambda query, value: replace(query, tags=_added(query.tags, value)),
    "after": _after,
    "before": _before,
    "rating": _rating,
    "is": _is,
    "in": lambda query, value: replace(query, trashed=True) if value.lower() == "trash" else None,
    "has": lambda query, value: replace(query, has_errors=True) if value.lower() in ("error", "errors") else None,
}

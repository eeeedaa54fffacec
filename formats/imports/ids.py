"""Ids of what comes from elsewhere: the same chat always gets the same ids, so that it is recognised again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from chat.records import is_id
from chat.surrogates import printable

LONGEST_SOURCE = 200


def made_id(source: str) -> str:
    """Return 32 hex digits that stand for this source, such as `chatgpt:<id>`."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def source_of(product: str, id: str) -> str:
    """Return what `source` of a conversation or message says; an endless id is told by its hash."""
    source = f"{product}:{printable(id)}"
    return source if len(source) <= LONGEST_SOURCE else f"{product}:{made_id(source)}"


def own_id(id: str) -> str:
    """Return an id of Chatkeep's own as it is; one that no store takes becomes one that it does."""
    return id if is_id(id) else made_id(f"chatkeep:{id}")


def word_ids(turns: Iterable[tuple[str, str]], start: str = "words") -> list[str]:
    """Return an id for each (role, words), made from its words and from all that were said before.

    Two conversations that begin with the same words have the same ids there, and other ones from where they part.
    """
    ids: list[str] = []
    before = start
    for role, words in turns:
        before = made_id(f"{before}\n{role}\n{printable(words)}")
        ids.append(before)
    return ids

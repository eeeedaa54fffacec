"""What to look for among conversations, and what is found: plain values that every store understands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Literal, get_args

Sort = Literal["best", "updated", "created", "title", "messages"]
SORTS: tuple[Sort, ...] = get_args(Sort)
"""`best` is by rank where there are words, else as `updated`: the last active first. `messages`: the longest first."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must be in a message or in the title."""

    text: str
    is_phrase: bool = False
    """The words stand together, in this order (`"in quotes"`); otherwise each is the beginning of a word."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. Everything that is given must hold at once; of several models, providers or tags any one.

    The default finds all that is not in the trash.
    """

    terms: tuple[Term, ...] = ()
    models: tuple[str, ...] = ()
    """Ids of models that answered, or parts of them: `small` finds `mistral/mistral-small-latest`."""
    providers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    after: date | None = None
    """Active on this day of `zone`, or later."""
    before: date | None = None
    """Active before this day of `zone`."""
    zone: tzinfo = UTC
    """Where the days of `after` and `before` begin at midnight: where the person is who asks."""
    ratings: tuple[int, ...] = ()
    """+1, -1: has an answer that is rated so."""
    pinned: bool | None = None
    has_errors: bool | None = None
    """Has a message that failed or was interrupted."""
    trashed: bool = False
    sort: Sort = "best"


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as lists show it: everything but its messages."""

    id: str
    title: str
    model: str | None
    """The id of the model that answered last, else the one that is set; None where there is neither."""
    message_count: int
    """Messages of all branches."""
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    streaming: bool
    """An answer is (or was, when its process died) being written."""
    pinned: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Some words of a message around what was found."""

    message_id: str | None
    """The message to open the conversation at; None where the words are in the title."""
    parts: tuple[tuple[str, bool], ...]
    """The words, in order; True marks those that were looked for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that was found."""

    summary: Summary
    passage: Passage | None = None
    """Where the words are that were looked for; None where no words were."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found."""

    hits: tuple[Hit, ...]
    total: int
    """Conversations found in all."""
    is_partial: bool = False
    """The words are in so many messages that only the newest of these were looked at; `total` counts those."""


@dataclass(frozen=True, slots=True)
class Facets:
    """What filters can offer for one owner, each with the number of conversations (those in the trash apart)."""

    models: tuple[tuple[str, int], ...] = ()
    providers: tuple[tuple[str, int], ...] = ()
    tags: tuple[tuple[str, int], ...] = ()

"""What the catalog keeps of one conversation, and how it stands in a SQLite row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chat.conversation import Conversation, Message, Role
from store.catalog.fts_words import folded
from store.disk.atomic import Stamp
from store.disk.places import Place
from store.queries import Summary

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SUMMARY_COLUMNS = "id, title, model, message_count, created_at, updated_at, trashed_at, streaming, pinned, tags"
"""The columns that `summary_of` takes, in its order."""

Label = tuple[str, str, str | bytes]
"""Its kind (`model`, `provider`, `tag`), what it is compared by, and its spelling."""


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation as the catalog knows it."""

    place: Place
    summary: Summary
    mtime_ns: int
    size: int
    has_errors: bool
    rated_up: bool
    rated_down: bool
    labels: frozenset[Label]
    """What `facets` counts and filters ask for: every model that answered, its provider, the tags."""
    words: dict[str, Message]
    """The messages that can be found, by id: an answer still being written is not among them, nor one deleted."""


def row_of(place: Place, conversation: Conversation, stamp: Stamp) -> Row:
    """Return the row of a conversation whose file has this stamp."""
    answered = (message.model for message in reversed(conversation.messages) if message.model is not None)
    summary = Summary(
        id=place.id,
        title=conversation.title,
        model=next(answered, conversation.settings.model),
        message_count=len(conversation.messages),
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        trashed_at=conversation.trashed_at,
        streaming=any(message.status == "streaming" for message in conversation.messages),
        pinned=conversation.pinned,
        tags=conversation.tags,
    )
    there = [message for message in conversation.messages if not message.trashed]
    return Row(
        place,
        summary,
        stamp.mtime_ns,
        stamp.size,
        has_errors=any(message.status in ("failed", "interrupted") for message in there),
        rated_up=any(message.rating == 1 for message in there),
        rated_down=any(message.rating == -1 for message in there),
        labels=_labels(there, conversation.tags),
        words={message.id: message for message in there if message.status != "streaming"},
    )


def digest(role: Role, content: str) -> int:
    """Return 64 bits of a hash of what was said by whom: two messages with the same one are taken for the same."""
    raw = f"{role}\0{content}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), signed=True)


def row_values(row: Row) -> dict[str, Any]:
    """Return the columns of the table `conversations`, but for the number."""
    summary = row.summary
    return {
        "folder": row.place.folder,
        "id": row.place.id,
        "title": bound(summary.title),
        "sort_title": folded(summary.title),
        "model": None if summary.model is None else bound(summary.model),
        "message_count": summary.message_count,
        "created_at": number(summary.created_at),
        "updated_at": number(summary.updated_at),
        "trashed_at": None if summary.trashed_at is None else number(summary.trashed_at),
        "streaming": summary.streaming,
        "pinned": summary.pinned,
        "tags": json.dumps(summary.tags) if summary.tags else None,
        "has_errors": row.has_errors,
        "rated_up": row.rated_up,
        "rated_down": row.rated_down,
        "mtime_ns": row.mtime_ns,
        "size": row.size,
    }


def summary_of(
    each: str,
    title: str | bytes,
    model: str | bytes | None,
    message_count: int,
    created_at: int,
    updated_at: int,
    trashed_at: int | None,
    streaming: int,
    pinned: int,
    tags: str | None,
) -> Summary:
    """Return the summary that stands in these columns."""
    return Summary(
        id=each,
        title=unbound(title),
        model=None if model is None else unbound(model),
        message_count=message_count,
        created_at=moment(created_at),
        updated_at=moment(updated_at),
        trashed_at=None if trashed_at is None else moment(trashed_at),
        streaming=bool(streaming),
        pinned=bool(pinned),
        tags=tuple(json.loads(tags)) if tags else (),
    )


def number(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(number: int) -> datetime:
    """Return the time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=number)


def bound(text: str) -> str | bytes:
    """Return the text as SQLite keeps it: it takes no lone half of a surrogate pair, but bytes in a text column."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def unbound(value: str | bytes) -> str:
    """Return the text that `bound` made this value of."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def _labels(messages: list[Message], tags: tuple[str, ...]) -> frozenset[Label]:
    labels = {("tag", tag) for tag in tags if tag}
    for model in {model for message in messages for model in message.models}:
        provider, slash, _ = model.partition("/")
        labels.add(("model", model))
        if slash and provider:
            labels.add(("provider", provider))
    # Of two spellings in one conversation the first counts, in an order that does not change from run to run.
    single = {(kind, folded(spelling)): spelling for kind, spelling in sorted(labels, reverse=True)}
    return frozenset((kind, key, bound(spelling)) for (kind, key), spelling in single.items())

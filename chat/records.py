"""Conversation values to plain JSON records and back: the one place that knows the shape in which they are written.

A record holds only strings, numbers, booleans, None, lists and dicts. Fields at their default are left out, so an old
file stays readable when a field is added. Times are ISO 8601 in UTC.

A message is its words, who said them, when, and where in the tree: these must be right. All else about it (tokens,
times, ratings, ...) is passed over where it is odd, since no number is worth the words beside it. So it is with what
stands beside a conversation's title, owner and times.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar

from chat.conversation import (
    MEMORY_POLICIES,
    ROLES,
    STATUSES,
    TITLE_SOURCES,
    Conversation,
    ConversationSettings,
    ErrorDetails,
    Message,
    Part,
    Usage,
    Waiting,
    count_of,
)
from chat.surrogates import has_whole_letters

Record = dict[str, Any]
Choice = TypeVar("Choice", bound=str)

HOTTEST = 1000.0
"""Far beyond any temperature that a provider takes."""


def _shape(kind: type[Any]) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[str, Any], ...]]:
    """Return what gets all values of such a dataclass at once, and the name and default of each."""
    fields = [each for each in dataclasses.fields(kind) if each.init]
    return attrgetter(*(each.name for each in fields)), tuple((each.name, each.default) for each in fields)


_KINDS = (Conversation, ConversationSettings, ErrorDetails, Message, Part, Usage, Waiting)
_SHAPES = {kind: _shape(kind) for kind in _KINDS}
"""Asked once: asking a dataclass for its fields took half the time of writing a conversation."""


_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.DOTALL)


class BadRecord(ValueError):
    """A record that does not have the shape of what it should be; the text says which field is wrong."""


def is_id(text: str) -> bool:
    """Whether the text can be a conversation's id: 1 to 64 of a-z, 0-9, _ and -, and no name that Windows reserves.

    It names a file. Lower case only: a file system that folds case would find `abc` when asked for `ABC`.
    """
    return _ID.fullmatch(text) is not None and not is_reserved(text)


def is_reserved(name: str) -> bool:
    """Whether Windows takes this name, in lower case, for a device."""
    return _RESERVED.fullmatch(name) is not None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value, skip=())
    return value


def _fields(value: Any, skip: tuple[str, ...]) -> Record:
    values, fields = _SHAPES[type(value)]
    record: Record = {}
    for (name, default), present in zip(fields, values(value), strict=True):
        if present == default or name in skip:
            continue
        record[name] = present if isinstance(present, str) else _plain(present)
    return record


def message_record(message: Message) -> Record:
    """Return the message as a plain record; `message_from` gives it back."""
    return _fields(message, skip=())


def conversation_record(conversation: Conversation) -> Record:
    """Return the conversation without its messages as a plain record; `conversation_from` gives it back."""
    return _fields(conversation, skip=("messages",))


def _needed(record: Mapping[str, Any], name: str) -> str:
    if name not in record:
        raise BadRecord(f"{name} is missing")
    value = record[name]
    if not isinstance(value, str):
        raise BadRecord(f"{name} has the wrong type")
    return value


def _one_of(record: Mapping[str, Any], name: str, allowed: tuple[Choice, ...]) -> Choice:
    value = _needed(record, name)
    for each in allowed:
        if each == value:
            return each
    raise BadRecord(f"{name} is {value!r}, not one of {', '.join(allowed)}")


def _time(record: Mapping[str, Any], name: str) -> datetime:
    text = _needed(record, name)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:  # overflow: midnight of the year 1, east of Greenwich
        raise BadRecord(f"{name} is no ISO 8601 time") from error


def _time_or_none(record: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return _time(record, name)
    except BadRecord:
        return None


def _temperature(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if -HOTTEST <= value <= HOTTEST else None  # not so: NaN, infinity, a number of 400 digits


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_true(value: object) -> bool:
    return value is True


def _rating(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _usage(value: object) -> Usage | None:
    return Usage.of(value.get("prompt_tokens"), value.get("completion_tokens")) if isinstance(value, dict) else None


def _error_details(value: object) -> ErrorDetails | None:
    if not isinstance(value, dict):
        return None
    return ErrorDetails(
        count_of(value.get("status")),
        _words(value.get("words")),
        _words(value.get("request_id")),
        _is_true(value.get("in_settings")),
    )


def _parts(value: object) -> tuple[Part, ...]:
    """Return who wrote what; nobody's word where a part of it is odd, since the parts only make sense together."""
    parts = []
    for item in value if isinstance(value, list) else []:
        start = count_of(item.get("start")) if isinstance(item, dict) else None
        if start is None:
            return ()
        parts.append(Part(_text(item.get("model")), start))
    return tuple(parts)


def _waiting(value: object) -> tuple[Waiting, ...]:
    """Return the messages in line, those passed over that cannot be read."""
    found = []
    for item in value if isinstance(value, list) else []:
        with suppress(BadRecord):
            record: Record = item if isinstance(item, dict) else {}
            words = _needed(record, "id"), _needed(record, "content")
            found.append(Waiting(*words, _time(record, "created_at"), _needed(record, "after")))
    return tuple(found)


_SIDE_FIELDS: dict[str, Callable[[Any], Any]] = {
    "model": _text,
    "finish_reason": _text,
    "error": _text,
    "error_details": _error_details,
    "note": _text,
    "usage": _usage,
    "first_token_ms": count_of,
    "total_ms": count_of,
    "reasoning": _words,
    "rating": _rating,
    "rating_note": _words,
    "left_out": _is_true,
    "trashed": _is_true,
    "attachments": _texts,
    "source": _text,
    "process": _text,
    "parts": _parts,
}
"""What is read of a message beside its words, who said them, when, and where; each reader gives the default for what is
odd."""


def message_from(record: Mapping[str, Any]) -> Message:
    """Return the message that a record holds. Unknown fields are passed over, and odd values of side fields.

    Raises `BadRecord` where id, parent, role, content, time or status is missing or wrong.
    """
    return Message(
        id=_needed(record, "id"),
        parent_id=None if record.get("parent_id") is None else _needed(record, "parent_id"),
        role=_one_of(record, "role", ROLES),
        content=_needed(record, "content"),
        created_at=_time(record, "created_at"),
        status=_one_of(record, "status", STATUSES) if "status" in record else "complete",
        **{name: _SIDE_FIELDS[name](value) for name, value in record.items() if name in _SIDE_FIELDS},
    )


def comes_back(message: Message) -> bool:
    """Whether `message_from` gives back this very message; False too where only trying it could tell.

    True of nearly every message, and asking takes a fifth of the time that trying it takes.
    """
    if type(message.id) is not str or type(message.content) is not str or message.created_at.tzinfo is not UTC:
        return False
    if message.role not in ROLES or message.status not in STATUSES:
        return False
    values, fields = _SHAPES[Message]
    for (name, default), value in zip(fields, values(message), strict=True):
        if value is default:
            continue
        if isinstance(value, tuple) or (isinstance(value, str) and not has_whole_letters(value)):
            return False
        if name in _SIDE_FIELDS and _SIDE_FIELDS[name](_plain(value)) != value:
            return False
    return message.parent_id is None or type(message.parent_id) is str


def settings_from(record: Mapping[str, Any]) -> ConversationSettings:
    """Return the settings that a record holds; one that is odd is not set."""
    memory = record.get("memory")
    return ConversationSettings(
        model=_text(record.get("model")),
        system_prompt=_text(record.get("system_prompt")) or "",
        temperature=_temperature(record.get("temperature")),
        max_tokens=count_of(record.get("max_tokens")),
        memory=next((policy for policy in MEMORY_POLICIES if policy == memory), "all"),
    )


def conversation_from(record: Mapping[str, Any], messages: tuple[Message, ...] = ()) -> Conversation:
    """Return the conversation that a record holds, with these messages. Unknown fields are passed over, and odd
    values of side fields.

    Raises `BadRecord` where id, owner, title or one of its two times is missing or wrong.
    """
    source = record.get("title_source")
    settings = record.get("settings")
    return Conversation(
        id=_needed(record, "id"),
        owner=_needed(record, "owner"),
        title=_needed(record, "title"),
        created_at=_time(record, "created_at"),
        updated_at=_time(record, "updated_at"),
        title_source=next((each for each in TITLE_SOURCES if each == source), "auto"),
        head=_text(record.get("head")),
        pinned=record.get("pinned") is True,
        tags=_texts(record.get("tags")),
        trashed_at=_time_or_none(record, "trashed_at"),
        settings=settings_from(settings if isinstance(settings, dict) else {}),
        source=_text(record.get("source")),
        messages=messages,
        waiting=_waiting(record.get("waiting")),
    )

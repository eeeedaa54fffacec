"""Conversation values to plain JSON records and back: the one place that knows the shape in which they are written.

A record holds only strings, numbers, booleans, None, lists and dicts. Fields at their default are left out, so an old
file stays readable when a field is added. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chat.conversation import (
    MEMORY_POLICIES,
    ROLES,
    STATUSES,
    TITLE_SOURCES,
    Conversation,
    ConversationSettings,
    Message,
    Usage,
)

Record = dict[str, Any]


_FIELDS = {kind: dataclasses.fields(kind) for kind in (Conversation, ConversationSettings, Message, Usage)}
"""Asked once: asking a dataclass for its fields took half the time of writing a conversation."""


class BadRecord(ValueError):
    """A record that does not have the shape of what it should be; the text says which field is wrong."""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value, skip=())
    return value


def _fields(value: Any, skip: tuple[str, ...]) -> Record:
    record: Record = {}
    for each in _FIELDS[type(value)]:
        if each.name in skip or not each.init:
            continue
        present = getattr(value, each.name)
        if each.default is not dataclasses.MISSING and present == each.default:
            continue
        record[each.name] = _plain(present)
    return record


def message_record(message: Message) -> Record:
    """Return the message as a plain record; `message_from` gives it back."""
    return _fields(message, skip=())


def conversation_record(conversation: Conversation) -> Record:
    """Return the conversation without its messages as a plain record; `conversation_from` gives it back."""
    return _fields(conversation, skip=("messages",))


def plain_changes(changes: Mapping[str, Any]) -> Record:
    """Return the changed fields of a message or a conversation as a record holds them."""
    return {name: _plain(value) for name, value in changes.items()}


def _get(record: Mapping[str, Any], name: str, kinds: type | tuple[type, ...], default: Any = ...) -> Any:
    if name not in record:
        if default is ...:
            raise BadRecord(f"{name} is missing")
        return default
    value = record[name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
        raise BadRecord(f"{name} has the wrong type")
    return value


def _optional(record: Mapping[str, Any], name: str, kinds: type | tuple[type, ...]) -> Any:
    return None if record.get(name) is None else _get(record, name, kinds)


def _one_of(record: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str | None = None) -> Any:
    value = _get(record, name, str, ... if default is None else default)
    if value not in allowed:
        raise BadRecord(f"{name} is {value!r}, not one of {', '.join(allowed)}")
    return value


def _time(record: Mapping[str, Any], name: str) -> datetime:
    text = _get(record, name, str)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:  # overflow: midnight of the year 1, east of Greenwich
        raise BadRecord(f"{name} is no ISO 8601 time") from error


def _strings(record: Mapping[str, Any], name: str) -> tuple[str, ...]:
    items = _get(record, name, list, [])
    if not all(isinstance(item, str) for item in items):
        raise BadRecord(f"{name} holds something that is no text")
    return tuple(items)


def _usage(record: Mapping[str, Any]) -> Usage | None:
    usage = _optional(record, "usage", dict)
    return None if usage is None else Usage(_get(usage, "prompt_tokens", int), _get(usage, "completion_tokens", int))


def message_from(record: Mapping[str, Any]) -> Message:
    """Return the message that a record holds. Unknown fields are passed over.

    Raises `BadRecord` where a field is missing or has the wrong type.
    """
    return Message(
        id=_get(record, "id", str),
        parent_id=_optional(record, "parent_id", str),
        role=_one_of(record, "role", ROLES),
        content=_get(record, "content", str),
        created_at=_time(record, "created_at"),
        model=_optional(record, "model", str),
        status=_one_of(record, "status", STATUSES, "complete"),
        finish_reason=_optional(record, "finish_reason", str),
        error=_optional(record, "error", str),
        usage=_usage(record),
        first_token_ms=_optional(record, "first_token_ms", int),
        total_ms=_optional(record, "total_ms", int),
        reasoning=_get(record, "reasoning", str, ""),
        rating=_optional(record, "rating", int),
        rating_note=_get(record, "rating_note", str, ""),
        left_out=_get(record, "left_out", bool, False),
        trashed=_get(record, "trashed", bool, False),
        attachments=_strings(record, "attachments"),
        source=_optional(record, "source", str),
        process=_optional(record, "process", str),
    )


def settings_from(record: Mapping[str, Any]) -> ConversationSettings:
    """Return the settings that a record holds; raises `BadRecord` where a field has the wrong type."""
    temperature = _optional(record, "temperature", (int, float))
    if temperature is not None and not math.isfinite(temperature):
        raise BadRecord("temperature is no finite number")
    return ConversationSettings(
        model=_optional(record, "model", str),
        system_prompt=_get(record, "system_prompt", str, ""),
        temperature=None if temperature is None else float(temperature),
        max_tokens=_optional(record, "max_tokens", int),
        memory=_one_of(record, "memory", MEMORY_POLICIES, "all"),
    )


def conversation_from(record: Mapping[str, Any], messages: tuple[Message, ...] = ()) -> Conversation:
    """Return the conversation that a record holds, with these messages. Unknown fields are passed over.

    Raises `BadRecord` where a field is missing or has the wrong type.
    """
    return Conversation(
        id=_get(record, "id", str),
        owner=_get(record, "owner", str),
        title=_get(record, "title", str),
        created_at=_time(record, "created_at"),
        updated_at=_time(record, "updated_at"),
        title_source=_one_of(record, "title_source", TITLE_SOURCES, "auto"),
        head=_optional(record, "head", str),
        pinned=_get(record, "pinned", bool, False),
        tags=_strings(record, "tags"),
        trashed_at=_time(record, "trashed_at") if record.get("trashed_at") is not None else None,
        settings=settings_from(_get(record, "settings", dict, {})),
        source=_optional(record, "source", str),
        messages=messages,
    )

"""The formats whose conversations have no ids of their own: how each is told from the others, and read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formats.imports.outcome import Context, Format, Read, Skipped
from formats.imports.records.containers import BETWEEN_TWO
from formats.imports.records.messages import is_message, record_of, unwrapped
from formats.imports.records.preferences import paths_of
from formats.imports.records.speakers import NAMES, speaker_of
from formats.imports.records.turns import read_record
from formats.imports.values import field, identity, objects, text

CONVERSATION_KEYS = ("conversation_id", "conversationId", "chat_id", "chatId", "session_id", "thread_id", "dialog_id")


def claims_message(value: Any) -> bool:
    """Whether this is one message of a list, or a line of a session trace."""
    message = next(unwrapped([value]))
    return is_message(message) and _is_chat([message])


def claims_sharegpt(value: Any) -> bool:
    """Whether this is a conversation with `from` and `value`."""
    return any("from" in turn and "value" in turn for turn in objects(value, "conversations"))


def claims_record(value: Any) -> bool:
    """Whether this is a conversation: a list of messages, bare or under a usual key, or a question with answers."""
    is_between_two = isinstance(value, dict) and any(key in value for key in BETWEEN_TWO)
    return any(_is_chat(path) or is_between_two for path in paths_of(value))


def _is_chat(messages: list[Any]) -> bool:
    """Whether these are messages of a chat, and not letters or comments of people: they have roles."""
    return any(text(each, "role") or speaker_of(each) in NAMES for each in messages)


def conversation_of(value: Any) -> str:
    """Return the id of the conversation that a message says it is of, where it says so."""
    return identity(value, *CONVERSATION_KEYS)


def read_message_list(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    """Read the messages of one conversation, or of the sessions of a trace, one after the other."""
    sessions: list[tuple[Any, list[Any]]] = [({}, [])]
    for value in values:
        if field(value, "type") == "session" and not is_message(value):
            sessions.append((value, []))
        else:
            sessions[-1][1].extend(unwrapped([value]))
    if len(sessions) > 1 and not sessions[0][1]:
        del sessions[0]
    for session, messages in sessions:
        yield read_record(record_of("history", session, [messages]), context)


def _read_each(product: str, values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield read_record(record_of(product, value, paths_of(value)), context)


def read_records(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    yield from _read_each("jsonl", values, context)


def read_sharegpt(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    yield from _read_each("sharegpt", values, context)


HISTORY = Format("history.json", claims_message, read_message_list, whole=True, group=conversation_of)
SHAREGPT = Format("ShareGPT", claims_sharegpt, read_sharegpt)
RECORDS = Format("Messages in JSON", claims_record, read_records)

WITHOUT_IDS = (SHAREGPT, HISTORY, RECORDS)
"""The more particular ones first."""

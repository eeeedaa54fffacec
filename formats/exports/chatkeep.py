r"""Chatkeep JSON: one conversation, whole, in a file that Chatkeep takes back without loss and without doubles.

    {
      "format": "chatkeep",
      "version": 1,
      "conversation": {"id": ..., "title": ..., "created_at": ..., "updated_at": ..., "head": ..., ...},
      "messages": [{"id": ..., "parent_id": ..., "role": ..., "content": ..., "created_at": ..., ...}, ...]
    }

`conversation` and `messages` hold the fields of `chat.conversation.Conversation` and `Message`, as `chat/records.py`
writes them: every message of every branch in the order in which they were added, deleted ones too (`trashed`), the
tree by `parent_id`, the shown leaf as `head`, settings, tags, ratings and their notes, usage, times, sources. Fields at
their default are left out; readers pass over fields that they do not know. Times are ISO 8601 in UTC.

Two things stay at home: the owner, since the file belongs to whoever imports it, and the process that was writing an
answer. An answer that was still arriving leaves as `interrupted`, with the words that were there. What waited in line
for its end leaves as waiting for nothing: a file that is read has no model asked, a person does.

The file is JSON in UTF-8 without a byte order mark, indented, letters of every script as they are; half a surrogate
pair, which UTF-8 cannot carry, is its escape (`\ud83d`). The same conversation always gives the same bytes: no time of
the export is in it. `version` grows when an older Chatkeep would lose something by reading the file.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from chat.conversation import Conversation, Message
from chat.records import BadRecord, conversation_from, conversation_record, message_from, message_record
from chat.surrogates import joined_surrogates

FORMAT = "chatkeep"
VERSION = 1

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def to_chatkeep(conversation: Conversation) -> bytes:
    """Return the conversation as Chatkeep JSON; `from_chatkeep` gives it back."""
    about = conversation_record(_standing_still(conversation))
    del about["owner"]
    messages = [message_record(_at_rest(message)) for message in conversation.messages]
    record = {"format": FORMAT, "version": VERSION, "conversation": about, "messages": messages}
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Halves side by side are joined first: read back, their escapes would be one character.
        return _LONE_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", joined_surrogates(text)).encode()


def is_chatkeep(value: object) -> bool:
    """Return whether a parsed JSON value says of itself that it is Chatkeep JSON, of whatever version."""
    return isinstance(value, dict) and value.get("format") == FORMAT


def from_chatkeep(value: object, owner: str) -> Conversation:
    """Return the conversation that a parsed Chatkeep JSON value holds, as this owner's.

    Unknown fields are passed over. Raises ValueError with a short reason: `BadRecord`, where a field is missing or has
    the wrong type.
    """
    if not isinstance(value, dict) or not is_chatkeep(value):
        raise ValueError("This is not a Chatkeep file.")
    _check_version(value.get("version"))
    about = value.get("conversation")
    if not isinstance(about, dict):
        raise BadRecord("conversation is missing or has the wrong type")
    records = value.get("messages")
    if not isinstance(records, list):
        raise BadRecord("messages is missing or has the wrong type")
    messages = tuple(_message(record, number) for number, record in enumerate(records, start=1))
    if len({message.id for message in messages}) < len(messages):
        raise BadRecord("two messages have the same id")
    return _standing_still(conversation_from(about | {"owner": owner}, messages))


def _check_version(version: Any) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadRecord("version is missing or has the wrong type")
    if version > VERSION:
        raise ValueError("A newer Chatkeep wrote this file. Update Chatkeep, then import it again.")


def _message(record: object, number: int) -> Message:
    if not isinstance(record, dict):
        raise BadRecord(f"message {number} has the wrong type")
    try:
        return _at_rest(message_from(record))
    except BadRecord as error:
        raise BadRecord(f"message {number}: {error}") from error


def _standing_still(conversation: Conversation) -> Conversation:
    """Return the conversation with nothing in line that goes on by itself."""
    return replace(conversation, waiting=tuple(replace(each, after="") for each in conversation.waiting))


def _at_rest(message: Message) -> Message:
    """Return the message as no process is writing it."""
    if message.process is None and message.status != "streaming":
        return message
    status = "interrupted" if message.status == "streaming" else message.status
    return replace(message, status=status, process=None)

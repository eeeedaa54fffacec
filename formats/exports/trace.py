"""Session trace: JSONL in the Session Trace Simple Format, which the Hugging Face Hub shows in its trace viewer.

A line for the session, then one for each message of the shown path: role, content, `reasoningContent`, `model`,
`timestamp` in milliseconds. llama.cpp's web page writes the same. The settings' system prompt is the first message, as
it was the first that the model read. Fields that the format does not know are allowed in the session's line only, so
a message that is not whole is no different from others. Other branches are not in it; the session's line counts them.
Source: huggingface/hub-docs, `docs/hub/session-traces-format.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from chat.conversation import Conversation, Message
from chat.surrogates import printable
from formats.reading import in_other_branches, title_of

HARNESS = "chatkeep"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_trace(conversation: Conversation) -> bytes:
    """Return the conversation as a session trace: a JSON object a line, UTF-8."""
    # U+2028 and U+2029 are escaped: readers that split lines as JavaScript does would break the record there.
    lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in _records(conversation))
    return "".join(line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n" for line in lines).encode()


def _records(conversation: Conversation) -> Iterator[dict[str, Any]]:
    session: dict[str, Any] = {
        "type": "session",
        "harness": HARNESS,
        "id": printable(conversation.id),
        "name": title_of(conversation),
        "timestamp": conversation.created_at.astimezone(UTC).isoformat(),
    }
    if others := in_other_branches(conversation):
        session["inOtherBranches"] = others
    yield session
    if conversation.settings.system_prompt.strip():
        prompt = printable(conversation.settings.system_prompt)
        yield {"type": "message", "message": {"role": "system", "content": prompt}}
    for message in conversation.path():
        yield {"type": "message", "message": _message(message)}


def _message(message: Message) -> dict[str, Any]:
    record: dict[str, Any] = {"role": message.role, "content": printable(message.content)}
    if message.reasoning:
        record["reasoningContent"] = printable(message.reasoning)
    if message.model:
        record["model"] = printable(message.model)
    record["timestamp"] = (message.created_at - _EPOCH) // timedelta(milliseconds=1)
    return record

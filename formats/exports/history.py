"""`history.json`: the tutorial's download, a JSON list of `{"role", "content"}`, and nothing more.

The shape is what Panel's `ChatInterface.serialize()` gives: the messages of one conversation in order. It holds the
shown path only, and only what was said: no greeting, no system prompt, no error texts. Indented, because the tutorial
calls it well-formatted, and because people open it to read it; JSONL is the compact one.
"""

from __future__ import annotations

import json

from chat.conversation import Conversation
from chat.surrogates import printable


def history_messages(conversation: Conversation) -> list[dict[str, str]]:
    """Return the shown path as `{"role", "content"}`; a message without a word (a failed answer) is no message."""
    return [
        {"role": message.role, "content": printable(message.content)}
        for message in conversation.path()
        if message.role != "system" and message.content.strip()
    ]


def to_history(conversation: Conversation) -> bytes:
    """Return the conversation as `history.json`: UTF-8, indented, letters of every script as they are."""
    return (json.dumps(history_messages(conversation), ensure_ascii=False, indent=2) + "\n").encode()

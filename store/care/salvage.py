"""Reads what can still be read in a damaged file: every document that is whole, wherever it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from chat.conversation import Conversation
from chat.records import BadRecord, Record, conversation_from, message_from
from store.care.flaws import mended
from store.files.tables import CONVERSATION, MESSAGES, conversation_of, text_of

RECOVERED = " (recovered)"

_DOCUMENT = re.compile(r'"\d+"\s*:\s*(?=\{)')
"""How a document begins in a TinyDB table. Inside a text the quotes have a backslash before them."""


def salvaged(
    raw: bytes, conversation_id: str, owner: str, title: str, is_alive: Callable[[str], bool]
) -> Conversation | None:
    """Return a conversation of all messages that are whole in these bytes; None where there are none.

    `title` is taken where the file's own is lost. Links that lead to what is lost are mended, see `flaws`.
    """
    record: Record | None = None
    messages: list[Record] = []
    for document in _documents(text_of(raw, "replace")):
        if _is(document, message_from):
            messages.append(document)
        elif _is(document, conversation_from):
            record = document
    if not messages:
        return None
    times = sorted(message_from(message).created_at for message in messages)
    lost = {"title": title, "created_at": times[0].isoformat(), "updated_at": times[-1].isoformat()}
    known = lost | (record or {})
    known |= {"id": conversation_id, "owner": owner, "title": known["title"] + RECOVERED, "title_source": "manual"}
    numbered = {str(number): message for number, message in enumerate(messages, 1)}
    content, _ = mended({CONVERSATION: {"1": known}, MESSAGES: numbered}, conversation_id, owner, is_alive)
    return conversation_of(content)


def _documents(text: str) -> list[Record]:
    decoder = json.JSONDecoder()
    documents: list[Record] = []
    at = 0
    while (start := _DOCUMENT.search(text, at)) is not None:
        try:
            document, at = decoder.raw_decode(text, start.end())
        except (ValueError, RecursionError):
            at = start.end()
        else:
            documents.append(document)
    return documents


def _is(document: Record, kind: Callable[[Record], Any]) -> bool:
    try:
        kind(document)
    except BadRecord:
        return False
    return True

"""Le Chat's export: a zip of `chat-<id>.json`, each a list of messages and nothing around them.

Source: nexus-ai-chat-importer's `src/providers/lechat`, and the notes of others who took real exports apart. There is
no title, no model and no parent, and the list is not in order. `content` says once more what the chunks say, and the
model's thinking is a chunk of type `text` too, told apart by its `_context` only. `version` counts the edits of a
message; that a message is preferred over another (`preferenceOver`) makes the two siblings.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chat.conversation import Message, Role
from formats.imports.content import content_of
from formats.imports.enclosed import language_of, titled
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped
from formats.imports.part_kinds import kind_of_file, name_of
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import count, field, identity, moment, objects, text

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
LIKED = {"like", "liked", "good", "up", "positive", "thumbs_up", "thumbsup", "upvote"}
DISLIKED = {"dislike", "disliked", "bad", "down", "negative", "thumbs_down", "thumbsdown", "downvote"}
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def claims(value: Any) -> bool:
    """Whether this is a message of Le Chat's."""
    return bool(text(value, "chatId")) and isinstance(value, dict) and "contentChunks" in value


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    chats: dict[str, list[dict[str, Any]]] = {}
    for value in values:
        if text(value, "chatId"):
            chats.setdefault(text(value, "chatId"), []).append(value)
    for id, messages in chats.items():
        yield _read(id, messages, context)


def _read(chat_id: str, messages: list[dict[str, Any]], context: Context) -> Read:
    check_count(len(messages), context)
    nodes: list[Message] = []
    left_out = LeftOut()
    last: str | None = None
    for turn in _turns(messages):
        parent = last
        for message in turn:
            id = identity(message, "id") or f"{chat_id}:{len(nodes)}"
            version = count(message, "version")
            node, missed = _node(f"{id}:{version}" if version else id, parent, message)
            nodes.append(node)
            left_out += missed
            last = node.id
    return read_chat(Chat(product="lechat", id=chat_id, messages=nodes, head=last, left_out=left_out), context)


def _turns(messages: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the messages in order, those that are alternatives together, the one that counts at their end."""
    ordered = sorted(messages, key=lambda message: moment(message, "createdAt") or FIRST)
    turns: dict[str, list[dict[str, Any]]] = {}
    for place, message in enumerate(ordered):
        id = identity(message, "id") or f":{place}"
        over = text(message, "preferenceOver")
        turns.setdefault(over if over in turns else id, []).append(message)
    for turn in turns.values():
        turn.sort(key=lambda message: (bool(field(message, "preferenceOver")), count(message, "version") or 0))
    return list(turns.values())


def _node(id: str, parent: str | None, message: dict[str, Any]) -> tuple[Message, LeftOut]:
    words: list[str] = []
    thinking: list[str] = []
    files = list(objects(message, "files"))
    left_out = LeftOut(kind_of_file(file) for file in files)
    for chunk in objects(message, "contentChunks"):
        kind = text(chunk, "type")
        if text(chunk, "_context", "type") == "reasoning":
            thinking.append(text(chunk, "text"))
        elif kind == "text":
            words.append(text(chunk, "text"))
        elif kind != "reference":
            other = content_of(chunk)
            words.append(other.text)
            thinking.append(other.reasoning)
            left_out += other.left_out
    said = text(message, "content")
    said = said if said.strip() else "".join(words)
    written = [_canvas(each) for each in objects(message, "canvas")]
    left_out["file"] += written.count("")
    said = "\n\n".join(part for part in (said, *written) if part.strip()) if any(written) else said
    role = ROLES.get(text(message, "role"), HIDDEN)
    if role == "user" and not said.strip() and left_out:
        said = attached([name_of(file) for file in files] or [""])
    is_answer = role == "assistant"
    timing = field(message, "context", "completionTiming")
    node = Message(
        id,
        parent,
        role,
        said,
        created_at=moment(message, "createdAt") or UNDATED,
        first_token_ms=count(timing, "timeToFirstTokenMs") if is_answer else None,
        total_ms=count(timing, "completionDurationMs") if is_answer else None,
        reasoning="\n\n".join(part for part in thinking if part.strip()) if is_answer else "",
        rating=_rating(text(message, "reaction")) if is_answer else None,
        rating_note=text(message, "reactionComment") or text(message, "reactionDetail"),
    )
    return node, +left_out


def _canvas(canvas: dict[str, Any]) -> str:
    """Return a document that was written beside the answer; empty where its words are not in the export."""
    written = text(canvas, "content") or text(canvas, "text")
    kind = text(canvas, "type") or text(canvas, "mimeType")
    language = language_of(kind, text(canvas, "language"))
    return titled(text(canvas, "title") or text(canvas, "name"), written, language) if written.strip() else ""


def _rating(reaction: str) -> int | None:
    word = reaction.lower()
    return 1 if word in LIKED else -1 if word in DISLIKED else None


FORMAT = Format(
    "Le Chat",
    claims,
    read,
    whole=True,
    how="In Le Chat, open your account at admin.mistral.ai, Privacy, and export your data.",
)

"""LibreChat's export: one conversation as an object, its messages in a list, or nested when exported `recursive`.

Source: LibreChat's `importers.js` and its fixtures. The root's parent is an id of zeros. `isCreatedByUser` tells who
spoke; thinking is a part of `content`, or stands in `text` between `:::thinking` and `:::`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat.conversation import ConversationSettings, Message, Status
from formats.imports.content import content_of, document
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.part_kinds import kind_of_file, name_of
from formats.imports.tree import UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import count, field, identity, items, moment, number, objects, text

PROVIDERS = {
    "openai": "openai",
    "azureopenai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "mistral": "mistral",
}
THINKING, END_OF_THINKING = ":::thinking", ":::"
FAILED = "The answer failed in LibreChat."
RATINGS = {"thumbsUp": 1, "thumbsDown": -1}


def claims(value: Any) -> bool:
    messages = list(objects(_messages(value)))
    is_own = not messages or any("messageId" in message or "isCreatedByUser" in message for message in messages)
    return bool(text(value, "conversationId")) and _messages(value) is not None and is_own


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _messages(value: Any) -> list[Any] | None:
    return next((found for name in ("messagesTree", "messages") if isinstance(found := field(value, name), list)), None)


def _read(value: Any, context: Context) -> Read:
    options = field(value, "options")
    endpoint = text(value, "endpoint") or text(options, "endpoint")
    nodes: list[Message] = []
    left_out = LeftOut()
    # A list of what is still to read, not recursion: the nesting is as deep as the chat is long.
    waiting: list[tuple[Any, str | None]] = [(message, None) for message in reversed(_messages(value) or [])]
    while waiting:
        message, above = waiting.pop()
        if not isinstance(message, dict):
            continue
        check_count(len(nodes), context)
        id = identity(message, "messageId") or f"{text(value, 'conversationId')}:{len(nodes)}"
        parent = above or text(message, "parentMessageId") or None
        node, missed = _node(id, parent, message, endpoint, text(options, "model"))
        nodes.append(node)
        left_out += missed
        waiting += [(child, id) for child in reversed(items(message, "children"))]
    if not nodes:
        raise Unreadable("has no messages")
    chat = Chat(
        product="librechat",
        id=text(value, "conversationId"),
        messages=nodes,
        title=text(value, "title"),
        created_at=moment(value, "createdAt"),
        updated_at=moment(value, "updatedAt"),
        settings=ConversationSettings(
            system_prompt=text(options, "promptPrefix") or text(options, "system"),
            temperature=number(options, "temperature"),
            max_tokens=count(options, "max_tokens") or None,
        ),
        tags=tuple(_tags(value)),
        left_out=left_out,
    )
    return read_chat(chat, context)


def _tags(value: Any) -> Iterator[str]:
    yield from (tag for tag in items(value, "tags") if isinstance(tag, str) and tag.strip())
    if field(value, "isArchived") is True:
        yield "archived"


def _node(id: str, parent: str | None, message: dict[str, Any], endpoint: str, model: str) -> tuple[Message, LeftOut]:
    is_user = field(message, "isCreatedByUser") is True
    words, thinking, left_out, error = _said(message)
    names: list[str] = []
    for file in [*objects(message, "files"), *objects(message, "attachments")]:
        if text(file, "text").strip():
            words = "\n\n".join(part for part in (words, document(name_of(file), text(file, "text"))) if part.strip())
        else:
            names.append(name_of(file))
            left_out[kind_of_file(file)] += 1
    if is_user and not words.strip() and left_out:
        words = attached(names or [""])
    if field(message, "error") is True and not is_user:
        words, error = "", words.strip() or error or FAILED
    is_unfinished = field(message, "unfinished") is True and not is_user
    status: Status = "failed" if error else "interrupted" if is_unfinished else "complete"
    where = (text(message, "endpoint") or endpoint).lower()
    node = Message(
        id,
        parent,
        "user" if is_user else "assistant",
        words,
        created_at=moment(message, "createdAt") or UNDATED,
        model=model_id(text(message, "model") or model, PROVIDERS.get(where), otherwise="librechat"),
        status=status,
        finish_reason=text(message, "finish_reason") or None if not is_user else None,
        error=error or None,
        reasoning="" if is_user else thinking,
        rating=None if is_user else RATINGS.get(text(message, "feedback", "rating")),
        rating_note=text(message, "feedback", "text"),
    )
    return node, left_out


def _said(message: dict[str, Any]) -> tuple[str, str, LeftOut, str]:
    """Return words, thinking, what is left out, and the text of an error among the parts."""
    words: list[str] = []
    thinking: list[str] = []
    left_out, error = LeftOut(), ""
    for part in objects(message, "content"):
        kind = text(part, "type")
        if kind == "error":
            error = text(part, "error") or text(part, "text") or FAILED
            continue
        said_here = content_of(part)
        words.append(said_here.text)
        thinking.append(said_here.reasoning)
        left_out += said_here.left_out
    said = "\n\n".join(word for word in words if word.strip()) or text(message, "text")
    if said.startswith(THINKING) and (end := said.find(END_OF_THINKING, len(THINKING))) > 0:
        thinking.append(said[len(THINKING) : end].strip())
        said = said[end + len(END_OF_THINKING) :].lstrip("\n")
    return said, "\n\n".join(part for part in thinking if part.strip()), left_out, error


FORMAT = Format(
    "LibreChat",
    claims,
    read,
    how="In LibreChat, open a chat, choose the export button at its top, and JSON as the type.",
)

"""From a foreign export's messages, with links of any quality, to the tree that a conversation is.

Importers make a `Message` of each, under its product's own id: one that is not shown is `hidden`, one whose file has no
date is `UNDATED`. Here all that are shown get ids, links and dates as they are kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chat.conversation import Conversation, ConversationSettings, Message, Role, newest_leaf
from chat.surrogates import printable
from chat.thinking import split_thinking
from chat.titles import UNTITLED, auto_title
from formats.imports.ids import made_id, source_of
from formats.imports.outcome import Context, LeftOut, Read, Unreadable, nothing_to_show

NOT_SET = ConversationSettings()

HIDDEN: Role = "system"
"""The role of a message that Chatkeep does not take: a hidden one, one of the system or of a tool. Others hang on it,
so it is in the tree. No message that is shown has this role: instructions are settings of the conversation."""

UNDATED = datetime(1, 1, 1, tzinfo=UTC)
"""The date of a message that has none in its file, until it gets that of the message above it."""


def hidden(id: str, parent_id: str | None, reasoning: str = "") -> Message:
    """Return a message that is not shown; its thinking goes to the next answer below."""
    return Message(id, parent_id, HIDDEN, "", UNDATED, reasoning=reasoning)


def is_shown(message: Message) -> bool:
    """Whether Chatkeep takes a message of a product's, and there is something to see of it."""
    return message.role != HIDDEN and bool(message.content.strip() or message.error or message.reasoning)


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation as its product has it. Dates and head may be missing or wrong."""

    product: str
    """In lower case, as in `source`: `chatgpt`."""
    id: str
    messages: list[Message]
    """Under the product's own ids, in any order, with those that are not shown. Of two with the same id the first
    counts."""
    title: str = ""
    head: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    settings: ConversationSettings = NOT_SET
    pinned: bool = False
    tags: tuple[str, ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)


def read_chat(chat: Chat, context: Context) -> Read:
    """Return the conversation that the chat is.

    A message whose parent is missing becomes a root, and so does one where a circle closes. Raises `Unreadable` where
    there is nothing to show, or more than the limits allow.
    """
    check_count(len(chat.messages), context)
    messages, head = _tree(chat, context)
    if not messages:
        raise nothing_to_show(chat.left_out, chat.settings.system_prompt)
    source = source_of(chat.product, chat.id)
    earliest = min(message.created_at for message in messages)
    created_at = chat.created_at or earliest
    title = single_line(chat.title, context)
    conversation = Conversation(
        id=made_id(source),
        owner=context.owner,
        title=title or title_from(messages),
        title_source="manual" if title else "auto",
        created_at=created_at,
        updated_at=max(created_at, chat.updated_at or max(message.created_at for message in messages)),
        head=head or newest_leaf(messages),
        pinned=chat.pinned,
        tags=chat.tags,
        settings=chat.settings,
        source=source,
        messages=messages,
    )
    if head and head != messages[-1].id:  # a product's head may be older than what was said since
        conversation = replace(conversation, head=conversation.leaf_below(head))
    return Read(conversation, +chat.left_out)


def check_count(messages: int, context: Context) -> None:
    """Raise `Unreadable` where a conversation has more messages than the limits allow."""
    if messages > context.limits.messages:
        raise Unreadable(f"has more than {context.limits.messages:,} messages")


def single_line(title: str, context: Context) -> str:
    """Return a title in one line, as long as titles are at most; empty where it has no words."""
    words = " ".join(printable(title).split())
    return auto_title(words, context.limits.title_characters) if words else ""


def title_from(messages: Iterable[Message]) -> str:
    """Return the title that the first question gives, or the first message where nobody asked."""
    first: Message | None = None
    for message in messages:
        if message.content.strip():
            first = first or message
            if message.role == "user":
                first = message
                break
    return UNTITLED if first is None else auto_title(printable(first.content))


def attached(names: Iterable[str]) -> str:
    """Return the words that stand for a question which was nothing but attachments: the answer is about them."""
    return "\n".join(f"[attachment: {name}]" if name else "[attachment]" for name in names)


def _tree(chat: Chat, context: Context) -> tuple[tuple[Message, ...], str | None]:
    """Return the messages that are shown, with ids, links and dates as they are kept, and the id of the chat's head."""
    by_id: dict[str, Message] = {}
    for message in chat.messages:
        by_id.setdefault(message.id, message)
    by_id = without_circles(by_id)
    shown = {id: message for id, message in by_id.items() if is_shown(message)}
    above = _shown_above(by_id, shown)
    dates = [message.created_at for message in shown.values() if message.created_at != UNDATED]
    first_date = chat.created_at or min(dates, default=None) or chat.updated_at or context.now
    made: dict[str, Message] = {}
    for message in _in_order(shown, above):
        parent = made.get(above[message.id] or "")
        is_answer = message.role == "assistant"
        thinking, content = split_thinking(message.content) if is_answer else ("", message.content)
        date = message.created_at
        if date == UNDATED:
            date = parent.created_at if parent else min([first_date, *dates])
        # Words are printable: what UTF-8 cannot carry would come back as another message.
        made[message.id] = Message(
            id=made_id(f"{chat.product}:{message.id}"),
            parent_id=parent.id if parent else None,
            role=message.role,
            content=printable(content),
            created_at=date,
            model=message.model if is_answer else None,
            status=message.status,
            finish_reason=message.finish_reason,
            error=printable(message.error) if message.error else None,
            usage=message.usage,
            first_token_ms=message.first_token_ms,
            total_ms=message.total_ms,
            reasoning=printable(_reasoning(message, by_id, shown, thinking)) if is_answer else "",
            rating=message.rating,
            rating_note=printable(message.rating_note) if message.rating else "",
            source=source_of(chat.product, message.id),
        )
    head = made.get(chat.head or "") or made.get(above.get(chat.head or "") or "")
    return tuple(made.values()), head.id if head else None


def without_circles(messages: dict[str, Message]) -> dict[str, Message]:
    """Return the messages by id with links that hold: a missing parent, and one that closes a circle, become None."""
    good = dict(messages)
    sound: set[str] = set()
    for start in messages:
        line: dict[str, None] = {}
        at: str | None = start
        while at in messages and at not in sound and at not in line:
            line[at] = None
            at = messages[at].parent_id
        if line and at is not None and at not in sound:
            cut = at if at in line else next(reversed(line))
            good[cut] = replace(messages[cut], parent_id=None)
        sound.update(line)
    return good


def _shown_above(messages: dict[str, Message], shown: Mapping[str, Message]) -> dict[str, str | None]:
    """Return, for each message, the nearest shown one above it."""
    above: dict[str, str | None] = {}
    for start in messages:
        line: list[str] = []
        at = start
        while at not in above:
            line.append(at)
            parent = messages[at].parent_id
            if parent is None:
                above[at] = None
                break
            at = parent
        for id in reversed(line):
            parent = messages[id].parent_id
            if parent is not None:
                above[id] = parent if parent in shown else above[parent]
    return above


def _in_order(shown: Mapping[str, Message], above: dict[str, str | None]) -> Iterator[Message]:
    """Yield parents before what hangs on them, and otherwise the older first, as they were added."""
    below: dict[str | None, list[tuple[int, Message]]] = {}
    for place, message in enumerate(shown.values()):
        below.setdefault(above[message.id], []).append((place, message))
    waiting: list[tuple[datetime, int, Message]] = []

    def wait(parent: str | None, earliest: datetime) -> None:
        for place, message in below.get(parent, []):
            heapq.heappush(waiting, (max(message.created_at, earliest), place, message))

    wait(None, UNDATED)
    while waiting:
        date, _, message = heapq.heappop(waiting)
        yield message
        wait(message.id, date)


def _reasoning(message: Message, messages: dict[str, Message], shown: Mapping[str, Message], thinking: str) -> str:
    """Return the message's thinking and the one that stood in its words, after that of hidden ones above it."""
    parts = [thinking, message.reasoning] if thinking not in message.reasoning else [message.reasoning]
    above = message.parent_id
    while above is not None and above not in shown:
        parts.append(messages[above].reasoning)
        above = messages[above].parent_id
    return "\n\n".join(part for part in reversed(parts) if part.strip())

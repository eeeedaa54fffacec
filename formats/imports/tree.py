"""From a foreign export's messages, with links of any quality, to the tree that a conversation is."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from chat.conversation import Conversation, ConversationSettings, Message, Role, Status, Usage, newest_leaf
from chat.surrogates import printable
from chat.thinking import split_thinking
from chat.titles import UNTITLED, auto_title
from formats.imports.ids import made_id, source_of
from formats.imports.outcome import Context, LeftOut, Read, Unreadable, nothing_to_show

NOT_SET = ConversationSettings()


@dataclass(frozen=True, slots=True)
class Node:
    """A message as its product has it. What is not shown is in the tree too: others hang on it."""

    id: str
    parent: str | None
    role: Role | None = None
    """None: a message that Chatkeep does not take (hidden, of the system, of a tool)."""
    content: str = ""
    created_at: datetime | None = None
    model: str | None = None
    status: Status = "complete"
    finish_reason: str | None = None
    error: str | None = None
    usage: Usage | None = None
    first_token_ms: int | None = None
    total_ms: int | None = None
    reasoning: str = ""
    """Of a message that is not shown: it goes to the next answer below."""
    rating: int | None = None
    rating_note: str = ""

    @property
    def is_shown(self) -> bool:
        return self.role is not None and bool(self.content.strip() or self.error or self.reasoning)


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation as its product has it. Dates and head may be missing or wrong."""

    product: str
    """In lower case, as in `source`: `chatgpt`."""
    id: str
    nodes: list[Node]
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
    check_count(len(chat.nodes), context)
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
        head=head,
        pinned=chat.pinned,
        tags=chat.tags,
        settings=chat.settings,
        source=source,
        messages=messages,
    )
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
    nodes: dict[str, Node] = {}
    for node in chat.nodes:
        nodes.setdefault(node.id, node)
    nodes = without_circles(nodes)
    shown = [node for node in nodes.values() if node.is_shown]
    above = _shown_above(nodes)
    dates = [node.created_at for node in shown if node.created_at]
    first_date = chat.created_at or min(dates, default=None) or chat.updated_at or context.now
    ids = {node.id: made_id(f"{chat.product}:{node.id}") for node in shown}
    messages: dict[str, Message] = {}
    for node in _in_order(shown, above):
        parent = messages.get(above[node.id] or "")
        thinking, content = split_thinking(node.content) if node.role == "assistant" else ("", node.content)
        # Words are printable: what UTF-8 cannot carry would come back as another message.
        messages[node.id] = Message(
            id=ids[node.id],
            parent_id=parent.id if parent else None,
            role=node.role or "user",
            content=printable(content),
            created_at=node.created_at or (parent.created_at if parent else min([first_date, *dates])),
            model=node.model if node.role == "assistant" else None,
            status="complete" if node.status == "streaming" else node.status,
            finish_reason=node.finish_reason,
            error=printable(node.error) if node.error else None,
            usage=node.usage,
            first_token_ms=node.first_token_ms,
            total_ms=node.total_ms,
            reasoning=printable(_reasoning(node, nodes, thinking)) if node.role == "assistant" else "",
            rating=node.rating,
            rating_note=printable(node.rating_note) if node.rating else "",
            source=source_of(chat.product, node.id),
        )
    head = chat.head if chat.head in messages else above.get(chat.head or "")
    made = tuple(messages.values())
    return made, leaf_below(made, ids[head]) if head is not None else newest_leaf(made)


def leaf_below(messages: tuple[Message, ...], head: str) -> str:
    """Return the newest leaf at or below a message: a product's head may be older than what was said since."""
    newest = {message.parent_id: message.id for message in messages if message.parent_id is not None}
    while head in newest:
        head = newest[head]
    return head


def without_circles(nodes: dict[str, Node]) -> dict[str, Node]:
    """Return the nodes by id with links that hold; see `sound_parents`."""
    parents = sound_parents({id: node.parent for id, node in nodes.items()})
    return {id: node if node.parent == parents[id] else replace(node, parent=parents[id]) for id, node in nodes.items()}


def sound_parents(parents: dict[str, str | None]) -> dict[str, str | None]:
    """Return the parent of each id; one that is missing, and one that closes a circle, becomes None."""
    good = dict(parents)
    sound: set[str] = set()
    for start in parents:
        line: dict[str, None] = {}
        at: str | None = start
        while at in parents and at not in sound and at not in line:
            line[at] = None
            at = parents[at]
        if line and at is not None and at not in sound:
            good[at if at in line else next(reversed(line))] = None
        sound.update(line)
    return good


def _shown_above(nodes: dict[str, Node]) -> dict[str, str | None]:
    """Return, for each node, the nearest shown one above it."""
    above: dict[str, str | None] = {}
    for start in nodes:
        line: list[str] = []
        at = start
        while at not in above:
            line.append(at)
            parent = nodes[at].parent
            if parent is None:
                above[at] = None
                break
            at = parent
        for id in reversed(line):
            parent = nodes[id].parent
            if parent is not None:
                above[id] = parent if nodes[parent].is_shown else above[parent]
    return above


def _in_order(shown: list[Node], above: dict[str, str | None]) -> Iterable[Node]:
    """Yield parents before what hangs on them, and otherwise the older first, as they were added."""
    children: dict[str | None, list[tuple[int, Node]]] = {}
    for place, node in enumerate(shown):
        children.setdefault(above[node.id], []).append((place, node))
    waiting: list[tuple[float, int, Node]] = []

    def wait(parent: str | None, earliest: float) -> None:
        for place, node in children.get(parent, []):
            date = node.created_at.timestamp() if node.created_at else earliest
            heapq.heappush(waiting, (max(date, earliest), place, node))

    wait(None, 0.0)
    while waiting:
        date, _, node = heapq.heappop(waiting)
        yield node
        wait(node.id, date)


def _reasoning(node: Node, nodes: dict[str, Node], thinking: str) -> str:
    """Return the node's thinking and the one that stood in its words, after that of hidden messages above it."""
    parts = [thinking, node.reasoning] if thinking not in node.reasoning else [node.reasoning]
    parent = node.parent
    while parent is not None and not nodes[parent].is_shown:
        parts.append(nodes[parent].reasoning)
        parent = nodes[parent].parent
    return "\n\n".join(part for part in reversed(parts) if part.strip())

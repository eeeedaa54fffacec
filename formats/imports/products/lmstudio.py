"""LM Studio's `<ms>.conversation.json`: one conversation, each of its messages in one or more versions.

Source: YorkieDev/lm-studio-conversation-converter (`script.js`) and ispaure/migration-chatgpt-to-lmstudio. A message
has no id and may be edited in place, so ids are made from words, below the conversation's `createdAt`, which is its
file's name too. A date is only in an answer's `stepIdentifier`, which begins with milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

from chat.conversation import ConversationSettings, Message, Role, Status, Usage
from formats.imports.content import content_of
from formats.imports.ids import made_id, word_ids
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import count, field, items, moment, number, objects, text, usage

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
ENDINGS: dict[str, tuple[Status, str | None]] = {
    "eosFound": ("complete", "stop"),
    "stopStringFound": ("complete", "stop"),
    "maxPredictedTokensReached": ("complete", "length"),
    "contextLengthReached": ("complete", "length"),
    "userStopped": ("stopped", None),
    "failed": ("interrupted", None),
    "modelUnloaded": ("interrupted", None),
}


@dataclass(frozen=True, slots=True)
class Version:
    """What one version of a message says."""

    words: str
    thinking: str = ""
    left_out: LeftOut = attribute(default_factory=LeftOut)
    date: datetime | None = None
    model: str = ""
    stats: Any = None


def claims(value: Any) -> bool:
    return any(isinstance(field(message, "versions"), list) for message in objects(value, "messages"))


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    messages = list(objects(value, "messages"))
    check_count(sum(len(items(message, "versions")) for message in messages), context)
    created_at = moment(value, "createdAt")
    start = f"{number(value, 'createdAt') or text(value, 'createdAt') or text(value, 'name')}"
    nodes: list[Message] = []
    left_out = LeftOut()
    last: str | None = None
    for message in messages:
        shown = count(message, "currentlySelected") or 0
        parent, selected = last, None
        for place, version in enumerate(items(message, "versions")):
            node, missed = _node(version, parent, start)
            left_out += missed
            nodes.append(node)
            if place == shown or selected is None:
                selected = node.id
        last = selected or last
    if not nodes:
        raise Unreadable("has no messages")
    prompts = (
        text(each, "value")
        for each in objects(value, "perChatPredictionConfig", "fields")
        if text(each, "key") == "llm.prediction.systemPrompt"
    )
    chat = Chat(
        product="lmstudio",
        id=start or made_id("\n".join(node.id for node in nodes if node.parent_id is None)),
        messages=nodes,
        title=text(value, "name"),
        head=last,
        created_at=created_at,
        pinned=field(value, "pinned") is True,
        settings=ConversationSettings(system_prompt=next(prompts, "") or text(value, "systemPrompt")),
        left_out=left_out,
    )
    return read_chat(chat, context)


def _node(version: Any, parent: str | None, start: str) -> tuple[Message, LeftOut]:
    role = ROLES.get(text(version, "role"), HIDDEN)
    said = _steps(version) if text(version, "type") == "multiStep" else _content(version)
    words = said.words
    if role == "user" and not words.strip() and said.left_out:
        words = attached([""] * said.left_out.total())
    id = word_ids([(text(version, "role"), words)], parent or start)[0]
    name = said.model or text(version, "senderInfo", "senderName")
    if role != "assistant":
        return Message(id, parent, role, words, UNDATED), said.left_out
    status, reason = ENDINGS.get(text(said.stats, "stopReason"), ("complete", None))
    first, total = number(said.stats, "timeToFirstTokenSec"), number(said.stats, "totalTimeSec")
    node = Message(
        id,
        parent,
        role,
        words,
        created_at=said.date or UNDATED,
        model=model_id(name, "lmstudio"),
        status=status,
        finish_reason=reason,
        usage=_usage(said.stats),
        first_token_ms=None if first is None or first < 0 else int(first * 1000),
        total_ms=None if total is None or total < 0 else int(total * 1000),
        reasoning=said.thinking,
    )
    return node, said.left_out


def _usage(stats: Any) -> Usage | None:
    return usage(stats, ("promptTokensCount", "predictedTokensCount"))


def _content(part: Any) -> Version:
    content = field(part, "content")
    if isinstance(content, str):
        return Version(content)
    # The result of a tool belongs to its call, which counts.
    read = content_of([each for each in objects(content) if text(each, "type") != "toolCallResult"])
    return Version(read.text, read.reasoning, LeftOut(read.left_out))


def _steps(version: Any) -> Version:
    """Return what the steps of an answer say together. A step that calls a tool, or thinks, is one of them."""
    words: list[str] = []
    thinking: list[str] = []
    left_out = LeftOut()
    date, model, stats = None, "", None
    for step in objects(version, "steps"):
        if text(step, "type") != "contentBlock":
            continue
        said = _content(step)
        left_out += said.left_out
        is_thinking = text(step, "style", "type") == "thinking"
        (thinking if is_thinking else words).append(said.words)
        thinking.append(said.thinking)
        milliseconds = text(step, "stepIdentifier").split("-")[0]
        if date is None and milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) == 13:
            date = moment(int(milliseconds))
        model = text(step, "genInfo", "identifier") or text(step, "genInfo", "indexedModelIdentifier") or model
        stats = field(step, "genInfo", "stats") or stats
    return Version(
        "\n\n".join(word for word in words if word.strip()),
        "\n\n".join(part for part in thinking if part.strip()),
        left_out,
        date,
        model,
        stats,
    )


FORMAT = Format(
    "LM Studio",
    claims,
    read,
    how="Its chats are the .conversation.json files in the folder .lmstudio/conversations of your home folder.",
)

"""Claude Code's sessions: `~/.claude/projects/<folder>/<session>.jsonl`, one line for each thing that happened.

Source: the many public readers of these transcripts, which agree on the fields used here. Their traps: one answer is
several lines, a block each; a tool's result is a line of type `user`; so is what a command printed; `isMeta` and
`isSidechain` are no part of what was shown; after a compaction `parentUuid` is null and `logicalParentUuid` goes on;
the title is a line of its own (`summary`, newer `ai-title` or `custom-title`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chat.conversation import Message, Role
from formats.imports.content import content_of
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, hidden, is_shown, read_chat
from formats.imports.values import field, moment, text, usage

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
TITLES = {"custom-title": "customTitle", "ai-title": "aiTitle", "summary": "summary"}
"""Lines that name the session, the one that counts most first."""
_COMMAND = re.compile(r"\s*<(?:command-\w+|local-command-\w+|system-reminder|bash-\w+|task-notification)>")


def claims(value: Any) -> bool:
    """Whether this is a message of a session."""
    is_message = text(value, "type") in ROLES and isinstance(field(value, "message"), dict)
    return is_message and bool(text(value, "uuid")) and bool(text(value, "sessionId"))


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    check_count(len(values), context)
    lines = [value for value in values if isinstance(value, dict)]
    nodes: list[Message] = []
    left_out = LeftOut()
    for line in lines:
        if text(line, "uuid"):
            node, missed = _node(line)
            nodes.append(node)
            left_out += missed
    session = next((text(line, "sessionId") for line in reversed(lines) if text(line, "sessionId")), "")
    if not nodes:
        raise Unreadable("has no messages")
    yield read_chat(
        Chat(
            product="claude-code",
            id=session or nodes[0].id,
            messages=nodes,
            title=_title(lines),
            head=next((node.id for node in reversed(nodes) if is_shown(node)), None),
            left_out=left_out,
        ),
        context,
    )


def _title(lines: list[Any]) -> str:
    for kind, name in TITLES.items():
        found = [text(line, name) for line in lines if text(line, "type") == kind]
        if found:
            return found[-1]
    return ""


def _node(line: Any) -> tuple[Message, LeftOut]:
    id, parent = text(line, "uuid"), text(line, "parentUuid") or text(line, "logicalParentUuid") or None
    role = ROLES.get(text(line, "type"), HIDDEN)
    message = field(line, "message")
    content = content_of(field(message, "content"), "\n\n")
    if role == HIDDEN or _is_hidden(line):
        is_aside = role != HIDDEN and field(line, "isSidechain") is True
        return hidden(id, parent), LeftOut({"message": 1} if is_aside else {})
    left_out = LeftOut(content.left_out)
    words = content.text
    if role == "user" and _COMMAND.match(words):
        return hidden(id, parent), LeftOut({"message": 1})
    if role == "user" and not words.strip() and content.attachments:
        words = attached(content.attachments)
    is_error = field(line, "isApiErrorMessage") is True
    is_thinking = role == "assistant" and not words.strip() and not is_error
    node = Message(
        id,
        parent,
        HIDDEN if is_thinking else role,
        "" if is_error else words,
        created_at=moment(line, "timestamp") or UNDATED,
        model=None if text(message, "model") == "<synthetic>" else model_id(text(message, "model"), "anthropic"),
        status="failed" if is_error else "complete",
        error=words if is_error else None,
        usage=usage(field(message, "usage"), ("input_tokens", "output_tokens")) if role == "assistant" else None,
        reasoning=content.reasoning,
    )
    return node, left_out


def _is_hidden(line: Any) -> bool:
    return any(field(line, name) is True for name in ("isMeta", "isSidechain", "isCompactSummary"))


FORMAT = Format(
    "Claude Code",
    claims,
    read,
    whole=True,
    how="Its sessions are the .jsonl files in the folder .claude/projects of your home folder.",
)

"""Codex's sessions: `~/.codex/sessions/<year>/<month>/<day>/rollout-….jsonl`, one line for each thing that happened.

Source: the many public readers of these files, which agree on the fields used here. Their traps: what a person typed is
there twice, as an event (`user_message`) and as an item with the role `user`, and other items with that role were put
in by Codex itself (`<environment_context>`, instructions); so the events tell what was typed. A model's name is in the
`turn_context` before its answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from chat.conversation import Message, Role
from formats.imports.content import content_of
from formats.imports.ids import word_ids
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import HIDDEN, UNDATED, Chat, check_count, read_chat
from formats.imports.values import field, moment, text

TYPES = ("session_meta", "response_item", "event_msg", "turn_context", "compacted")
PUT_IN = ("<environment_context>", "<user_instructions>", "<turn_aborted>", "<permissions", "# AGENTS.md instructions")
"""How messages begin that Codex wrote in the user's name."""


def claims(value: Any) -> bool:
    """Whether this is a line of a session."""
    return text(value, "type") in TYPES and isinstance(field(value, "payload"), dict) and "timestamp" in value


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    check_count(len(values), context)
    lines = [value for value in values if claims(value)]
    has_events = any(text(line, "payload", "type") == "user_message" for line in lines)
    session = next((text(line, "payload", "id") for line in lines if text(line, "type") == "session_meta"), "")
    nodes: list[Message] = []
    left_out = LeftOut()
    model = ""
    for line in lines:
        if text(line, "type") == "turn_context":
            model = text(line, "payload", "model") or model
            continue
        node, missed = _node(line, nodes[-1].id if nodes else f"codex\n{session}", model, has_events)
        left_out += missed
        if node is not None:
            nodes.append(node if nodes else replace(node, parent_id=None))
    if not nodes:
        raise Unreadable("has no messages")
    yield read_chat(
        Chat(product="codex", id=session or nodes[0].id, messages=nodes, head=nodes[-1].id, left_out=left_out), context
    )


def _node(line: Any, before: str, model: str, has_events: bool) -> tuple[Message | None, LeftOut]:
    payload = field(line, "payload")
    kind, type = text(line, "type"), text(payload, "type")
    at = moment(line, "timestamp")
    if kind == "event_msg" and type == "user_message":
        words = text(payload, "message")
        return _made("user", words, before, at=at), LeftOut({"picture": len(payload.get("images") or ())})
    if kind != "response_item":
        return None, LeftOut()
    if type == "reasoning":
        thought = content_of({"type": "reasoning", "summary": payload.get("summary")}).reasoning
        return (_made(HIDDEN, "", before, at=at, reasoning=thought) if thought else None), LeftOut()
    if type != "message":
        return None, LeftOut({"tool call": 1}) if type.endswith("_call") else LeftOut()
    said = content_of(payload.get("content"))
    if text(payload, "role") == "assistant":
        return _made("assistant", said.text, before, at=at, model=model_id(model, "openai")), LeftOut(said.left_out)
    is_typed = text(payload, "role") == "user" and not said.text.lstrip().startswith(PUT_IN)
    if has_events or not is_typed:
        return None, LeftOut()
    return _made("user", said.text, before, at=at), LeftOut(said.left_out)


def _made(
    role: Role, words: str, before: str, *, at: datetime | None, model: str | None = None, reasoning: str = ""
) -> Message:
    speaker = "" if role == HIDDEN else role
    id = word_ids([(speaker, f"{words}\n{reasoning}")], before)[0]
    return Message(id, before, role, words, at or UNDATED, model, reasoning=reasoning)


FORMAT = Format(
    "Codex",
    claims,
    read,
    whole=True,
    how="Its sessions are the .jsonl files in the folder .codex/sessions of your home folder.",
)

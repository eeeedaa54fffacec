"""Grok's export: `prod-grok-backend.json` in a zip, `{"conversations": [{"conversation": {}, "responses": []}]}`.

Source: HalluScribe's reader and others made from real exports. Their traps: `sender` is `human`, `assistant`,
`ASSISTANT` or a model's name, and only `human` is the user; a response's date is MongoDB's
`{"$date": {"$numberLong": "…"}}` while the conversation's is ISO 8601; `leaf_response_id` is mostly empty, or names a
response that is not there; a message holds tags that only Grok's page draws: citation cards, tool cards, artifacts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chat.conversation import Message, Role
from formats.imports.enclosed import cited, titled
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import field, identity, items, moment, objects, text

_CITATION = re.compile(r"<grok:render\b.*?(?:</grok:render>|/>)", re.DOTALL)
_TOOL = re.compile(r"<xai:tool_usage_card\b.*?</xai:tool_usage_card>", re.DOTALL)
_ARTIFACT = re.compile(r"<xaiArtifact\b(?P<about>[^>]*)>(?P<words>.*?)(?:</xaiArtifact>|\Z)", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def claims(value: Any) -> bool:
    return any(_is_chat(chat) for chat in chats_in(value))


def chats_in(value: Any) -> list[Any]:
    return [value] if _is_chat(value) else items(value, "conversations")


def _is_chat(value: Any) -> bool:
    return isinstance(field(value, "conversation"), dict) and isinstance(field(value, "responses"), list)


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    about = field(value, "conversation")
    responses = [field(each, "response") or each for each in objects(value, "responses")]
    check_count(len(responses), context)
    chat_id = identity(about, "id")
    is_tree = any(text(response, "parent_response_id") for response in responses)
    if not is_tree:
        responses.sort(key=lambda response: date.timestamp() if (date := _date(response)) else 0.0)
    nodes: list[Message] = []
    left_out = LeftOut()
    for number, response in enumerate(responses):
        id = identity(response, "_id", "id") or f"{chat_id}:{number}"
        before = nodes[-1].id if nodes else None
        node, missed = _node(id, (text(response, "parent_response_id") or None) if is_tree else before, response)
        nodes.append(node)
        left_out += missed
    if not nodes:
        raise Unreadable("has no messages")
    chat = Chat(
        product="grok",
        id=chat_id or nodes[0].id,
        messages=nodes,
        title=text(about, "title"),
        head=text(about, "leaf_response_id") or None,
        created_at=moment(about, "create_time"),
        updated_at=moment(about, "modify_time"),
        pinned=field(about, "starred") is True,
        left_out=left_out,
    )
    return read_chat(chat, context)


def _node(id: str, parent: str | None, response: Any) -> tuple[Message, LeftOut]:
    role: Role = "user" if text(response, "sender").lower() == "human" else "assistant"
    said, calls = _words(text(response, "message")) if role == "assistant" else (text(response, "message"), 0)
    left_out = LeftOut({"tool call": calls})
    left_out["file"] += len(items(response, "file_attachments"))
    pictures = len(items(response, "generated_image_urls"))
    left_out["picture"] += pictures
    sources = objects(response, "cited_web_search_results")
    said = cited(said, ((text(each, "title"), text(each, "url")) for each in sources))
    if not said.strip() and role == "user" and left_out["file"]:
        said = attached([""] * left_out["file"])
    elif not said.strip() and pictures:
        said = "\n".join(["[picture]"] * pictures)
    traces = [text(each, "thinking_trace") for each in objects(response, "agent_thinking_traces")]
    thinking = text(response, "thinking_trace") or "\n\n".join(trace for trace in traces if trace.strip())
    error = text(response, "error") or text(response, "error", "message")
    node = Message(
        id,
        parent,
        role,
        said,
        created_at=_date(response) or UNDATED,
        model=model_id(text(response, "model"), "xai"),
        status="failed" if error else "complete",
        error=error or None,
        reasoning=thinking,
    )
    return node, +left_out


def _words(said: str) -> tuple[str, int]:
    """Return an answer without the tags that only Grok's page draws, and how many tools it used."""
    if "<" not in said:
        return said, 0
    said, calls = _TOOL.subn("", said)
    said = re.sub(r"[ \t]*" + _CITATION.pattern, "", said, flags=re.DOTALL)
    return _ARTIFACT.sub(_document, said).strip() if calls or "<xaiArtifact" in said else said, calls


def _document(match: re.Match[str]) -> str:
    about = dict(_ATTRIBUTE.findall(match["about"]))
    kind = about.get("contentType", "")
    language = None if kind in ("", "text/markdown", "text/plain") else kind.rpartition("/")[2]
    return f"\n\n{titled(about.get('title', ''), match['words'], language)}\n\n"


def _date(response: Any) -> datetime | None:
    date = field(response, "create_time", "$date")
    written = text(date, "$numberLong")
    if written.isascii() and written.isdigit() and len(written) < 16:
        return moment(int(written))
    return moment(date) or moment(response, "create_time")


FORMAT = Format(
    "Grok",
    claims,
    read,
    unfold=chats_in,
    how="At accounts.x.ai/data (or Settings, Data controls), download your data; the zip comes by e-mail.",
)

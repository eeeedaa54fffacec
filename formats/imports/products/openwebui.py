"""Open WebUI's export: a list of chats, each with its tree of messages in `chat.history`.

Source: LibreChat's fixture `openwebui-export.json`, and `models/chats.py` and `utils/misc.py` of open_webui 0.12.4. A
model's thinking is in `output`, and once more as `<details type="reasoning">` inside of `content`, where tool calls
are too; ratings are 1 and -1, as numbers or as texts; an older export has `chat.messages` in place of the tree. The
inner `chat` alone is what is copied out of its database. Where several models answered, a merged answer stands in one
of the answers, and the conversation went on from it.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chat.conversation import ConversationSettings, Message, Role
from formats.imports.content import content_of
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.part_kinds import kind_of_file, name_of
from formats.imports.tree import HIDDEN, UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import count, field, identity, items, moment, number, objects, text, usage

ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
DETAILS = '<details type="'
END_OF_DETAILS = "</details>"
NOT_WORDS = ("reasoning", "tool_calls", "code_interpreter")
TOKENS = (
    ("prompt_tokens", "completion_tokens"),
    ("input_tokens", "output_tokens"),
    ("prompt_eval_count", "eval_count"),
)


def claims(value: Any) -> bool:
    chat = field(value, "chat")
    if isinstance(chat, dict):
        return isinstance(chat.get("history"), dict) or isinstance(chat.get("messages"), list)
    messages = field(value, "history", "messages")
    return isinstance(messages, dict) and any("role" in each for each in messages.values() if isinstance(each, dict))


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _read(value, context)


def _read(value: Any, context: Context) -> Read:
    chat = value["chat"] if isinstance(field(value, "chat"), dict) else value
    messages = _messages(chat)
    check_count(len(messages), context)
    nodes: list[Message] = []
    left_out = LeftOut()
    merged: dict[str, str] = {}
    system = text(chat, "params", "system") or text(chat, "system")
    models = [each for each in items(chat, "models") if isinstance(each, str)]
    model = models[0] if len(models) == 1 else ""
    for id, message in messages.items():
        before = nodes[-1].id if nodes else None
        parent = text(message, "parentId") if "parentId" in message else before
        node, missed = _node(id, parent or None, message, model)
        nodes.append(node)
        left_out += missed
        if words := text(message, "merged", "content"):
            merged[id] = f"{id}:merged"
            nodes.append(Message(merged[id], node.parent_id, "assistant", words, created_at=node.created_at))
        if not system and text(message, "role") == "system":
            system = text(message, "content")
    if not nodes:
        raise Unreadable("has no messages")
    if merged:  # a message may stand before the merged answer that it hangs on
        nodes = [replace(node, parent_id=merged.get(node.parent_id or "", node.parent_id)) for node in nodes]
    current = text(chat, "history", "currentId")
    found = Chat(
        product="openwebui",
        id=identity(value, "id") or identity(chat, "id") or nodes[0].id,
        messages=nodes,
        title=text(value, "title") or text(chat, "title"),
        head=merged.get(current, current) or None,
        created_at=moment(value, "created_at") or moment(chat, "timestamp"),
        updated_at=moment(value, "updated_at"),
        settings=ConversationSettings(
            system_prompt=system,
            temperature=number(chat, "params", "temperature"),
            max_tokens=count(chat, "params", "max_tokens") or None,
        ),
        pinned=field(value, "pinned") is True,
        tags=_tags(value),
        left_out=left_out,
    )
    return read_chat(found, context)


def _messages(chat: Any) -> dict[str, dict[str, Any]]:
    tree = field(chat, "history", "messages")
    if isinstance(tree, dict) and tree:
        return {id: message for id, message in tree.items() if isinstance(message, dict)}
    line = list(objects(tree if isinstance(tree, list) else field(chat, "messages")))
    return {identity(message, "id") or f"{identity(chat, 'id')}:{place}": message for place, message in enumerate(line)}


def _node(id: str, parent: str | None, message: dict[str, Any], model: str) -> tuple[Message, LeftOut]:
    role = ROLES.get(text(message, "role"), HIDDEN)
    files = items(message, "files")
    content = content_of(field(message, "content"))
    left_out = LeftOut(content.left_out)
    left_out.update(kind_of_file(file) for file in files)
    left_out["source"] += len(items(message, "sources")) or len(items(message, "citations"))
    said = content.text if not isinstance(field(message, "content"), str) else text(message, "content")
    thinking = ""
    if role == "assistant":
        said, thinking, calls = _without_details(said)
        left_out["tool call"] += calls
        thinking = _output(message, "reasoning") or thinking
        said = said if said.strip() else _output(message, "message")
    elif role == "user" and not said.strip() and left_out:
        said = attached([name_of(file) for file in objects(files)] or [""])
    error = _error(message) if role == "assistant" else None
    is_cut_off = role == "assistant" and field(message, "done") is False
    rating = _rating(field(message, "annotation", "rating"))
    node = Message(
        id,
        parent,
        role,
        said,
        created_at=moment(message, "timestamp") or UNDATED,
        model=model_id(text(message, "model") or model, otherwise="openwebui"),
        status="failed" if error else "interrupted" if is_cut_off else "complete",
        error=error,
        usage=usage(field(message, "usage"), *TOKENS) or usage(field(message, "info"), *TOKENS),
        reasoning=thinking,
        rating=rating,
        rating_note=text(message, "annotation", "comment"),
    )
    return node, +left_out


def _without_details(said: str) -> tuple[str, str, int]:
    """Return the words without what Open WebUI folds into them; the thinking in it; the number of tool calls."""
    kept, thinking, calls, at = [], [], 0, 0
    while (begin := said.find(DETAILS, at)) >= 0:
        kind = said[begin + len(DETAILS) : begin + len(DETAILS) + 40].split('"', 1)[0]
        end = said.find(END_OF_DETAILS, begin)
        if kind not in NOT_WORDS:
            kept.append(said[at : begin + len(DETAILS)])
            at = begin + len(DETAILS)
            continue
        if end < 0:
            break
        kept.append(said[at:begin])
        at = end + len(END_OF_DETAILS)
        if kind == "reasoning":
            thinking.append(_unfolded(said[begin:end]))
        else:
            calls += 1
    kept.append(said[at:])
    words = "".join(kept)
    return words.lstrip("\n") if thinking or calls else words, "\n\n".join(thinking), calls


def _unfolded(details: str) -> str:
    inside = details.split(">", 1)[-1]
    inside = inside.rsplit("</summary>", 1)[-1]
    lines = html.unescape(inside).strip().split("\n")
    return "\n".join(line.removeprefix("> ").removeprefix(">") for line in lines)


def _output(message: dict[str, Any], kind: str) -> str:
    """Return the words of the parts of `output` that are of this kind."""
    parts = [
        text(part, "text")
        for each in objects(message, "output")
        if text(each, "type") == kind
        for part in [*objects(each, "content"), *objects(each, "summary")]
    ]
    return "\n\n".join(part for part in parts if part.strip())


def _error(message: dict[str, Any]) -> str | None:
    error = field(message, "error")
    if not error:
        return None
    return text(error, "content") or (error if isinstance(error, str) else "") or "The answer failed in Open WebUI."


def _rating(rating: Any) -> int | None:
    return {"1": 1, "-1": -1}.get(str(rating)) if isinstance(rating, int | str) else None


def _tags(value: Any) -> tuple[str, ...]:
    tags = items(value, "meta", "tags") or items(value, "chat", "tags") or items(value, "tags")
    names = [tag if isinstance(tag, str) else text(tag, "name") for tag in tags]
    names += ["archived"] if field(value, "archived") is True else []
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))


FORMAT = Format(
    "Open WebUI",
    claims,
    read,
    how="In Open WebUI, open Settings, Data Controls (or Chats), Export Chats.",
)

"""Gemini in Google's Takeout: a list of what was asked ("My Activity"), or a file a conversation (Workspace).

Source: the readers of 420AI and llm-aggregator, made from real exports. `MyActivity.json` has one record for each
question, newest first, with neither a conversation nor an id: the question is the `title` after a verb, the answer is
HTML, and other activity stands between them. What was asked with less than half an hour between is one conversation.
The verb is translated for accounts in other languages; then the whole title is kept where there is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from chat.conversation import Message, Role
from formats.imports.html_words import words_of_html
from formats.imports.ids import made_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped, Unreadable
from formats.imports.tree import UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import field, items, moment, number, objects, text

PAUSE = timedelta(minutes=30)
ASKED = re.compile(r"(?:Prompted with: |Asked (?:Gemini|Bard): |(?:Prompted|Asked|Said|Branched|Answered)\s)")
OTHER = re.compile(r"(?:Created|Used|Added|Gave|Selected|Shared|Deleted|Viewed|Edited|Pinned|Renamed|Exported)\s")
ATTACHED = re.compile(r"\s*Attached \d+ files?\.?\s*$")
THOUGHT = ("headline", "description")
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def claims_record(value: Any) -> bool:
    """Whether this is a record of "My Activity" that is Gemini's: records of Search and YouTube look the same."""
    if not isinstance(field(value, "title"), str) or not text(value, "time"):
        return False
    labels = " ".join([text(value, "header"), *(each for each in items(value, "products") if isinstance(each, str))])
    return "gemini" in labels.lower() or "bard" in labels.lower()


def read_records(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    records = [value for value in values if claims_record(value)]
    records.sort(key=_time)
    together: list[Any] = []
    for record in records:
        if together and _time(record) - _time(together[-1]) > PAUSE:
            yield from _sitting(together, context)
            together = []
        together.append(record)
    yield from _sitting(together, context)


def _sitting(records: list[Any], context: Context) -> Iterator[Read | Skipped]:
    nodes: list[Message] = []
    left_out = LeftOut()
    for record in records:
        asked, title = _asked(record), text(record, "title")
        if asked is None:
            left_out["message"] += 1
            continue
        id = made_id(f"{text(record, 'time')}\n{title}")
        files = items(record, "attachedFiles") or ([record] if text(record, "imageFile") else [])
        left_out["file"] += len(files) or bool(ATTACHED.search(title))
        question = asked or attached([""])
        nodes.append(Message(id, nodes[-1].id if nodes else None, "user", question, created_at=_time(record)))
        if answer := _answer(record):
            nodes.append(Message(f"{id}:answer", id, "assistant", answer, created_at=_time(record)))
    if nodes:
        yield read_chat(
            Chat(product="gemini", id=nodes[0].id, messages=nodes, head=nodes[-1].id, left_out=left_out), context
        )


def _time(record: Any) -> datetime:
    return moment(record, "time") or FIRST


def _asked(record: Any) -> str | None:
    """Return what a person asked, or None where the record is of something else."""
    title = text(record, "title").strip()
    if asked := ASKED.match(title):
        return ATTACHED.sub("", title[asked.end() :]).strip()
    is_question = not OTHER.match(title) and _answer(record)
    return ATTACHED.sub("", title).strip() if is_question else None


def _answer(record: Any) -> str:
    parts = (words_of_html(text(each, "html")) for each in objects(record, "safeHtmlItem"))
    return "\n\n".join(part for part in parts if part)


def claims_conversation(value: Any) -> bool:
    return any("user_turn" in turn or "system_turn" in turn for turn in objects(value, "conversation_turns"))


def read_conversations(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    for value in values:
        yield _conversation(value, context)


def _conversation(value: Any, context: Context) -> Read:
    turns = list(objects(value, "conversation_turns"))
    check_count(len(turns), context)
    start = f"{text(value, 'creation_time')}\n{text(value, 'title')}"
    nodes: list[Message] = []
    left_out = LeftOut()
    for place, turn in enumerate(turns):
        asked, answered = field(turn, "user_turn"), field(turn, "system_turn")
        said = asked if isinstance(asked, dict) else answered
        index = number(said, "turn_index")
        role: Role = "user" if isinstance(asked, dict) else "assistant"
        pictures = len(items(said, "images"))
        left_out["picture"] += pictures
        words = text(said, "prompt") if role == "user" else _cards(said)
        thoughts = [
            text(each, name) for each in objects(said, "model_thoughts") for name in ("headline", "description")
        ]
        node = Message(
            made_id(f"{start}\n{role}\n{place if index is None else index:.0f}\n{words}"),
            nodes[-1].id if nodes else None,
            role,
            words if words.strip() or not pictures else "\n".join(["[picture]"] * pictures),
            created_at=moment(said, "turn_last_modified") or UNDATED,
            reasoning="\n\n".join(thought for thought in thoughts if thought.strip()),
        )
        nodes.append(node)
    if not nodes:
        raise Unreadable("has no messages")
    chat = Chat(
        product="gemini",
        id=made_id(start) if text(value, "creation_time") else nodes[0].id,
        messages=nodes,
        title=text(value, "title"),
        head=nodes[-1].id,
        created_at=moment(value, "creation_time"),
        updated_at=moment(value, "last_modification_time"),
        left_out=left_out,
    )
    return read_chat(chat, context)


def _cards(turn: Any) -> str:
    parts: list[str] = []
    for each in objects(turn, "text"):
        parts += [text(each, "data"), *(text(card, "content") for card in objects(each, "cards"))]
    return "\n\n".join(part for part in parts if part.strip())


HOW = 'At takeout.google.com choose "My Activity", in it "Gemini Apps", and JSON as its format.'
ACTIVITY = Format("Gemini", claims_record, read_records, whole=True, how=HOW)
CONVERSATIONS = Format("Gemini", claims_conversation, read_conversations)

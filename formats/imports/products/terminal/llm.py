"""The log of the command line tool `llm`: what `llm logs --json` prints, a list of questions with their answers.

Source: simonw/llm, `llm/cli.py` (`logs_list`) and `docs/logging.md`. Each record is one exchange; those with the same
`conversation_id` are one conversation, whose name is its first question.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chat.conversation import ConversationSettings, Message
from formats.imports.model_names import model_id
from formats.imports.outcome import Context, Format, LeftOut, Read, Skipped
from formats.imports.part_kinds import kind_of_file
from formats.imports.tree import UNDATED, Chat, attached, check_count, read_chat
from formats.imports.values import count, field, identity, items, moment, number, objects, text, usage

FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def claims(value: Any) -> bool:
    """Whether this is a record of the log."""
    return all(isinstance(field(value, name), str) for name in ("prompt", "response", "datetime_utc", "model"))


def read(values: list[Any], context: Context) -> Iterator[Read | Skipped]:
    chats: dict[str, list[Any]] = {}
    for value in values:
        if claims(value):
            chats.setdefault(text(value, "conversation_id") or identity(value, "id"), []).append(value)
    for id, records in chats.items():
        yield _read(id, records, context)


def _read(chat_id: str, records: list[Any], context: Context) -> Read:
    check_count(2 * len(records), context)
    records.sort(key=lambda record: moment(record, "datetime_utc") or FIRST)
    nodes: list[Message] = []
    left_out = LeftOut()
    for place, record in enumerate(records):
        id = identity(record, "id") or f"{chat_id}:{place}"
        left_out.update(kind_of_file(file) for file in objects(record, "attachments"))
        left_out["tool call"] += len(items(record, "tool_calls"))
        before = nodes[-1].id if nodes else None
        nodes += [_question(f"{id}:prompt", before, record), _answer(id, f"{id}:prompt", record)]
    first = records[0]
    chat = Chat(
        product="llm",
        id=chat_id or nodes[0].id,
        messages=nodes,
        title=text(first, "conversation_name"),
        head=nodes[-1].id,
        settings=ConversationSettings(
            system_prompt=next((text(record, "system") for record in records if text(record, "system").strip()), ""),
            temperature=number(first, "options_json", "temperature"),
            max_tokens=count(first, "options_json", "max_tokens") or None,
        ),
        left_out=+left_out,
    )
    return read_chat(chat, context)


def _question(id: str, parent: str | None, record: Any) -> Message:
    fragments = [text(each, "content") for each in objects(record, "prompt_fragments")]
    said = "\n\n".join(part for part in (*fragments, text(record, "prompt")) if part.strip())
    files = list(objects(record, "attachments"))
    if not said and files:
        said = attached(text(file, "path").rsplit("/", 1)[-1] for file in files)
    return Message(id, parent, "user", said, created_at=moment(record, "datetime_utc") or UNDATED)


def _answer(id: str, question: str, record: Any) -> Message:
    return Message(
        id,
        question,
        "assistant",
        text(record, "response"),
        created_at=moment(record, "datetime_utc") or UNDATED,
        model=model_id(text(record, "model"), otherwise="llm"),
        usage=usage(record, ("input_tokens", "output_tokens")),
        total_ms=count(record, "duration_ms"),
        reasoning=text(record, "reasoning"),
    )


FORMAT = Format("llm", claims, read, whole=True, how="Run: llm logs --json -n 0 > llm.json")

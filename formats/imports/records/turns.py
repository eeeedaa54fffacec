"""Conversations without ids: lines of messages whose ids are made from their words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from chat.conversation import Conversation, ConversationSettings, Message, Role, Usage
from formats.imports.ids import made_id, own_id, source_of, word_ids
from formats.imports.outcome import Context, LeftOut, Read, nothing_to_show
from formats.imports.tree import check_count, single_line, title_from


class Turn(NamedTuple):  # a tuple takes a third of the time in which a frozen dataclass is made
    """One message, in its place in the line."""

    role: Role
    content: str
    reasoning: str = ""
    created_at: datetime | None = None
    model: str | None = None
    usage: Usage | None = None
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A conversation as a file has it, without ids."""

    product: str
    """In lower case, as in `source`: `jsonl`."""
    paths: list[list[Turn]]
    """The line that is shown, then the others; where two begin with the same words they are one up to there."""
    system: str = ""
    title: str = ""
    created_at: datetime | None = None
    left_out: LeftOut = field(default_factory=LeftOut)


def read_record(record: Record, context: Context) -> Read:
    """Return the conversation that the turns are: the same words always have the same ids.

    Where a manifest says which conversation of Chatkeep's it is, id, title and dates are that one's. Raises
    `Unreadable` where nobody says anything.
    """
    check_count(max((len(path) for path in record.paths), default=0), context)
    paths = [said for path in record.paths if (said := [turn for turn in path if _says_something(turn)])]
    if not paths:
        raise nothing_to_show(record.left_out, record.system)
    about = context.about
    dates = [turn.created_at for path in paths for turn in path if turn.created_at]
    begun = (about and about.created_at) or record.created_at or min(dates, default=context.now)
    ids = [word_ids((turn.role, turn.content) for turn in path) for path in paths]
    messages = tuple(_messages(record.product, paths, ids, begun))
    check_count(len(messages), context)
    head = ids[0][-1]
    title = single_line(about.title if about else record.title, context)
    conversation = Conversation(
        id=own_id(about.id) if about else made_id(f"words:{head}"),
        owner=context.owner,
        title=title or title_from(messages),
        title_source="manual" if title else "auto",
        created_at=begun,
        updated_at=max([begun, *dates, (about and about.updated_at) or begun]),
        head=head,
        settings=ConversationSettings(system_prompt=record.system),
        source=None if about else source_of(record.product, head),
        messages=messages,
    )
    return Read(conversation, +record.left_out, has_identity=False)


def _says_something(turn: Turn) -> bool:
    return bool(turn.content.strip() or (turn.role == "assistant" and turn.reasoning.strip()))


def _messages(product: str, paths: list[list[Turn]], ids: list[list[str]], begun: datetime) -> Iterator[Message]:
    """Yield the messages of all paths, each once, those above before those below."""
    known: set[str] = set()
    for path, ids_of_path in zip(paths, ids, strict=True):
        above: str | None = None
        date = begun
        for id, turn in zip(ids_of_path, path, strict=True):
            date = turn.created_at or date
            if id not in known:
                known.add(id)
                yield _message(product, id, above, turn, date)
            above = id


def _message(product: str, id: str, above: str | None, turn: Turn, date: datetime) -> Message:
    is_answer = turn.role == "assistant"
    return Message(
        id=id,
        parent_id=above,
        role=turn.role,
        content=turn.content,
        created_at=date,
        model=turn.model if is_answer else None,
        usage=turn.usage if is_answer else None,
        reasoning=turn.reasoning if is_answer else "",
        rating=turn.rating if is_answer else None,
        source=source_of(product, id),
    )

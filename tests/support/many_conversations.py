"""Thousands of conversations on a disk, written as files at once: as many as somebody has after years."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from chat.conversation import Conversation, Message, utc_now
from store.disk.atomic import json_bytes
from store.files.tables import Change

OWNER = "personal"
SUBJECTS = ("the tram in Lisbon", "bread that rises", "a window function", "tax and rent", "the colour of the sky")


def one_of_many(number: int) -> Conversation:
    """Return a conversation of two turns; the higher the number, the longer ago."""
    moment = utc_now() - timedelta(hours=number)
    subject = SUBJECTS[number % len(SUBJECTS)]
    said = (
        ("user", f"What about {subject}?"),
        ("assistant", f"There is much to say about {subject}, and this is answer number{number}."),
        ("user", "And then?"),
        ("assistant", "Then it goes on as before."),
    )
    messages: list[Message] = []
    for role, content in said:
        parent = messages[-1].id if messages else None
        model = ("mistral/small" if number % 2 else "openai/echo") if role == "assistant" else None
        messages.append(Message(f"m{len(messages)}", parent, role, content, moment, model=model))  # type: ignore[arg-type]
    return Conversation(f"{number:032x}", OWNER, f"Chat {number}", moment, moment, head="m3", messages=tuple(messages))


def write_many(data: Path, number: int) -> None:
    """Write so many conversations into a data folder that no app has open."""
    folder = data / OWNER
    folder.mkdir(parents=True)
    for each in map(one_of_many, range(number)):
        (folder / f"{each.id}.json").write_bytes(json_bytes(Change.of_new(each).content))

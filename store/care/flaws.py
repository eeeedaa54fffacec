"""What can be wrong inside a conversation that can be read, and how it is put right: pure functions over its tables.

One walk names the flaws and mends them, so `check` and `repair` cannot disagree. No word is dropped or changed, no
message is moved that hangs on something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chat.conversation import newest_leaf
from chat.records import Record, message_from
from store.files.tables import CONVERSATION, MESSAGES, Content
from store.keeping import FlawKind


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong in a conversation."""

    kind: FlawKind
    text: str
    """What is wrong, short: `2 messages hang on messages that are missing`."""
    remedy: str
    """What `mended` did about it: `they begin branches of their own`."""


def mended(
    content: Content, conversation_id: str, owner: str | None, is_alive: Callable[[str], bool]
) -> tuple[Content, tuple[Flaw, ...]]:
    """Return the tables of a conversation put right, and what was wrong. The tables given stay as they are.

    `owner` is the one whose folder the file is in; None where nobody knows.
    """
    messages = {number: dict(content[MESSAGES][number]) for number in sorted(content[MESSAGES], key=int)}
    ((number, record),) = content[CONVERSATION].items()
    record = dict(record)
    flaws = (
        _part_doubles(messages),
        _root_orphaned(messages),
        _open_circles(messages),
        _end_orphans(messages, is_alive),
        _set_head(record, messages),
        _set_identity(record, conversation_id, owner),
    )
    together = content | {CONVERSATION: {number: record}, MESSAGES: messages}
    return together, tuple(flaw for flaw in flaws if flaw is not None)


def _part_doubles(messages: dict[str, Record]) -> Flaw | None:
    # The last one of an id is the one that is shown; it keeps the id, and so what hangs on it.
    last = {message["id"]: number for number, message in messages.items()}
    taken = set(last)
    doubles = [number for number, message in messages.items() if last[message["id"]] != number]
    for number in doubles:
        message = messages[number]
        if message == messages[last[message["id"]]]:
            del messages[number]
            continue
        copy = 2
        while f"{message['id']}-{copy}" in taken:
            copy += 1
        message["id"] = f"{message['id']}-{copy}"
        taken.add(message["id"])
    if not doubles:
        return None
    return Flaw(
        "double",
        f"{_counted(len(doubles), 'message has', 'messages have')} the id of another",
        "what says the same is there once, and what says something else is a branch beside it",
    )


def _root_orphaned(messages: dict[str, Record]) -> Flaw | None:
    ids = {message["id"] for message in messages.values()}
    lost = [each for each in messages.values() if each.get("parent_id") is not None and each["parent_id"] not in ids]
    for message in lost:
        message["parent_id"] = None
    if not lost:
        return None
    return Flaw(
        "parent",
        f"{_counted(len(lost), 'message answers', 'messages answer')} one that is missing",
        "each begins a branch of its own",
    )


def _open_circles(messages: dict[str, Record]) -> Flaw | None:
    by_id = {message["id"]: message for message in messages.values()}
    order = {id: index for index, id in enumerate(by_id)}
    settled: set[str] = set()
    circles = 0
    for id in by_id:
        line: list[str] = []
        here: set[str] = set()
        at: str | None = id
        while at is not None and at not in settled and at not in here:
            line.append(at)
            here.add(at)
            at = by_id[at].get("parent_id")
        if at in here:
            first = min(line[line.index(at or "") :], key=order.__getitem__)
            by_id[first]["parent_id"] = None
            circles += 1
        settled |= here
    if not circles:
        return None
    return Flaw(
        "circle",
        f"{_counted(circles, 'line of messages leads', 'lines of messages lead')} back to itself",
        "each begins with its oldest message",
    )


def _end_orphans(messages: dict[str, Record], is_alive: Callable[[str], bool]) -> Flaw | None:
    orphans = 0
    for message in messages.values():
        if message.get("status") == "streaming" and not is_alive(message.get("process") or ""):
            message["status"] = "interrupted"
            message.pop("process", None)
            orphans += 1
    if not orphans:
        return None
    return Flaw(
        "orphan",
        f"{_counted(orphans, 'answer is', 'answers are')} being written by a process that is gone",
        "marked as interrupted, with the words that are there",
    )


def _set_head(record: Record, messages: dict[str, Record]) -> Flaw | None:
    if not messages or record.get("head") in {message["id"] for message in messages.values()}:
        return None
    record["head"] = newest_leaf(tuple(message_from(message) for message in messages.values()))
    return Flaw("head", "the message it should be shown from is missing", "it is shown from its newest message")


def _set_identity(record: Record, conversation_id: str, owner: str | None) -> Flaw | None:
    wanted = {"id": conversation_id} | ({} if owner is None else {"owner": owner})
    wrong = [name for name, value in wanted.items() if record[name] != value]
    if not wrong:
        return None
    record.update(wanted)
    return Flaw(
        "identity",
        f"its {' and '.join(wrong)} {'are others' if len(wrong) > 1 else 'is another'} than its place says",
        "it is what its place says",
    )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"

"""One conversation as TinyDB tables: read from a file, changed in memory, written once.

TinyDB reads and writes its storage at every operation, so a verb of three operations could leave a third of itself
behind. `Tables` is such a storage for one verb: it starts with what was read, keeps what TinyDB writes, and the store
puts the outcome on the disk in one piece. Any TinyDB opens the file.
"""

from __future__ import annotations

import codecs
import dataclasses
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tinydb import TinyDB, where
from tinydb.storages import Storage

from chat.conversation import Conversation, Message
from chat.records import BadRecord, Record, conversation_from, conversation_record, message_from, message_record
from store.conversations import LaterVersion
from store.disk.atomic import Stamp, stamp_of
from store.rules import CONVERSATION_FIELDS, LATER_VERSION, MESSAGE_FIELDS, Changes

CONVERSATION = "conversation"
MESSAGES = "messages"

VERSION = 2
"""Of a conversation's file: `version` of the document in its table `conversation`. A file without one is of version 1,
which had all else, and every earlier version is read. What a later one means is not known, so it is never changed."""

Content = dict[str, dict[str, Record]]
"""What a file holds: tables by name, in each the documents by number. Shared by readers, so never changed in place."""


_OUR_TABLE = re.compile(r'"conversation"\s*:\s*\{\s*"\d+"\s*:\s*\{')
"""How the table begins that every conversation's file has. Inside a text the quotes have a backslash before them."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Damaged(Exception):
    """What is at the path is no conversation; the text says why, short."""

    def __init__(self, reason: str, *, has_our_table: bool = False) -> None:
        super().__init__(reason)
        self.has_our_table = has_our_table
        """It was a conversation, and is damaged. Otherwise it may be anybody's file."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A conversation as one version of its file has it."""

    conversation: Conversation
    content: Content
    stamp: Stamp
    is_later: bool = False
    """A later version of the program wrote it."""


class Tables(Storage):
    """What TinyDB reads and writes while one verb runs."""

    def __init__(self, content: Content) -> None:
        # TinyDB changes documents in place, but never what is inside their fields.
        self.content = {
            name: {number: dict(document) for number, document in table.items()} for name, table in content.items()
        }
        self.changed = False

    def read(self) -> Content:
        return self.content

    def write(self, data: Content) -> None:
        self.content = data
        self.changed = True


class Change:
    """A conversation while a verb changes it, as a value and as tables at once."""

    def __init__(self, conversation: Conversation, content: Content) -> None:
        self.conversation = conversation
        self._tables = Tables(content)
        self._database = TinyDB(storage=lambda: self._tables)

    @classmethod
    def of_new(cls, conversation: Conversation) -> Change:
        """Begin with a conversation that has no file yet."""
        # As TinyDB numbers and writes them; inserted one by one, each is copied twice.
        messages = {str(number): message_record(each) for number, each in enumerate(conversation.messages, start=1)}
        record = conversation_record(conversation) | {"version": VERSION}
        content = {CONVERSATION: {"1": record}, MESSAGES: messages}
        return cls(dataclasses.replace(conversation, head=conversation.shown_head), content)

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self._tables.changed

    @property
    def content(self) -> Content:
        return self._tables.content

    def add(self, *messages: Message) -> None:
        """Add messages; the rules have been asked."""
        self._database.table(MESSAGES).insert_multiple(message_record(message) for message in messages)
        self.conversation = dataclasses.replace(self.conversation, messages=(*self.conversation.messages, *messages))

    def put(self, message: Message) -> None:
        """Put the message in the place of the one with its id. One that is the same changes nothing."""
        if message == self.conversation.message(message.id):
            return
        self._database.table(MESSAGES).update(
            lambda document: _fill(document, message_record(message), MESSAGE_FIELDS), where("id") == message.id
        )
        messages = tuple(message if each.id == message.id else each for each in self.conversation.messages)
        self.conversation = dataclasses.replace(self.conversation, messages=messages)

    def set(self, changes: Changes) -> None:
        """Change fields of the conversation itself. Those that are the same change nothing."""
        changed = dataclasses.replace(self.conversation, **changes)
        if changed == self.conversation:
            return
        self._database.table(CONVERSATION).update(
            lambda document: _fill(
                document, conversation_record(changed) | {"version": VERSION}, CONVERSATION_FIELDS | {"version"}
            )
        )
        self.conversation = changed


def read_file(path: Path, *, conversation_id: str, owner: str | None) -> Kept:
    """Return the conversation in a file.

    Its id is the one in the file's name and its owner the one it is read for (None: the one in the file), whatever
    stands in it: a file that was copied belongs to where it is. A head that names nothing is the newest leaf.

    Raises FileNotFoundError, `Damaged`, `LaterVersion` where a later version wrote what cannot be read at all, and
    OSError where the file could not be read now, which says nothing about what it holds.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Damaged("not a file")
    with path.open("rb") as file:
        stamp = stamp_of(os.fstat(file.fileno()))
        raw = file.read()
    try:
        content = content_of(raw)
        conversation = conversation_of(content)
    except (Damaged, BadRecord) as error:
        if isinstance(error, BadRecord) and version_of(content) > VERSION:
            raise LaterVersion(LATER_VERSION) from error
        raise Damaged(str(error), has_our_table=has_our_table(raw)) from error
    conversation = dataclasses.replace(
        conversation, id=conversation_id, owner=owner or conversation.owner, head=conversation.shown_head
    )
    return Kept(conversation, content, stamp, version_of(content) > VERSION)


def text_of(raw: bytes, errors: str = "strict") -> str:
    """Return the text in a file's bytes: UTF-8, or what an editor made of it, which a byte order mark tells."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    return raw.decode(encoding, errors)


def has_our_table(raw: bytes) -> bool:
    """Whether these bytes are a conversation's file, whole or damaged."""
    return _OUR_TABLE.search(text_of(raw, "replace")) is not None


def content_of(raw: bytes) -> Content:
    """Return the tables in a file's bytes; raises `Damaged`, and `LaterVersion` where they have another shape."""
    if not raw:
        raise Damaged("empty")
    try:
        content = json.loads(text_of(raw))
    except UnicodeDecodeError as error:
        raise Damaged(f"not {error.encoding.upper().removesuffix('-SIG')} text at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise Damaged(f"not valid JSON at line {error.lineno}, column {error.colno}") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits; brackets 1,000 deep
        raise Damaged("not JSON that can be read") from error
    if not isinstance(content, dict) or not all(_is_table(table) for table in content.values()):
        if version_of(content) > VERSION:
            raise LaterVersion(LATER_VERSION)
        raise Damaged("not TinyDB tables")
    return cast(Content, content)


def version_of(content: object) -> int:
    """Return the version of a file with this content; 1 where none is told, or none that can be."""
    table = content.get(CONVERSATION) if isinstance(content, dict) else None
    for document in table.values() if isinstance(table, dict) else ():
        version = document.get("version") if isinstance(document, dict) else None
        return version if type(version) is int and version > 0 else 1
    return 1


def _is_table(table: object) -> bool:
    return isinstance(table, dict) and all(
        number.isascii() and number.isdecimal() and isinstance(document, dict) for number, document in table.items()
    )


def conversation_of(content: Content) -> Conversation:
    """Return the conversation that tables hold; raises `BadRecord` where they have not its shape."""
    for name in (CONVERSATION, MESSAGES):
        if name not in content:
            raise BadRecord(f"the table {name} is missing")
    if len(content[CONVERSATION]) != 1:
        raise BadRecord(f"{len(content[CONVERSATION])} conversations in one file")
    (record,) = content[CONVERSATION].values()
    numbered = sorted(content[MESSAGES].items(), key=lambda item: int(item[0]))
    return conversation_from(record, tuple(message_from(document) for _, document in numbered))


def _fill(document: Any, record: Mapping[str, Any], known: frozenset[str]) -> None:
    # A field that a later version of the program wrote stays, though this one does not know it.
    for name in known:
        document.pop(name, None)
    document.update(record)

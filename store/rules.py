"""What each verb does to a conversation, whatever keeps it: pure functions from values to changes.

Every store asks these before it writes, so that all of them move the head, guard the words and touch the times alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chat.conversation import Conversation, Message, Waiting
from chat.records import comes_back, conversation_from, conversation_record, message_from, message_record
from chat.sharing import copy_of
from chat.surrogates import joined_surrogates
from store.conversations import AlreadyThere, CannotShare, NotFound, WordsAreKept

Changes = dict[str, Any]

MESSAGE_FIELDS = frozenset(each.name for each in dataclasses.fields(Message))
CONVERSATION_FIELDS = frozenset(each.name for each in dataclasses.fields(Conversation) if each.init)
FIXED_IN_MESSAGE = frozenset({"id", "parent_id", "created_at"})
SET_BY_A_PERSON = frozenset({"rating", "rating_note", "left_out", "trashed"})
"""What of a message is refused where it is odd. What a provider reports is passed over then: its words are kept."""
OPEN_IN_CONVERSATION = frozenset({"title", "title_source", "head", "pinned", "tags", "settings"})

NO_CONVERSATION = "This conversation is not here: it was erased, or the link is not complete."
FORKED = (
    "This process was forked from the one that opened the data, and cannot use what that one has open. Nothing was "
    "changed; open the data again in this process."
)
READ_ONLY = "The data folder is read-only: everything can be read and exported, and nothing new is kept."
VANISHED = (
    "The data folder is not there any more, so nothing can be kept, and what was kept cannot be read. Bring it back, "
    "then start Chatkeep again."
)
NO_LIST = (
    "The list of conversations cannot be read at the moment. The conversations themselves are safe; try again, and "
    "check that the disk is not full and the data folder can be written."
)
LIST_IN_MEMORY = (
    "The list of conversations cannot be kept on the disk at the moment, so it is in memory. Nothing is lost, and "
    "it is tried again by itself. Check that the disk is not full and that the data folder can be written."
)
LIST_OF_ANOTHER_VERSION = (
    "Another version of Chatkeep was started on the same data, and the list of conversations on the disk is now that "
    "one's. Here the list is in memory, and nothing is lost. Let only one version run on this data, and start it again."
)
LATER_VERSION = (
    "A later version of Chatkeep wrote this conversation. It can be read as far as this version understands it, and is "
    "not changed. Update Chatkeep to go on with it."
)
NOT_IN_TRASH = "This conversation is not in the trash, so it was not erased. Delete it first, then erase it."
NO_SHARE = "Nothing is shared under this link: it has ended, or it is not complete."
SHARED_FROM_TRASH = "This conversation is in the trash. Restore it first, then share it."
SHARED_UNFINISHED = "An answer is still being written here. Wait until it has ended, or stop it, then share."
SHARED_WORDLESS = "There is nothing to share yet: nobody has said a word in this conversation."
NOT_IN_LINE = "This message is not in line any more: it was sent, or taken back."
NO_MESSAGE = "This message is not in the conversation."


def settled_message(message: Message) -> Message:
    """Return the message as it comes back from where it is kept: times in UTC, halves of surrogate pairs joined.

    An odd value of a side field is passed over, as `message_from` says. Raises `BadRecord` (a ValueError) for others.
    """
    return message if comes_back(message) else message_from(_joined(message_record(message)))


def settled_conversation(conversation: Conversation) -> Conversation:
    """Return the conversation, with its messages, as it comes back; raises as `settled_message` does."""
    messages = tuple(settled_message(message) for message in conversation.messages)
    return conversation_from(_joined(conversation_record(conversation)), messages)


def checked_new(conversation: Conversation) -> Conversation:
    """Return a new conversation as it will be kept; raises `AlreadyThere` where two of its messages have one id."""
    if len({message.id for message in conversation.messages}) < len(conversation.messages):
        raise AlreadyThere("Two messages of this conversation have the same id.")
    return settled_conversation(conversation)


def adding(conversation: Conversation, message: Message, now: datetime) -> Changes:
    """Return what changes in the conversation when the message is added: `updated_at`, and perhaps `head`.

    A root (no parent) belongs to every path, so it counts as an answer on the shown one.
    """
    if conversation.message(message.id) is not None:
        raise AlreadyThere("A message of this id is in the conversation already.")
    if message.parent_id is not None and conversation.message(message.parent_id) is None:
        raise NotFound("The message that this one answers is not in the conversation.")
    changes: Changes = {"updated_at": max(now, conversation.updated_at)}
    shown = {None, *(each.id for each in conversation.line())}
    if message.role == "user" or message.parent_id in shown:
        changes["head"] = message.id
    return changes


def joining_line(conversation: Conversation, waiting: Waiting, now: datetime) -> Changes:
    """Return what changes in the conversation when a message gets in line behind the others."""
    if conversation.message(waiting.id) is not None or waiting.id in {each.id for each in conversation.waiting}:
        raise AlreadyThere("A message of this id is in the conversation already.")
    kept = dataclasses.replace(waiting, content=joined_surrogates(waiting.content))
    return {"updated_at": max(now, conversation.updated_at), "waiting": (*conversation.waiting, kept)}


def leaving_line(conversation: Conversation, message_id: str) -> tuple[Waiting, Changes]:
    """Return the message in line of that id, and what changes in the conversation when it is there no more."""
    for each in conversation.waiting:
        if each.id == message_id:
            return each, {"waiting": tuple(other for other in conversation.waiting if other is not each)}
    raise NotFound(NOT_IN_LINE)


def merging(conversation: Conversation, other: Conversation) -> tuple[tuple[Message, ...], Changes]:
    """Return the messages of `other` that the conversation does not have, and what else changes when they are added.

    Raises `NotFound` where the parent of a new message is in neither.
    """
    new = tuple(message for message in checked_new(other).messages if conversation.message(message.id) is None)
    ids = {message.id for message in (*conversation.messages, *new)}
    if any(message.parent_id not in ids for message in new if message.parent_id is not None):
        raise NotFound("A message that another one answers is not in the conversation.")
    if not new:
        return (), {}
    changes: Changes = {"updated_at": max(other.updated_at, conversation.updated_at)}
    together = dataclasses.replace(conversation, messages=(*conversation.messages, *new))
    line = {message.id for message in together.line(other.head)}
    if other.head in ids and (conversation.head is None or conversation.head in line):
        changes["head"] = other.head
    return new, changes


def changing_message(conversation: Conversation, message_id: str, changes: Mapping[str, Any]) -> Message:
    """Return the message with these changes, as it will be kept. An answer that is no longer written has no writer."""
    for name in changes:
        if name not in MESSAGE_FIELDS:
            raise TypeError(f"a message has no field {name!r}")
        if name in FIXED_IN_MESSAGE:
            raise TypeError(f"{name} of a message never changes")
    message = conversation.message(message_id)
    if message is None:
        raise NotFound(NO_MESSAGE)
    changed = settled_message(dataclasses.replace(message, **changes))
    for name in SET_BY_A_PERSON & changes.keys():
        if type(getattr(changed, name)) is not type(changes[name]):
            raise ValueError(f"{name} of a message cannot be {changes[name]!r}")
    if message.status == "complete" and _words(changed) != _words(message):
        raise WordsAreKept("A complete message keeps its words. Edit it as a new branch instead.")
    if message.status == "streaming" and changed.status != "streaming":
        changed = dataclasses.replace(changed, process=None)
    return changed


def after_message_change(conversation: Conversation, changed: Message, now: datetime) -> Changes:
    """Return what changes in the conversation with one of its messages: a rating is no activity, a word is."""
    before = conversation.message(changed.id)
    if before is None or (before.content, before.status) == (changed.content, changed.status):
        return {}
    return {"updated_at": max(now, conversation.updated_at)}


def changing(conversation: Conversation, changes: Mapping[str, Any]) -> Conversation:
    """Return the conversation with these changes, as it will be kept."""
    for name in changes:
        if name not in OPEN_IN_CONVERSATION:
            raise TypeError(f"update() does not change {name!r} of a conversation")
    taken = dict(changes)
    if "title" in taken and taken.get("title_source") == "auto" and conversation.title_source == "manual":
        del taken["title"], taken["title_source"]
    head = taken.get("head", conversation.head)
    if head != conversation.head and conversation.message(head) is None:
        raise NotFound(NO_MESSAGE)
    changed = dataclasses.replace(conversation, **taken, messages=())
    return dataclasses.replace(settled_conversation(changed), messages=conversation.messages)


def says_otherwise(kept: Message, other: Message) -> bool:
    """Whether two messages of one id have other words."""
    return (kept.role, kept.content, kept.reasoning) != (other.role, other.content, other.reasoning)


def is_in_trash(conversation: Conversation) -> bool:
    """Whether the conversation may be erased by hand."""
    return conversation.trashed_at is not None


def shared_copy(conversation: Conversation, share_id: str, now: datetime) -> Conversation:
    """Return what whoever has the link may read; raises `CannotShare` where that is nothing, or not whole yet."""
    if is_in_trash(conversation):
        raise CannotShare(SHARED_FROM_TRASH)
    if any(message.status == "streaming" for message in conversation.path()):
        raise CannotShare(SHARED_UNFINISHED)
    copy = settled_conversation(copy_of(conversation, share_id, now))
    if not copy.messages:
        raise CannotShare(SHARED_WORDLESS)
    return copy


def written(conversation: Conversation) -> tuple[Message, ...]:
    """Return the messages that are being written, or were when their process ended."""
    return tuple(message for message in conversation.messages if message.status == "streaming")


def _words(message: Message) -> tuple[str, ...]:
    # The status is among them: once it could leave `complete`, the words could change after it.
    return message.content, message.reasoning, message.role, message.status


def _joined(value: Any) -> Any:
    if isinstance(value, str):
        return joined_surrogates(value)
    if isinstance(value, list):
        return [_joined(item) for item in value]
    if isinstance(value, dict):
        return {name: _joined(item) for name, item in value.items()}
    return value

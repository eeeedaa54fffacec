"""Keeping the words of an answer, whatever is wrong with the rest of what is known of it.

Each save asks for less when the store refuses more: first everything, then only the words and how they ended, at last
the words as a version of their own. What can pass (a full disk) is the caller's to try again; what never can is said
once.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Protocol

from chat.conversation import Conversation, Message, new_id
from chat.replies.reply import Reply

log = logging.getLogger(__name__)

NEVER_PASSES = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError)
"""What a store raises where the same save is refused every time: it is about what is saved, not about the disk.

The store's own `NotFound` is a LookupError, its `WordsAreKept` and `BadRecord` are ValueErrors.
"""
_WORDS = ("content", "reasoning", "status", "error", "process", "model", "parts")
UNSAVABLE = "The last words of this answer could not be saved, and trying again cannot help. What was saved is kept."


class Keeper(Protocol):
    """What a reply needs of the store."""

    @property
    def process(self) -> str: ...

    def add_message(self, owner: str, conversation_id: str, message: Message) -> Conversation: ...

    def update_message(self, owner: str, conversation_id: str, message_id: str, **changes: Any) -> Conversation: ...


def save(keeper: Keeper, reply: Reply) -> Conversation:
    """Save the reply as it is now, and return its conversation as it then is.

    A reply that has ended is saved so that its words are somewhere, if need be beside the message that it was to
    become. Raises what the store raises: LookupError where the conversation is gone, another of `NEVER_PASSES` where
    there is no way to save it, anything else where it may work later.
    """
    changes = reply.changes()
    words = {name: changes[name] for name in _WORDS if name in changes}
    try:
        return _update(keeper, reply, changes)
    except NEVER_PASSES as error:
        log.warning("An answer could not be saved with all that is known of it: %s", error)
    try:
        return _update(keeper, reply, words)
    except NEVER_PASSES as error:
        if "status" not in changes:  # it still grows: another save follows
            raise
        log.warning("An answer could not be saved in its place: %s", error)
    beside = replace(reply.message, id=new_id(), usage=None, **words)
    return keeper.add_message(reply.owner, reply.conversation_id, beside)


def is_wanted(conversation: Conversation, reply: Reply) -> bool:
    """Whether anybody can still see the answer: neither it nor its conversation is in the trash."""
    message = conversation.message(reply.message.id)
    return conversation.trashed_at is None and (message is None or not message.trashed)


def _update(keeper: Keeper, reply: Reply, changes: dict[str, Any]) -> Conversation:
    return keeper.update_message(reply.owner, reply.conversation_id, reply.message.id, **changes)

"""Room for more: how many conversations and bytes somebody may keep here. Whatever adds some asks here first."""

from __future__ import annotations

import logging

from chat.allowances.sentences import room_refusal
from chat.conversation import Conversation
from chat.errors import OverLimit
from store.conversations import StoreError
from store.people import Person
from ui.visit import Visit

_log = logging.getLogger(__name__)


def check_room(visit: Visit, *, new: int = 0, more: int = 0) -> None:
    """Raise `OverLimit` where this owner has no room for so many more conversations and bytes.

    Called before anything is kept, so that nothing is lost: what is there already stays, and can be read and taken
    away.
    """
    allowances = visit.allowances
    if allowances.conversations is None and allowances.megabytes is None:
        return
    try:
        person = visit.store.people.person(visit.owner.id)
    except StoreError as error:  # a list that cannot be read keeps nobody from going on
        _log.warning("what somebody keeps could not be counted (%s)", error)
        return
    words = room_refusal(kept_by(person), person.bytes, allowances, new=new, more=more)
    if words is not None:
        raise OverLimit(words)


def kept_by(person: Person) -> int:
    """Return how many conversations count for the limit."""
    return person.conversations + person.in_trash


def size_of(conversation: Conversation) -> int:
    """Return about how many bytes a conversation is on the disk."""
    return sum(len(each.content.encode("utf-8", "replace")) + len(each.reasoning) for each in conversation.messages)

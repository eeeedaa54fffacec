"""The tree of a conversation as a reader sees it: deleted messages are not there, what hung on them is one step up."""

from __future__ import annotations

from collections import defaultdict

from chat.conversation import Conversation, Message


def kept_parent(conversation: Conversation, message: Message) -> str | None:
    """Return the id of the nearest message above that is not deleted, or None where there is none.

    A link to a missing parent leads to none, and so does a circle of deleted messages.
    """
    above = conversation.message(message.parent_id)
    if above is None or not above.trashed:
        return above.id if above else None
    kept = [each.id for each in conversation.line(above.id) if not each.trashed]
    return kept[-1] if kept else None


class Versions:
    """Which messages stand for one another: those that follow the same message, oldest first."""

    def __init__(self, conversation: Conversation) -> None:
        """Look at every message once."""
        self._parents = {
            message.id: kept_parent(conversation, message) for message in conversation.messages if not message.trashed
        }
        self._below: dict[str | None, list[Message]] = defaultdict(list)
        for message in conversation.messages:
            if not message.trashed:
                self._below[self._parents[message.id]].append(message)

    def of(self, message: Message) -> list[Message]:
        """Return this message and the others in its place, in the order in which they were added."""
        return self._below[self._parents[message.id]]

    def after(self, message: Message) -> list[Message]:
        """Return this message and those that follow it, the newest one at each fork."""
        line, seen = [message], {message.id}
        while (below := self._below.get(line[-1].id)) and below[-1].id not in seen:
            line.append(below[-1])
            seen.add(below[-1].id)
        return line

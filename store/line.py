"""The verbs of the line: messages that wait, kept, until the answer before them has ended."""

from __future__ import annotations

from typing import Protocol

from chat.conversation import Conversation, Waiting


class Line(Protocol):
    """Keeps what waits in each conversation, in order. It raises as a `ConversationStore` does, and keeps as safely."""

    def join(self, owner: str, conversation_id: str, waiting: Waiting) -> Conversation:
        """Keep a message behind those that wait, and return the conversation as it then is.

        Raises `AlreadyThere` where a message of that id waits, or was said.
        """
        ...

    def leave(self, owner: str, conversation_id: str, message_id: str) -> Waiting:
        """Take a message out of the line and return it. Raises `NotFound` where it is not in it any more."""
        ...

    def say(self, owner: str, conversation_id: str, message_id: str, parent_id: str) -> Conversation:
        """Have a message of the line be said after this one, and return the conversation as it then is.

        It leaves the line and is added in one write, as `add_message` does. Of two who try, one gets `NotFound`.
        """
        ...

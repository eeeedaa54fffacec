"""What a page says for a while, and what it offers to take back: plain values that the session keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undo:
    """What was just deleted, and can be given back: messages of a conversation, or all of it."""

    conversation_id: str
    what: str
    """For the user: the conversation's title in quotes, `1 turn`, `all messages`."""
    message_ids: tuple[str, ...] = ()
    """Empty: the whole conversation."""
    was_open: bool = False
    """It was open on the chat page, so undo opens it again."""
    conversation_ids: tuple[str, ...] = ()
    """Several whole conversations; then `conversation_id` is empty."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a page says for a while."""

    text: str
    is_error: bool = False
    place: str = ""
    """Where on the page; by itself where it is in sight."""
    said_at: float | None = None
    """When a page first said it, in seconds of `time.monotonic`; None where none has yet."""

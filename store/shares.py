"""The verbs of sharing: a read-only copy of one conversation's shown path, opened by whoever has its link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chat.conversation import Conversation
from chat.sharing import has_ended

EXPIRED_DAYS = 30
"""Days after its end for which a share is still listed, and can be renewed; then it is erased."""


@dataclass(frozen=True, slots=True)
class Share:
    """A link that somebody made."""

    id: str
    """What its owner names it by. It opens nothing."""
    token: str | None
    """What the link holds: 256 bits as 43 characters. Whoever has it can read the copy. None where it cannot be told
    any more: it is not kept, but made of a key that this store has lost."""
    conversation_id: str
    title: str
    """As it was when the copy was made."""
    created_at: datetime
    """When the copy was made."""
    expires_at: datetime | None
    """None: it ends when it is revoked."""

    def is_expired(self, now: datetime) -> bool:
        return has_ended(self.expires_at, now)


class Shares(Protocol):
    """Keeps shared copies beside the conversations of their owner; every verb but `open` takes the owner.

    A copy holds title, words, models and dates of the shown path, and nothing else: no rating, note, thinking, setting,
    tag or other branch. It ends with its conversation: nothing is shown while that is in the trash, and erasing it
    erases the copy. No backup holds it, so none can open again what was revoked. Every verb raises StoreError where it
    could not do its work.
    """

    def share(self, owner: str, conversation_id: str, expires_at: datetime | None, *, head: str | None = None) -> Share:
        """Copy the path that is shown now, or the one that ends at `head`, and return its link.

        Raises `NotFound`, and `CannotShare` where it is in the trash, has no word yet, or an answer on that path is
        still being written.
        """
        ...

    def list(self, owner: str, conversation_id: str | None = None) -> tuple[Share, ...]:
        """Return this owner's links, the newest first, expired ones too; of one conversation where it is given."""
        ...

    def renew(self, owner: str, share_id: str, expires_at: datetime | None, *, head: str | None = None) -> Share:
        """Have the same link show the path as it is now, until another date; see `share`."""
        ...

    def revoke(self, owner: str, share_id: str) -> None:
        """Erase the copy: from now on the link leads nowhere. Raises `NotFound`."""
        ...

    def open(self, token: str) -> Conversation:
        """Return the copy that a link shows, as a conversation of nobody.

        Raises `NotFound`, with one sentence for all, where it has expired, was revoked, or never was.
        """
        ...

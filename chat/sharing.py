"""What a link to a conversation shows, how the link is known, and how whoever reads it goes on. Pure values.

The copy is a conversation of nobody: title, words, models and dates of the shown path. Nothing in it leads back to the
conversation that it is of: its ids are made of the link's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import datetime

from chat.conversation import Conversation, Message, new_id

NOBODY = ""
"""The owner of a copy: no verb of a store takes it."""
SHARED = "chatkeep-share"
"""The source of what was continued from a link. Which link it was is not kept: it would be a key to it."""


def token_of(key: bytes, nonce: str) -> str:
    """Return what the link of this nonce holds: 256 bits as 43 characters, which only who has the key can make."""
    digest = hmac.digest(key, f"chatkeep share 1:{nonce}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def share_id_of(token: str) -> str:
    """Return the id that a share is kept by, 32 hex digits. Nothing leads back from it to the token."""
    return hashlib.sha256(f"chatkeep share id 1:{token}".encode()).hexdigest()[:32]


def has_ended(expires_at: datetime | None, now: datetime) -> bool:
    """Whether a link that ends then shows nothing any more; None: it does not end by itself."""
    return expires_at is not None and now >= expires_at


def copy_of(conversation: Conversation, share_id: str, now: datetime) -> Conversation:
    """Return the shown path as whoever has the link reads it; a message without a word is not in it.

    Made again of a path that has grown, what was there has the same ids: who imported the first finds no doubles.
    """
    copies: list[Message] = []
    for message in conversation.path():
        if message.content:
            parent_id = copies[-1].id if copies else None
            copies.append(_copied(message, _id(share_id, message.id), parent_id))
    return Conversation(
        _id(share_id, ""),
        NOBODY,
        conversation.title,
        created_at=copies[0].created_at if copies else now,
        updated_at=now,
        title_source="manual",
        head=copies[-1].id if copies else None,
        messages=tuple(copies),
    )


def fork_of(copy: Conversation, owner: str, now: datetime) -> Conversation:
    """Return what a reader goes on with in their own place; each time another one, with ids of its own."""
    messages: list[Message] = []
    for message in copy.path():
        messages.append(replace(message, id=new_id(), parent_id=messages[-1].id if messages else None))
    return replace(
        copy,
        id=new_id(),
        owner=owner,
        created_at=now,
        updated_at=now,
        head=messages[-1].id if messages else None,
        source=SHARED,
        messages=tuple(messages),
    )


def _copied(message: Message, id: str, parent_id: str | None) -> Message:
    # Named one by one: what a message gets in a later version is not shown before somebody decides so.
    return Message(
        id,
        parent_id,
        message.role,
        message.content,
        message.created_at,
        model=message.model,
        status=message.status,
        finish_reason=message.finish_reason,
        parts=message.parts,
    )


def _id(share_id: str, message_id: str) -> str:
    return hashlib.sha256(f"chatkeep copy 1:{share_id}:{message_id}".encode()).hexdigest()[:32]

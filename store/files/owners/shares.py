"""Shared copies in a data folder: each a file beside its conversation, with the same tables and one more.

A share is open where two things are there: its file in the owner's folder, and a note in `.shares` that says whose
folder that is, named by the hash of the link's token. So no link is searched for, and a file that was copied to another
data folder opens nothing there. The token itself is nowhere: it is made of a key of this data folder and a nonce in the
file. Whoever writes holds the conversation's lock.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from chat.conversation import Conversation, new_id
from chat.owner import is_token
from chat.records import is_id
from chat.sharing import share_id_of, token_of
from store import rules
from store.conversations import Clock, LaterVersion, NotFound
from store.disk.atomic import json_bytes, make_folder, replace_file, sync_folder
from store.disk.entries import names_in
from store.disk.locks import Locks
from store.disk.os_errors import saying
from store.disk.places import (
    SHARES,
    Place,
    folder_name,
    is_owner_folder,
    is_share_id,
    share_name,
    share_parts,
    temporary_name,
)
from store.files.claim import is_our_file
from store.files.folder import Files
from store.files.owners.notes import Notes
from store.files.owners.share_file import Copied, bytes_of, read_share
from store.files.owners.share_key import ShareKey
from store.files.tables import Damaged
from store.shares import EXPIRED_DAYS, Share

_log = logging.getLogger(__name__)


class ShareFiles:
    """The shares of one data folder; `Shares` says what every verb means."""

    def __init__(
        self, root: Path, files: Files, locks: Locks, notes: Notes, process: Callable[[], str], clock: Clock
    ) -> None:
        self._root = root
        self._files = files
        self._locks = locks
        self._process = process
        self._clock = clock
        self._key = ShareKey(notes)

    def share(self, owner: str, conversation_id: str, expires_at: datetime | None, *, head: str | None = None) -> Share:
        if not is_id(conversation_id):
            raise NotFound(rules.NO_CONVERSATION)
        place = Place(folder_name(owner), conversation_id)
        with saying("The link could not be made"):
            nonce = new_id()
            token = token_of(self._key.made(), nonce)
            with self._locks.held(place.key):
                conversation = self._kept(place, owner, head)
                return self._write(place, conversation, share_id_of(token), nonce, expires_at)

    def list(self, owner: str, conversation_id: str | None = None) -> tuple[Share, ...]:
        with saying("The links could not be listed"):
            shares = [
                self._share(place, share_id, copied)
                for place, share_id in self._of(folder_name(owner))
                if conversation_id in (None, place.id) and self._place_of(share_id) == place
                if (copied := self._read(place, share_id)) is not None
            ]
        return tuple(sorted(shares, key=lambda share: (share.created_at, share.id), reverse=True))

    def renew(self, owner: str, share_id: str, expires_at: datetime | None, *, head: str | None = None) -> Share:
        with saying("The link could not be renewed"):
            place = self._found(owner, share_id)
            with self._locks.held(place.key):
                copied = self._read(place, share_id)
                if copied is None:  # revoked meanwhile
                    raise NotFound(rules.NO_SHARE)
                return self._write(place, self._kept(place, owner, head), share_id, copied.nonce, expires_at)

    def revoke(self, owner: str, share_id: str) -> None:
        with saying("The link could not be ended"):
            place = self._found(owner, share_id)
            with self._locks.held(place.key):
                self._end(place, share_id)

    def open(self, token: str) -> Conversation:
        share_id = share_id_of(token) if is_token(token) else ""
        with saying("What is shared could not be read"):
            place = self._place_of(share_id)
            copied = None if place is None else self._read(place, share_id)
            if place is None or copied is None or copied.is_expired(self._clock()) or not self._is_there(place):
                raise NotFound(rules.NO_SHARE)
        return copied.conversation

    def forget(self, names: tuple[str, ...]) -> None:
        """Let go of the notes of files, by their names, that were erased with their conversation."""
        for name in names:
            if (parts := share_parts(name)) is not None:
                self._note(parts[1]).unlink(missing_ok=True)

    def move(self, here: Place, there: Place) -> int:
        """Have the shares of a conversation go with it to another place; return how many. Both locks are held.

        Raises OSError. Done again after a crash it goes on where it was.
        """
        moved = 0
        for place, share_id in self._of(here.folder):
            if place == here:
                self._write_note(there, share_id)
                name = share_name(here.id, share_id)
                os.replace(self._root / here.folder / name, self._root / there.folder / share_name(there.id, share_id))
                moved += 1
        if moved:
            sync_folder(self._root / there.folder)
            sync_folder(self._root / here.folder)
        return moved

    def count(self, folder: str) -> int:
        """Return how many shares are in an owner's folder, expired ones too. Raises OSError."""
        return sum(self._place_of(share_id) == place for place, share_id in self._of(folder))

    def erase_all(self, folder: str) -> None:
        """Erase the shares in an owner's folder that conversations left. Raises OSError, StoreError."""
        for place, share_id in tuple(self._of(folder)):
            with self._locks.held(place.key):
                if self._place_of(share_id) == place or is_our_file(self._path(place, share_id)):
                    self._end(place, share_id)

    def erase_expired(self) -> None:
        """Erase what expired long ago. Raises OSError, StoreError."""
        before = self._clock() - timedelta(days=EXPIRED_DAYS)
        for share_id in names_in(self._root / SHARES):
            place = self._place_of(share_id)
            copied = None if place is None else self._read(place, share_id)
            if place is not None and copied is not None and copied.is_expired(before):
                with self._locks.held(place.key):
                    copied = self._read(place, share_id)
                    if copied is not None and copied.is_expired(before):  # not renewed meanwhile
                        self._end(place, share_id)

    def _write(
        self, place: Place, conversation: Conversation, share_id: str, nonce: str, expires_at: datetime | None
    ) -> Share:
        copied = Copied(rules.shared_copy(conversation, share_id, self._clock()), nonce, expires_at)
        self._write_note(place, share_id)  # first: alone it opens nothing, and `repair` removes it
        replace_file(self._path(place, share_id), bytes_of(copied), self._temporary(place))
        return self._share(place, share_id, copied)

    def _kept(self, place: Place, owner: str, head: str | None) -> Conversation:
        try:
            conversation = self._files.load(place, owner).conversation
        except (FileNotFoundError, Damaged) as error:
            raise NotFound(rules.NO_CONVERSATION) from error
        if head is None:
            return conversation
        if conversation.message(head) is None:
            raise NotFound(rules.NO_MESSAGE)
        return dataclasses.replace(conversation, head=head)

    def _write_note(self, place: Place, share_id: str) -> None:
        if self._place_of(share_id) != place:
            make_folder(self._root / SHARES, mode=0o700)
            replace_file(self._note(share_id), json_bytes(list(place)), self._temporary(place))

    def _end(self, place: Place, share_id: str) -> None:
        """Close a link for good; its words go first."""
        is_noted = self._place_of(share_id) == place
        self._path(place, share_id).unlink(missing_ok=True)
        sync_folder(self._root / place.folder)
        if is_noted:
            self._note(share_id).unlink(missing_ok=True)

    def _found(self, owner: str, share_id: str) -> Place:
        place = self._place_of(share_id)
        if place is None or place.folder != folder_name(owner) or self._read(place, share_id) is None:
            raise NotFound(rules.NO_SHARE)
        return place

    def _of(self, folder: str) -> Iterator[tuple[Place, str]]:
        """Yield the conversation and the id of every share in an owner's folder."""
        for name in names_in(self._root / folder):
            if (parts := share_parts(name)) is not None:
                yield Place(folder, parts[0]), parts[1]

    def _place_of(self, share_id: str) -> Place | None:
        return place_noted(self._note(share_id)) if is_share_id(share_id) else None

    def _read(self, place: Place, share_id: str) -> Copied | None:
        try:
            return read_share(self._path(place, share_id))
        except FileNotFoundError:
            return None
        except (Damaged, LaterVersion) as error:
            _log.warning("a shared copy could not be read (%s); its link shows nothing", error)
            return None

    def _is_there(self, place: Place) -> bool:
        """Whether the conversation is there, and not in the trash. Of one that cannot be read nobody can say that."""
        try:
            return not rules.is_in_trash(self._files.load(place, None).conversation)
        except (FileNotFoundError, Damaged, LaterVersion):
            return False

    def _share(self, place: Place, share_id: str, copied: Copied) -> Share:
        token = None if (key := self._key.read()) is None else token_of(key, copied.nonce)
        if token is not None and share_id_of(token) != share_id:
            token = None
        kept = copied.conversation
        return Share(share_id, token, place.id, kept.title, kept.updated_at, copied.expires_at)

    def _temporary(self, place: Place) -> Path:
        # The conversation's own: its lock is held, and what is left of it goes where that is erased.
        return self._root / place.folder / temporary_name(place, self._process())

    def _note(self, share_id: str) -> Path:
        return self._root / SHARES / share_id

    def _path(self, place: Place, share_id: str) -> Path:
        return self._root / place.folder / share_name(place.id, share_id)


def place_noted(note: Path) -> Place | None:
    """Return the conversation that a note leads to; None where it is missing or damaged. Raises OSError."""
    try:
        folder, conversation_id = json.loads(note.read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError, ValueError, TypeError, RecursionError):
        return None
    if not isinstance(folder, str) or not isinstance(conversation_id, str):
        return None
    return Place(folder, conversation_id) if is_owner_folder(folder) and is_id(conversation_id) else None

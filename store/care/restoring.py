"""A backup comes back: through the verbs, so it adds what is not there and overwrites nothing.

The zip may come from anywhere: its members' names and sizes are looked at before anything is unpacked, nothing is
unpacked to a disk, and what cannot be taken is named and passed over.
"""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from chat.conversation import Conversation, Message
from chat.records import BadRecord
from store.backups.members import FORMAT, VERSION, owner_of, place_of
from store.care.flaws import mended
from store.conversations import AlreadyThere, ConversationStore, LaterVersion, NotFound, StoreError
from store.disk.places import MANIFEST, PREFERENCES, Place, damaged_parts, folder_name, is_owner_folder
from store.disk.zips import UNREADABLE
from store.files.preferences import record_of
from store.files.tables import VERSION as VERSION_HERE
from store.files.tables import Damaged, content_of, conversation_of, version_of
from store.keeping import Differing, Restored, Step, no_step
from store.preferences import FIELDS, preferences_record
from store.rules import says_otherwise, written


@dataclass(frozen=True, slots=True)
class Limits:
    """How large what is unpacked may be."""

    members: int = 1_000_000
    member_bytes: int = 256 * 1024 * 1024
    all_bytes: int = 64 * 1024**3
    ratio: int = 200
    """Unpacked to packed, for members of more than `ratio_from` bytes. Chats are packed to a fifth; zeros to 1/1000."""
    ratio_from: int = 16 * 1024 * 1024


def restore_from(
    store: ConversationStore,
    file: Path | IO[bytes],
    *,
    owner: str | None = None,
    limits: Limits | None = None,
    step: Step = no_step,
) -> Restored:
    """Bring back what is in a backup: each owner's, or only `owner`'s own.

    Raises StoreError where the file is no backup, or something could not be kept (a full disk); what was restored until
    then is kept, and restoring again goes on from there. Raises whatever `step` raises.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (*UNREADABLE, struct.error, OverflowError) as error:
        raise StoreError("This file is no backup of Chatkeep, or only a part of one. Nothing was changed.") from error
    except OSError as error:
        raise StoreError("The backup could not be read. Nothing was changed; check its name and try again.") from error
    with archive:
        return _Restoring(store, archive, owner, limits or Limits()).run(step)


class _Restoring:
    """One restore, and what it has done so far."""

    def __init__(self, store: ConversationStore, archive: zipfile.ZipFile, owner: str | None, limits: Limits) -> None:
        self._store = store
        self._archive = archive
        self._folder = None if owner is None else folder_name(owner)
        self._limits = limits
        self._bytes = 0
        self._done = Restored()
        self._owners: Mapping[str, Any] = {}

    def run(self, step: Step) -> Restored:
        members = self._archive.infolist()
        if len(members) > self._limits.members:
            raise StoreError("This file has too many members for a backup. Nothing was changed.")
        self._read_manifest()
        members = [member for member in members if member.filename != MANIFEST]
        for number, member in enumerate(members):
            step(number, len(members))
            try:
                self._take(member)
            except _NotTaken as error:
                self._done.skipped.append((member.filename, str(error)))
        step(len(members), len(members))
        return self._done

    def _read_manifest(self) -> None:
        try:
            member = self._archive.getinfo(MANIFEST)
        except KeyError as error:
            raise StoreError("This zip is no backup of Chatkeep. An export comes back through Import.") from error
        try:
            manifest = json.loads(self._bytes_of(member))
            if manifest["format"] != FORMAT:
                raise StoreError("This zip is no backup of Chatkeep. An export comes back through Import.")
            if type(manifest["version"]) is not int or manifest["version"] > VERSION:
                raise StoreError("This backup was made by a later version of Chatkeep. Update Chatkeep to restore it.")
            self._owners = dict(manifest["owners"])
        except (_NotTaken, ValueError, RecursionError, TypeError, KeyError):
            # The conversations know themselves, all but the owners with very long names.
            self._done.skipped.append((MANIFEST, "damaged"))

    def _take(self, member: zipfile.ZipInfo) -> None:
        folder, _, name = member.filename.partition("/")
        place = place_of(member.filename)
        if place is None and not (is_owner_folder(folder) and name == PREFERENCES):
            raise _NotTaken("not a name that is in a backup")
        if self._folder not in (None, folder):
            self._done.others += 1
        elif damaged_parts(name) is not None:
            self._done.set_aside += 1
        elif place is None:
            self._take_preferences(folder, self._bytes_of(member))
        else:
            self._take_conversation(place, self._bytes_of(member))

    def _take_conversation(self, place: Place, raw: bytes) -> None:
        try:
            content = content_of(raw)
            if version_of(content) > VERSION_HERE:
                raise LaterVersion
            kept = conversation_of(content)
        except LaterVersion as error:
            raise _NotTaken("written by a later version of Chatkeep") from error
        except (Damaged, BadRecord) as error:
            raise _NotTaken(f"damaged ({error})") from error
        owner = owner_of(place.folder, self._owners) or owner_of(place.folder, {place.folder: kept.owner})
        if owner is None:
            raise _NotTaken("nobody knows whose it is")
        whole, flaws = mended(content, place.id, owner, self._store.is_alive)
        self._done.mended += any(flaw.kind != "identity" for flaw in flaws)
        try:
            self._merge(conversation_of(whole) if flaws else kept, written(kept))
        except (AlreadyThere, NotFound, ValueError) as error:
            raise _NotTaken(f"not taken ({str(error).rstrip('.')})") from error

    def _merge(self, conversation: Conversation, unfinished: tuple[Message, ...]) -> None:
        done = self._done
        try:
            kept = self._store.get(conversation.owner, conversation.id)
        except NotFound:
            done.messages += self._store.merge(conversation)
            done.new += 1
            done.in_trash += conversation.trashed_at is not None
            return
        is_known = all(kept.message(message.id) for message in conversation.messages)
        added = 0 if is_known else self._store.merge(conversation)
        done.messages += added
        done.grown += added > 0
        done.here += added == 0
        grows = {message.id for message in unfinished}
        differing = tuple(
            other.id for other in conversation.messages if _differs(kept.message(other.id), other, other.id in grows)
        )
        if differing:
            done.differing.append(Differing(kept.id, kept.title, differing))

    def _take_preferences(self, folder: str, raw: bytes) -> None:
        owner = owner_of(folder, self._owners)
        if owner is None:
            raise _NotTaken("nobody knows whose it is")
        try:
            record = record_of(raw)
        except Damaged as error:
            raise _NotTaken(f"damaged ({error})") from error
        here = preferences_record(self._store.preferences(owner))
        wanted = {name: value for name, value in record.items() if name in FIELDS and name not in here}
        if wanted:
            self._store.set_preferences(owner, **wanted)
            self._done.preferences += 1

    def _bytes_of(self, member: zipfile.ZipInfo) -> bytes:
        limits = self._limits
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
            raise _NotTaken("packed in a way that no backup is")
        too_dense = member.file_size > max(limits.ratio_from, limits.ratio * member.compress_size)
        if member.file_size > limits.member_bytes or too_dense:
            raise _NotTaken("too large when unpacked")
        self._bytes += member.file_size
        if self._bytes > limits.all_bytes:
            raise _NotTaken("too large when unpacked, all together")
        try:
            with self._archive.open(member) as file:
                return file.read(member.file_size + 1)  # with a number, so that no more than it says is unpacked
        except UNREADABLE as error:
            raise _NotTaken("damaged in the zip") from error


class _NotTaken(Exception):
    """A member of the zip is passed over; the text says why, short."""


def _differs(kept: Message | None, other: Message, grows: bool) -> bool:
    """Whether a message's words are others here; one that was being written when the backup was made may have grown."""
    if kept is None or not says_otherwise(kept, other):
        return False
    return not (grows and kept.content.startswith(other.content))

"""Many conversations as one file. What can be read is in it; how many are not, and why, is said."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO, Protocol

from chat.conversation import Conversation, utc_now
from exchange import sentences
from formats.exports import ExportFormat, ending_of_many, write_many
from store.conversations import NotFound, StoreError

_log = logging.getLogger(__name__)


class Kept(Protocol):
    """What is asked of a store here."""

    def get(self, owner: str, conversation_id: str) -> Conversation:
        """See `ConversationStore.get`."""
        ...


@dataclass(slots=True)
class Exporting:
    """How far an export of many is, and what is not in it. Written by the thread that makes it."""

    total: int
    written: int = 0
    gone: int = 0
    """Erased, or set aside as damaged, since they were listed."""
    unreadable: int = 0
    """That cannot be read now."""
    is_running: bool = False

    @property
    def done(self) -> int:
        """Conversations that are dealt with."""
        return self.written + self.gone + self.unreadable

    @property
    def lacks_some(self) -> bool:
        return bool(self.gone or self.unreadable)

    def in_words(self) -> str:
        """Return what is in the file and what is not, for the user."""
        return sentences.exported(self.written, self.gone, self.unreadable)


def export_many(
    store: Kept, owner: str, ids: Iterable[str], file: IO[bytes], form: ExportFormat, how_far: Exporting
) -> None:
    """Write these conversations into an open binary file, in this order, never two in memory.

    Raises OSError where the file cannot be written.
    """
    how_far.written = how_far.gone = how_far.unreadable = 0
    how_far.is_running = True

    def count(written: int) -> None:
        how_far.written = written

    try:
        write_many(_readable(store, owner, ids, how_far), file, form, utc_now(), count)
    finally:
        how_far.is_running = False


def exported_many(store: Kept, owner: str, ids: Iterable[str], form: ExportFormat, how_far: Exporting) -> bytes:
    """Return these conversations as the bytes of one file; see `export_many`."""
    # By way of the disk: what grows in memory is copied again and again, and would be there twice in the end.
    with tempfile.TemporaryFile() as file:
        export_many(store, owner, ids, file, form, how_far)
        file.seek(0)
        return file.read()


def file_name_of_many(form: ExportFormat, day: date) -> str:
    """Return the name that a file of many conversations has by itself on that day: `chatkeep-2026-03-04.zip`."""
    return f"chatkeep-{day:%Y-%m-%d}{ending_of_many(form)}"


def _readable(store: Kept, owner: str, ids: Iterable[str], how_far: Exporting) -> Iterator[Conversation]:
    for conversation_id in ids:
        try:
            conversation = store.get(owner, conversation_id)
        except NotFound:
            how_far.gone += 1
        except StoreError as error:
            _log.warning("a conversation of many could not be read (%s)", error)
            how_far.unreadable += 1
        else:
            yield conversation

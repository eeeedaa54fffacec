"""Everything of one owner as one zip: every conversation whole, those in the trash too, and what they set and shared.

The files are Chatkeep JSON, which Chatkeep imports again. What somebody set (`preferences`) and what they shared
(`links`, without what opens them) is in the manifest, which an import passes over.
"""

from __future__ import annotations

import dataclasses
import tempfile
from datetime import UTC, date, datetime
from typing import Any

from chat.conversation import utc_now
from exchange.exporting import Exporting, export_many
from formats.exports import ExportFormat, format_named
from store.conversations import ConversationStore
from store.shares import Share

Record = dict[str, Any]


def ids_of_everything(store: ConversationStore, owner: str) -> list[str]:
    """Return the ids of all conversations of this owner, those in the trash last."""
    return [each.id for trashed in (False, True) for each in store.list(owner, limit=None, trashed=trashed)]


def everything_of(store: ConversationStore, owner: str, how_far: Exporting) -> bytes:
    """Return the zip. What cannot be read is not in it, and `how_far` says how much that is."""
    ids = ids_of_everything(store, owner)
    how_far.total = len(ids)
    form = _form(store, owner)
    # By way of the disk: what grows in memory is copied again and again, and would be there twice in the end.
    with tempfile.TemporaryFile() as file:
        export_many(store, owner, ids, file, form, how_far)
        file.seek(0)
        return file.read()


def file_name_of_everything(day: date) -> str:
    """Return the name that the file has by itself on that day."""
    return f"chatkeep-everything-{day:%Y-%m-%d}.zip"


def _form(store: ConversationStore, owner: str) -> ExportFormat:
    form = format_named("chatkeep")
    assert form.members is not None
    manifest = form.members.manifest | {
        "exported_at": utc_now().isoformat(),
        "preferences": dataclasses.asdict(store.preferences(owner)),
        "links": [_record(link) for link in store.shares.list(owner)],
    }
    return dataclasses.replace(form, members=dataclasses.replace(form.members, manifest=manifest))


def _record(link: Share) -> Record:
    return {
        "title": link.title,
        "conversation": link.conversation_id,
        "created_at": _time(link.created_at),
        "expires_at": None if link.expires_at is None else _time(link.expires_at),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()

"""What an owner sets for good, for all conversations: plain values, and the record in which they are kept.

Settings are no words: where a record is damaged the defaults hold, and every default is the cautious one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from chat.records import BadRecord, Record

MOST_DAYS = 36_500


class Kept(Protocol):
    """What is asked of a conversation, or of its summary."""

    @property
    def trashed_at(self) -> datetime | None: ...

    @property
    def pinned(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Preferences:
    """What one owner wants."""

    trash_days: int | None = None
    """Days after which what is in the trash and not pinned is erased, 1 to 36,500. None: kept until erased by hand."""
    stays_behind: bool = False
    """Whether somebody who signed in where these are a visitor's said not to bring them along."""
    knows_place: bool = False
    """Whether the note that tells whose place this is, and what keeps it, was read."""

    last_model: str | None = None
    """The id of the model that was used last, where a new conversation is to begin with it."""

    def __post_init__(self) -> None:
        if type(self.stays_behind) is not bool:
            raise ValueError("stays_behind is true or false")
        if type(self.knows_place) is not bool:
            raise ValueError("knows_place is true or false")
        if self.last_model is not None and not (isinstance(self.last_model, str) and self.last_model):
            raise ValueError("last_model is the id of a model, or None")
        if self.trash_days is None:
            return
        if type(self.trash_days) is not int or not 1 <= self.trash_days <= MOST_DAYS:
            raise ValueError(f"trash_days is a whole number from 1 to {MOST_DAYS}, or None")

    def is_expired(self, now: datetime, conversation: Kept) -> bool:
        """Whether it has been in the trash for `trash_days`, and is not pinned."""
        if self.trash_days is None or conversation.trashed_at is None or conversation.pinned:
            return False
        return now - conversation.trashed_at >= timedelta(days=self.trash_days)


FIELDS = frozenset(each.name for each in dataclasses.fields(Preferences))


def changed(preferences: Preferences, changes: Mapping[str, Any]) -> Preferences:
    """Return the preferences with these changes.

    Raises TypeError for a field that there is not, ValueError for a value that the field cannot have.
    """
    for name in changes:
        if name not in FIELDS:
            raise TypeError(f"preferences have no field {name!r}")
    return dataclasses.replace(preferences, **changes)


def preferences_from(record: Mapping[str, Any]) -> Preferences:
    """Return the preferences that a record holds, unknown fields passed over; raises `BadRecord`."""
    try:
        return Preferences(**{name: value for name, value in record.items() if name in FIELDS})
    except ValueError as error:
        raise BadRecord(str(error)) from error


def preferences_record(preferences: Preferences) -> Record:
    """Return the preferences as a plain record; fields at their default are left out."""
    default = Preferences()
    values = ((name, getattr(preferences, name)) for name in sorted(FIELDS))
    return {name: value for name, value in values if value != getattr(default, name)}

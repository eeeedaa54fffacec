"""The verbs that look after all that a store keeps: back up, restore, check and repair, whatever keeps the words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Literal, Protocol

from store.disk.atomic import Stamp

OUT_OF_REACH = (
    "Erasing cannot reach what has left the data folder: backups and exports that were downloaded or copied elsewhere, "
    "what was sent to a model's provider, snapshots of the disk, and blocks that the disk has not written over yet."
)
"""What `erase` leaves."""

FlawKind = Literal["double", "parent", "circle", "orphan", "head", "identity"]
Kind = Literal[
    FlawKind,
    "damaged",
    "unreadable",
    "set aside",
    "leftover",
    "preferences",
    "share",
    "closed share",
    "catalog",
    "backup",
    "foreign",
    "later",
]
NOTES: frozenset[Kind] = frozenset({"set aside", "foreign", "later", "closed share"})

Trouble = Literal["full", "read-only", "missing", "failing"]
"""Why nothing can be kept, in a word: no room on the disk, no right to write, no data folder any more, or another."""

Name = tuple[str, str]
"""A file of the data folder: the owner's folder, and its name in there."""
Step = Callable[[int, int], None]
"""Is told how many of how many files are done; what it raises stops the work."""


def no_step(done: int, total: int) -> None:
    """Take no notice of how far it is."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in the data folder."""

    file_name: str
    created_at: datetime
    size: int
    """Bytes."""
    is_before_repair: bool
    """Holds what `repair` changed, as it was before, and no more than that."""


@dataclass(slots=True)
class Made:
    """What went into a backup."""

    path: Path
    conversations: int = 0
    visitors: int = 0
    """Conversations among them that are visitors'."""
    set_aside: int = 0
    """Files that are damaged and had been set aside."""
    unreadable: list[str] = field(default_factory=list)
    """Files that could not be read now, so are not in it."""
    size: int = 0
    """Bytes of the backup."""
    is_in_reach: bool = True
    """It is among the store's own backups, so erasing reaches it too."""
    stamps: dict[Name, Stamp] = field(default_factory=dict)
    """Which version of every file is in it."""


@dataclass(frozen=True, slots=True)
class Differing:
    """A conversation of which some words are others in the backup; those that are kept stay."""

    conversation_id: str
    title: str
    message_ids: tuple[str, ...]


@dataclass(slots=True)
class Restored:
    """What a restore did."""

    new: int = 0
    """Conversations that were not here."""
    grown: int = 0
    """Conversations that were here, and got messages."""
    here: int = 0
    """Conversations that were here with all their messages."""
    messages: int = 0
    """Messages that were added, those of new conversations among them."""
    in_trash: int = 0
    """New conversations that were in the trash, and are again."""
    preferences: int = 0
    """Owners who had set nothing here, and have their preferences again."""
    set_aside: int = 0
    """Files that were damaged when the backup was made; they stay in it."""
    others: int = 0
    """Files that belong to another owner than the one who restores."""
    mended: int = 0
    """Conversations of which something was wrong in the backup, as `check` would have named it."""
    differing: list[Differing] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of each member that could not be taken."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be."""

    kind: Kind
    name: str
    """The file, below the data folder."""
    text: str
    """What is wrong, short."""
    title: str = ""
    """The conversation's title, where it is one that can be read."""

    @property
    def is_problem(self) -> bool:
        return self.kind not in NOTES

    def __str__(self) -> str:
        return f"{self.name} ({self.title}): {self.text}" if self.title else f"{self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class Report:
    """What is in a data folder."""

    conversations: int
    """That can be read."""
    messages: int
    backups: int
    findings: tuple[Finding, ...]
    """In the order of their names."""

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_problem)


class Keeping(Protocol):
    """Looks after everybody's conversations while the app runs or without it.

    Every verb raises StoreError where it could not do its work; the text is for the user.
    """

    def trouble(self) -> Trouble | None:
        """Really write something small, which is gone at once, and return why it cannot be done; None where it can."""
        ...

    def back_up(self, target: Path | None = None, *, owner: str | None = None, step: Step = no_step) -> Made:
        """Write everything into one zip; of one owner's part where `owner` is given.

        `target` is a file that is not there yet, or a folder; by default it is among `backups`. Raises whatever `step`
        raises; then nothing is left of it.
        """
        ...

    def backups(self) -> tuple[Backup, ...]:
        """Return the backups that the store keeps itself, the newest first; opens none of them."""
        ...

    def open_backup(self, file_name: str) -> BinaryIO:
        """Open one of them for reading; raises `NotFound` where there is none of that name."""
        ...

    def delete_backup(self, file_name: str) -> None:
        """Delete one of them for good; raises `NotFound` where there is none of that name."""
        ...

    def restore(self, file: Path | IO[bytes], *, owner: str | None = None, step: Step = no_step) -> Restored:
        """Bring back what is in a backup and missing here: each owner's, or only `owner`'s own. Overwrites nothing.

        What was restored until it raises is kept, and restoring again goes on from there. Raises what `step` raises.
        """
        ...

    def check(self) -> Report:
        """Look at everything that is kept, and name what is wrong. Changes nothing."""
        ...

    def repair(self) -> Iterator[str]:
        """Put right what `check` names, and say what was done, line by line, as it is done. No word is lost.

        Where it raises, what was done until then is done.
        """
        ...

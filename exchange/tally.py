"""What an import did or would do: every conversation of the file is counted under one name, and named under it."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange.incoming import Arrival
from formats.imports import Export, LeftOut
from formats.imports.outcome import Kind

NAMED = 1000
"""Conversations that are named under each name; of more only the number is held."""


@dataclass(slots=True)
class Tally:
    """Counts of conversations, and of what is left out of them."""

    new: int = 0
    grown: int = 0
    here: int = 0
    messages_added: int = 0
    repeated: list[str] = field(default_factory=list)
    """Titles of those that the file has again, word for word; they count once above."""
    others: list[tuple[str, str]] = field(default_factory=list)
    """Name and kind of each file of a zip that has no conversations; they are no part of the counts above."""
    left_out: LeftOut = field(default_factory=LeftOut)
    """What the conversations that are new or have grown have and Chatkeep does not take, by its kind."""
    left_out_of: dict[Kind, list[tuple[str, int]]] = field(default_factory=dict)
    """By kind, the titles of the first `NAMED` conversations that lack something, and how much each lacks."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Title and reason of the first `NAMED` that could not be taken."""
    also_skipped: int = 0
    """How many more than these could not be taken."""

    @property
    def number_skipped(self) -> int:
        return len(self.skipped) + self.also_skipped

    def count(self, arrival: Arrival, left_out: LeftOut | None = None) -> None:
        """Count one conversation that was merged, or would be."""
        self.messages_added += arrival.added
        if arrival.kind == "here":
            self.here += 1
            return
        if arrival.kind == "new":
            self.new += 1
        else:
            self.grown += 1
        for kind, number in (left_out or LeftOut()).items():
            self.left_out[kind] += number
            named = self.left_out_of.setdefault(kind, [])
            if len(named) < NAMED:
                named.append((arrival.conversation.title, number))

    def skip(self, title: str, reason: str) -> None:
        """Count one that cannot be taken."""
        if len(self.skipped) < NAMED:
            self.skipped.append((title, reason))
        else:
            self.also_skipped += 1

    def count_beside(self, export: Export) -> None:
        """Count what an export has beside the conversations that it yielded."""
        self.repeated = list(export.repeated)
        self.others = [(other.title, other.reason) for other in export.other_files]

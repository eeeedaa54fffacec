"""What was spent, in a data folder: one small note for all owners, so that asking and counting are one step."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from chat.allowances.spent import SLOT, Past, Spent, slot_of
from chat.records import Record
from store.disk.os_errors import saying
from store.disk.places import OWNERS
from store.files.owners.notes import Notes
from store.spending import KEPT, MaySpend

SPENDING = "spending.json"
_SECONDS = int(SLOT.total_seconds())
_NUMBER = re.compile(r"[0-9]{1,9}")

Slots = dict[int, Spent]
"""By the number of the slot since 1970."""


class SpendingFile:
    """Counts in one data folder; `Spending` says what every verb means.

    The note's fields: `all` and, by owner, `owners`, each with slots as `"<number>": [answers, tokens, bytes]`. An
    owner's id is a hash for everybody who is counted.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._looked_in: int | None = None

    def spend(self, owner: str, what: Spent, now: datetime, may: MaySpend) -> datetime:
        refused: list[Exception] = []

        def spent(ledger: _Ledger) -> None:
            try:
                may(ledger.past(owner), ledger.past(None))
            except Exception as error:
                refused.append(error)
            else:
                ledger.add(owner, what)

        with saying("This could not be counted, so it was not done"):
            self._change(now, spent)
        # Only now, when it is noted what a clock had put into the future: else that would be refused until then.
        if refused:
            raise refused[0]
        return slot_of(now)

    def correct(self, owner: str, slot: datetime, tokens: int, now: datetime) -> None:
        with saying("What an answer took could not be counted"):
            self._change(now, lambda ledger: ledger.correct(owner, _number(slot), tokens))

    def past(self, owner: str | None, now: datetime) -> Past:
        with saying("What was spent could not be read"):
            return self._read(now).past(owner)

    def all_past(self, now: datetime) -> dict[str, Past]:
        with saying("What was spent could not be read"):
            ledger = self._read(now)
        return {owner: past for owner in ledger.owners if (past := ledger.past(owner))}

    def forget(self, owner: str) -> None:
        """Forget what an owner has spent; that somebody has stays known. Raises OSError, StoreError."""
        self._change(None, lambda ledger: ledger.forget(owner))

    def give(self, giver: str, taker: str) -> None:
        """Count what one owner has spent as another's from now on. Raises OSError, StoreError."""
        self._change(None, lambda ledger: ledger.give(giver, taker))

    def look(self, now: datetime) -> None:
        """Forget what is old, once in each slot. Raises OSError, StoreError."""
        number = _number(now)
        if number != self._looked_in:
            self._change(now, lambda ledger: [ledger.slots(owner) for owner in ledger.owners])
            self._looked_in = number

    def _read(self, now: datetime) -> _Ledger:
        return _Ledger(self._notes.read(OWNERS, SPENDING), _number(now))

    def _change(self, now: datetime | None, change: Callable[[_Ledger], object]) -> None:
        def changed(record: Record) -> Record:
            ledger = _Ledger(record, None if now is None else _number(now))
            change(ledger)
            return ledger.record()

        self._notes.change(OWNERS, SPENDING, changed)


class _Ledger:
    """The note, as it is read and changed. Only the owners that are asked for are looked at: there may be thousands."""

    def __init__(self, record: Record, present: int | None) -> None:
        """`present`: the slot of now; None where it does not matter what is old, or still to come."""
        owners = record.get("owners")
        self._record: Record = owners if isinstance(owners, dict) else {}
        self._present = present
        self._all = self._read(record.get("all"))
        self._read_owners: dict[str, Slots] = {}

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(self._record)

    def slots(self, owner: str | None) -> Slots:
        """Return what was counted of this owner, or of everybody; what is done to it is done to the note."""
        if owner is None:
            return self._all
        if owner not in self._read_owners:
            self._read_owners[owner] = self._read(self._record.get(owner))
        return self._read_owners[owner]

    def past(self, owner: str | None) -> Past:
        slots = self.slots(owner)
        return tuple((_moment(number), slots[number]) for number in sorted(slots))

    def add(self, owner: str, what: Spent) -> None:
        for each in (None, owner):
            _add(self.slots(each), self._present or 0, what)

    def correct(self, owner: str, slot: int, tokens: int) -> None:
        present = self._present or 0
        for slots in (self.slots(None), self.slots(owner)):
            # More than was counted there cannot be given back: a clock, or an owner, has changed meanwhile.
            if (there := slots.get(min(slot, present))) is not None:
                _add(slots, min(slot, present), Spent(tokens=max(tokens, -there.tokens)))
            elif tokens > 0 and slots:
                _add(slots, present, Spent(tokens=tokens))

    def give(self, giver: str, taker: str) -> None:
        for number, spent in self.slots(giver).items():
            _add(self.slots(taker), number, spent)
        self.forget(giver)

    def forget(self, owner: str) -> None:
        self._read_owners[owner] = {}

    def record(self) -> Record:
        changed = {owner: _record(slots) for owner, slots in self._read_owners.items()}
        owners = {owner: each for owner, each in (self._record | changed).items() if each}
        return ({"all": _record(self._all)} if self._all else {}) | ({"owners": owners} if owners else {})

    def _read(self, value: object) -> Slots:
        """Return the slots of the note without what is old or cannot be in it, and what is still to come as now."""
        slots: Slots = {}
        for number, spent in _slots(value).items():
            if self._present is None:
                slots[number] = spent
            elif number >= self._present - KEPT // SLOT:
                _add(slots, min(number, self._present), spent)
        return slots


def _add(slots: Slots, number: int, what: Spent) -> None:
    slots[number] = slots.get(number, Spent()) + what


def _number(moment: datetime) -> int:
    return int(moment.timestamp() // _SECONDS)


def _moment(number: int) -> datetime:
    return datetime.fromtimestamp(number * _SECONDS, UTC)


def _slots(value: object) -> Slots:
    if not isinstance(value, dict):
        return {}
    return {
        int(number): Spent(*counts)
        for number, counts in value.items()
        if _NUMBER.fullmatch(number) and isinstance(counts, list) and len(counts) == 3 and all(map(_is_count, counts))
    }


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _record(slots: Slots) -> Record:
    return {str(number): [spent.answers, spent.tokens, spent.uploaded] for number, spent in sorted(slots.items())}

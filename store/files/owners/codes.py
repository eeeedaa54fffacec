"""One-time codes in a data folder: one small note with all that wait, and who tried one in the last minute."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from chat.pairing import LIFE, Sealed, name_of, opened, read_code
from chat.records import Record
from store.codes import (
    BURNED,
    MOST_WAITING,
    TOO_LATE,
    TOO_MANY,
    TOO_MANY_WAITING,
    TRIES_OF_ALL,
    TRIES_OF_ONE,
    UNKNOWN,
    WINDOW_SECONDS,
    WRONG_TRIES,
)
from store.conversations import AlreadyThere, CodeTooLate, CodeUnknown, StoreError, TooManyTries
from store.disk.os_errors import saying
from store.disk.places import OWNERS
from store.files.owners.notes import Notes

CODES = "codes.json"
REMEMBERED = timedelta(hours=1)
"""How long it is known that a code has ended, so that it can be said. The sealed token is gone by then."""


class CodeFiles:
    """The codes of one data folder; `Codes` says what every verb means.

    The note's fields: `codes` by name, each with when it was made (by the clock, and by the monotonic one, which never
    jumps and is the same for all processes of a machine), and `tries`, each with its moment and the browser's hash.
    """

    def __init__(self, notes: Notes, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._notes = notes
        self._monotonic = monotonic

    def keep(self, sealed: Sealed, now: datetime) -> None:
        def kept(record: Record) -> Record:
            codes = {name: each for name, each in record["codes"].items() if each.get("owner") != sealed.owner}
            if "box" in codes.get(sealed.name, {}):
                raise AlreadyThere("A code of this name waits already.")
            if sum("box" in each for each in codes.values()) >= MOST_WAITING:
                raise StoreError(TOO_MANY_WAITING)
            return record | {"codes": codes | {sealed.name: _record(sealed, now, self._monotonic())}}

        with saying("The code could not be made"):
            self._change(now, kept)

    def take(self, code: str, now: datetime, *, by: str) -> str:
        outcome: list[str | StoreError] = []
        browser = hashlib.sha256(by.encode("utf-8", "surrogatepass")).hexdigest()[:16]

        def taken(record: Record) -> Record:
            tries = [each[1] for each in record["tries"]]
            if len(tries) >= TRIES_OF_ALL or tries.count(browser) >= TRIES_OF_ONE:
                outcome.append(TooManyTries(TOO_MANY))
                return record
            record = record | {"tries": [*record["tries"], [now.timestamp(), browser]]}
            changed, said = _tried(record, read_code(code))
            outcome.append(said)
            return changed

        with saying("The code could not be looked up"):
            self._change(now, taken)
        # Only now, when it is noted that it was used.
        if isinstance(outcome[0], StoreError):
            raise outcome[0]
        return outcome[0]

    def forget(self, owner: str) -> None:
        """Forget the codes of an owner. Raises OSError, StoreError."""

        def forgotten(record: Record) -> Record:
            codes = _sound(record)["codes"]
            return record | {"codes": {name: each for name, each in codes.items() if each.get("owner") != owner}}

        if self._notes.read(OWNERS, CODES):
            self._notes.change(OWNERS, CODES, forgotten)

    def look(self, now: datetime) -> None:
        """Take out what has ended, so that no token waits longer than its code is good. Raises OSError, StoreError."""
        if self._notes.read(OWNERS, CODES):
            self._change(now, lambda record: record)

    def _change(self, now: datetime, change: Callable[[Record], Record]) -> None:
        def changed(record: Record) -> Record:
            after = change(_current(_sound(record), now, self._monotonic()))
            return {name: value for name, value in after.items() if value}

        self._notes.change(OWNERS, CODES, changed)


def _record(sealed: Sealed, now: datetime, monotonic: float) -> Record:
    made = {"made": now.timestamp(), "monotonic": monotonic, "owner": sealed.owner}
    return made | {"salt": sealed.salt.hex(), "box": sealed.box.hex(), "wrong": 0}


def _ended(each: Record, why: str) -> Record:
    return {"made": each["made"], "ended": why}


def _tried(record: Record, code: str | None) -> tuple[Record, str | StoreError]:
    """Return what a try makes of the note, and the token or why there is none."""
    name = None if code is None else name_of(code)
    each = record["codes"].get(name)
    if code is None or name is None or each is None:
        return record, CodeUnknown(UNKNOWN)
    if "box" not in each:
        return record, TooManyTries(BURNED) if each.get("ended") == "burned" else CodeTooLate(TOO_LATE)
    token = opened(Sealed(name, each["owner"], bytes.fromhex(each["salt"]), bytes.fromhex(each["box"])), code)
    if token is not None:
        return record | {"codes": {other: kept for other, kept in record["codes"].items() if other != name}}, token
    wrong = each["wrong"] + 1
    if wrong >= WRONG_TRIES:
        return record | {"codes": record["codes"] | {name: _ended(each, "burned")}}, TooManyTries(BURNED)
    return record | {"codes": record["codes"] | {name: each | {"wrong": wrong}}}, CodeUnknown(UNKNOWN)


def _current(record: Record, now: datetime, monotonic: float) -> Record:
    """Return the note as it is at this moment: what ended holds no token, and what ended long ago is forgotten."""
    moment = now.timestamp()
    codes = {
        name: each if "box" not in each or _is_alive(each, moment, monotonic) else _ended(each, "late")
        for name, each in record["codes"].items()
        if abs(moment - each["made"]) < REMEMBERED.total_seconds()
    }
    return {"codes": codes, "tries": [each for each in record["tries"] if abs(moment - each[0]) < WINDOW_SECONDS]}


def _is_alive(each: Record, moment: float, monotonic: float) -> bool:
    # By both clocks, and not before it was made by either: one that jumps only ends it early.
    life = LIFE.total_seconds()
    ages = moment - each["made"], monotonic - each["monotonic"]
    return all(0 <= age < life for age in ages)


def _sound(record: Record) -> Record:
    """Return the note's fields without what cannot be in them: somebody changed the file by hand."""
    codes, tries = record.get("codes"), record.get("tries")
    return {
        "codes": {name: each for name, each in codes.items() if _is_code(each)} if isinstance(codes, dict) else {},
        "tries": [each for each in tries if _is_try(each)] if isinstance(tries, list) else [],
    }


def _is_code(each: object) -> bool:
    if not isinstance(each, dict) or not isinstance(each.get("made"), float | int):
        return False
    if "box" not in each:
        return True
    try:
        bytes.fromhex(each["salt"] + each["box"])
    except (KeyError, TypeError, ValueError):
        return False
    numbers = isinstance(each.get("monotonic"), float | int) and type(each.get("wrong")) is int
    return numbers and isinstance(each.get("owner"), str)


def _is_try(each: object) -> bool:
    return isinstance(each, list) and len(each) == 2 and isinstance(each[0], float | int) and isinstance(each[1], str)

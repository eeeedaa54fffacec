"""Where an owner's conversations come from that were given to them: what they erase leaves the giver's backups too.

A taker's note holds, for each giver, the ids that were given (`from`), those that have another id here (`renamed`), and
what the givers' own notes said of them (`earlier`, by folder).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from chat.records import Record
from store.disk.places import GIVEN, Place
from store.files.owners.notes import Notes


class Origins:
    """The notes of what was given, one in each taker's folder. Raises OSError, StoreError."""

    def __init__(self, notes: Notes, exists: Callable[[Place], bool]) -> None:
        self._notes = notes
        self._exists = exists

    def note(self, giver: str, ids: Iterable[str], taker: str) -> None:
        """Note that these conversations of `giver`'s folder go to `taker`'s, and where the giver had them from."""
        givers = _sound(self._notes.read(giver, GIVEN))
        given = {"from": {giver: sorted(ids)}}
        if not given["from"][giver]:
            return

        def noted(record: Record) -> Record:
            record = _sound(record)
            earlier = dict(record.get("earlier", {}))
            for folder, known in {**givers.get("earlier", {}), giver: givers}.items():
                together = _together(earlier.get(folder, {}), known)
                earlier |= {folder: together} if together else {}
            return record | _together(record, given) | ({"earlier": earlier} if earlier else {})

        self._notes.change(taker, GIVEN, noted)

    def note_renamed(self, old: Place, new: Place) -> None:
        """Note that what was `old` is `new` now, under another id."""
        renamed = {"renamed": {new.id: list(old)}}
        self._notes.change(new.folder, GIVEN, lambda record: _sound(record) | _together(_sound(record), renamed))

    def of(self, places: Iterable[Place]) -> set[Place]:
        """Return where these conversations were before they were given, as far as nothing else is there now."""
        notes: dict[str, Record] = {}
        found: set[Place] = set()
        for place in places:
            note = notes.setdefault(place.folder, _sound(self._notes.read(place.folder, GIVEN)))
            waiting = [place] if note else []
            while waiting:
                here = waiting.pop()
                before = _before(
                    here.id, note if here.folder == place.folder else note.get("earlier", {}).get(here.folder, {})
                )
                waiting += before - found
                found |= before
        return {place for place in found if not self._exists(place)}


def _together(one: Record, other: Record) -> Record:
    """Return what both notes say of what was given, without what was before that."""
    froms = {
        giver: sorted({*one.get("from", {}).get(giver, ()), *other.get("from", {}).get(giver, ())})
        for giver in sorted({*one.get("from", {}), *other.get("from", {})})
    }
    renamed = one.get("renamed", {}) | other.get("renamed", {})
    return ({"from": froms} if froms else {}) | ({"renamed": renamed} if renamed else {})


def _before(id: str, record: Record) -> set[Place]:
    """Return where a conversation was before its owner had it. What was renamed is none of those that kept an id."""
    renamed = {new: Place(*old) for new, old in record.get("renamed", {}).items()}
    same = {Place(giver, id) for giver, ids in record.get("from", {}).items() if id in ids}
    return same - set(renamed.values()) | ({renamed[id]} if id in renamed else set())


def _sound(record: Record) -> Record:
    """Return the note without what cannot be one: somebody changed it by hand."""
    shapes: Mapping[str, Callable[[object], bool]] = {
        "from": _is_ids,
        "renamed": _is_place,
        "earlier": lambda each: isinstance(each, dict) and _sound(each) == each,
    }
    return {
        name: value
        for name, value in record.items()
        if name not in shapes or (isinstance(value, dict) and all(map(shapes[name], value.values())))
    }


def _is_ids(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_place(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_ids(value)

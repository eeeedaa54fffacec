"""What is in a backup: which files of a data folder, under which names, and what its `backup.json` says of them.

A member has the name of its file below the data folder (`<owner's folder>/<id>.json`) and its bytes, so unpacking a
backup into an empty data folder restores it too. Damage to a member shows in the zip's own CRC-32.
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from chat.owner import is_visitor
from store.disk.atomic import Stamp, json_bytes, stamp_of
from store.disk.entries import names_in, owner_folders
from store.disk.places import MANIFEST, PREFERENCES, Place, conversation_id, damaged_parts, folder_name, is_owner_folder
from store.disk.zips import new_zip, take_out
from store.files.claim import is_ours, known_places
from store.keeping import Made, Name, Step

FORMAT = "chatkeep-backup"
VERSION = 1


def place_of(member: str) -> Place | None:
    """Return the conversation that a member belongs to; None for anything else."""
    folder, separator, name = member.partition("/")
    if not separator or not is_owner_folder(folder):
        return None
    damaged = damaged_parts(name)
    found = conversation_id(name) if damaged is None else damaged[0]
    return None if found is None else Place(folder, found)


def owner_of(folder: str, others: Mapping[str, Any] | None = None) -> str | None:
    """Return the owner of a folder; None where its name is a hash and `others` (owner by folder) does not know it."""
    owner: Any = unquote_to_bytes(folder).decode("utf-8", "surrogatepass") if is_owner_folder(folder) else None
    if not owner or folder_name(owner) != folder:
        owner = (others or {}).get(folder)
    return owner if isinstance(owner, str) and owner and folder_name(owner) == folder else None


def names_to_back_up(root: Path, folder: str | None = None, unreadable: list[str] | None = None) -> list[Name]:
    """Return the files that a backup of a data folder has, in order; of one owner's folder where it is given.

    A folder that cannot be looked into is added to `unreadable`.
    """
    names: list[Name] = []
    for each in owner_folders(root) if folder is None else (folder,):
        try:
            found = names_in(root / each)
        except OSError:
            if unreadable is not None:
                unreadable.append(each)
            continue
        names += [(each, name) for name in found if name == PREFERENCES or place_of(f"{each}/{name}") is not None]
    return names


def places_in(root: Path, places: Iterable[Place]) -> set[Place]:
    """Return those of the conversations that have a file, be it one that was set aside; raises OSError."""
    ids: dict[str, set[str]] = defaultdict(set)
    for place in places:
        ids[place.folder].add(place.id)
    there = set()
    for folder, wanted in ids.items():
        # Most names are of others, and to take each apart costs more than all else.
        names = (name for name in names_in(root / folder) if name.partition(".json")[0] in wanted)
        there |= {place_of(f"{folder}/{name}") for name in names}
    return {place for place in there if place is not None}


def write_members(root: Path, path: Path, names: Collection[Name], now: datetime, step: Step) -> Made:
    """Write those of these files that are ours and the manifest into a new zip, one after the other; raises OSError."""
    made = Made(path)
    known = known_places(root)
    owners: dict[str, str] = {}
    with new_zip(path) as archive:
        for number, (folder, name) in enumerate(names):
            step(number, len(names))
            try:
                raw, stamp = _read(root / folder / name)
            except (FileNotFoundError, IsADirectoryError):  # erased meanwhile, or set aside; or no file at all
                continue
            except OSError:
                made.unreadable.append(f"{folder}/{name}")
                continue
            if not is_ours(root, folder, name, raw, known):
                continue
            archive.writestr(_member(f"{folder}/{name}", stamp), raw)
            made.stamps[folder, name] = stamp
            if folder not in owners:
                owner = owner_of(folder) or owner_of(folder, {folder: _owner_in(raw)})
                owners |= {} if owner is None else {folder: owner}
        step(len(names), len(names))
        archive.writestr(MANIFEST, _manifest(archive.namelist(), now.astimezone(UTC).isoformat(), owners))
    _count(made)
    return made


def take_out_members(path: Path, temporary: Path, is_gone: Callable[[str], bool]) -> bool:
    """Take members out of a backup, and what its manifest says of them; see `zips.take_out`."""

    def renewed(raw: bytes, names: list[str]) -> bytes:
        manifest = json.loads(raw)
        return _manifest(names, manifest["created_at"], manifest["owners"])

    return take_out(path, temporary, is_gone, MANIFEST, renewed)


def take_out_erased(root: Path, made: Made, temporary: Path) -> None:
    """Take out what was erased while the backup was written: it must not come back with it."""
    places = {name: place for name in made.stamps if (place := place_of("/".join(name))) is not None}
    there = places_in(root, places.values())
    gone = {name: place for name, place in places.items() if place not in there}
    if gone:
        erased = set(gone.values())
        take_out_members(made.path, temporary, lambda member: place_of(member) in erased)
        for name in gone:
            del made.stamps[name]
        _count(made)


def _count(made: Made) -> None:
    folders = [folder for folder, name in made.stamps if conversation_id(name) is not None]
    made.conversations, made.visitors = len(folders), sum(map(is_visitor, folders))
    made.set_aside = sum(damaged_parts(name) is not None for _, name in made.stamps)


def _read(path: Path) -> tuple[bytes, Stamp]:
    if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for
        raise IsADirectoryError(path)
    with path.open("rb") as file:
        return file.read(), stamp_of(os.fstat(file.fileno()))


def _member(name: str, stamp: Stamp) -> zipfile.ZipInfo:
    moment = datetime.fromtimestamp(min(max(stamp.mtime_ns // 10**9, 315_532_800), 4_354_819_198), UTC)  # 1980 to 2107
    member = zipfile.ZipInfo(name, moment.timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3  # Unix, which has the permissions
    member.external_attr = 0o600 << 16
    return member


def _owner_in(raw: bytes) -> object:
    try:
        (record,) = json.loads(raw)["conversation"].values()
        return record["owner"]
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError):
        return None


def _manifest(members: Iterable[str], created_at: str, owners: Mapping[str, str]) -> bytes:
    names = [member.partition("/")[::2] for member in members]
    folders = {folder for folder, _ in names}
    record = {
        "format": FORMAT,
        "version": VERSION,
        "created_at": created_at,
        "conversations": sum(conversation_id(name) is not None for _, name in names),
        "visitors": sum(conversation_id(name) is not None and is_visitor(folder) for folder, name in names),
        "set_aside": sum(damaged_parts(name) is not None for _, name in names),
        "owners": {folder: owner for folder, owner in owners.items() if folder in folders},
    }
    return json_bytes(record)

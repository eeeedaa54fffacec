"""What `check` says of shared copies, and what `repair` does about them: a link that is not whole is closed.

A share is a copy: what is removed of it are words that its conversation has, or had when somebody chose to share them.
So nothing is opened here again, and nothing set aside.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from store.conversations import LaterVersion
from store.disk.entries import names_in
from store.disk.locks import Locks
from store.disk.places import SHARES, Place, is_share_id, share_name, share_parts
from store.files.owners.share_file import read_share
from store.files.owners.shares import place_noted
from store.files.tables import Damaged
from store.keeping import Finding

PAUSE_SECONDS = 0.2
"""Until a note that leads to no copy is looked at again: an app may be about to write it."""

SHOWS_NOTHING = "its link shows nothing"
FOREIGN = "not one of Chatkeep's; left alone"


def check_share(root: Path, folder: str, file_name: str, now: datetime) -> Finding | None:
    """Return what there is to say of a shared copy's file. Raises OSError where it cannot be read now."""
    name = f"{folder}/{file_name}"
    conversation_id, share_id = share_parts(file_name) or ("", "")
    place = Place(folder, conversation_id)
    is_noted = place_noted(root / SHARES / share_id) == place
    try:
        copied = read_share(root / name)
    except FileNotFoundError:  # revoked meanwhile
        return None
    except LaterVersion:
        return Finding("later", name, f"a shared copy that a later version of Chatkeep wrote; {SHOWS_NOTHING}")
    except Damaged as error:
        if not is_noted and not error.has_our_table:
            return Finding("foreign", name, FOREIGN)
        return Finding("share", name, f"a shared copy that is damaged ({error}); {SHOWS_NOTHING}")
    title = copied.conversation.title
    if not is_noted:
        return Finding("share", name, "a shared copy that no link leads to", title)
    if not (root / folder / place.file_name).exists():
        return Finding("closed share", name, f"a shared copy whose conversation is not here; {SHOWS_NOTHING}", title)
    if copied.is_expired(now):
        return Finding("closed share", name, f"a shared copy that has expired; {SHOWS_NOTHING}", title)
    return None


def check_notes(root: Path) -> Iterator[Finding]:
    """Yield what is wrong with the notes that links are found by. Raises OSError."""
    for note in names_in(root / SHARES):
        name = f"{SHARES}/{note}"
        if not is_share_id(note):
            yield Finding("foreign", name, FOREIGN)
        elif not _leads_somewhere(root, note):
            time.sleep(PAUSE_SECONDS)
            if not _leads_somewhere(root, note) and (root / name).exists():
                yield Finding("share", name, "a link that leads to no shared copy")


def close_share(root: Path, locks: Locks, finding: Finding, now: datetime) -> Iterator[str]:
    """Remove what `check` found, unless it is whole by now, and say so. Raises OSError, StoreError."""
    folder, _, name = finding.name.partition("/")
    parts = share_parts(name)
    note = root / SHARES / (name if parts is None else parts[1])
    place = place_noted(note) if parts is None else Place(folder, parts[0])
    with locks.held(finding.name if place is None else place.key):
        if parts is None:
            if _leads_somewhere(root, name):
                return
        else:
            still = check_share(root, folder, name, now)
            if still is None or still.kind != "share":
                return
            (root / finding.name).unlink(missing_ok=True)
        if place_noted(note) in (None, place):
            note.unlink(missing_ok=True)
    yield f"{finding.name}: removed."


def _leads_somewhere(root: Path, share_id: str) -> bool:
    place = place_noted(root / SHARES / share_id)
    return place is not None and (root / place.folder / share_name(place.id, share_id)).exists()

"""What a zip says of its own files: Chatkeep's manifest, ChatGPT's list of parts, ChatGPT's ratings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from formats.imports.outcome import About, Skipped
from formats.imports.values import field, identity, moment, objects, text

OWN_FORMATS = ("chatkeep-history", "chatkeep-archive")
RATINGS = {"thumbs_up": 1, "thumbsup": 1, "thumbs_down": -1, "thumbsdown": -1}


def is_own_manifest(value: Any) -> bool:
    """Whether this is the manifest of a zip that Chatkeep wrote."""
    return text(value, "format") in OWN_FORMATS


def about_files(manifest: Any) -> dict[str, About]:
    """Return, by file name, which of Chatkeep's conversations each file is."""
    return {
        text(entry, "file"): About(
            id=identity(entry, "id"),
            title=text(entry, "title"),
            created_at=moment(entry, "created_at"),
            updated_at=moment(entry, "updated_at"),
        )
        for entry in objects(manifest, "conversations")
        if text(entry, "file") and identity(entry, "id")
    }


def is_list_of_parts(value: Any) -> bool:
    """Whether this is `export_manifest.json` of ChatGPT's, which lists the files of all parts of an export."""
    return isinstance(field(value, "export_files"), list)


def missing_parts(manifest: Any, names: Iterable[str]) -> Iterator[Skipped]:
    """Yield a line for each file with conversations that is listed, but is in none of the files that are here."""
    # A zip that was packed again from its folder has the folder in its names.
    here = {name.replace("\\", "/").rsplit("/", 1)[-1].lower() for name in names}
    for entry in objects(manifest, "export_files"):
        path = text(entry, "path")
        file = path.replace("\\", "/").rsplit("/", 1)[-1]
        if file.startswith("conversations") and file.endswith(".json") and file.lower() not in here:
            yield Skipped(file[-100:], "is not in this zip: import the other parts of the export too")


def is_rating(value: Any) -> bool:
    """Whether this is an entry of ChatGPT's `message_feedback.json`: a rating in its words, of one message."""
    is_of_a_message = bool(text(value, "conversation_id")) and bool(identity(value, "message_id", "id"))
    return text(value, "rating").lower() in RATINGS and is_of_a_message


def ratings_from(entries: Iterable[Any]) -> dict[str, tuple[int, str]]:
    """Return rating and note by the id of the message; an entry that names none is passed over."""
    found: dict[str, tuple[int, str]] = {}
    for entry in entries:
        rating = RATINGS.get(text(entry, "rating").lower())
        id = identity(entry, "message_id", "id")
        if rating is not None and id:
            found[id] = rating, _note(text(entry, "content"))
    return found


def _note(content: str) -> str:
    try:
        return text(json.loads(content), "text")
    except (ValueError, RecursionError):
        return ""

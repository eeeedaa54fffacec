"""Which models of one's own choice are on this machine, or on their way: a small record of each in a folder.

The files themselves lie in the cache that other programs share, so a record says where, and is no more than that: one
whose file is gone is no model any more. Any number of processes read and write the records, each one whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from chat.providers.local.hub.names import label_of
from chat.providers.local.weights import default_folder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that somebody wanted on this machine."""

    repository: str
    file: str
    size: int = 0
    """Bytes."""
    licence: str | None = None
    languages: tuple[str, ...] = ()
    commit: str | None = None
    sha256: str | None = None
    path: str | None = None
    """Where the whole file is; None while it is not whole."""
    goes_on: bool = False
    """It was on its way and nobody stopped it: a process that starts goes on with it."""

    @property
    def name(self) -> str:
        """What tells it from all others: `owner/repository/file.gguf`."""
        return f"{self.repository}/{self.file}"

    @property
    def label(self) -> str:
        """What a person reads."""
        return label_of(self.file)

    @property
    def is_there(self) -> bool:
        """Whether the whole file is here, judged by its size; its hash was checked when it came."""
        try:
            return self.path is not None and Path(self.path).stat().st_size == self.size
        except OSError:
            return False


class Kept:
    """The records. `folder` defaults to one beside the demo model's file. Safe from any thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or default_folder() / "models"

    def list(self) -> tuple[KeptModel, ...]:
        """Return every record, by name."""
        return tuple(sorted(self._read(), key=lambda model: model.name.lower()))

    def models(self) -> tuple[KeptModel, ...]:
        """Return the models whose whole file is here."""
        return tuple(model for model in self.list() if model.is_there)

    def get(self, name: str) -> KeptModel | None:
        """Return the record of this name, or None where there is none."""
        return next((model for model in self._read() if model.name == name), None)

    def put(self, model: KeptModel) -> None:
        """Write a record, in place of the one of this name. Raises `OSError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(model.name)
        new = path.with_suffix(f".{os.getpid()}.new")
        new.write_text(json.dumps(asdict(model), indent=1), encoding="utf-8")
        new.replace(path)

    def drop(self, name: str) -> None:
        """Remove a record, and not its file."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"

    def _read(self) -> Iterator[KeptModel]:
        with suppress(OSError):
            for path in self._folder.glob("*.json"):
                try:
                    model = _from_json(json.loads(path.read_text(encoding="utf-8")))
                except (OSError, ValueError, TypeError) as error:
                    log.warning("the record of a model could not be read (%s)", error)
                    continue
                if path == self._path(model.name):
                    yield model


def _from_json(record: Any) -> KeptModel:
    if not isinstance(record, dict):
        raise TypeError("no record")
    known = {each.name for each in fields(KeptModel)}
    values = {name: value for name, value in record.items() if name in known}
    return KeptModel(**{**values, "languages": tuple(values.get("languages", ()))})


def freed_by(model: KeptModel, part: Path | None = None) -> int:
    """Return how many bytes the disk has more where this model is removed: none where another program's copy of the
    repository shares its file. `part` is what has arrived of one that is not whole."""
    if model.is_there and model.path is not None:
        return 0 if _is_shared(Path(model.path)) else model.size
    with suppress(OSError):
        return part.stat().st_size if part is not None else 0
    return 0


def remove(kept: Kept, model: KeptModel, part: Path | None = None) -> int:
    """Remove a model and its record; return how many bytes that freed. Raises `OSError`."""
    freed = freed_by(model, part)
    if model.path is not None:
        path = Path(model.path)
        blob = path.resolve()
        if not _is_shared(path):
            blob.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    if part is not None:
        part.unlink(missing_ok=True)
    kept.drop(model.name)
    return freed


def _is_shared(path: Path) -> bool:
    """Return whether another revision in the cache points to the same bytes: `snapshots/<commit>/<file>` does."""
    blob = path.resolve()
    if blob == path:
        return False
    snapshots = blob.parent.parent / "snapshots"
    return any(
        each != path and each.is_symlink() and each.resolve() == blob for each in snapshots.rglob(f"*{path.suffix}")
    )

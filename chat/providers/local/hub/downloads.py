"""The models that are on their way to this machine: one thread each, which no page and no visitor has to wait for.

They belong to the process, so leaving a page ends nothing. A record on the disk says what was begun: a process that was
killed goes on with it when it starts again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from chat.errors import ModelUnavailable
from chat.providers.local.hub.catalog import Hub, Repository
from chat.providers.local.hub.download import Stopped, ask, fetch, part_of
from chat.providers.local.hub.failures import translated
from chat.providers.local.hub.kept import Kept, KeptModel, freed_by, remove

log = logging.getLogger(__name__)

CLOSING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a model is that is not whole."""

    model: KeptModel
    done: int = 0
    """Bytes."""
    is_running: bool = False
    is_stopping: bool = False
    error: str | None = None
    """Why it did not come, for the user."""

    @property
    def is_being_checked(self) -> bool:
        """Whether all has arrived, and it is looked at whether it is what was promised."""
        return self.is_running and 0 < self.model.size == self.done


class _Running:
    """One download at work."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.done = 0
        self.thread: threading.Thread | None = None


class Downloads:
    """The downloads of one process. Safe from any thread.

    `changed` is called, from any thread, when a model has come or was removed.
    """

    def __init__(self, kept: Kept | None = None, hub: Hub | None = None, changed: Callable[[], None] = lambda: None):
        self.kept = kept or Kept()
        self.hub = hub or Hub()
        self._changed = changed
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._errors: dict[str, str] = {}
        self._is_closing = False

    def begin(self, repository: Repository, file: str) -> KeptModel:
        """Begin to get a file of a repository, or go on with it. Raises `ModelUnavailable`."""
        name = KeptModel(repository.name, file).name
        model = self.kept.get(name) or KeptModel(
            repository.name,
            file,
            next((each.size for each in repository.files if each.name == file), 0),
            repository.licence,
            repository.languages,
        )
        self.go_on(model)
        return model

    def go_on(self, model: KeptModel) -> None:
        """Go on with a model that is not whole. Raises `ModelUnavailable`."""
        with self._lock:
            if model.name in self._running or self._is_closing or model.is_there:
                return
            try:
                self.kept.put(replace(model, goes_on=True))
            except OSError as error:
                raise translated(error, model.repository) from error
            self._errors.pop(model.name, None)
            running = self._running[model.name] = _Running()
            running.thread = threading.Thread(
                target=self._get, args=(model, running), name="chatkeep-download", daemon=True
            )
            running.thread.start()

    def go_on_with_all(self) -> None:
        """Go on with what was on its way when a process ended."""
        for model in self.kept.list():
            if model.goes_on and not model.is_there:
                try:
                    self.go_on(model)
                except ModelUnavailable as error:
                    log.warning("a download is not gone on with: %s", error)

    def progress(self) -> tuple[Progress, ...]:
        """Return every model that was begun and is not whole."""
        unfinished = [model for model in self.kept.list() if not model.is_there]
        with self._lock:
            return tuple(self._progress(model) for model in unfinished)

    def _progress(self, model: KeptModel) -> Progress:
        running = self._running.get(model.name)
        if running is None:
            return Progress(model, freed_by(model, self._part(model)), error=self._errors.get(model.name))
        return Progress(model, running.done, is_running=True, is_stopping=running.stop.is_set())

    def stop(self, name: str) -> None:
        """Have a download end; what has arrived is kept."""
        with self._lock:
            if (running := self._running.get(name)) is not None:
                running.stop.set()

    def freed_by(self, model: KeptModel) -> int:
        """Return how many bytes the disk has more where this model is removed."""
        return freed_by(model, self._part(model))

    def remove(self, model: KeptModel) -> int:
        """End what is being fetched of a model, remove what is here, and return how many bytes that freed.

        Raises `ModelUnavailable` where it cannot be removed.
        """
        with self._lock:
            running = self._running.get(model.name)
        if running is not None and running.thread is not None:
            running.stop.set()
            running.thread.join()
        model = self.kept.get(model.name) or model
        try:
            freed = remove(self.kept, model, self._part(model))
        except OSError as error:
            raise translated(error, model.repository) from error
        self._errors.pop(model.name, None)
        self._changed()
        return freed

    def close(self) -> None:
        """End all, to be gone on with when a process starts again."""
        with self._lock:
            self._is_closing = True
            running = tuple(self._running.values())
        for each in running:
            each.stop.set()
        for each in running:
            if each.thread is not None:
                each.thread.join(CLOSING_SECONDS)

    def _part(self, model: KeptModel) -> Path | None:
        return part_of(self.hub, model.repository, model.sha256) if model.sha256 is not None else None

    def _get(self, model: KeptModel, running: _Running) -> None:
        try:
            model = self._fetched(model, running)
        except Stopped:
            self._ended(model, None)
        except Exception as error:
            try:
                said = str(translated(error, model.repository, model.file))
            except Exception:
                log.exception("a model could not be fetched")
                said = "Something unexpected went wrong. Try again."
            self._ended(model, said)
        else:
            self._ended(model, None)
            if not self._is_closing:
                self._changed()

    def _fetched(self, model: KeptModel, running: _Running) -> KeptModel:
        def tell(done: int, total: int) -> None:
            running.done = done

        promise = ask(self.hub, model.repository, model.file, model.commit)
        begun = replace(model, commit=promise.commit, sha256=promise.sha256, size=promise.size, goes_on=True)
        self.kept.put(begun)
        path = fetch(self.hub, model.repository, model.file, promise, tell, running.stop)
        return replace(begun, path=str(path), goes_on=False)

    def _ended(self, model: KeptModel, error: str | None) -> None:
        with self._lock:
            self._running.pop(model.name, None)
            if error is not None:
                self._errors[model.name] = error
            if self._is_closing and model.path is None:
                return  # it goes on when a process starts again
            now = model if model.path is not None else self.kept.get(model.name) or model
            with suppress(OSError):
                self.kept.put(replace(now, goes_on=False))

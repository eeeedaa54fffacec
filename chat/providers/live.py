"""The live providers of one process: their clients, all on the background loop, and which models each one has.

A key that somebody typed is theirs for a browser session, and a client holds it: so such a client is let go of as they
forget the key, else once nobody has used it for a while. Sessions end without a word, so no more can be known of them.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from chat.errors import ChatError
from chat.providers.base import Model, Provider, ProviderSpec
from chat.providers.finding.finder import Finder
from chat.replies.background import Background

log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
"""How long a list of models is good."""
FAILED_SECONDS = 30.0
"""How long a failed question for them is not repeated."""
MOST_CLIENTS = 64
"""Of typed keys."""
UNUSED_SECONDS = 600.0
"""After so long without use nothing of a typed key is held; looked at every so often:"""
LOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of one provider as far as they are known."""

    models: tuple[Model, ...] = ()
    error: str | None = None
    """Why they could not be asked for, for the user."""
    pending: bool = False
    """The question is on its way."""


class Providers:
    """The live providers of one process and what they offer. Safe from any thread."""

    def __init__(self, background: Background, finder: Finder | None = None) -> None:
        self._background = background
        self.finder = finder or Finder(background, ())
        """Of servers on this machine: for the personal owner only, whose machine it is."""
        self._lock = threading.Lock()
        self._live: dict[ProviderSpec, Provider] = {}
        self._lists: dict[ProviderSpec, tuple[float, ModelList]] = {}
        self._used: dict[ProviderSpec, float] = {}
        """When each typed one was last used."""
        self._imported: set[str] = set()
        self._answered = threading.Condition(self._lock)

    def get(self, spec: ProviderSpec) -> Provider:
        """Return the live provider of this spec, made at the first call. To be called on the background loop."""
        with self._lock:
            self._note_use(spec)
            live = self._live.get(spec)
            if live is None:
                live = self._live[spec] = spec.info.make(spec)
            return live

    def import_libraries(self, specs: Iterable[ProviderSpec]) -> None:
        """Have imported in the background, once, what the first answer of those that can be asked would import."""
        wanted = {name for spec in specs if not spec.lacks_key for name in spec.info.libraries}
        with self._lock:
            new = wanted - self._imported
            self._imported |= new
        if new:
            self._background.submit(asyncio.to_thread(_import, sorted(new)))

    def forget(self, spec: ProviderSpec) -> None:
        """Hold nothing of this provider any more. Its client lives on for the replies that use it, and no longer."""
        with self._lock:
            self._forget(spec)

    def _forget(self, spec: ProviderSpec) -> None:
        for held in (self._live, self._lists, self._used):
            held.pop(spec, None)

    def _note_use(self, spec: ProviderSpec) -> None:
        if not spec.typed:
            return
        if not self._used:
            self._background.submit(self._forget_unused())
        self._used[spec] = time.monotonic()
        if len(self._used) > MOST_CLIENTS:
            self._forget(min(self._used, key=self._used.__getitem__))

    async def _forget_unused(self) -> None:
        # One look at all, now and then: a task that waited for one of them would hold its key.
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._some_are_used():
                return

    def _some_are_used(self) -> bool:
        with self._lock:
            before = time.monotonic() - UNUSED_SECONDS
            for spec in [spec for spec, used in self._used.items() if used <= before]:
                self._forget(spec)
            return bool(self._used)

    def known_models(self, spec: ProviderSpec, wait: float = 0.0) -> ModelList:
        """Return what is known of this provider's models now, and ask for them where that is not fresh.

        Waits at most `wait` seconds for a first answer; a provider that is away never holds a page up for longer.
        """
        if spec.lacks_key:
            return ModelList()
        with self._lock:
            self._note_use(spec)
            when, known = self._lists.get(spec, (float("-inf"), ModelList()))
            good_for = FAILED_SECONDS if known.error else FRESH_SECONDS
            if not known.pending and time.monotonic() - when > good_for:
                known = ModelList(known.models, known.error, pending=True)
                self._lists[spec] = (when, known)
                self._background.submit(self._ask(spec))
            if known.pending and not known.models and wait:
                self._answered.wait_for(lambda: not self._known(spec).pending, wait)
            return self._known(spec)

    def ask_again(self, name: str) -> None:
        """Have this provider asked anew for its models, as they have changed; what is known holds until it answers."""
        with self._lock:
            for spec in self._lists:
                if spec.info.name == name:
                    self._background.submit(self._ask(spec))

    def _known(self, spec: ProviderSpec) -> ModelList:
        return self._lists.get(spec, (0.0, ModelList()))[1]

    async def _ask(self, spec: ProviderSpec) -> None:
        try:
            answer = ModelList(await self.get(spec).models())
        except ChatError as error:
            answer = ModelList(error=str(error))
        except Exception:
            log.exception("A provider's models could not be listed")
            answer = ModelList(
                error=f"{spec.info.label} could not be asked for its models: type a model's name instead."
            )
        with self._lock:
            if not spec.typed or spec in self._used:  # it may have been forgotten meanwhile
                self._lists[spec] = (time.monotonic(), answer)
            self._answered.notify_all()

    def close(self) -> None:
        """Close every client, and end the model on this machine."""
        with self._lock:
            live = tuple(self._live.values())
            self._live.clear()
        if live and not self._background.loop.is_closed():
            self._background.submit(_close_all(live)).result(5.0)
        self.finder.close()


def _import(names: Iterable[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # whoever asks this provider is told
            log.info("a library could not be imported (%s)", error)
    # What stays for as long as the process runs is not looked through for garbage again and again.
    gc.collect()
    gc.freeze()


async def _close_all(live: tuple[Provider, ...]) -> None:
    await asyncio.gather(*(provider.close() for provider in live), return_exceptions=True)

"""The models on this machine: fetched when first asked, each run in a child process, asked like any OpenAI endpoint.

They need no key and no account, so one answers before anything is set up. `running.py` holds one in memory; this module
knows which there are, and lets the least recently used go where the memory is needed for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from chat.errors import NotFound
from chat.providers.base import Chunk, Model, Provider, ProviderInfo, ProviderSpec, Request
from chat.providers.local import machine
from chat.providers.local.hub.kept import Kept
from chat.providers.local.model import NAME, SMOLLM2, LocalModel, model_for, model_of
from chat.providers.local.running import RunningModel, check_library
from chat.providers.local.weights import WeightsCache
from chat.providers.openai import LIBRARIES

NOTE = (
    "A demo model, often wrong, that knows English only. It runs where Chatkeep runs, without a key; its 93 MB arrive "
    "there with the first message."
)
MOST_IN_MEMORY = 2
"""Models where it is not known how much memory is free."""


def info_for(gguf: str) -> ProviderInfo:
    """Return what changes in the record where the model is a GGUF file of one's own; `gguf` is its path."""
    return replace(INFO, default_model=model_for(gguf).id, note=None)


def make(spec: ProviderSpec) -> Provider:
    """Return the models on this machine."""
    return LocalModelProvider(gguf=spec.file)


INFO = ProviderInfo(
    NAME,
    "On this machine",
    file_name="CHATKEEP_GGUF",
    default_model=SMOLLM2.id,
    demo_model=SMOLLM2.id,
    prefill=True,
    libraries=LIBRARIES,
    note=NOTE,
    make=make,
    with_file=info_for,
)


class LocalModelProvider:
    """Runs models on this machine. Implements `Provider`.

    `gguf`: the path of a GGUF file, in place of the model that is downloaded. `cache`: where that one is kept. `kept`:
    the models from the hub.
    """

    def __init__(self, *, gguf: str | None = None, cache: WeightsCache | None = None, kept: Kept | None = None) -> None:
        self.info = INFO if gguf is None else info_for(gguf)
        self._own = model_for(gguf)
        self._cache = cache or WeightsCache()
        self._kept = kept or Kept()
        self._running: dict[str, RunningModel] = {}
        self._making_room = asyncio.Lock()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The processes that run models now."""
        return tuple(each.process_id for each in self._running.values() if each.process_id is not None)

    async def models(self) -> tuple[Model, ...]:
        """Return the models that are here. Raises `ModelUnavailable` where llama.cpp cannot be loaded.

        What was removed or replaced meanwhile leaves memory, so that the disk has its room back.
        """
        await check_library()
        there = await self._there()
        for name, running in [*self._running.items()]:
            if running.model != there.get(name) and running.is_idle:
                del self._running[name]
                await running.close()
        return tuple(Model(model.id, model.label, model.context) for model in there.values())

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Yield the answer's chunks, and before them how far the model is from being ready. Raises ChatError.

        See `Provider.stream`. `ModelUnavailable` where the model cannot be fetched or started.
        """
        model = (await self._there()).get(request.model)
        if model is None:
            raise NotFound(f"The model {request.model_name} is not on this machine: choose another one.")
        async with aclosing(self._of(model).stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def close(self) -> None:
        """End the child processes, or what is being done to start them."""
        await asyncio.gather(*(each.close() for each in self._running.values()))

    def _of(self, model: LocalModel) -> RunningModel:
        running = self._running.get(model.id)
        if running is None:
            running = self._running[model.id] = RunningModel(model, self._cache, lambda: self._make_room(model.id))
        return running

    async def _there(self) -> dict[str, LocalModel]:
        """Return the models that are here, by id."""
        kept = await asyncio.to_thread(self._kept.models)
        return {model.id: model for model in (self._own, *(model_of(each) for each in kept))}

    async def _make_room(self, model_id: str) -> None:
        """Let models go that nobody waits for, the least recently used first, until this one has room in memory."""
        async with self._making_room:
            needed = machine.needed_for(self._running[model_id].size)
            while others := self._others_in_memory(model_id):
                free = machine.memory().free
                if (len(others) < MOST_IN_MEMORY) if free is None else (free >= needed):
                    return
                idle = [each for each in others if each.is_idle]
                if not idle:
                    return  # then it is tried: the rest of the memory may do
                await min(idle, key=lambda each: each.last_used).leave_memory()

    def _others_in_memory(self, model_id: str) -> list[RunningModel]:
        return [each for name, each in self._running.items() if name != model_id and each.process_id is not None]

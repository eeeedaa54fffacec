"""The model on this machine: fetched when first asked, run in a child process, asked like any OpenAI endpoint.

It needs no key and no account, so it answers before anything is set up. `weights.py` fetches it, `process.py` and
`server.py` run it; this module decides when, and says what went wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from chat.errors import ModelUnavailable, NotFound, ServerError, Unreachable
from chat.providers.base import Chunk, Model, Progress, Provider, ProviderInfo, ProviderSpec, Request
from chat.providers.connection import Timeouts
from chat.providers.local import library
from chat.providers.local.process import DidNotStart, LocalServer
from chat.providers.local.server import CONTEXT_TOKENS, PLACES
from chat.providers.local.shared_work import HEARTBEAT_SECONDS, SharedWork
from chat.providers.local.weights import WeightsCache
from chat.providers.openai import OpenAIProvider

NAME = "local"
NOTE = (
    "It runs where Chatkeep runs, without a key; its 93 MB arrive there with the first message. It is small: for "
    "better answers add a key in Settings."
)


@dataclass(frozen=True, slots=True)
class LocalModel:
    """What is run, and how it chooses words where a request does not say it."""

    name: str
    """The second part of its id."""
    label: str
    sampling: tuple[tuple[str, float], ...] = ()
    """In llama.cpp's names; empty: the GGUF's own, or llama.cpp's."""
    longest_answer: int = -1
    """Tokens; -1: up to the end of the context."""

    @property
    def id(self) -> str:
        """The model's id in the app."""
        return f"{NAME}/{self.name}"


SMOLLM2 = LocalModel(
    name="smollm2-135m-instruct",
    label="SmolLM2 135M",
    # As its authors advise; the third ends its loops and leaves other answers as they are.
    sampling=(("temp", 0.2), ("top_p", 0.9), ("dry_multiplier", 0.8)),
    longest_answer=1024,  # a model this small may never come to an end
)


def model_for(gguf: str | None) -> LocalModel:
    """Return the model of this GGUF file, or the one that comes with the app."""
    if gguf is None:
        return SMOLLM2
    stem = Path(gguf).stem
    return LocalModel(stem, stem)


def info_for(gguf: str) -> ProviderInfo:
    """Return what changes in the record where the model is a GGUF file of one's own; `gguf` is its path."""
    return replace(INFO, default_model=model_for(gguf).id, note=None)


def make(spec: ProviderSpec) -> Provider:
    """Return the model on this machine."""
    return LocalModelProvider(gguf=spec.file)


INFO = ProviderInfo(
    NAME,
    "On this machine",
    file_name="CHATKEEP_GGUF",
    default_model=SMOLLM2.id,
    prefill=True,
    note=NOTE,
    make=make,
    with_file=info_for,
)


class LocalModelProvider:
    """Runs a model on this machine. Implements `Provider`.

    `gguf`: the path of a GGUF file, in place of the model that is downloaded. `cache`: where that one is kept.
    """

    def __init__(self, *, gguf: str | None = None, cache: WeightsCache | None = None) -> None:
        self.info = INFO if gguf is None else info_for(gguf)
        self._model = model_for(gguf)
        self._gguf = Path(gguf).expanduser() if gguf is not None else None
        self._cache = cache or WeightsCache()
        self._starting = SharedWork(self._start)
        self._places = asyncio.Semaphore(PLACES)
        self._server: LocalServer | None = None
        self._client: OpenAIProvider | None = None

    @property
    def process_id(self) -> int | None:
        """The process that runs the model, or None while there is none."""
        return self._server.pid if self._server is not None and self._server.is_running else None

    async def models(self) -> tuple[Model, ...]:
        """Return the one model. Raises `ModelUnavailable` where llama.cpp cannot be loaded."""
        if (trouble := await asyncio.to_thread(library.trouble)) is not None:
            raise ModelUnavailable(trouble)
        return (Model(self._model.id, self._model.label, CONTEXT_TOKENS),)

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Yield the answer's chunks, and before them how far the model is from being ready. Raises ChatError.

        See `Provider.stream`. `ModelUnavailable` where the model cannot be fetched or started.
        """
        if request.model != self._model.id:
            raise NotFound(f"The model {request.model_name} is not on this machine: choose another one.")
        async with AsyncExitStack() as held:
            # Twice, since the model may have stopped while others were waited for.
            for step in (self._ready(), self._place(held), self._ready()):
                async with aclosing(step):
                    async for progress in step:
                        yield Chunk(progress=progress)
            assert self._client is not None
            try:
                async with aclosing(self._client.stream(request)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except Unreachable as error:
                raise ServerError(f"{self._model.label} stopped unexpectedly: try again.") from error

    async def close(self) -> None:
        """End the child process, or what is being done to start it."""
        await self._starting.end()
        await self._let_go()

    async def _let_go(self) -> None:
        client, server, self._client, self._server = self._client, self._server, None, None
        if client is not None:
            await client.close()
        if server is not None:
            await server.close()

    async def _ready(self) -> AsyncGenerator[Progress, None]:
        """Make the model ready, together with everybody else who needs it."""
        if self.process_id is not None:
            return
        async with aclosing(self._starting.follow()) as steps:
            async for progress in steps:
                yield progress

    async def _place(self, held: AsyncExitStack) -> AsyncGenerator[Progress, None]:
        """Wait until fewer than `PLACES` answers are made, and hold a place until the stack is closed."""
        while True:
            if self._places.locked():
                yield Progress("Waiting for another answer to end")
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._places.acquire()
                held.callback(self._places.release)
                return

    async def _start(self) -> AsyncGenerator[Progress, None]:
        if self._gguf is None and not self._cache.is_there:  # before 93 MB are fetched for nothing
            await self.models()
        if self._gguf is None:
            async with aclosing(self._cache.fetch()) as steps:
                async for progress in steps:
                    yield progress
        elif not self._gguf.is_file():
            raise ModelUnavailable(f"{self._gguf.name} was not found. Check CHATKEEP_GGUF, or choose another model.")
        yield Progress("Starting the model")
        await self._let_go()
        try:
            server = await LocalServer.start(
                self._gguf or self._cache.path, self._model.name, dict(self._model.sampling), self._model.longest_answer
            )
        except DidNotStart as error:
            raise await self._why_not(error.problem, error.words) from error
        self._server = server
        self._client = OpenAIProvider(
            # Under the model's name, which is what the sentences of its errors need.
            ProviderInfo(NAME, self._model.label),
            api_key=server.api_key,
            base_url=f"{server.address}/v1",
            models=(self._model.name,),
            # llama.cpp's server may close a connection just as the next request is sent through it.
            timeouts=Timeouts(idle=0),
        )

    async def _why_not(self, problem: str, words: str) -> ModelUnavailable:
        if problem == "missing":
            return ModelUnavailable(library.not_loaded(words))
        if problem == "unusable" and self._gguf is not None:
            return ModelUnavailable(
                f"{self._gguf.name} could not be loaded: it is no GGUF file, is not complete, or needs more memory. "
                "Put another file in CHATKEEP_GGUF, or choose another model."
            )
        if self._gguf is None and await asyncio.to_thread(self._cache.remove_if_damaged):
            return ModelUnavailable(
                "The model's file was damaged and has been removed. "
                "Try again to download it anew, or choose another model."
            )
        return ModelUnavailable(
            f"{self._model.label} could not be started, perhaps for lack of memory. "
            "Close other programs and try again, or choose another model."
        )

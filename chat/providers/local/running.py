"""One model in memory: started by the first question to it, asked like any OpenAI endpoint, let go of when told to.

`weights.py` fetches the model that comes with the app, `process.py` and `server.py` run any; this module says what went
wrong. Which models are in memory at a time is for `provider.py` to decide.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import replace

from chat.errors import ModelUnavailable, ServerError, Unreachable
from chat.providers.base import Chunk, Progress, PromptMessage, ProviderInfo, Request
from chat.providers.connection import Timeouts
from chat.providers.local import library
from chat.providers.local.model import NAME, LocalModel
from chat.providers.local.process import DidNotStart, LocalServer
from chat.providers.local.server import PLACES
from chat.providers.local.shared_work import HEARTBEAT_SECONDS, SharedWork
from chat.providers.local.weights import WeightsCache
from chat.providers.openai import OpenAIProvider


class RunningModel:
    """A model and the process that it runs in. On one asyncio loop.

    `cache` keeps the weights of the model that comes with the app; `make_room` is awaited before the process starts.
    """

    def __init__(self, model: LocalModel, cache: WeightsCache, make_room: Callable[[], Awaitable[None]]) -> None:
        self.model = model
        self.last_used = time.monotonic()
        self._cache = cache
        self._make_room = make_room
        self._starting = SharedWork(self._start)
        self._places = asyncio.Semaphore(PLACES)
        self._asked = 0
        self._server: LocalServer | None = None
        self._client: OpenAIProvider | None = None

    @property
    def process_id(self) -> int | None:
        """The process that runs the model, or None while there is none."""
        return self._server.pid if self._server is not None and self._server.is_running else None

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for it."""
        return self._asked == 0

    @property
    def size(self) -> int:
        """Bytes of its file; 0 where that is not here."""
        try:
            return (self.model.gguf or self._cache.path).stat().st_size
        except OSError:
            return 0

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Yield the answer's chunks, and before them how far the model is from being ready. See `Provider.stream`."""
        self._asked += 1
        try:
            async with AsyncExitStack() as held:
                # Twice, since the model may have stopped while others were waited for.
                for step in (self._ready(), self._place(held), self._ready()):
                    async with aclosing(step):
                        async for progress in step:
                            yield Chunk(progress=progress)
                assert self._client is not None
                try:
                    async with aclosing(self._client.stream(self._prompted(request))) as chunks:
                        async for chunk in chunks:
                            yield chunk
                except Unreachable as error:
                    happened = f"{self.model.label} stopped unexpectedly"
                    raise ServerError(f"{happened}: try again.", happened=happened) from error
        finally:
            self._asked -= 1
            self.last_used = time.monotonic()

    def _prompted(self, request: Request) -> Request:
        """Return the request with the model's own system prompt, where it has one and nobody has set another."""
        prompt = self.model.system_prompt
        if not prompt or any(message.role == "system" for message in request.messages):
            return request
        return replace(request, messages=(PromptMessage("system", prompt), *request.messages))

    async def close(self) -> None:
        """End the process, or what is being done to start it."""
        await self._starting.end()
        await self.leave_memory()

    async def leave_memory(self) -> None:
        """End the process; the next question starts another."""
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
        gguf = self.model.gguf
        if gguf is None:
            if not self._cache.is_there:  # before 93 MB are fetched for nothing
                await check_library()
            async with aclosing(self._cache.fetch()) as steps:
                async for progress in steps:
                    yield progress
        elif not gguf.is_file():
            raise ModelUnavailable(f"{gguf.name} was not found. {self.model.mended_by}")
        yield Progress("Starting the model")
        await self.leave_memory()
        await self._make_room()
        model = self.model
        try:
            server = await LocalServer.start(
                gguf or self._cache.path,
                model.name,
                dict(model.sampling),
                model.longest_answer,
                context=model.context,
                thinks=model.thinks,
            )
        except DidNotStart as error:
            raise await self._why_not(error.problem, error.words) from error
        self._server = server
        self._client = OpenAIProvider(
            # Under the model's name, which is what the sentences of its errors need.
            ProviderInfo(NAME, model.label),
            api_key=server.api_key,
            base_url=f"{server.address}/v1",
            models=(model.name,),
            # llama.cpp's server may close a connection just as the next request is sent through it.
            timeouts=Timeouts(idle=0),
        )

    async def _why_not(self, problem: str, words: str) -> ModelUnavailable:
        gguf = self.model.gguf
        if problem == "missing":
            return ModelUnavailable(library.not_loaded(words))
        if problem == "unusable" and gguf is not None:
            return ModelUnavailable(
                f"{gguf.name} could not be loaded: it is no GGUF file, is not complete, or needs more memory. "
                f"{self.model.mended_by}"
            )
        if gguf is None and await asyncio.to_thread(self._cache.remove_if_damaged):
            return ModelUnavailable(
                "The model's file was damaged and has been removed. "
                "Try again to download it anew, or choose another model."
            )
        return ModelUnavailable(
            f"{self.model.label} could not be started, perhaps for lack of memory. "
            "Close other programs and try again, or choose another model."
        )


async def check_library() -> None:
    """Raise `ModelUnavailable` where llama.cpp cannot be loaded."""
    if (trouble := await asyncio.to_thread(library.trouble)) is not None:
        raise ModelUnavailable(trouble)

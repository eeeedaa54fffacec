"""The parent's side of `server.py`: starts the child, learns its address, and ends it.

What is asked of the server, and when one is needed, is the business of `provider.py`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path

from chat.providers.local.beginning import begun
from chat.providers.local.model import DEMO_CONTEXT
from chat.providers.local.server import Settings

log = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_name("server.py")
ENDING_SECONDS = 5.0
"""How long a child may take to end by itself."""
WAITING = {"GOMP_SPINCOUNT": "1000"}
"""How often one of llama.cpp's threads looks whether the others are done before it sleeps (libgomp's manual). By
default so often that on a busy machine it keeps the core that another one needs to be done."""


class DidNotStart(Exception):
    """The child gave no address; `problem` is `missing` (llama.cpp), `unusable` (the file) or `crashed`."""

    def __init__(self, problem: str, words: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.words = words
        """What was raised in the child."""


class LocalServer:
    """A running child process with a model in it."""

    def __init__(self, process: asyncio.subprocess.Process, errors: asyncio.Task[None]) -> None:
        self._process = process
        self._errors = errors
        self.address = ""
        self.api_key = secrets.token_urlsafe(24)

    @classmethod
    async def start(
        cls,
        gguf: Path,
        name: str,
        sampling: dict[str, float],
        longest_answer: int,
        script: Path = SCRIPT,
        context: int = DEMO_CONTEXT,
        thinks: bool = True,
    ) -> LocalServer:
        """Start a child and wait until it has read the model. Raises `DidNotStart`; cancelling ends the child."""
        starting = asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the script's folder is not where modules are looked for
            str(script),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**WAITING, **os.environ},
        )
        process = await begun(starting, _kill)
        last_words: deque[str] = deque(maxlen=20)
        server = cls(process, asyncio.create_task(_read(process, last_words)))
        settings = Settings(
            gguf=str(gguf),
            name=name,
            api_key=server.api_key,
            sampling=sampling,
            longest_answer=longest_answer,
            context=context,
            thinks=thinks,
        )
        try:
            answer = await server._ask(settings)
        except BaseException:
            await server.close()
            raise
        if "address" not in answer:
            await server.close()
            log.warning("The model %s could not be started: %s", name, " | ".join(last_words))
            raise DidNotStart(answer.get("problem", "crashed"), answer.get("words", ""))
        server.address = answer["address"]
        return server

    async def _ask(self, settings: Settings) -> dict[str, str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(ConnectionError):  # a child that is dead already says so below
            self._process.stdin.write(json.dumps(settings).encode() + b"\n")
            await self._process.stdin.drain()
        answer: dict[str, str] = json.loads(await self._process.stdout.readline() or b"{}")
        return answer

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the child is there."""
        return self._process.returncode is None

    async def close(self) -> None:
        """End the child and wait until it is gone. Safe to call twice."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(ENDING_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await asyncio.wait({self._errors}, timeout=ENDING_SECONDS)


async def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.communicate()


async def _read(process: asyncio.subprocess.Process, last_words: deque[str]) -> None:
    """Keep the last lines that the child writes to stderr; unread, they would fill the pipe and stop it."""
    assert process.stderr is not None
    while block := await process.stderr.read(4096):
        last_words.extend(block.decode(errors="replace").splitlines())

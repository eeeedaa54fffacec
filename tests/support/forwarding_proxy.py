"""A small forwarder in front of a local server, as a proxy or a tunnel is: it changes the head of each request.

Every connection carries one request (or one WebSocket), so that each head is seen.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Recorded:
    """One request, or one WebSocket, as it went through."""

    head: str
    """As the browser sent it."""
    sent: bytearray = field(default_factory=bytearray)
    """What the browser sent after it."""
    answer: bytearray = field(default_factory=bytearray)


class ForwardingProxy:
    """Forwards 127.0.0.1:<free port> to a port of this machine or a Unix socket, with these headers set in each
    request; as a context manager.

    `cookies` are the names of those that it lets through in a request, as some hosts do; None: all. `held` says of a
    request's first line whether its answer waits for an event.
    """

    def __init__(
        self,
        target: int | Path,
        headers: Mapping[str, str],
        cookies: Container[str] | None = None,
        held: Callable[[str], threading.Event | None] | None = None,
    ) -> None:
        self._target = target
        self._cookies = cookies
        self._held = held
        self._headers = dict(headers)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.refused = 0
        """Connections that came while the network was cut."""
        self.url = ""
        self.recorded: list[Recorded] = []
        """Everything that went through, in the order of the requests."""

    def __enter__(self) -> Self:
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = started.result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Drop every connection and let no new one through, as a network that is gone."""
        self._is_cut = True
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(10)

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    async def _drop(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _stop(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            self.refused += 1
            writer.transport.abort()
            return
        self._writers.add(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.recorded.append(recorded := Recorded(head))
            far_reader, far_writer = await self._reach()
            far_writer.write(self._changed(head).encode("latin-1"))
            wait = None if self._held is None else self._held(head.partition("\r\n")[0])
            if wait is not None:
                await asyncio.to_thread(wait.wait, 60)
            await asyncio.gather(_pipe(reader, far_writer, recorded.sent), _pipe(far_reader, writer, recorded.answer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # either side went away, or the test is over
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection("127.0.0.1", self._target)

    def _changed(self, head: str) -> str:
        first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        is_socket = any(line.lower().startswith("upgrade:") for line in lines)
        wanted = self._headers if is_socket else {**self._headers, "Connection": "close"}
        names = {name.lower() for name in wanted}
        kept = [self._with_cookies(line) for line in lines if line.partition(":")[0].lower() not in names]
        return "\r\n".join([first, *kept, *(f"{name}: {value}" for name, value in wanted.items())]) + "\r\n\r\n"

    def _with_cookies(self, line: str) -> str:
        name, _, value = line.partition(":")
        if self._cookies is None or name.lower() != "cookie":
            return line
        pairs = (pair.strip() for pair in value.split(";"))
        return f"{name}: {'; '.join(pair for pair in pairs if pair.partition('=')[0] in self._cookies)}"


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: bytearray) -> None:
    try:
        while data := await reader.read(65536):
            record += data
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()

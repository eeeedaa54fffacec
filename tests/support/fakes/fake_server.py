"""A model server for tests: speaks Chat Completions to both SDKs, and breaks the protocol in every known way.

The name of the model that is asked for says what happens (`SCENARIOS`, and patterns such as `paced-200-at-40`), so the
running app can be driven through a browser against it:

    with FakeModelServer() as server:
        provider = OpenAIProvider(info, api_key=None, base_url=server.url)
        ...
        request = server.requests[0]
        server.wait_for(lambda: request.closed_early)

or on its own, with its address as the first line of output:

    python -m tests.support.fakes.fake_server --port 8123

It is made of plain asyncio on a thread of its own, and listens on 127.0.0.1 only. What the scenarios say is in
`tests/support/fake_scenarios.py`, and what single vendors do in `tests/support/fake_vendors.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

PATIENCE = 20.0
"""Seconds after which `wait_for` gives up: only a failing test takes so long."""


@dataclass(eq=False)
class RecordedRequest:
    """One request as it came in, and how its answer went. Fields change while it is being answered."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    body: Any = None
    """The JSON that was sent, or None."""
    query: str = ""
    """What follows the question mark of the address."""
    sent: int = 0
    """Pieces of the answer that were sent so far."""
    text_sent: str = ""
    first_sent_at: float = 0.0
    """When the first and the last piece were sent, as `time.time()` says it."""
    last_sent_at: float = 0.0
    done: bool = False
    """The server has said all it had to say."""
    closed_early: bool = False
    """The client closed the connection before that."""

    @property
    def model(self) -> str:
        return str(self.body.get("model", "")) if isinstance(self.body, dict) else ""

    @property
    def from_mistral(self) -> bool:
        """Whether Mistral's SDK sent it."""
        return self.headers.get("user-agent", "").startswith("mistral-client-python")


class Gate:
    """A place in a script where the server waits until a test opens it, from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._open = asyncio.Event()

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._open.set)

    async def wait(self) -> None:
        await self._open.wait()


@dataclass(frozen=True)
class Pause:
    """A step of a script: say nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Think:
    """A step of a script: a piece of reasoning."""

    text: str


@dataclass(frozen=True)
class Finish:
    """A step of a script: end the answer with this reason. A script without one ends with `stop`."""

    reason: str = "stop"


@dataclass(frozen=True)
class Cut:
    """A step of a script: break the connection off."""


Step = str | Gate | Pause | Think | Finish | Cut


class _Reader(asyncio.StreamReader):
    """Knows at once when the client has gone, without taking a byte of what it may send next."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()

    def feed_eof(self) -> None:
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc: BaseException) -> None:
        super().set_exception(exc)  # type: ignore[arg-type]
        self.gone.set()


@dataclass(eq=False)
class Exchange:
    """One request with the means to answer it, well or badly. Scenarios are functions of an exchange."""

    server: FakeModelServer
    request: RecordedRequest
    writer: asyncio.StreamWriter
    chunked: bool = field(default=False, init=False)
    keep_alive: bool = field(default=True, init=False)

    # The head

    async def head(
        self, status: int = 200, headers: dict[str, str] | None = None, *, length: int | None = None
    ) -> None:
        """Send status line and headers. Without a `length` the body is chunked, unless a header closes it."""
        fields = {"content-type": "text/event-stream", **(headers or {})}
        if length is not None:
            fields["content-length"] = str(length)
        elif fields.get("connection") != "close":
            fields["transfer-encoding"] = "chunked"
            self.chunked = True
        else:
            self.keep_alive = False
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {it}" for name, it in fields.items())]
        await self.raw("\r\n".join([*lines, "", ""]).encode())

    async def whole(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        """Send a whole answer: a text as HTML, anything else as JSON."""
        page = isinstance(body, str)
        data = (body if page else json.dumps(body)).encode()
        kind = "text/html; charset=utf-8" if page else "application/json"
        await self.head(status, {"content-type": kind, **(headers or {})}, length=len(data))
        await self.raw(data)

    # The body

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def part(self, data: bytes) -> None:
        """Send a part of the body."""
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self.chunked else data)

    async def event(self, value: Any, name: str = "") -> None:
        """Send one event with JSON as its data, or with a text as it is."""
        data = value if isinstance(value, str) else json.dumps(value)
        heading = f"event: {name}\n" if name else ""
        await self.part(f"{heading}data: {data}\n\n".encode())

    def chunk(self, delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
        """Return a chunk of an answer as a dict."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        kind = {"id": "fake-1", "object": "chat.completion.chunk", "created": 1, "model": self.request.model}
        return {**kind, "choices": [choice], **more}

    async def say(self, text: str) -> None:
        """Send a piece of the answer and count it."""
        self.count(text)
        await self.event(self.chunk({"content": text}))

    async def think(self, text: str) -> None:
        """Send a piece of reasoning, in the shape that the asking SDK's provider uses."""
        parts = [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]
        await self.event(self.chunk({"content": parts} if self.request.from_mistral else {"reasoning_content": text}))

    def count(self, text: str) -> None:
        """Note a piece of the answer as sent, just before it is: nobody can have words that are not noted."""
        with self.server.changed:
            self.request.last_sent_at = time.time()
            self.request.first_sent_at = self.request.first_sent_at or self.request.last_sent_at
            self.request.sent += 1
            self.request.text_sent += text
            self.server.changed.notify_all()

    async def finish(self, reason: str = "stop") -> None:
        """Send the finish_reason, the usage where it is wanted, `[DONE]`, and the end of the body."""
        usage = {"prompt_tokens": self.words_received, "completion_tokens": self.request.sent, "total_tokens": 0}
        usage["total_tokens"] = sum(usage.values())
        if self.request.from_mistral:
            await self.event(self.chunk({"content": ""}, reason, usage=usage))
        else:
            await self.event(self.chunk({}, reason))
            if (self.request.body.get("stream_options") or {}).get("include_usage"):
                await self.event({**self.chunk({}), "choices": [], "usage": usage})
        await self.event("[DONE]")
        await self.end()

    async def end(self) -> None:
        """End the body as the protocol says."""
        if self.chunked:
            await self.raw(b"0\r\n\r\n")

    def cut(self) -> None:
        """Close the connection in the middle of what was going on."""
        self.keep_alive = False

    def reset(self) -> None:
        """Break the TCP connection off, so that the client's read fails."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        self.keep_alive = False

    async def hold(self) -> None:
        """Say nothing more, and wait until the client closes the connection."""
        await asyncio.Event().wait()

    # The question

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.request.body.get("messages", []))

    @property
    def words_received(self) -> int:
        return sum(len(str(message.get("content")).split()) for message in self.messages)


class FakeModelServer:
    """A server on 127.0.0.1 that records what it is asked. A context manager; usable from any thread."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[RecordedRequest] = []
        """Every request, oldest first."""
        self.script: list[Step] = []
        """What the model `by-script` says."""
        self.models: list[dict[str, Any]] | None = None
        """The cards that `GET /v1/models` lists; None: one for each scenario."""
        self.models_body: Any = None
        """What `GET /v1/models` answers with instead, as a whole: JSON, or a text as HTML."""
        self.models_gate: Gate | None = None
        """What `GET /v1/models` waits for."""
        self.models_scenario: str | None = None
        """A scenario that answers `GET /v1/models` instead."""
        self.redirect = (307, "")
        """The status and the address that the model `redirect` answers with."""
        self.connections = 0
        """How many connections are open now."""
        self.failures: Counter[str] = Counter()
        """How often each `flaky-…` model has failed."""
        self.changed = threading.Condition()
        """Notified whenever something above changes."""
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake-model-server", daemon=True)
        self._listening = threading.Event()

    @property
    def port(self) -> int:
        return self._port

    @property
    def root_url(self) -> str:
        """The address without `/v1`, as Mistral's SDK wants it."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The address with `/v1`, as OpenAI's SDK wants it."""
        return f"{self.root_url}/v1"

    def gate(self) -> Gate:
        """Return a new gate to put into a script."""
        return Gate(self._loop)

    def wait_for(self, condition: Callable[[], object], patience: float = PATIENCE) -> None:
        """Wait until the condition holds, looking whenever something changed. Fails after `patience` seconds."""
        with self.changed:
            if not self.changed.wait_for(condition, patience):
                seen = [
                    (request.model or request.path, request.sent, request.closed_early) for request in self.requests
                ]
                raise AssertionError(f"it never became true; the server saw {seen}")

    @property
    def last(self) -> RecordedRequest:
        """The newest request; waits for the first one."""
        self.wait_for(lambda: self.requests)
        return self.requests[-1]

    @property
    def asked(self) -> list[RecordedRequest]:
        """The questions among the requests; the app also asks which models there are, whenever it likes."""
        return [request for request in self.requests if request.method == "POST"]

    def __enter__(self) -> FakeModelServer:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(_Reader(), self._serve)

        server = self._loop.run_until_complete(self._loop.create_server(protocol, "127.0.0.1", self._port))
        self._port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(reader, _Reader)
        self._change(connections=1)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while (request := await _read_request(reader)) is not None:
                    with self.changed:
                        self.requests.append(request)
                        self.changed.notify_all()
                    if not await self._answer(Exchange(self, request, writer), reader.gone):
                        break
        finally:
            writer.close()
            self._change(connections=-1)

    async def _answer(self, exchange: Exchange, gone: asyncio.Event) -> bool:
        """Play the scenario until its end or until the client has gone; say whether the connection can be used on."""
        playing = asyncio.create_task(_play(exchange))
        leaving = asyncio.create_task(gone.wait())
        await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finished = playing.done() and not playing.cancelled() and playing.exception() is None
        for task in (playing, leaving):
            task.cancel()
        results = await asyncio.gather(playing, leaving, return_exceptions=True)
        with self.changed:
            exchange.request.done = finished
            exchange.request.closed_early = not finished
            self.changed.notify_all()
        if isinstance(results[0], Exception) and not isinstance(results[0], ConnectionError):
            raise results[0]
        return finished and exchange.keep_alive

    def _change(self, *, connections: int) -> None:
        with self.changed:
            self.connections += connections
            self.changed.notify_all()


def _scenario(name: str) -> Callable[[Exchange], Awaitable[None]]:
    from tests.support.fakes.fake_scenarios import scenario_named
    from tests.support.fakes.fake_vendors import VENDORS

    return VENDORS.get(name) or scenario_named(name)


async def _play(exchange: Exchange) -> None:
    from tests.support.fakes.fake_scenarios import list_models

    request, server = exchange.request, exchange.server
    if request.method == "GET" and request.path.endswith("/models"):
        if server.models_gate is not None:
            await server.models_gate.wait()
        if server.models_body is not None:
            await exchange.whole(200, server.models_body)
        elif server.models_scenario is None:
            await list_models(exchange)
        else:
            await _scenario(server.models_scenario)(exchange)
    elif request.method == "POST" and request.path.endswith("/chat/completions"):
        await _scenario(request.model)(exchange)
    else:
        await exchange.whole(404, {"detail": "Not Found"})


async def _read_request(reader: asyncio.StreamReader) -> RecordedRequest | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    data = await reader.readexactly(int(headers.get("content-length", 0)))
    path, _, query = target.partition("?")
    return RecordedRequest(method, path, headers, json.loads(data) if data else None, query)


@contextmanager
def refused_url() -> Iterator[str]:
    """Lend an address where nothing listens, and nothing else can begin to: connections to it are refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/v1"


def main() -> None:
    parser = argparse.ArgumentParser(description="A model server that does what the model's name says.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    with FakeModelServer(parser.parse_args().port) as server:
        print(server.url, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()

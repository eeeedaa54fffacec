"""Servers that people run on their machine: how each of them lists its models, and ports on which something else is.

`listing` is for `FakeModelServer.models_body`: the server then answers as that product would, and chats by the names of
`fake_scenarios.py`.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from chat.providers.finding.servers import KNOWN, KnownServer
from tests.support.fakes.fake_server import FakeModelServer


def listing(label: str, *models: str) -> Any:
    """Return what `GET /v1/models` of that server answers with."""
    return {"object": "list", "data": [_card(label, model) for model in models]} | _more(label, models)


def _card(label: str, model: str) -> dict[str, Any]:
    card: dict[str, Any] = {"id": model, "object": "model"}
    if label == "Ollama":
        return card | {"created": 1760000000, "owned_by": "library"}
    if label == "LM Studio":
        return card | {"owned_by": "organization_owner"}
    if label == "llama.cpp":
        meta = {"vocab_type": 2, "n_vocab": 49152, "n_ctx_train": 8192, "n_embd": 576, "n_params": 134515008}
        return card | {"created": 1760000000, "owned_by": "llamacpp", "meta": meta}
    if label == "vLLM":
        more = {"created": 1760000000, "owned_by": "vllm", "root": model, "parent": None, "max_model_len": 32768}
        return card | more | {"permission": [{"id": "modelperm-1", "object": "model_permission"}]}
    return card | {"engine": "llama-cpp", "model": model, "version": "1.0", "owned_by": ""}  # Jan


def _more(label: str, models: tuple[str, ...]) -> dict[str, Any]:
    if label == "llama.cpp":
        return {"models": [{"name": model, "model": model, "type": "model"} for model in models]}
    if label == "Ollama" and not models:
        return {"data": None}
    return {"result": "OK"} if label == "Jan" else {}


@contextmanager
def running_servers(models: dict[str, tuple[str, ...]]) -> Iterator[dict[str, tuple[KnownServer, FakeModelServer]]]:
    """Lend a stand-in for each of these servers, by its label, on a free port; each offers these models."""
    with ExitStack() as held:
        running = {}
        for server in KNOWN:
            if server.label in models:
                stand_in = held.enter_context(FakeModelServer())
                stand_in.models_body = listing(server.label, *models[server.label])
                running[server.label] = (KnownServer(server.label, stand_in.port), stand_in)
        yield running


class FakePort:
    """A port of this machine on which something else listens: whoever connects is given to `talk`, in a thread."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self.asked: list[bytes] = []
        """What each connection sent first."""
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                thread = threading.Thread(target=self._answer, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection:  # hung up, or closed at the end of the test
            self.asked.append(connection.recv(65536))
            self._talk(connection)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)


def answer_of(body: bytes, *, status: str = "200 OK", kind: str = "application/json", **headers: str) -> bytes:
    """Return an HTTP answer as bytes; the names of `headers` have `_` for `-`."""
    fields = {"content-type": kind, "content-length": str(len(body)), "connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body

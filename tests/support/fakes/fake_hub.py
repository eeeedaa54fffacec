"""A small Hugging Face for tests, on 127.0.0.1: what it says of repositories, and their files, cut, slow or wrong.

    with FakeHub() as hub:
        hub.add("owner/model-GGUF", {"model-Q8_0.gguf": b"GGUF…"}, licence="apache-2.0")
        Hub(endpoint=hub.url, cache=folder)

As the real one it sends who asks for a large file on to another host, where its bytes lie.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
BLOCK = 64 * 1024
PATIENCE = 20.0


@dataclass
class FakeRepository:
    """What the hub has under one name."""

    files: dict[str, bytes]
    card: dict[str, Any]
    is_gated: bool = False
    promised: dict[str, str] = field(default_factory=dict)
    """The SHA-256 that is said of a file, where that is another than its own."""

    def sha256(self, file: str) -> str:
        return self.promised.get(file) or hashlib.sha256(self.files[file]).hexdigest()


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    host: str
    range: str | None
    authorization: str | None


class FakeHub:
    """Answers as the hub does, as a context manager. Its fields say what goes wrong."""

    def __init__(self) -> None:
        self.repositories: dict[str, FakeRepository] = {}
        self.requests: list[Asked] = []
        self.cut_after: list[int] = []
        """After so many bytes each next answer with a file's bytes breaks off; none left: it is whole."""
        self.status: int | None = None
        """Every answer has this status and no words."""
        self.knows_ranges = True
        self.hold_at: int | None = None
        """After so many bytes an answer waits until `go_on`, once."""
        self._go_on = threading.Event()
        self.held = threading.Event()
        """Set while an answer waits."""
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub._answer(self)

            def do_HEAD(self) -> None:
                hub._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: what was asked for is in `requests`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._bytes_url = f"http://localhost:{self._server.server_port}"

    def add(
        self,
        name: str,
        files: dict[str, bytes],
        licence: str | None = None,
        languages: tuple[str, ...] = (),
        **more: Any,
    ) -> FakeRepository:
        """Have a repository with these files; `more` goes into its card."""
        card = {**({"license": licence} if licence else {}), **({"language": list(languages)} if languages else {})}
        self.repositories[name] = FakeRepository(files, {**card, **more})
        return self.repositories[name]

    def go_on(self) -> None:
        """Have the answer that waits go on."""
        self._go_on.set()

    def asked_for_bytes(self) -> list[Asked]:
        """Return the requests for the bytes of a file."""
        return [each for each in self.requests if each.path.startswith("/bytes/")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        headers = request.headers
        self.requests.append(
            Asked(request.command, path, headers["Host"], headers.get("Range"), headers.get("Authorization"))
        )
        if self.status is not None:
            _send(request, self.status, b"")
        elif path.startswith("/bytes/"):
            self._send_bytes(request, path.removeprefix("/bytes/"))
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/[^/]+)?", path):
            self._send_info(request, found[1])
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            self._send_place(request, found[1], found[2])
        else:
            _send(request, 404, b"")

    def _send_info(self, request: BaseHTTPRequestHandler, name: str) -> None:
        repository = self.repositories.get(name)
        if repository is None:  # as the real one answers somebody without a token
            _send(request, 401, b"{}", {"X-Error-Code": "RepoNotFound"})
            return
        siblings = [
            {
                "rfilename": file,
                "size": len(content),
                "blobId": "0" * 40,
                "lfs": {"sha256": repository.sha256(file), "size": len(content), "pointerSize": 135},
            }
            for file, content in repository.files.items()
        ]
        info = {
            "_id": "1",
            "id": name,
            "modelId": name,
            "sha": COMMIT,
            "private": False,
            "gated": "manual" if repository.is_gated else False,
            "tags": [],
            "siblings": siblings,
            "cardData": repository.card,
        }
        _send(request, 200, json.dumps(info).encode(), {"Content-Type": "application/json"})

    def _send_place(self, request: BaseHTTPRequestHandler, name: str, file: str) -> None:
        repository = self.repositories.get(name)
        if repository is None:
            _send(request, 401, b"", {"X-Error-Code": "RepoNotFound"})
        elif repository.is_gated:
            _send(request, 401, b"", {"X-Error-Code": "GatedRepo"})
        elif file not in repository.files:
            _send(request, 404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        else:
            headers = {
                "Location": f"{self._bytes_url}/bytes/{name}/{file}",
                "X-Repo-Commit": COMMIT,
                "X-Linked-Etag": f'"{repository.sha256(file)}"',
                "X-Linked-Size": str(len(repository.files[file])),
            }
            _send(request, 302, b"", headers)

    def _send_bytes(self, request: BaseHTTPRequestHandler, place: str) -> None:
        owner, name, file = place.split("/", 2)
        content = self.repositories[f"{owner}/{name}"].files[file]
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        start = int(asked[1]) if asked and self.knows_ranges else 0
        body = content[start:]
        request.send_response(206 if asked and self.knows_ranges else 200)
        if asked and self.knows_ranges:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        cut = self.cut_after.pop(0) if self.cut_after else None
        sent = 0
        while sent < len(body):
            end = min(sent + BLOCK, len(body), *([cut] if cut is not None else []))
            request.wfile.write(body[sent:end])
            sent = end
            if self.hold_at is not None and sent >= self.hold_at:
                self.hold_at = None
                request.wfile.flush()
                self.held.set()
                self._go_on.wait(PATIENCE)
                self.held.clear()
            if cut is not None and sent >= cut:
                request.close_connection = True
                return


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)

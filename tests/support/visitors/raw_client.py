"""What a browser is to the server, without a browser: cookies, the page, Streamlit's websocket and its protobufs.

For what no browser lets a test do (name another's session, leave a cookie out, forge a header), and for many visitors
at once. It runs none of a page's scripts.
"""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 30.0
"""Seconds that a run of a page may take: only a failing test waits so long."""


@dataclass
class RawBrowser:
    """The cookies of one browser, and what it asks a server at `url` for. `headers` go along with everything."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    async def load(self, path: str = "/") -> None:
        """Ask for a page and for what Streamlit's own page asks for next, and keep the cookies."""
        for each in (path, "/_stcore/health", "/_stcore/host-config"):
            status, _ = await self.request("GET", each)
            assert status == 200, f"{each}: {status}"

    async def request(self, method: str, path: str, body: bytes | None = None, **more: str) -> tuple[int, bytes]:
        """Return the status and the body of the answer."""
        return await asyncio.to_thread(self._request, method, path, body, {**self.headers, **more})

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {**self._cookie_header(), **headers})
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", ()):
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return answer.status, answer.read()
        finally:
            connection.close()

    def _cookie_header(self) -> dict[str, str]:
        line = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": line} if line else {}

    async def connect(self, session_id: str | None = None, **headers: str) -> RawSession:
        """Open the websocket; with the id of a session as a page does that lost its connection."""
        protocols = ["streamlit", self.cookies.get("_streamlit_xsrf", "PLACEHOLDER_AUTH_TOKEN")]
        if session_id is not None:
            protocols.append(session_id)
        socket = await connect(
            f"ws{self.url.removeprefix('http')}/_stcore/stream",
            origin=self.url,  # type: ignore[arg-type]
            subprotocols=protocols,  # type: ignore[arg-type]
            additional_headers={**self.headers, **self._cookie_header(), **headers},
            max_size=None,
        )
        return RawSession(socket)


class RawSession:
    """A page over its websocket, as an async context manager. Every `run` is a run of the page's script."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.id = ""
        """Known from the first run on."""
        self._page = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def run(self, *widgets: WidgetState, page: str = "", query: str = "", fragment: str = "") -> Run:
        """Have the page's script run, with these values of its widgets, and return what it drew."""
        await self.begin(*widgets, page=page, query=query, fragment=fragment)
        return await asyncio.wait_for(self._until_finished(), PATIENCE)

    async def begin(
        self, *widgets: WidgetState, page: str = "", query: str = "", fragment: str = "", is_timer: bool = False
    ) -> None:
        """Ask for a run and wait for nothing. `is_timer` says that no person did."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string = query
        state.fragment_id = fragment
        state.is_auto_rerun = is_timer
        state.page_name = page
        state.page_script_hash = "" if page else self._page
        state.widget_states.widgets.extend(widgets)
        await self._socket.send(message.SerializeToString())

    async def receive(self) -> ForwardMsg:
        """Return the next message of the server."""
        data = await self._socket.recv()
        assert isinstance(data, bytes)
        message = ForwardMsg()
        message.ParseFromString(data)
        if message.WhichOneof("type") == "new_session":
            self.id = message.new_session.initialize.session_id
            self._page = message.new_session.page_script_hash
        return message

    async def _until_finished(self) -> Run:
        messages: list[ForwardMsg] = []
        while True:
            message = await self.receive()
            messages.append(message)
            is_last = message.WhichOneof("type") == "script_finished"
            if is_last and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return Run(messages)


@dataclass(frozen=True)
class Run:
    """What one run of a script sent to the browser."""

    messages: list[ForwardMsg]

    @property
    def data(self) -> bytes:
        """All of it, to look for words in."""
        return b"".join(message.SerializeToString() for message in self.messages)

    def elements(self, kind: str) -> Iterator[Any]:
        """Yield the elements of a kind (`text_input`, `chat_input`, `markdown`, ...)."""
        for message in self.messages:
            element = message.delta.new_element
            if message.WhichOneof("type") == "delta" and element.WhichOneof("type") == kind:
                yield getattr(element, kind)

    def keyed(self, kind: str, key: str) -> Any:
        """Return the only element of a kind with this widget key."""
        (found,) = (each for each in self.elements(kind) if each.id.endswith(f"-{key}"))
        return found

    def texts(self) -> list[str]:
        """Return the page's markdown, captions among it."""
        return [each.body for each in self.elements("markdown")]


def typed(element: Any, text: str) -> WidgetState:
    """Return what a text input says once somebody has typed into it."""
    return WidgetState(id=element.id, string_value=text)


def pressed(element: Any) -> WidgetState:
    """Return what a button says as it is pressed."""
    return WidgetState(id=element.id, trigger_value=True)


def sent(element: Any, text: str) -> WidgetState:
    """Return what a chat input says as a message is sent."""
    state = WidgetState(id=element.id)
    state.chat_input_value.data = text
    return state

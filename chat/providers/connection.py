"""The HTTP client that both SDKs talk through, and what it lets out of the house.

Both SDKs add things of their own to a request: keys, organisations and headers from the environment, the kind of
computer it comes from. What Chatkeep sends is what its settings say, to that address and no other, so the client is
made here, only the headers that a request needs leave, and no redirect takes a conversation to another host. What is
asked and what is answered is not known here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # importing httpx2 takes 0.08 s, an SDK 0.3 to 0.6 s: the first question pays, not the app's start
    import httpx2

HEADERS_SENT = frozenset(
    {"host", "connection", "accept", "accept-encoding", "user-agent", "authorization"}
    | {"content-type", "content-length", "transfer-encoding"}
)
"""Headers that may leave, in lower case."""

PORTS = {"http": 80, "https": 443}
REPEATS = (307, 308)
"""Redirects that have the same request sent again; all others turn a question into a GET without its words."""

NO_KEY = "none"
"""What an SDK that insists on a key gets where there is none. It does not leave either."""

LOOPBACK = ("all://localhost", "all://127.0.0.1", "all://[::1]")
"""Addresses that are never asked through a proxy, whatever HTTP_PROXY says."""

_arrived: ContextVar[list[httpx2.Response]] = ContextVar("arrived")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for the network, in seconds. How long a whole answer may take is not decided here."""

    connect: float = 10.0
    read: float = 300.0
    """Silence between two pieces of an answer. Generous: a large model may think for minutes before its first word."""
    idle: float = 30.0
    """How long a connection that nobody uses is kept for the next request; 0: each request makes its own."""


class MovedElsewhere(Exception):
    """A server sends the request on to where it must not go."""


class SdkStream(Protocol):
    """The part of both SDKs' streams that is used: the response whose body is being read."""

    @property
    def response(self) -> httpx2.Response: ...


def new_client(timeouts: Timeouts, more_headers: frozenset[str] = frozenset()) -> httpx2.AsyncClient:
    """Return a client without a limit of connections: each reply in the making holds one.

    `more_headers`: names, in lower case, of headers that one host needs. Requests raise `MovedElsewhere`.
    """
    import httpx2

    sent = HEADERS_SENT | more_headers

    timeout = httpx2.Timeout(timeouts.read, connect=timeouts.connect)

    async def prepare(request: httpx2.Request) -> None:
        # Mistral's SDK knows one number for connecting and reading, and sets it on each request.
        request.extensions = {**request.extensions, "timeout": timeout.as_dict()}
        for name in set(request.headers) - sent:
            del request.headers[name]
        if request.headers.get("authorization") == f"Bearer {NO_KEY}":
            del request.headers["authorization"]

    async def note(response: httpx2.Response) -> None:
        if (arrived := _arrived.get(None)) is not None:
            arrived.append(response)
        if response.has_redirect_location and not _may_follow(response):
            raise MovedElsewhere

    return httpx2.AsyncClient(
        timeout=timeout,
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=timeouts.idle),
        follow_redirects=True,
        mounts=dict.fromkeys(LOOPBACK),
        event_hooks={"request": [prepare], "response": [note]},
    )


def _may_follow(response: httpx2.Response) -> bool:
    """Say whether a redirect keeps the request and its origin, or leads from http to https of the same host."""
    import httpx2

    if response.request.method != "GET" and response.status_code not in REPEATS:
        return False
    here = response.request.url
    try:
        there = here.join(response.headers["location"])
    except httpx2.InvalidURL:
        return False
    if there.host != here.host:
        return False
    ports = here.port or PORTS.get(here.scheme), there.port or PORTS.get(there.scheme)
    if there.scheme == here.scheme:
        return ports[0] == ports[1]
    return (here.scheme, there.scheme) == ("http", "https") and ports == (80, 443)


@asynccontextmanager
async def opened(call: Callable[[], Awaitable[SdkStream]]) -> AsyncIterator[httpx2.Response]:
    """Make the SDK's call and lend the response of its stream; the connection is closed on every way out.

    Mistral's SDK goes through a thread between the arrival of a response and handing it over; a task that is cancelled
    just then would leave a connection open, and a model writing into it. So every response is noted as it arrives.
    """
    arrived: list[httpx2.Response] = []
    token = _arrived.set(arrived)
    try:
        stream = await call()
    except BaseException:
        await _close(arrived)
        raise
    finally:
        _arrived.reset(token)
    try:
        yield stream.response
    finally:
        await _close([*arrived, stream.response])


async def _close(responses: list[httpx2.Response]) -> None:
    for response in responses:
        await response.aclose()

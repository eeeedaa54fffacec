"""Asking a port of this machine which models it has. Whatever else listens there is left alone.

Nothing is sent but the question: no key, no cookie, through no proxy, and no redirect is followed. Nothing is believed
that is not such a list, whole, of a sensible size, and in time.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING, Any

from chat.providers.cards import cards_of, context_window, name_on
from chat.providers.finding.servers import FoundServer, KnownServer
from chat.providers.hosts import NO_CHAT

if TYPE_CHECKING:  # importing it takes 0.08 s
    import httpx2

LOOPBACK = ("127.0.0.1", "[::1]")
ASK_SECONDS = 1.0
"""How long an answer may take, from the connection to its last byte."""
MOST_BYTES = 1_000_000
MOST_MODELS = 500
LONGEST_NAME = 200
"""Characters of a model's name."""


def new_client() -> httpx2.AsyncClient:
    """Return a client that knows nothing of the environment: neither its proxies nor its passwords."""
    import httpx2

    return httpx2.AsyncClient(
        headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "chatkeep"},
        timeout=None,  # `ASK_SECONDS` holds for the whole question
        follow_redirects=False,
        trust_env=False,
        limits=httpx2.Limits(max_keepalive_connections=0),
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # never used, and made without reading any certificate
    )


async def ask(client: httpx2.AsyncClient, server: KnownServer) -> FoundServer | None:
    """Return the server with its models; None where nothing of the kind is there. Raises TimeoutError."""
    for host in LOOPBACK:
        base_url = f"http://{host}:{server.port}/v1"
        async with asyncio.timeout(ASK_SECONDS):
            body = await _body(client, f"{base_url}/models")
        models = None if body is None else models_in(body)
        if models is not None:
            return FoundServer(server, base_url, models)
    return None


async def _body(client: httpx2.AsyncClient, url: str) -> bytes | None:
    import httpx2

    body = bytearray()
    try:
        async with client.stream("GET", url) as response:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if response.status_code != 200 or kind != "application/json":
                return None
            async for piece in response.aiter_raw():  # what is packed all the same is no JSON
                body += piece
                if len(body) > MOST_BYTES:
                    return None
    except (httpx2.HTTPError, OSError):
        return None
    return bytes(body)


def models_in(body: bytes) -> tuple[tuple[str, int | None], ...] | None:
    """Return the models of a list of models that chat, with their context windows; None for anything else."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    if said.get("object") == "list" and said.get("data", ()) is None:  # Ollama without a model
        return ()
    cards = cards_of(said)
    if cards is None or not all(isinstance(card, dict) and isinstance(card.get("id"), str) for card in cards):
        return None
    if said.get("object") != "list" and not (cards and all(card.get("object") == "model" for card in cards)):
        return None
    named = {name: context_window(card) for card in cards if (name := name_on(card)) is not None and _is_usable(name)}
    return tuple((name, named[name]) for name in sorted(named))[:MOST_MODELS]


def _is_usable(name: str) -> bool:
    """Say whether this is the name of a model that chats, and one that can be shown and sent."""
    return len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip() and not NO_CHAT.search(name)

"""Which of the known servers run on this machine now. Asked in the background, all at once, whenever somebody looks."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

from chat.providers.finding.asking import ask, new_client
from chat.providers.finding.servers import FoundServer, KnownServer
from chat.replies.background import Background

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

AGAIN_SECONDS = 2.0
"""How long what was found is good: one who looks again sooner is told the same."""


class Finder:
    """Looks for servers on this machine. Safe from any thread; nothing is asked before somebody looks.

    `own_port`: where this app itself listens, as far as that is known; it is not asked.
    """

    def __init__(self, background: Background, servers: tuple[KnownServer, ...], own_port: int | None = None) -> None:
        self._background = background
        self._servers = tuple(server for server in servers if server.port != own_port)
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._found: dict[KnownServer, FoundServer] = {}
        self._looking: Future[None] | None = None
        self._looked_at = float("-inf")
        self._client: httpx2.AsyncClient | None = None

    def known(self, name: str) -> KnownServer | None:
        """Return the server whose models have ids that begin with this name, whether it runs or not."""
        return next((server for server in self._servers if server.name == name), None)

    @property
    def has_looked(self) -> bool:
        """Whether a look has ended."""
        with self._lock:
            return self._looked_at > float("-inf")

    def look(self) -> None:
        """Begin to ask all servers, where that was not done just now."""
        with self._lock:
            is_fresh = time.monotonic() - self._looked_at < AGAIN_SECONDS
            if self._servers and self._looking is None and not is_fresh:
                self._looking = self._background.submit(self._look())

    def found(self, wait: float = 0.0) -> tuple[FoundServer, ...]:
        """Return the servers that run, in the order of the known ones; waits at most so long for a look to end."""
        with self._lock:
            if wait:
                self._ended.wait_for(lambda: self._looking is None, wait)
            return tuple(self._found[server] for server in self._servers if server in self._found)

    async def _look(self) -> None:
        try:
            if self._client is None:
                # What it takes is imported with it: in a thread, so that answers go on arriving.
                self._client = await asyncio.to_thread(new_client)
            await asyncio.gather(*(self._ask(self._client, server) for server in self._servers))
        except Exception:
            log.exception("servers on this machine could not be looked for")
        finally:
            with self._lock:
                self._looking, self._looked_at = None, time.monotonic()
                self._ended.notify_all()

    async def _ask(self, client: httpx2.AsyncClient, server: KnownServer) -> None:
        # One that is silent may be at work, and stays what it was; one that is not there any more says so at once.
        with suppress(TimeoutError):
            found = await ask(client, server)
            with self._lock:
                if found is None:
                    self._found.pop(server, None)
                else:
                    self._found[server] = found

    def close(self) -> None:
        """End what is being asked, and close the client. Safe to call twice."""
        with self._lock:
            looking = self._looking
        if looking is not None:
            looking.cancel()
        client, self._client = self._client, None
        if client is not None and not self._background.loop.is_closed():
            self._background.submit(client.aclose()).result(5.0)

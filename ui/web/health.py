"""`/health`: whether this server can keep what people say, for whoever runs it. Nothing about anybody.

`{"ready": true}` with status 200, else `{"ready": false, "why": "full"}` with 503. The store is really written to, for
one request at a time, and what came of it holds for a few seconds, so that asking often costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from store.conversations import StoreError
from store.keeping import Trouble
from ui.services import services
from ui.web.paths import path_of

_log = logging.getLogger(__name__)

HOLDS_SECONDS = 3.0
PATIENCE_SECONDS = 5.0
"""A disk that takes longer to answer is none that can be written."""

Why = Trouble | Literal["unopened", "slow"]


def store_trouble() -> Why | None:
    """Return in a word why the store cannot be written now; one that could not be opened is tried again."""
    try:
        return services().store.keeping.trouble()
    except StoreError:
        return "unopened"
    except Exception:
        _log.exception("the store could not be looked at")
        return "failing"


class Health:
    """ASGI middleware: answers `/health` before anything else is asked. A route would have to know at once below which
    prefix the app is served."""

    def __init__(
        self,
        app: ASGIApp,
        look: Callable[[], Why | None] = store_trouble,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._app = app
        self._look = look
        self._clock = clock
        self._patience = patience
        self._looking: asyncio.Task[Why | None] | None = None
        self._until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != path_of("health"):
            await self._app(scope, receive, send)
            return
        await (await self._answer(scope["method"]))(scope, receive, send)

    async def _answer(self, method: str) -> Response:
        if method not in ("GET", "HEAD"):
            return PlainTextResponse("Ask with GET.", status_code=405, headers={"allow": "GET, HEAD"})
        why = await self._why()
        answer = {"ready": True} if why is None else {"ready": False, "why": why}
        return JSONResponse(answer, status_code=200 if why is None else 503, headers={"cache-control": "no-store"})

    async def _why(self) -> Why | None:
        if self._looking is None or (self._looking.done() and self._clock() >= self._until):
            self._looking = asyncio.create_task(run_in_threadpool(self._look))
            self._looking.add_done_callback(self._hold)
        try:
            return await asyncio.wait_for(asyncio.shield(self._looking), self._patience)
        except TimeoutError:
            return "slow"

    def _hold(self, _looking: asyncio.Task[Why | None]) -> None:
        self._until = self._clock() + HOLDS_SECONDS

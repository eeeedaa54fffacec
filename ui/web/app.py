"""What `Home.py` is made of when uvicorn imports it: what is done at start and end, middleware, routes.

Streamlit runs the pages as ever. Where it cannot be served like this (a Unix socket) they run without what is here:
`python -m ui.web` starts Chatkeep so.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from store.conversations import StoreError
from ui.services import Services, services
from ui.web.visitor_cookie import VisitorCookie

_log = logging.getLogger(__name__)

MIDDLEWARE = (Middleware(VisitorCookie),)
"""The first sees a request first."""
ROUTES: tuple[BaseRoute, ...] = ()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Open the services before the first visitor, and close them at the end.

    At a SIGTERM uvicorn ends the process before `atexit` has its turn.
    """
    shared = await run_in_threadpool(_services)
    try:
        yield
    finally:
        if shared is not None:
            await run_in_threadpool(shared.close)


def _services() -> Services | None:
    try:
        return services()
    except StoreError as error:  # every page says it and tries again
        _log.warning("%s", error)
        return None

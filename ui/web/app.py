"""What `Home.py` is made of when uvicorn imports it: what is done at start and end, middleware, routes.

Streamlit runs the pages as ever. `streamlit run Home.py` has uvicorn serve them with what is here, and so does
`uvicorn Home:app --uds PATH` on a Unix socket; without it they run in plain mode (`__main__.py`).
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from chat.version import VERSION
from store.conversations import StoreError
from ui.live import route
from ui.live.channels import channels
from ui.services import app_settings, close_services, services
from ui.web import places
from ui.web.account_cookie import AccountCookie
from ui.web.binding import Binding
from ui.web.closed import PagesOnly
from ui.web.errors import no_details
from ui.web.files.own import OwnFilesOnly, own_media
from ui.web.headers import Headers
from ui.web.health import Health
from ui.web.logs import clean_logs
from ui.web.sign_in_endings import SignInEndings
from ui.web.visitor_cookie import VisitorCookie

_log = logging.getLogger(__name__)

MIDDLEWARE = (
    Middleware(Headers, frames=lambda: app_settings().frames),
    Middleware(Health),
    Middleware(PagesOnly),
    Middleware(SignInEndings),
    Middleware(VisitorCookie),
    Middleware(AccountCookie),
    Middleware(Binding),
    Middleware(OwnFilesOnly),
)
"""The first sees a request first."""
ROUTES: tuple[BaseRoute, ...] = (*places.ROUTES, *route.ROUTES)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Open the services before the first visitor, and close them at the end, also those that a page opened later.

    Streamlit runs already. A store that cannot be opened keeps nothing from starting: every page says why, and tries
    again.
    """
    settings = await run_in_threadpool(app_settings)
    with no_details(), clean_logs(as_json=settings.log_as_json, secrets=settings.secrets):
        _log.info("Chatkeep %s", VERSION)
        own_media()
        channels().are_served = True
        await run_in_threadpool(_open_services)
        try:
            yield
        finally:
            await run_in_threadpool(close_services)


def _open_services() -> None:
    try:
        services()
    except StoreError as error:
        _log.warning("%s", error)

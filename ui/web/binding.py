"""Which browser a connection comes from, as far as what is in a session's memory is for that browser alone.

Streamlit lets whoever names a session go on with it, with what was typed into it, and do whatever its page offers. Here
every connection gets a header that says which browser it comes from, and Streamlit lets it go on only where that is the
same as before (`server.trustedUserHeaders` in the config). It says nothing of whose conversations are shown:
`ui/identity/` does. In plain mode no middleware can add a header; there Streamlit itself is had to ask.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.starlette import starlette_websocket
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from chat.owner import visitor_of
from ui.web.visitor_cookie import cookies_of, token_in, token_of_request

HEADER = "X-Chatkeep-Visitor"
USER_KEY = "visitor"
"""The name in `st.user` under which Streamlit has what the header says; both are written in the config as well."""


class Binding:
    """ASGI middleware: tells Streamlit which browser a websocket comes from, in a header that no browser can set."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(_bound(scope) if scope["type"] == "websocket" else scope, receive, send)


def binding_of(scope: Scope) -> str | None:
    """Return what this browser is bound by: its token's visitor, else what Streamlit's own cookie makes of it, which
    also a host lets through that keeps other cookies back; None where it keeps no cookie."""
    token = token_of_request(scope)
    return mark_of(cookies_of(scope)) if token is None else visitor_of(token).id


def bindings_of(scope: Scope) -> set[str]:
    """Return all that a session of this browser may be bound by, whether it was opened over https or not: a proxy in
    front tells that of a websocket, and not always of a request."""
    cookies = cookies_of(scope)
    tokens = (token_in(cookies, is_https=is_https) for is_https in (True, False))
    marks = (mark_of(cookies), *(visitor_of(token).id for token in tokens if token is not None))
    return {mark for mark in marks if mark is not None}


def mark_of(cookies: Mapping[str, str]) -> str | None:
    """Return a mark of the browser that has Streamlit's cookie against forged requests, the same until it is closed."""
    token, _ = decode_xsrf_token_string(cookies.get(XSRF_COOKIE_NAME, ""))
    return None if not token else f"browser-{hashlib.sha256(b'chatkeep browser 1:' + token).hexdigest()[:32]}"


def _bound(scope: Scope) -> Scope:
    name = HEADER.lower().encode()
    headers = [(key, value) for key, value in scope["headers"] if key.lower() != name]
    binding = binding_of(scope)
    if binding is not None:
        headers.append((name, binding.encode()))
    if scope.get("client") is None:
        # On a Unix socket there is a proxy in front for certain, whether it says so or not (RFC 9110, 7.6.3).
        headers.append((b"via", b"1.1 unix-socket"))
    return {**scope, "headers": headers}


_gathered = starlette_websocket.gather_user_info


def bind_in_plain_mode() -> None:
    """Have Streamlit bind a session by its own cookie where no header says more. Twice does no more.

    Not by the token: a script of the page keeps that, so it does not come with the first connection of all.
    """
    starlette_websocket.gather_user_info = _bound_user_info


def _bound_user_info(headers: Headers) -> dict[str, str | bool | None]:
    info = _gathered(headers)
    if info.get(USER_KEY) is None:
        info[USER_KEY] = mark_of(cookie_parser(headers.get("cookie", "")))
    return info

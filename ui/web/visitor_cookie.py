"""The cookie by which a visitor's browser is known: a random token that no script of a page can read or plant.

Set and renewed with every page; its hash is the owner (`chat/owner.py`). Pure ASGI, without Streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat.owner import is_token, new_token, visitor_of

HTTPS_NAME = "__Host-Http-chatkeep"
"""Browsers take a cookie of this name only from a server over https, for its host alone, and never from a script (RFC
6265bis, 4.1.3). Older ones know the first half of the promise."""
HTTP_NAME = "chatkeep"
MAX_AGE = 400 * 24 * 3600
"""Seconds; browsers keep no cookie longer. Every page begins them anew."""

SESSION_HEADER = "X-Chatkeep-Visitor"
"""Tells Streamlit whose session a websocket may go on with (`server.trustedUserHeaders` in the config)."""


class VisitorCookie:
    """ASGI middleware: gives every browser its token with the page, and binds its session to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._app(_bound(scope), receive, send)
        elif scope["type"] == "http" and scope["method"] == "GET":
            await self._app(scope, receive, _giving_token(scope, send))
        else:
            await self._app(scope, receive, send)


def token_in(cookies: Mapping[str, str], *, is_https: bool) -> str | None:
    """Return the token among these cookies; None where there is none or it is malformed.

    Over https only the name counts that a page of plain http, which anybody on the way can forge, is not able to set.
    """
    token = cookies.get(HTTPS_NAME if is_https else HTTP_NAME, "")
    return token if is_token(token) else None


def token_of_request(scope: Scope) -> str | None:
    """Return the token that came with a request or a websocket's handshake."""
    return token_in(_cookies(scope), is_https=is_https(scope))


def is_https(scope: Scope) -> bool:
    """Whether the browser sees this request as https; a proxy in front says so by a header."""
    headers = Headers(scope=scope)
    if scope["type"] == "websocket":
        return headers.get("origin", "").startswith("https://")
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return (forwarded or scope["scheme"]) == "https"


def cookie_with(token: str, scope: Scope) -> str:
    """Return the Set-Cookie header that gives this token to the browser."""
    if not is_https(scope):
        return f"{HTTP_NAME}={token}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax"
    return f"{HTTPS_NAME}={token}; Path=/; Max-Age={MAX_AGE}; Secure; HttpOnly; {_same_site(scope)}"


def _same_site(scope: Scope) -> str:
    # In a frame of another site a browser gives back only a cookie that is kept for that site alone.
    headers = Headers(scope=scope)
    is_framed = headers.get("sec-fetch-dest") == "iframe" and headers.get("sec-fetch-site") == "cross-site"
    return "SameSite=None; Partitioned" if is_framed else "SameSite=Lax"


def _cookies(scope: Scope) -> dict[str, str]:
    cookies: dict[str, str] = {}
    for line in Headers(scope=scope).getlist("cookie"):
        for pair in line.split(";"):
            name, _, value = pair.strip().partition("=")
            cookies[name] = value
    return cookies


def _giving_token(scope: Scope, send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            if headers.get("content-type", "").startswith("text/html"):
                headers.append("set-cookie", cookie_with(token_of_request(scope) or new_token(), scope))
                # What carries somebody's token may be kept by no cache on the way.
                headers["cache-control"] = "no-store"
        await send(message)

    return wrapped


def _bound(scope: Scope) -> Scope:
    """Return the handshake with the visitor's id as a header that the browser could not have put there."""
    name = SESSION_HEADER.lower().encode()
    token = token_of_request(scope)
    headers = [(key, value) for key, value in scope["headers"] if key.lower() != name]
    if token is not None:
        headers.append((name, visitor_of(token).id.encode()))
    return {**scope, "headers": headers}

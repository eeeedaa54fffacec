"""The cookie by which a visitor's browser is known: a random token that no script of a page can read or plant.

Given with the first page and renewed with every later one; its hash is the owner (`chat/owner.py`). Pure ASGI, without
Streamlit.

Pages that are asked for at once, before the browser has any token, are each answered with one. So that a late one
replaces none under which words were said already, each has a name of its own, and the first that the browser sends is
the one that counts: browsers send the oldest first (RFC 6265, 5.4), and renewing leaves it the oldest (5.3). The next
page ends the others.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat.owner import is_token, new_token

HTTPS_NAME = "__Host-Http-chatkeep"
"""Browsers take a cookie whose name begins so only from a server over https, for its host alone, and never from a
script (RFC 6265bis, 4.1.3). Older ones know the first half of the promise."""
HTTP_NAME = "chatkeep"
_NAME = re.compile(rf"({HTTPS_NAME}|{HTTP_NAME})(-[0-9a-f]{{8}})?")
MAX_AGE = 400 * 24 * 3600
"""Seconds; browsers keep no cookie longer. Every page begins them anew."""


class VisitorCookie:
    """ASGI middleware: gives every browser its token with the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            send = _giving_token(scope, send)
        await self._app(scope, receive, send)


def token_in(cookies: Mapping[str, str], *, is_https: bool) -> str | None:
    """Return the token among these cookies, which are in the order of the request; None where there is none, or only
    malformed ones.

    Over https only names count that a page of plain http, which anybody on the way can forge, is not able to set.
    """
    return next((cookies[name] for name in _valid_names(cookies, is_https=is_https)), None)


def token_of_request(scope: Scope) -> str | None:
    """Return the token that came with a request or a websocket's handshake."""
    return token_in(cookies_of(scope), is_https=is_https(scope))


def is_https(scope: Scope) -> bool:
    """Whether the browser sees this request as https; a proxy in front says so by a header."""
    headers = Headers(scope=scope)
    if scope["type"] == "websocket":
        return headers.get("origin", "").startswith("https://")
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return (forwarded or scope["scheme"]) == "https"


def cookie_with(token: str, scope: Scope, *, is_framed: bool = False) -> str:
    """Return the Set-Cookie header that gives this token to the browser, in the place of the one that it has.

    `is_framed`: the page that asks is shown in a frame of another site.
    """
    cookies = cookies_of(scope)
    names = _valid_names(cookies, is_https=is_https(scope))
    return _set_cookie(
        next(names, HTTPS_NAME if is_https(scope) else HTTP_NAME), token, MAX_AGE, scope, is_framed=is_framed
    )


def cookies_without_token(scope: Scope) -> list[str]:
    """Return the Set-Cookie headers after which the browser keeps no token of ours."""
    return [_set_cookie(name, "", 0, scope) for name in _names(cookies_of(scope), is_https=is_https(scope))]


def cookies_of(scope: Scope) -> dict[str, str]:
    """Return the cookies of a request or handshake, in their order, as Streamlit sees them."""
    return cookie_parser("; ".join(Headers(scope=scope).getlist("cookie")))


def _names(cookies: Mapping[str, str], *, is_https: bool) -> Iterator[str]:
    """Yield the names of our cookies, whatever is in them."""
    own = HTTPS_NAME if is_https else HTTP_NAME
    for name in cookies:
        match = _NAME.fullmatch(name)
        if match is not None and match[1] == own:
            yield name


def _valid_names(cookies: Mapping[str, str], *, is_https: bool) -> Iterator[str]:
    return (name for name in _names(cookies, is_https=is_https) if is_token(cookies[name]))


def _page_cookies(scope: Scope) -> Iterator[str]:
    """Yield the Set-Cookie headers that go with a page: the token, renewed or new, and the end of all others."""
    cookies, https = cookies_of(scope), is_https(scope)
    kept = next(_valid_names(cookies, is_https=https), None)
    if kept is not None:
        yield _set_cookie(kept, cookies[kept], MAX_AGE, scope)
    else:
        name = HTTPS_NAME if https else HTTP_NAME
        yield _set_cookie(f"{name}-{secrets.token_hex(4)}", new_token(), MAX_AGE, scope)
    for name in _names(cookies, is_https=https):
        if name != kept:
            yield _set_cookie(name, "", 0, scope)


def _set_cookie(name: str, value: str, max_age: int, scope: Scope, *, is_framed: bool = False) -> str:
    secure = "; Secure" if is_https(scope) else ""
    return f"{name}={value}; Path=/; Max-Age={max_age}{secure}; HttpOnly; {_same_site(scope, is_framed)}"


def _same_site(scope: Scope, is_framed: bool) -> str:
    # In a frame of another site a browser gives back only a cookie that is kept for that site alone.
    headers = Headers(scope=scope)
    is_framed |= headers.get("sec-fetch-dest") == "iframe" and headers.get("sec-fetch-site") == "cross-site"
    return "SameSite=None; Partitioned" if is_framed and is_https(scope) else "SameSite=Lax"


def _giving_token(scope: Scope, send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            if headers.get("content-type", "").startswith("text/html"):
                for cookie in _page_cookies(scope):
                    headers.append("set-cookie", cookie)
        await send(message)

    return wrapped

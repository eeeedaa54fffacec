"""What a browser is told, with every answer, about what it may do with it. Pure ASGI, without Streamlit.

The page may load nothing from another host, no other site may show it in a frame, and no search engine may list it.
Whatever else is answered, a
download for instance, may do nothing at all where a browser opens it as a page.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.visitor_cookie import is_https

_log = logging.getLogger(__name__)

UNFORESEEN = "Something unexpected went wrong here. Your conversations are safe: try again."

_PAGE = Path(streamlit.__file__).parent / "static" / "index.html"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    # The address of a page holds a conversation's id, or a share's token.
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-resource-policy": "same-origin",
    # Conversations are nobody's to find, and a shared one is for those who were given its link.
    "x-robots-tag": "noindex, nofollow",
}


class Headers:
    """ASGI middleware: adds what is above and below to every answer. `frames` gives the origins that may show Chatkeep
    in a frame, beside its own; it is asked with every page."""

    def __init__(self, app: ASGIApp, frames: Callable[[], tuple[str, ...]]) -> None:
        self._app = app
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, self._frames)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            _log.exception("a request met what nobody foresaw")
            if answer.is_begun:
                raise
            await PlainTextResponse(UNFORESEEN, status_code=500)(scope, receive, answer.send)


class _Answer:
    """An answer on its way to the browser, with the headers added."""

    def __init__(self, scope: Scope, send: Send, frames: Callable[[], tuple[str, ...]]) -> None:
        self._scope = scope
        self._send = send
        self._frames = frames
        self.is_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            headers = MutableHeaders(raw=message["headers"])
            headers.update(EVERYWHERE)
            if headers.get("content-type", "").startswith("text/html"):
                headers["content-security-policy"] = page_policy(self._frames())
                # What carries somebody's token may be kept by no cache on the way.
                headers["cache-control"] = "no-store"
                if is_https(self._scope):  # over plain http browsers complain of it
                    headers["cross-origin-opener-policy"] = "same-origin"
            else:
                headers["content-security-policy"] = other_policy(self._frames())
        await self._send(message)


def page_policy(frames: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy of the page: as strict as Streamlit's own page can do with.

    No other host stands in it. What is allowed beside our own files is what pages did not work without.
    """
    directives = {
        "default-src": "'none'",
        # The one script in Streamlit's page, by its hash. blob: is how Streamlit starts the scripts of our components
        # (`ui/browser/`); whoever can make a blob runs a script already.
        "script-src": " ".join(("'self'", *_inline_scripts(), "blob:")),
        # Streamlit draws its own looks, formulas and coloured code by styles that it writes while it runs.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self'",
        # A small font of the formulas is written into Streamlit's style sheet.
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": _ancestors(frames),
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def other_policy(frames: tuple[str, ...]) -> str:
    """Return the policy of all that is no page."""
    return f"default-src 'none'; sandbox; frame-ancestors {_ancestors(frames)}"


def _ancestors(frames: tuple[str, ...]) -> str:
    return " ".join(("'self'", *frames))


@cache
def _inline_scripts() -> tuple[str, ...]:
    """Return the hashes of the scripts that stand in the page itself; an update of Streamlit may change them."""
    scripts = _SCRIPT.findall(_PAGE.read_text("utf-8"))
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

"""Keeps people signed in, and out, when the clock of this machine jumps.

Streamlit takes the cookie of somebody who signed in for 31 days from when it was made, and never one that was made in
what is now the future: a clock that was put right would sign everybody out. Of two clocks the earlier one counts here,
the machine's and one that goes on from when this process began and never jumps: a wrong clock ends nothing, and a
cookie that has had its days is not taken again. Nothing is taken that this installation did not sign.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_server_config import AUTH_COOKIE_MAX_AGE_SECONDS

LONGEST = AUTH_COOKIE_MAX_AGE_SECONDS
"""Seconds that somebody stays signed in; browsers keep the cookie as long."""
_COOKIES = re.compile(r"_streamlit_user(_tokens)?(_[0-9]+)?")
"""The names of Streamlit's cookies of a sign-in; a long one comes in parts."""


class SteadyClock:
    """Seconds since 1970 that never jump ahead of what has passed since this clock was made."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._ahead = wall() - steady()

    def now(self) -> float:
        """Return the earlier of what the machine's clock says and what it would say had it not been put forward."""
        return min(self._wall(), self._steady() + self._ahead)


class AccountCookie:
    """ASGI middleware: has Streamlit take the cookie of a sign-in as long as it counts."""

    def __init__(self, app: ASGIApp, clock: SteadyClock | None = None) -> None:
        self._app = app
        self._clock = clock or SteadyClock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope = {**scope, "headers": [(name, self._taken(name, value)) for name, value in scope["headers"]]}
        await self._app(scope, receive, send)

    def _taken(self, name: bytes, value: bytes) -> bytes:
        """Return a header with every cookie of a sign-in in it made anew that counts."""
        if name.lower() != b"cookie":
            return value
        return ";".join(self._made_anew(each) for each in value.decode("latin-1").split(";")).encode("latin-1")

    def _made_anew(self, cookie: str) -> str:
        name, _, signed = cookie.strip().partition("=")
        if _COOKIES.fullmatch(name) is None:
            return cookie
        serializer = URLSafeTimedSerializer(str(get_cookie_secret()), salt=name)
        try:
            said, made_at = serializer.loads(signed, return_timestamp=True)
        except BadData:
            return cookie  # Streamlit does not take it either
        if self._clock.now() - made_at.timestamp() > LONGEST:
            return ""
        anew = serializer.dumps(said)
        return f"{name}={anew if isinstance(anew, str) else anew.decode()}"

"""How signing in ended, told to the page where it ended badly: Streamlit leads back to the page and says nothing.

Sees what Streamlit's routes answer, adds `?sign-in=…` to where they lead (`ui/state/sign_in.py`), and leads back where
they show an error of their own. What a provider or anybody else wrote into the address goes neither to the page nor
into the log.
"""

from __future__ import annotations

import logging

from starlette.datastructures import MutableHeaders, QueryParams
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from ui.state.sign_in import PARAMETER, Ending
from ui.web.paths import path_of
from ui.web.visitor_cookie import is_https

_log = logging.getLogger(__name__)

LOGIN = "auth/login"
CALLBACK = "oauth2callback"


class SignInEndings:
    """ASGI middleware: has the page say how signing in ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in (path_of(LOGIN), path_of(CALLBACK)):
            await self._app(scope, receive, send)
            return
        query = QueryParams(scope["query_string"])
        is_callback = scope["path"] == path_of(CALLBACK)
        if is_callback and "error" in query:  # OAuth 2.0 (RFC 6749, 4.1.2.1)
            _log.info("a provider signed nobody in")
            await _back("declined")(scope, receive, send)
            return
        if is_callback and not {"code", "state"} & set(query):  # a provider leads back here after signing out as well
            await RedirectResponse(path_of("/"), status_code=302)(scope, receive, send)
            return
        watch = _Answer(send, is_callback=is_callback, is_https=is_https(scope))
        try:
            await self._app(scope, receive, watch.send)
        except Exception as error:
            if watch.is_begun:
                raise
            _log.warning("signing in met what it could not go on with (%s)", type(error).__name__)
            await _back("failed" if is_callback else "unreachable")(scope, receive, send)


class _Answer:
    """What Streamlit answers: passed on, with how signing in ended where it ended badly."""

    def __init__(self, send: Send, *, is_callback: bool, is_https: bool) -> None:
        self._send = send
        self._is_callback = is_callback
        self._is_https = is_https
        self._is_replaced = False
        self.is_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            message = self._told(message)
        elif self._is_replaced:
            message = {**message, "body": b""}
        await self._send(message)

    def _told(self, message: Message) -> Message:
        headers = MutableHeaders(raw=message["headers"])
        if message["status"] >= 400:
            self._is_replaced = True
            for name in ("content-length", "content-type"):
                del headers[name]
            headers["location"] = _address("failed" if self._is_callback else "unreachable")
            return {**message, "status": 302, "headers": headers.raw}
        ending = self._ending(headers)
        if ending is not None:
            headers["location"] = _address(ending)
        return {**message, "headers": [self._secure(*header) for header in headers.raw]}

    def _secure(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        # Streamlit leaves that out for the sake of Safari on http; who signed in is nothing to send without https.
        is_ours = self._is_https and name.lower() == b"set-cookie" and b"; secure" not in value.lower()
        return name, value + b"; Secure" if is_ours else value

    def _ending(self, headers: MutableHeaders) -> Ending | None:
        """Return how signing in ended, from where Streamlit leads and which cookies it sets; None: well, or not yet."""
        if headers.get("location") != path_of("/"):
            return None
        cookies = [value.partition(";")[0].partition("=") for value in headers.getlist("set-cookie")]
        users = [value.strip('"') for name, _, value in cookies if name == USER_COOKIE_NAME]
        if self._is_callback and any(users):
            return None
        return "failed" if users else "late"


def without_traceback(record: logging.LogRecord) -> bool:
    """Have a record say in its one line what kind of error was met. A filter for Streamlit's logger of these routes:
    an error's words may be those of the provider."""
    if record.exc_info and record.exc_info[0] is not None:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", ()
        record.exc_info = record.exc_text = None
    return True


logging.getLogger("streamlit.web.server.starlette.starlette_auth_routes").addFilter(without_traceback)


def _back(ending: Ending) -> RedirectResponse:
    return RedirectResponse(_address(ending), status_code=302, headers={"cache-control": "no-store"})


def _address(ending: Ending) -> str:
    return f"{path_of('/')}?{PARAMETER}={ending}"

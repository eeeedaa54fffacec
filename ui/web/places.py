"""The routes by which a browser gets another visitor's place: `/chatkeep/leave` a new one, `/chatkeep/move` that of
another browser, for a one-time code. Only the server can change the cookie that says whose place it is.

Each takes a POST with a small JSON object from a page of this very address, and answers with `{"done": true}`, or with
`said`, why not. They are there below any prefix too, since a host may serve the app below one.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.endpoints import HTTPEndpoint
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from chat.conversation import utc_now
from chat.errors import OverLimit
from chat.owner import new_token, visitor_of
from chat.pairing import read_code
from store.conversations import StoreError, TooManyTries
from ui.limits.room import check_gift
from ui.services import Services, services
from ui.web.visitor_cookie import cookie_with, token_of_request

_log = logging.getLogger(__name__)

LEAVE, MOVE = "chatkeep/leave", "chatkeep/move"
"""Where they are below the app's own address."""
MOST_BYTES = 1024
"""Of what is sent here."""

FOREIGN = "This was not asked by a page of this address, so nothing was done."
NO_JSON = "This is not what a page of Chatkeep sends, so nothing was done."
NO_CODE = "This is no code. A code has twelve letters and digits, as your other browser shows it."
NO_ROOM = "That place and what this browser keeps are more than one place may have, so nothing was changed."
NOT_GIVEN = "Nothing is lost, but the code is used up: make a new one in your other browser, then try again."
UNEXPECTED = "Something unexpected went wrong, and this was not done. Nothing is lost: make a new code, then try again."

_ORIGIN = re.compile(r"https?://([^/?#@\\]+)", re.IGNORECASE)


class Refused(Exception):
    """This is not done; the text is for the user."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class _Leave(HTTPEndpoint):
    async def post(self, request: Request) -> JSONResponse:
        try:
            body = await _body_of(request)
        except Refused as error:
            return _refused(error)
        return _done(new_token(), request.scope, body)


class _Move(HTTPEndpoint):
    async def post(self, request: Request) -> JSONResponse:
        try:
            body = await _body_of(request)
            token = await run_in_threadpool(_moved, body.get("code"), request)
        except Refused as error:
            return _refused(error)
        except Exception:
            _log.exception("a browser could not be moved to another place")
            return _refused(Refused(500, UNEXPECTED))
        return _done(token, request.scope, body)


ROUTES: tuple[BaseRoute, ...] = tuple(
    Route(f"{prefix}/{path}", endpoint)
    for path, endpoint in ((LEAVE, _Leave), (MOVE, _Move))
    for prefix in ("", "/{prefix:path}")
)


def is_same_origin(scope: Scope) -> bool:
    """Whether a page of this very address asks.

    A browser says so itself where it can (Fetch Metadata: `Sec-Fetch-Site`), which no page can make it say wrongly;
    else its Origin has to name the host that was asked, as a proxy in front was asked for it.
    """
    headers = Headers(scope=scope)
    origin = _ORIGIN.fullmatch(headers.get("origin", ""))
    if origin is None:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    asked = {headers.get("host", "").lower(), headers.get("x-forwarded-host", "").lower()}
    return origin[1].lower() in asked - {""}


async def _body_of(request: Request) -> dict[str, Any]:
    """Return what was sent. Raises `Refused`."""
    if not is_same_origin(request.scope):
        raise Refused(403, FOREIGN)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, NO_JSON)
    sent = bytearray()
    try:
        async for chunk in request.stream():
            sent += chunk
            if len(sent) > MOST_BYTES:
                raise Refused(413, NO_JSON)
        body = json.loads(sent)
    except (ValueError, RecursionError, ClientDisconnect):
        raise Refused(400, NO_JSON) from None
    if not isinstance(body, dict):
        raise Refused(400, NO_JSON)
    return body


def _moved(code: object, request: Request) -> str:
    if not isinstance(code, str) or read_code(code) is None:
        raise Refused(400, NO_CODE)
    own = token_of_request(request.scope)
    here = None if own is None else visitor_of(own).id
    return moved(services(), code, here=here, by=here or (request.client.host if request.client else ""))


def moved(shared: Services, code: str, *, here: str | None, by: str) -> str:
    """Return the token that this code opens; what the visitor `here` keeps is given to that place, where it has room.

    `by`: who tries it. Raises `Refused`, and then nothing was given.
    """
    store = shared.store
    try:
        token = store.codes.take(code, utc_now(), by=by)
    except TooManyTries as error:
        raise Refused(429, str(error)) from None
    except StoreError as error:
        raise Refused(400, str(error)) from None
    there = visitor_of(token)
    if here is not None and here != there.id:
        try:
            check_gift(shared, here, there)
            store.people.give(here, there.id)
        except OverLimit as error:
            raise Refused(409, f"{NO_ROOM} {error} {NOT_GIVEN}") from None
        except StoreError as error:
            raise Refused(503, f"{error} {NOT_GIVEN}") from None
    return token


def _done(token: str, scope: Scope, body: dict[str, Any]) -> JSONResponse:
    response = JSONResponse({"done": True}, headers={"Cache-Control": "no-store"})
    response.headers.append("set-cookie", cookie_with(token, scope, is_framed=body.get("framed") is True))
    return response


def _refused(error: Refused) -> JSONResponse:
    return JSONResponse({"said": str(error)}, error.status, headers={"Cache-Control": "no-store"})

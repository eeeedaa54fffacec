"""Who the browser of this run is, and what keeps it so. Asked anew on every run: a session can change hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from chat.owner import PERSONAL, Connection, Owner, is_personal, is_token, visitor_of
from chat.settings.app import AppSettings
from ui import state
from ui.identity.account import signed_in
from ui.web.binding import mark_of
from ui.web.visitor_cookie import token_in

Keeper = Literal["machine", "account", "cookie", "script", "session"]

SCRIPT_NAMES = {True: "__Host-chatkeep", False: "chatkeep-page"}
"""The cookie that a script of the page writes (`script_cookie.py`), over https or not. Its names are others than those
of the server's cookie, which no script can set: where both are there, the server's counts."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An owner, and what this browser is known by."""

    owner: Owner
    kept_by: Keeper
    """`machine`: it is on this one. `account`: the provider that vouches for it. `cookie`: a token in the server's
    cookie. `script`: a token in a cookie that a script of the page wrote. `session`: nothing, so that a reload is a
    stranger."""
    name: str = ""
    """What somebody who signed in reads for themselves."""
    is_admin: bool = False
    """Whether they look after this installation."""
    browser: Owner | None = None
    """The visitor that the browser of somebody who signed in is without that; None where it keeps no token."""
    token: str | None = field(default=None, repr=False)
    """What a script of the page is to keep; None where it has nothing to keep."""


THIS_MACHINE = Identity(PERSONAL, "machine", is_admin=True)
"""The personal owner."""


def identify(settings: AppSettings) -> Identity:
    """Return who this browser is. Who is signed in and may not come in is a visitor like others."""
    connection = _connection()
    if is_personal(settings.mode, connection):
        return THIS_MACHINE
    visitor = _visitor(st.context.cookies.to_dict(), is_https=_is_https(connection))
    account = signed_in(settings.sign_in)
    if account is not None and account.is_allowed:
        browser = None if visitor.kept_by == "session" else visitor.owner
        return Identity(account.owner, "account", account.name, account.is_admin, browser)
    return visitor


def token_of_visitor(identity: Identity) -> str | None:
    """Return the token that this visitor is known by, for what is made of it here; a page never shows it."""
    if identity.token is not None:
        return identity.token
    return token_in(st.context.cookies.to_dict(), is_https=_is_https(_connection()))


def _visitor(cookies: Mapping[str, str], *, is_https: bool) -> Identity:
    """Return who this browser is where nobody is signed in."""
    token = token_in(cookies, is_https=is_https)
    if token is not None:
        return Identity(visitor_of(token), "cookie")
    written = cookies.get(SCRIPT_NAMES[is_https], "")
    if is_token(written):
        return Identity(visitor_of(written), "script", token=written)
    # The browser sent nothing, so that the session holds the token; a script asks the browser (`script_cookie.py`).
    held = state.visitor.held_token(mark_of(cookies))
    return Identity(visitor_of(held.token), "script" if held.is_kept else "session", token=held.token)


def _is_https(connection: Connection) -> bool:
    headers = {name.lower(): value for name, value in connection.headers.items()}
    return headers.get("origin", "").startswith("https://")


def _connection() -> Connection:
    # Streamlit says None for a loopback address. On a Unix socket there is none; `ui/web/binding.py` says so.
    return Connection(st.context.ip_address or "127.0.0.1", st.context.headers.to_dict())

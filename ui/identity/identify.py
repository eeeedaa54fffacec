"""Who the browser of this run is, and what keeps it so. Asked anew on every run: a session can change hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from chat.owner import PERSONAL, Connection, Owner, is_personal, visitor_of
from chat.settings.app import AppSettings
from ui import state
from ui.identity.account import signed_in
from ui.web.visitor_cookie import token_in

Keeper = Literal["machine", "account", "cookie", "session"]


@dataclass(frozen=True, slots=True)
class Identity:
    """An owner, and what this browser is known by."""

    owner: Owner
    kept_by: Keeper
    """`machine`: it is on this one. `account`: the provider that vouches for it. `cookie`: a token in a cookie.
    `session`: nothing, so that a reload is a stranger."""
    name: str = ""
    """What somebody who signed in reads for themselves."""
    is_admin: bool = False
    """Whether they look after this installation."""
    browser: Owner | None = None
    """The visitor that the browser of somebody who signed in is without that; None where it keeps no token."""


THIS_MACHINE = Identity(PERSONAL, "machine", is_admin=True)
"""The personal owner."""


def identify(settings: AppSettings) -> Identity:
    """Return who this browser is. Who is signed in and may not come in is a visitor like others."""
    connection = _connection()
    if is_personal(settings.mode, connection):
        return THIS_MACHINE
    token = token_in(st.context.cookies, is_https=_is_https(connection))
    account = signed_in(settings.sign_in)
    if account is not None and account.is_allowed:
        browser = None if token is None else visitor_of(token)
        return Identity(account.owner, "account", account.name, account.is_admin, browser)
    if token is not None:
        return Identity(visitor_of(token), "cookie")
    return Identity(visitor_of(state.visitor.session_token()), "session")


def _is_https(connection: Connection) -> bool:
    headers = {name.lower(): value for name, value in connection.headers.items()}
    return headers.get("origin", "").startswith("https://")


def _connection() -> Connection:
    # Streamlit says None for a loopback address. On a Unix socket there is none; `ui/web/binding.py` says so.
    return Connection(st.context.ip_address or "127.0.0.1", st.context.headers.to_dict())

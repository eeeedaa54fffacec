"""Who is signed in in the browser of this run, and how that is ended."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping

import streamlit as st

from chat.sign_in import Account, SignIn, account_in

_MOST_ENDED = 10_000

_ended: deque[str] = deque(maxlen=_MOST_ENDED)
"""Marks of what was signed out since this process began. Streamlit asks for the cookie only as a page connects, so
another tab would stay signed in; a page that connects later has no cookie any more."""


def signed_in(sign_in: SignIn) -> Account | None:
    """Return who is signed in, come in or not; None where nobody is, or what says so cannot be believed."""
    claims = st.user.to_dict()
    account = account_in(claims, sign_in)
    return None if account is None or _mark(claims) in _ended else account


def sign_out() -> None:
    """End being signed in, in every tab of this browser; the browser then asks the provider to end it there too."""
    _ended.append(_mark(st.user.to_dict()))
    st.logout()


def _mark(claims: Mapping[str, object]) -> str:
    """Return what tells one signing in from all others: the nonce of its ID token (OpenID Connect Core 1.0, 2)."""
    parts = (claims.get(name) for name in ("iss", "sub", "nonce", "iat"))
    return hashlib.sha256(repr(tuple(parts)).encode()).hexdigest()

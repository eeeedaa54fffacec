"""Who this session belongs to, and the keys and endpoints that they typed for it alone."""

from __future__ import annotations

import streamlit as st

from chat.owner import new_token
from chat.settings.values import Endpoint
from ui.state.session import kept, read

_OWNER = "owner"
_KNOWN_BY = "known_by"
_TYPED_KEYS = "typed_keys"
_TYPED_ENDPOINTS = "typed_endpoints"


def session_token() -> str:
    """Return the token of a visitor whose browser keeps none; made at the first call, gone with the session."""
    return kept(_KNOWN_BY, new_token())


def belong_to(owner_id: str) -> None:
    """Have the session be this owner's. Nothing that another one typed or opened in it is left: a browser can be
    connected to a session that it did not begin."""
    if read(_OWNER, owner_id) != owner_id:
        st.session_state.clear()
    st.session_state[_OWNER] = owner_id


def typed_keys() -> dict[str, str]:
    """Return the keys typed for this session, by the name of their variable. They live here and nowhere else."""
    return kept(_TYPED_KEYS, {})


def typed_endpoints() -> tuple[Endpoint, ...]:
    return read(_TYPED_ENDPOINTS, ())


def set_typed_endpoints(endpoints: tuple[Endpoint, ...]) -> None:
    st.session_state[_TYPED_ENDPOINTS] = endpoints

"""Who this session belongs to, and the keys and endpoints that they typed for it alone."""

from __future__ import annotations

import streamlit as st

from chat.owner import Owner
from chat.settings.values import Endpoint
from ui.state.session import kept, read

_VISITOR = "visitor"
_TYPED_KEYS = "typed_keys"
_TYPED_ENDPOINTS = "typed_endpoints"


def visitor() -> Owner | None:
    """Return the visitor that this session belongs to, once there is one."""
    return read(_VISITOR, None)


def set_visitor(value: Owner) -> None:
    st.session_state[_VISITOR] = value


def typed_keys() -> dict[str, str]:
    """Return the keys typed for this session, by the name of their variable. They live here and nowhere else."""
    return kept(_TYPED_KEYS, {})


def typed_endpoints() -> tuple[Endpoint, ...]:
    return read(_TYPED_ENDPOINTS, ())


def set_typed_endpoints(endpoints: tuple[Endpoint, ...]) -> None:
    st.session_state[_TYPED_ENDPOINTS] = endpoints

"""Reading `st.session_state` with types: what is kept under a key, or a default."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def read(key: str, default: T) -> T:
    """Return what the session keeps under this key, or the default."""
    value: T = st.session_state.get(key, default)
    return value


def taken(key: str, default: T) -> T:
    """Return what the session keeps under this key, or the default, and keep it no more."""
    value: T = st.session_state.pop(key, default)
    return value


def kept(key: str, first: T) -> T:
    """Return what the session keeps under this key; at the first call it is made `first`."""
    value: T = st.session_state.setdefault(key, first)
    return value

"""What the sidebar of every page wants back after a rerun: its search, and how far its list goes."""

from __future__ import annotations

import streamlit as st

from ui.state.session import read

SEARCH = "sidebar_search"
"""Widget key of the search box."""

LISTED = 20
"""How many conversations are listed at first."""

_LISTED = "listed_conversations"
_CHOICES = "sidebar_choices"


def words() -> str:
    """Return what is looked for in the sidebar; empty where nothing is."""
    return (read(SEARCH, None) or "").strip()


def listed() -> int:
    """Return how many conversations the sidebar lists."""
    return read(_LISTED, LISTED)


def list_more() -> None:
    st.session_state[_LISTED] = listed() + LISTED


def choose() -> None:
    """Note that something was chosen, so that a sidebar over the whole screen is in the way. A callback."""
    st.session_state[_CHOICES] = choices() + 1


def choices() -> int:
    """Return how often something was chosen in this session."""
    return read(_CHOICES, 0)

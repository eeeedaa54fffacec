"""Which clicks on a list's rows were taken: the browser says each again until it knows that (`ui/browser/rows`)."""

from __future__ import annotations

import streamlit as st

from ui.state.session import kept

_SEEN = "clicks_on_rows"


def seen(key: str) -> int:
    """Return the number of the last click on this list that was taken; they are counted from 1."""
    counts: dict[str, int] = kept(_SEEN, {})
    return counts.get(key, 0)


def note_seen(key: str, number: int) -> None:
    st.session_state[_SEEN] = {**kept(_SEEN, {}), key: number}

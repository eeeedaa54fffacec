"""How the last try to sign in ended: the query parameter by which `ui/web/sign_in_endings.py` says it to the page."""

from __future__ import annotations

from typing import Literal, get_args

import streamlit as st

from ui.state.session import read

PARAMETER = "sign-in"
_ENDING = "sign_in_ending"

Ending = Literal["declined", "failed", "late", "unreachable"]
"""`declined`: by the person or the provider. `failed`: what the provider answered, or that it did not, signs nobody in.
`late`: nobody waits for that answer. `unreachable`: it could not begin."""
_ENDINGS = get_args(Ending)


def ending() -> Ending | None:
    """Return how the last try ended, as long as this session has not begun another one; the URL is rid of it."""
    said = st.query_params.pop(PARAMETER, None)
    if said in _ENDINGS:
        st.session_state[_ENDING] = said
    return read(_ENDING, None)


def take_ending() -> Ending | None:
    """Return how the last try ended, once."""
    said = ending()
    set_ending(None)
    return said


def set_ending(ending: Ending | None) -> None:
    st.session_state[_ENDING] = ending

"""Who this session belongs to, and the keys and endpoints that they typed for it alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from chat.owner import new_token, visitor_of
from chat.settings.values import Endpoint
from ui.state.session import kept, read

_OWNER = "owner"
_HELD_TOKEN = "held_token"  # noqa: S105
_ASKING = "asking_for_token"
_TYPED_KEYS = "typed_keys"
_TYPED_ENDPOINTS = "typed_endpoints"

Asking = Literal["not yet", "asked", "told"]


@dataclass(frozen=True, slots=True)
class HeldToken:
    """The token of a visitor whose browser sent none with its connection."""

    token: str = field(repr=False)
    browser: str | None
    """The mark of the browser that this is the token of (`ui/web/binding.py`)."""
    is_kept: bool
    """Whether the browser keeps it, as a script of the page says."""


def held_token(browser: str | None) -> HeldToken:
    """Return the token that the session holds for this browser; another browser gets one of its own."""
    held = kept(_HELD_TOKEN, HeldToken(new_token(), browser, is_kept=False))
    if held.browser != browser:
        held = HeldToken(new_token(), browser, is_kept=False)
        st.session_state[_HELD_TOKEN] = held
        set_asking("not yet")
    return held


def hold_token(token: str, browser: str | None) -> None:
    """Hold the token that the browser says it keeps."""
    st.session_state[_HELD_TOKEN] = HeldToken(token, browser, is_kept=True)


def asking() -> Asking:
    """Return whether a script was asked what the browser keeps, and has said it."""
    return read(_ASKING, "not yet")


def set_asking(step: Asking) -> None:
    st.session_state[_ASKING] = step


def belong_to(owner_id: str) -> None:
    """Have the session be this owner's. Nothing that another one typed or opened in it is left: a browser can be
    connected to a session that it did not begin."""
    if read(_OWNER, owner_id) != owner_id:
        forget_all_of(owner_id)
    else:
        st.session_state[_OWNER] = owner_id


def forget_all_of(owner_id: str) -> None:
    """Forget all that was typed, opened and noted in this session, but not what says that it is this owner's."""
    held: HeldToken | None = read(_HELD_TOKEN, None)
    step = asking()
    st.session_state.clear()
    if held is not None and visitor_of(held.token).id == owner_id:
        st.session_state[_HELD_TOKEN] = held
        set_asking(step)
    st.session_state[_OWNER] = owner_id


def typed_keys() -> dict[str, str]:
    """Return the keys typed for this session, by the name of their variable. They live here and nowhere else."""
    return kept(_TYPED_KEYS, {})


def typed_endpoints() -> tuple[Endpoint, ...]:
    return read(_TYPED_ENDPOINTS, ())


def set_typed_endpoints(endpoints: tuple[Endpoint, ...]) -> None:
    st.session_state[_TYPED_ENDPOINTS] = endpoints

"""What a person has asked for about their own place: another one for this browser, a code for another browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import streamlit as st

from ui.state.session import read

TYPED_CODE = "typed_code"
SURE = "sure_to_erase"
"""Widget keys."""

_WISH = "wish_for_another_place"
_CODE = "shown_code"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a script of the page is to do so that this browser has another place."""

    id: str
    route: str | None = None
    """Which route of ours it asks for the server's cookie; None where a script keeps the token."""
    code: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    """What a script is to keep, where one does."""


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code that this session made."""

    code: str = field(repr=False)
    until: datetime


def wish() -> Wish | None:
    return read(_WISH, None)


def set_wish(wish: Wish | None) -> None:
    st.session_state[_WISH] = wish


def shown_code() -> ShownCode | None:
    return read(_CODE, None)


def set_shown_code(code: ShownCode | None) -> None:
    st.session_state[_CODE] = code

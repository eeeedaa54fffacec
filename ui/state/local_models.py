"""What the section about models on this machine wants back after a rerun: what the hub said, and what is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui.state.session import read

if TYPE_CHECKING:
    from chat.errors import ModelUnavailable
    from chat.providers.local.hub.catalog import Repository

TYPED = "wanted_model"
"""Widget key of what is typed of another model."""
FILE = "wanted_file"
"""Widget key of the file that is chosen of it."""

_OFFERS = "offered_models"
_LOOKED_UP = "looked_up_model"
_PARAMETER = "show"
_MODELS = "models"

ADDRESS = {_PARAMETER: _MODELS}
"""The query parameter of Settings where somebody comes to get a model."""


def ways_key(message_id: str) -> str:
    """Return the widget key of the ways to a better model, on this answer of the demo model."""
    return f"better-{message_id}"


def ways_are_open(message_id: str) -> bool:
    """Return whether somebody looks at them."""
    return read(ways_key(message_id), False)


def is_address() -> bool:
    """Return whether somebody has come to get a model."""
    return st.query_params.get(_PARAMETER) == _MODELS


def offers() -> tuple[Repository | ModelUnavailable, ...] | None:
    """Return what the hub said of the models that are offered, of each or why not; None where it was not asked."""
    return read(_OFFERS, None)


def set_offers(offers: tuple[Repository | ModelUnavailable, ...]) -> None:
    st.session_state[_OFFERS] = offers


def looked_up() -> tuple[Repository, str] | None:
    """Return what the hub said of what was typed, and the file that is meant."""
    return read(_LOOKED_UP, None)


def set_looked_up(found: tuple[Repository, str] | None) -> None:
    st.session_state[_LOOKED_UP] = found
    st.session_state.pop(FILE, None)

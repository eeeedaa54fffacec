"""The link of a shared conversation: the one that the URL holds (`?share=<token>`), and what went wrong with one."""

from __future__ import annotations

import streamlit as st

from ui.state.session import kept, read, taken

PARAMETER = "share"
ENDS = "share_ends"
"""Widget key of how long a link is to last."""

_TROUBLE = "share_trouble"
_CONTINUED = "share_continued"
_SIGNING_IN = "share_signing_in"


def token_in_url() -> str | None:
    """Return what the link holds that the URL is of; None where it is of none."""
    return st.query_params.get(PARAMETER)


def leave() -> None:
    """Have the URL be of no link any more, so that the page is the chat. A callback."""
    st.query_params.pop(PARAMETER, None)
    st.session_state.pop(_SIGNING_IN, None)


def continued(token: str) -> str | None:
    """Return the id of the conversation in which this session goes on with what a link shows; None where in none."""
    return _continued().get(token)


def set_continued(token: str, conversation_id: str) -> None:
    _continued()[token] = conversation_id


def _continued() -> dict[str, str]:
    return kept(_CONTINUED, {})


def set_trouble(text: str | None) -> None:
    """Keep why something was not done with a link, for where the links are drawn."""
    st.session_state[_TROUBLE] = text


def take_trouble() -> str | None:
    return taken(_TROUBLE, None)


def is_signing_in() -> bool:
    """Return whether the reader wants to go on in their own place and has to sign in first."""
    return read(_SIGNING_IN, False)


def set_signing_in(wanted: bool) -> None:
    st.session_state[_SIGNING_IN] = wanted

"""The title that a model was asked for in a window: who it is for, and where it arrives."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

import streamlit as st

from ui.state.session import read

TITLE = "new_title"
"""Widget key of the title in a window."""

_SUGGESTION = "suggested_title"
_TROUBLE = "trouble_with_title"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title that is on its way, or has come."""

    conversation_id: str
    title: Future[str]


def suggestion(conversation_id: str) -> Suggestion | None:
    """Return the suggestion for this conversation; any other is let go of."""
    found: Suggestion | None = read(_SUGGESTION, None)
    if found is not None and found.conversation_id != conversation_id:
        forget_suggestion()
        return None
    return found


def set_suggestion(suggestion: Suggestion) -> None:
    forget_suggestion()
    st.session_state[_SUGGESTION] = suggestion


def forget_suggestion() -> None:
    """Wait for no suggestion any more, and say nothing of the last one."""
    waiting: Suggestion | None = st.session_state.pop(_SUGGESTION, None)
    if waiting is not None:
        waiting.title.cancel()
    st.session_state.pop(_TROUBLE, None)


def trouble() -> str:
    """Return why there is no suggestion, for the user; empty where nothing went wrong."""
    return read(_TROUBLE, "")


def set_trouble(words: str) -> None:
    st.session_state[_TROUBLE] = words

"""What was typed into the message box: taken, sent once, or given back with the reason why it was not taken."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from ui import state


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not taken, said beside the input until the next one is sent."""

    conversation_id: str
    text: str
    is_error: bool = False


def typed() -> str:
    """Return the message that was sent just now, as it was typed."""
    text = str(st.session_state[state.MESSAGE] or "")
    return text.removesuffix(" ") if text == st.session_state.get(state.GIVEN_BACK) else text


def sent(question_id: str) -> str | None:
    """Return the message that was sent under this id, where it is the one that was sent last."""
    last_id, text = st.session_state.get(state.SENT, (None, None))
    return text if last_id == question_id else None


def note_sent(question_id: str, text: str) -> None:
    st.session_state[state.SENT] = (question_id, text)


def give_back(text: str, refusal: Refusal) -> None:
    """Put a message that was not taken back into the input, and have the page say why beside it."""
    # The browser takes only what differs from what it was given last: with a space more, the same words again.
    again = st.session_state.get(state.GIVEN_BACK) == text
    st.session_state[state.MESSAGE] = st.session_state[state.GIVEN_BACK] = f"{text} " if again else text
    st.session_state[state.REFUSAL] = refusal


def refusal() -> Refusal | None:
    return st.session_state.get(state.REFUSAL)


def forget_refusal() -> None:
    st.session_state.pop(state.REFUSAL, None)

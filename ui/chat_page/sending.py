"""What was typed into the message box: taken, sent once, or given back with the reason why it was not taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from chat.conversation import new_id
from ui import state


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not taken, said beside the input until the next one is sent."""

    conversation_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Returned:
    """Words that go back into the input."""

    id: str
    words: str


def typed() -> str:
    """Return the message that was sent just now, as it was typed."""
    text = str(st.session_state[state.chat.MESSAGE] or "")
    return text.removesuffix(" ") if text == st.session_state.get(state.chat.GIVEN_BACK) else text


def sent(press: str) -> str | None:
    """Return what was sent by this press of Enter or a button, where it is the last one that sent anything.

    The id of a press is made as the box or the button is drawn, so that a second press before the page is drawn anew,
    or one that reaches the server twice, is known as the same.
    """
    last, what = st.session_state.get(state.chat.SENT, (None, None))
    return what if last == press else None


def note_sent(press: str, what: str) -> None:
    st.session_state[state.chat.SENT] = (press, what)


def forget_sent() -> None:
    st.session_state.pop(state.chat.SENT, None)


def give_back(text: str, refusal: Refusal) -> None:
    """Put a message that was not taken back into the input, and have the page say why beside it."""
    # The browser takes only what differs from what it was given last: with a space more, the same words again.
    again = st.session_state.get(state.chat.GIVEN_BACK) == text
    st.session_state[state.chat.WAITING] = st.session_state[state.chat.GIVEN_BACK] = f"{text} " if again else text
    st.session_state[state.chat.REFUSAL] = refusal


@contextmanager
def waiting_words() -> Iterator[None]:
    """Put what was given back into the input that is drawn inside.

    Not sooner: what a callback puts there is gone where its run gives way to one that draws more.
    """
    words = st.session_state.get(state.chat.WAITING)
    if words is not None:
        st.session_state[state.chat.MESSAGE] = words
    yield
    st.session_state.pop(state.chat.WAITING, None)


def put_back(text: str) -> None:
    """Put words that were sent before their time back into the input, above what is typed there meanwhile."""
    st.session_state[state.chat.RETURNED] = Returned(new_id(), text)


def returned() -> Returned | None:
    """Return the words that were put back last. The browser takes each once."""
    return st.session_state.get(state.chat.RETURNED)


def refuse(conversation_id: str, text: str) -> None:
    """Have the page say beside the input why something else was not done."""
    st.session_state[state.chat.REFUSAL] = Refusal(conversation_id, text)


def given_back() -> str | None:
    """Return the words that were put back into the input last."""
    return st.session_state.get(state.chat.GIVEN_BACK)


def refusal() -> Refusal | None:
    return st.session_state.get(state.chat.REFUSAL)


def forget_refusal() -> None:
    st.session_state.pop(state.chat.REFUSAL, None)

"""What a page says: what came of an action; and where it cannot be drawn, a sentence and never a crash page.

Streamlit ends a run by exceptions that are no `Exception` (stop, rerun); they pass through here.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st

from chat.errors import ChatError
from store.conversations import StoreError
from ui import state
from ui.markdown.safe import as_label

P = ParamSpec("P")

_log = logging.getLogger(__name__)

UNDRAWN = "Something unexpected went wrong here. Your conversations are safe: try again, or reload the page."
UNDONE = "Something unexpected went wrong, and this was not done. Your conversations are safe: try again."


@contextmanager
def guarded() -> Iterator[None]:
    """Draw why what is inside could not be drawn, in its place, and go on behind it. Works as a decorator too."""
    try:
        yield
    except Exception as error:
        st.error(as_label(_said(error, UNDRAWN)), icon=":material/error:")


@contextmanager
def guarded_page() -> Iterator[None]:
    """Draw why the rest of a page could not be drawn, offer to try again, and end the run there."""
    try:
        yield
    except Exception as error:
        st.error(as_label(_said(error, UNDRAWN)), icon=":material/error:")
        st.button("Try again", key="try_again", icon=":material/refresh:")
        state.page.close_window()  # the page ends before it would be drawn
        st.stop()  # an end like this one keeps what was typed into the controls that were not drawn


def said_on_the_page(action: Callable[P, None]) -> Callable[P, None]:
    """Have the page say why a callback could not do its work."""

    @functools.wraps(action)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            action(*args, **kwargs)
        except Exception as error:
            say(error)

    return wrapped


def say(error: Exception, place: str = state.page.IN_SIGHT) -> None:
    """Have the page say, on its next run, why something was not done."""
    state.page.notify(said(error), is_error=True, place=place)


def draw_notices(place: str = state.page.IN_SIGHT) -> None:
    """Draw what there is to say in this place."""
    for notice in state.page.notices(place):
        if notice.is_error:
            st.error(as_label(notice.text), icon=":material/error:")
        else:
            st.info(as_label(notice.text), icon=":material/info:")


def said(error: Exception) -> str:
    """Return, for the user, why something was not done."""
    return _said(error, UNDONE)


def _said(error: Exception, otherwise: str) -> str:
    """Return the sentence for the user. What nobody foresaw goes to the log, with its traceback."""
    if isinstance(error, StoreError | ChatError):
        return str(error)
    _log.error("a page met what nobody foresaw", exc_info=error)
    return otherwise

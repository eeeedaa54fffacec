"""Small windows over a page, and the buttons in them that do something and close them.

While one is open no part of the page may rerun the whole page, which would close it: each says so as it opens. A
window and not a menu: the page moves on below an answer that grows, and would take a menu with it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, ParamSpec

import streamlit as st

from ui import state
from ui.guard import guarded

P = ParamSpec("P")


def dialog(
    title: str, *, icon: str, width: Literal["small", "medium", "large"] = "small"
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function draw in a window of its own, opened by calling it."""

    def opening(draw: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(draw)
        def window(*args: P.args, **kwargs: P.kwargs) -> None:
            state.page.set_dialog_open(True)
            with guarded():
                draw(*args, **kwargs)

        opened: Callable[P, None] = st.dialog(title, width=width, icon=icon, on_dismiss=_closed)(window)
        return opened

    return opening


def _closed() -> None:
    state.page.set_dialog_open(False)


def closing_button(
    label: str,
    icon: str,
    action: Callable[..., None],
    *arguments: Any,
    key: str,
    help: str | None = None,
    disabled: bool = False,
) -> None:
    """Draw a button that does something and closes the window."""
    if st.button(label, key=key, icon=icon, type="tertiary", help=help, disabled=disabled):
        action(*arguments)
        st.rerun()

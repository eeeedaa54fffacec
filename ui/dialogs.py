"""Small windows over a page, and the buttons in them that do something and close them.

Which window is open stands in the session, and the page draws it as its last part: so it is there after every run of
the page, whatever asked for that run, and a window is only gone once a person or a button in it has closed it. No part
of a page runs the whole page by itself meanwhile. A window and not a menu: the page moves on below an answer that
grows, and would take a menu with it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, ParamSpec

import streamlit as st
from streamlit.delta_generator_singletons import get_dg_singleton_instance

from ui import state
from ui.guard import guarded

P = ParamSpec("P")


def dialog(
    title: str, *, icon: str, width: Literal["small", "medium", "large"] = "small"
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function draw in a window of its own. Calling it opens the window, best as a callback of a button."""

    def opening(draw: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(draw)
        def draw_guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            if not state.page.dialog_is_open():  # what was clicked in it has closed it
                st.rerun()
            with guarded():
                draw(*args, **kwargs)

        draw_window: Callable[P, None] = st.dialog(title, width=width, icon=icon, on_dismiss=state.page.close_window)(
            draw_guarded
        )

        @functools.wraps(draw)
        def open_window(*args: P.args, **kwargs: P.kwargs) -> None:
            state.page.open_window(functools.partial(draw_window, *args, **kwargs))

        return open_window

    return opening


def draw_open_window() -> None:
    """Draw the window that is open, where one is. The last thing that a page draws."""
    draw = state.page.open_window_here()
    if draw is not None:
        draw()
    else:
        # In the place of one that was open: Streamlit takes a window away with a run of the page only.
        get_dg_singleton_instance().event_dg.empty()


def closing_button(
    label: str,
    icon: str | None,
    action: Callable[..., bool | None],
    *arguments: Any,
    key: str,
    type: Literal["primary", "secondary", "tertiary"] = "tertiary",
    help: str | None = None,
    disabled: bool = False,
) -> None:
    """Draw a button that does something and closes the window, which stays where `action` returns False."""
    st.button(
        label,
        key=key,
        icon=icon,
        type=type,
        help=help,
        disabled=disabled,
        on_click=_act_and_close,
        args=(action, *arguments),
    )


def closing_submit(label: str, action: Callable[..., bool | None], *arguments: Any, key: str) -> None:
    """Draw the button of a form that does something with what the form holds and closes the window, which stays where
    `action` returns False."""
    st.form_submit_button(label, key=key, type="primary", on_click=_act_and_close, args=(action, *arguments))


def _act_and_close(action: Callable[..., bool | None], *arguments: Any) -> None:
    if not state.page.dialog_is_open():
        return  # this is the second click of two, and the first has done it
    if action(*arguments) is not False:
        state.page.close_window()

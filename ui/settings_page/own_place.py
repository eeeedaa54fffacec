"""The part of the Settings page about what somebody can do with all of their own."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui import state
from ui.identity import another_place
from ui.identity.everything import WORK, draw_take_all, erase_everything_dialog
from ui.identity.leave import leave_dialog
from ui.identity.move import move_dialog
from ui.visit import Visit
from ui.work.work import draw_work

NO_COOKIES = "To leave this place, close this page. It cannot be moved to another browser: take your data with you."


def draw_own_place(visit: Visit) -> None:
    """Draw how a place is left, moved, taken along and erased."""
    kept_by = visit.identity.kept_by
    if kept_by == "session":
        st.caption(NO_COOKIES)
    with st.container(horizontal=True, gap="small", key="own_place"):
        if kept_by in ("cookie", "script"):
            _button("Move to another browser", "open_move", "devices", move_dialog, visit)
            _button("Leave this browser", "open_leave", "logout", leave_dialog, visit)
        with st.container(width="content"):  # how far it is stands below it, and pushes nothing aside
            draw_take_all(visit, key="settings")
        _button("Erase everything of mine", "open_erase_everything", "delete_forever", erase_everything_dialog, visit)
    draw_work(WORK)
    if not state.page.dialog_is_open():  # else the window does
        another_place.draw()


def _button(label: str, key: str, icon: str, window: Callable[[Visit], None], visit: Visit) -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=window, args=(visit,))

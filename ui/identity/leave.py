"""Leave this browser: the window that says what that means, asks, and offers to take everything along first."""

from __future__ import annotations

import streamlit as st

from ui import state
from ui.dialogs import dialog
from ui.identity import another_place
from ui.identity.everything import draw_take_all
from ui.visit import Visit

LEFT = (
    "This browser forgets your place and begins an empty one. Your conversations stay on the server{until}, but nobody "
    "can reach them again, unless another browser has this place too."
)
TABS = "Other tabs that are open here show them until they are reloaded."


@dialog("Leave this browser", icon=":material/logout:")
def leave_dialog(visit: Visit) -> None:
    """Ask before this browser forgets whose place it has."""
    st.markdown(LEFT.format(until=_until(visit.services.settings.visitor_days)))
    st.caption(f"{TABS} Links that you shared go on.")
    draw_take_all(visit, key="before_leaving")
    st.button(
        "Leave this browser",
        key="leave",
        type="primary",
        on_click=_leave,
        args=(visit,),
        disabled=state.place.wish() is not None,
    )
    another_place.draw()


def _leave(visit: Visit) -> None:
    if state.place.wish() is None:
        another_place.begin_anew(visit)


def _until(days: int) -> str:
    if not days:
        return ""
    return f" until they are erased after {'a day' if days == 1 else f'{days:,} days'} without a visit"

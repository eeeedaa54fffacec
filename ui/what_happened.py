"""What happened, said where the eyes are: on the chat page right above the message box, on any other page at the bottom
of the window. A page that is scrolled to its end shows nobody what stands at its top.

A notice stands for a while; what can be undone stays until it is dismissed, or something else can be.
"""

from __future__ import annotations

import streamlit as st

from ui import actions, state
from ui.browser.in_sight import in_sight
from ui.guard import draw_notices
from ui.markdown.safe import as_label
from ui.visit import Visit


def sign() -> object:
    """Return what changes with what there is to say."""
    return [(each.text, each.is_error) for each in state.page.notices(state.page.IN_SIGHT)], state.page.undo()


def draw(visit: Visit) -> None:
    """Draw it here."""
    draw_notices()
    undo = state.page.undo()
    if undo is None:
        return
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small", key="undo"):
        st.markdown(f"Deleted {as_label(undo.what)}.", width="stretch")
        st.button("Undo", key="undo_delete", on_click=actions.undo_delete, args=(visit,), icon=":material/undo:")
        st.button(
            "Dismiss",
            key="dismiss_undo",
            on_click=state.page.offer_undo,
            args=(None,),
            icon=":material/close:",
            type="tertiary",
        )


def draw_in_sight(visit: Visit) -> None:
    """Draw it at the bottom of the window, where there is something to say."""
    notices, undo = state.page.notices(state.page.IN_SIGHT), state.page.undo()
    if notices or undo is not None:
        with in_sight("what_happened"):
            draw(visit)

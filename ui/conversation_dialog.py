"""Everything that can be done with a whole conversation, in a small window.

A window and not a menu: the page moves on below an answer that grows, and would take a menu with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from chat.conversation import Conversation
from ui import actions, state
from ui.downloads import draw_downloads
from ui.visit import Visit


@st.dialog("Conversation", icon=":material/more_vert:", on_dismiss=state.dialog_closed)
def conversation_dialog(visit: Visit, conversation: Conversation) -> None:
    """Offer what can be done with this conversation."""
    state.set_dialog_open(True)
    with st.form("rename_form", border=False):
        title = st.text_input("Title", value=conversation.title, max_chars=200, key="new_title")
        renamed = st.form_submit_button("Rename", key="rename", icon=":material/edit:")
    if renamed:
        actions.rename(visit, conversation.id, title or "")
        st.rerun()
    draw_downloads(visit, conversation.id, conversation.title)
    _do(
        "Fork", "Copy what is shown into a new conversation", ":material/fork_right:", actions.fork, visit, conversation
    )
    _do(
        "Clear",
        "Delete all messages that are shown; you can undo it",
        ":material/mop:",
        actions.clear,
        visit,
        conversation,
    )
    _do(
        "Delete",
        "Put it into the trash",
        ":material/delete:",
        actions.delete,
        visit,
        conversation.id,
        conversation.title,
    )


def _do(label: str, help: str, icon: str, action: Callable[..., None], *arguments: Any) -> None:
    """Draw a button that does something and closes the window."""
    if st.button(label, key=label.lower(), icon=icon, type="tertiary", help=help):
        action(*arguments)
        st.rerun()

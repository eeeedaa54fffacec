"""Small windows over a page that ask for one thing."""

from __future__ import annotations

import streamlit as st

from ui import actions
from ui.visit import Visit


@st.dialog("Rename", icon=":material/edit:")
def rename_dialog(visit: Visit, conversation_id: str, title: str) -> None:
    """Ask for a conversation's new title."""
    with st.form("rename_form", border=False):
        new_title = st.text_input("Title", value=title, max_chars=200, key="new_title")
        saved = st.form_submit_button("Save", key="save_title", type="primary")
    if saved:
        actions.rename(visit, conversation_id, new_title or "")
        st.rerun()

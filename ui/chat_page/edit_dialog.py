"""Small windows over a page that ask for one thing.

While one is open no part of the page may rerun the whole page, which would close it: each says so as it opens.
"""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, Message
from ui import state
from ui.chat_page import turns
from ui.visit import Visit


@st.dialog("Edit", icon=":material/edit:", width="medium", on_dismiss=state.dialog_closed)
def edit_dialog(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Ask for other words in place of a question; the question as it was stays in a branch of its own."""
    state.set_dialog_open(True)
    with st.form("edit_form", border=False):
        text = st.text_area("Message", value=message.content, key="edited_message", height="content")
        st.caption("The question as it is, and all that follows it, stays as a branch.")
        sent = st.form_submit_button("Send", key="send_edited", type="primary")
    if sent and (text or "").strip():
        turns.edit(visit, conversation, message.id, text or "")
        st.rerun()

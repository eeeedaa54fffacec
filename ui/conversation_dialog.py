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
    known = [name for name, _ in visit.store.facets(visit.owner.id).tags]
    with st.form("about_form", border=False):
        title = st.text_input("Title", value=conversation.title, max_chars=200, key="new_title")
        tags = st.multiselect(
            "Tags",
            list(dict.fromkeys([*conversation.tags, *known])),
            default=list(conversation.tags),
            accept_new_options=True,
            placeholder="Choose or type a new one",
            key="tags",
        )
        saved = st.form_submit_button("Save", key="save_about", type="primary")
    if saved:
        if title and title != conversation.title:
            actions.rename(visit, conversation.id, title)
        if tuple(tags) != conversation.tags:
            actions.set_tags(visit, conversation.id, tags)
        st.rerun()
    draw_downloads(visit, conversation.id, conversation.title)
    st.divider()
    with st.container(horizontal=True):
        if conversation.pinned:
            _do("Unpin", "Let it move down again", ":material/keep_off:", actions.pin, visit, conversation.id, False)
        else:
            _do("Pin", "Keep it above the others", ":material/keep:", actions.pin, visit, conversation.id, True)
        fork = "Copy what is shown into a new conversation"
        _do("Fork", fork, ":material/fork_right:", actions.fork, visit, conversation)
        clear = "Delete all messages that are shown; you can undo it"
        _do("Clear", clear, ":material/mop:", actions.clear, visit, conversation)
        delete = "Put it into the trash; you can undo it"
        _do("Delete", delete, ":material/delete:", actions.delete, visit, conversation.id, conversation.title)


def _do(label: str, help: str, icon: str, action: Callable[..., None], *arguments: Any) -> None:
    """Draw a button that does something and closes the window."""
    if st.button(label, key=label.lower(), icon=icon, type="tertiary", help=help):
        action(*arguments)
        st.rerun()

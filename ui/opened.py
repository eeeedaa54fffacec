"""Which conversation the chat page shows: what a button chose, else what the URL names, else what was open."""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation
from store.conversations import NotFound
from ui import state
from ui.visit import Visit

NOT_HERE = "This conversation is not here: it was deleted, or it belongs to somebody else."


def opened(visit: Visit) -> Conversation:
    """Return the open conversation, or a new one without a word. Keeps URL and session state in step."""
    url_id = state.url_id()
    if not state.take_jump() and url_id is not None:
        state.follow_url(url_id)
    open_id = state.open_id()
    if open_id is None:
        state.remember_in_url(None)
        return state.draft(visit.owner.id, visit.new_settings())
    try:
        conversation = _without_orphans(visit, visit.store.get(visit.owner.id, open_id))
    except NotFound:
        state.forget_open()
        state.remember_in_url(None)
        st.info(NOT_HERE, icon=":material/info:")
        return state.draft(visit.owner.id, visit.new_settings())
    state.remember_in_url(open_id)
    return conversation


def _without_orphans(visit: Visit, conversation: Conversation) -> Conversation:
    """Mark answers as interrupted whose process is gone, and see those that ended since the conversation was read."""
    waiting = [message for message in conversation.path() if message.status == "streaming"]
    if all(visit.services.replies.get(visit.owner.id, message.id) is not None for message in waiting):
        return conversation
    visit.store.interrupt_orphans(visit.owner.id)
    return visit.store.get(visit.owner.id, conversation.id)

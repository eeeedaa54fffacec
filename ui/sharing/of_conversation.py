"""Sharing one conversation, as a part of its window."""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation
from ui import state
from ui.sharing.links import draw_link, draw_trouble, pick_days, share
from ui.visit import Visit

WHAT = (
    "Whoever has the link can read a copy of the messages that are shown now: title, words, dates, and which model "
    "wrote them. Nothing else of yours, and nothing that comes later."
)


def draw_sharing(visit: Visit, conversation: Conversation) -> None:
    """Draw the conversation's link with what can be done with it, or the offer to make one."""
    draw_trouble()
    links = visit.store.shares.list(visit.owner.id, conversation.id)
    if not links:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            days = pick_days(key=state.share.ENDS)
            st.button(
                "Share",
                key="share",
                icon=":material/share:",
                on_click=share,
                args=(visit, conversation, days),
            )
        st.caption(WHAT)
        return
    for link in links:
        draw_link(visit, link, head=conversation.head)
    st.caption(WHAT)

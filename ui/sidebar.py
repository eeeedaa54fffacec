"""The sidebar of every page: a new chat, and the recent conversations, the last active first."""

from __future__ import annotations

import streamlit as st

from store.queries import Summary
from ui import state
from ui.markdown import as_label
from ui.visit import Visit

RECENT = 30
CHAT_PAGE = "Home.py"
HISTORY_PAGE = "pages/1_History.py"


def draw(visit: Visit) -> None:
    """Draw the sidebar. A click on a conversation opens it on the chat page."""
    with st.sidebar:
        st.button(
            "New chat",
            key="new_chat",
            icon=":material/add_comment:",
            on_click=state.open_new,
            width="stretch",
        )
        recent = visit.store.list(visit.owner.id, limit=RECENT + 1)
        if not recent:
            st.caption("Your conversations will be listed here.")
            return
        st.caption("Recent")
        with st.container(gap="xxsmall", key="recent"):
            for summary in recent[:RECENT]:
                _draw_entry(summary)
        if len(recent) > RECENT:
            st.page_link(HISTORY_PAGE, label="All conversations", icon=":material/history:")


def _draw_entry(summary: Summary) -> None:
    title = as_label(summary.title)
    st.button(
        f"**{title}**" if summary.id == state.open_id() else title,
        key=f"open-{summary.id}",
        icon=":material/pending:" if summary.streaming else None,
        on_click=state.open_conversation,
        args=(summary.id,),
        type="tertiary",
        wrap=False,
    )


def go_to_chat_if_asked() -> None:
    """Switch to the chat page where a button of this run asked for it. For pages other than the chat."""
    if not state.take_jump():
        return
    open_id = state.open_id()
    st.switch_page(CHAT_PAGE, query_params={"c": open_id} if open_id else None)

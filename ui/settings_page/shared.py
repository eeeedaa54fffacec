"""The part of the Settings page about what is shared: every link, what it shows, and how it is ended."""

from __future__ import annotations

import streamlit as st

from store.conversations import StoreError
from store.shares import Share
from ui.guard import guarded
from ui.markdown.safe import as_label
from ui.sharing.links import draw_link, draw_trouble
from ui.visit import Visit


def draw_shared(visit: Visit) -> None:
    """Draw every link of this owner."""
    draw_trouble()
    links = visit.store.shares.list(visit.owner.id)
    if not links:
        st.caption("Nothing is shared. To share a conversation, open its menu on the chat page.")
        return
    st.caption("Whoever has one of these links can read that copy, without signing in.")
    for link in links:
        with guarded(), st.container(border=True, key=f"link-{link.id}"):
            _draw(visit, link)


def _draw(visit: Visit, link: Share) -> None:
    st.markdown(f"**{as_label(link.title)}**")
    if _is_in_trash(visit, link):
        st.caption("This conversation is in the trash, so the link shows nothing until you restore it.")
    draw_link(visit, link)


def _is_in_trash(visit: Visit, link: Share) -> bool:
    try:
        return visit.store.get(visit.owner.id, link.conversation_id).trashed_at is not None
    except StoreError:  # one that cannot be read: whoever opens it is told
        return False

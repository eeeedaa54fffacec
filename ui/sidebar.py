"""The sidebar of every page: the pages, a new chat, a search, and the conversations by when they were last active."""

from __future__ import annotations

from functools import partial

import streamlit as st

from store.conversations import StoreError
from store.queries import Query
from ui import state
from ui.browser.small_screen import close_where_small
from ui.conversation_list.entries import draw_found, draw_recent, sign_of_list
from ui.guard import guarded
from ui.markdown.safe import as_label
from ui.running.parts import part
from ui.visit import Visit

AGAIN_SECONDS = 4.0
"""Between two looks at a list that could not be read."""
CHAT_PAGE = "Home.py"
HISTORY_PAGE = "pages/1_History.py"
SETTINGS_PAGE = "pages/4_Settings.py"
ADMIN_PAGE = "pages/5_Admin.py"


def draw(visit: Visit) -> None:
    """Draw the sidebar. A click on a conversation opens it on the chat page."""
    with st.sidebar, st.container(gap="xsmall", key="sidebar"):
        part("pages", state.chat.open_id, partial(_draw_pages, visit))
        st.button(
            "New chat",
            key="new_chat",
            icon=":material/add_comment:",
            on_click=_open_new,
            width="stretch",
        )
        part("conversations", partial(_sign, visit), partial(_draw_conversations, visit))
        if visit.identity.name:
            st.caption(f"Signed in as {as_label(visit.identity.name)}")
        if (choices := state.sidebar.choices()) > 0:
            close_where_small(choices)


def _sign(visit: Visit) -> object:
    """Return what changes with all that the list shows, but not with each word of an answer that is on its way."""
    return visit.store.list_trouble(), sign_of_list(visit, state.sidebar.words())


def _draw_conversations(visit: Visit) -> None:
    try:
        _draw_list(visit)
    except StoreError as error:
        st.warning(as_label(str(error)), icon=":material/warning:")
        _try_again(visit)


def _draw_pages(visit: Visit) -> None:
    # In place of Streamlit's own list of pages (.streamlit/config.toml), which would offer each of them to everybody.
    with st.container(gap="xsmall", key="pages"):
        st.page_link(CHAT_PAGE, label="Chat", icon=":material/chat:", query_params=state.chat.address_of_open())
        st.page_link(HISTORY_PAGE, label="History", icon=":material/history:")
        st.page_link(SETTINGS_PAGE, label="Settings", icon=":material/settings:")
        if visit.is_admin:
            st.page_link(ADMIN_PAGE, label="Admin", icon=":material/shield_person:")


def _open_new() -> None:
    state.sidebar.choose()
    state.chat.open_new()


def _try_again(visit: Visit) -> None:
    st.caption("Tried again every few seconds. What is open goes on.")

    is_first_look = True

    @st.fragment(run_every=AGAIN_SECONDS)
    @guarded()
    def look() -> None:
        nonlocal is_first_look
        if not is_first_look and not state.page.dialog_is_open() and _can_list(visit):
            st.rerun()
        is_first_look = False

    look()


def _can_list(visit: Visit) -> bool:
    try:
        visit.store.count(visit.owner.id)
        visit.store.list(visit.owner.id, limit=1)
        visit.store.search(visit.owner.id, Query(), limit=1)
    except StoreError:
        return False
    return True


def _draw_list(visit: Visit) -> None:
    trouble = visit.store.list_trouble()
    if trouble is not None:
        st.warning(as_label(trouble), icon=":material/warning:")
    if not visit.store.count(visit.owner.id):
        st.caption("Your conversations will be listed here.")
        return
    words = st.text_input(
        "Search conversations",
        key=state.sidebar.SEARCH,
        type="search",
        placeholder="Search",
        label_visibility="collapsed",
        persist_state="session",
    )
    if (words or "").strip():
        total = draw_found(visit, words or "")
        st.page_link(
            HISTORY_PAGE,
            label=f"All {total:,} found",
            icon=":material/search:",
            query_params={state.history.SEARCH: words},
        )
    elif draw_recent(visit):
        st.button(
            "Show more",
            key="list_more",
            icon=":material/expand_more:",
            on_click=state.sidebar.list_more,
            type="tertiary",
        )
        st.page_link(HISTORY_PAGE, label="All conversations", icon=":material/history:")


def go_to_chat_if_asked() -> None:
    """Switch to the chat page where a button of this run asked for it. For pages other than the chat."""
    if not state.chat.take_jump():
        return
    st.switch_page(CHAT_PAGE, query_params=state.chat.address_of_open())

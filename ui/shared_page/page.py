"""What whoever has a link sees: the copy, in any format as a file, and how to go on with it in a place of their own.

Drawn before anybody is asked who they are. The copy is opened anew in every run, so that a link which has ended shows
nothing more. Nothing here asks the store for anything of an owner but what the link opens.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from chat.conversation import Conversation, Message
from chat.endings import is_whole
from store.conversations import NotFound
from ui import state
from ui.browser.small_screen import leave_room_where_small
from ui.downloads import draw_downloads_of
from ui.guard import draw_notices, guarded, guarded_page
from ui.identity import script_cookie, sign_in
from ui.identity.identify import identify
from ui.markdown.bounds import Spent
from ui.markdown.draw import draw_markdown, draw_typed
from ui.markdown.safe import as_label
from ui.message import AVATARS, shares_of
from ui.page import set_up, visiting
from ui.phrases import local_time
from ui.services import services
from ui.shared_page.going_on import go_on

COPY = "A read-only copy of a conversation, as it was on {when}. Whoever has this link can read it."
UNFINISHED = "This answer ended before it was whole."


def draw_shared(token: str) -> None:
    """Draw the whole page of a link."""
    set_up("Shared conversation")
    with guarded_page():
        store = services().store
        try:
            copy = store.shares.open(token)
        except NotFound as error:
            st.title("Nothing is shared here", anchor=False)
            st.markdown(as_label(str(error)))
            _draw_way_out()
            return
        if state.share.is_signing_in():
            _draw_sign_in(copy)
            return
        draw_notices()
        _draw_head(copy, token)
        _draw_messages(copy)
        leave_room_where_small()
        st.divider()
        draw_downloads_of(lambda: store.shares.open(token), copy.title, key="shared")
        # So that it is known whose place it is by the time somebody goes on in theirs.
        script_cookie.keep(identify(services().settings), may_wait=False)


def _draw_head(copy: Conversation, token: str) -> None:
    st.title(as_label(copy.title), anchor=False)
    st.caption(COPY.format(when=local_time(copy.updated_at)))
    with st.container(horizontal=True):
        st.button(
            "Continue in my own place" if state.share.continued(token) is None else "Open my copy",
            key="continue_shared",
            icon=":material/fork_right:",
            on_click=go_on,
            args=(token,),
            type="primary",
            help="Copy it among your own conversations, and go on there. Whoever shared it sees nothing of that.",
        )
        _draw_way_out()


def _draw_sign_in(copy: Conversation) -> None:
    st.button(
        "Back to what is shared",
        key="back_to_shared",
        icon=":material/arrow_back:",
        on_click=state.share.set_signing_in,
        args=(False,),
        type="tertiary",
    )
    st.markdown(f"Sign in to go on with “{as_label(copy.title)}” in your own place. It is opened there afterwards.")
    visit = visiting(services())
    sign_in.draw_where_needed(visit.services.settings, visit.identity)
    state.share.set_signing_in(False)  # somebody signed in in another tab meanwhile
    st.rerun()


def _draw_way_out() -> None:
    st.button("Open Chatkeep", key="open_chatkeep", icon=":material/forum:", on_click=state.share.leave)


def _draw_messages(copy: Conversation) -> None:
    path = copy.path()
    shown = path[-state.chat.shown_messages() :]
    if len(shown) < len(path):
        st.button(
            f"Show earlier messages ({len(path) - len(shown)})",
            key="show_earlier",
            on_click=state.chat.show_more,
            icon=":material/expand_less:",
            type="tertiary",
        )
    spent = shares_of(shown)
    for message in shown:
        with guarded():  # one that cannot be drawn hides no other
            _draw_message(message, spent)


def _draw_message(message: Message, spent: Mapping[str, Spent]) -> None:
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if message.role != "assistant":
            draw_typed(message.content, message.id)
            return
        draw_markdown(message.content, message.id, spent.get(message.id))
        if message.models:
            st.caption(as_label(f"Written by {', then '.join(message.models)}."))
        if not is_whole(message):
            st.caption(UNFINISHED)

"""The shown path of a conversation: its last messages, what can be done with each, and the live answer."""

from __future__ import annotations

import functools

import streamlit as st

from chat.conversation import Conversation
from ui import state
from ui.browser.message_row import load_rows
from ui.browser.scroll import scroll_here
from ui.chat_page import message_actions
from ui.chat_page.live_reply import follow
from ui.guard import guarded
from ui.message import draw_message, shares_of
from ui.visit import Visit


def draw_path(visit: Visit, conversation: Conversation) -> None:
    """Draw the shown path: its last messages, older ones on demand, and a live answer while it arrives."""
    path = conversation.path()
    shown = path[-state.chat.shown_messages() :]
    if len(shown) < len(path):
        st.button(
            f"Show earlier messages ({len(path) - len(shown)})",
            key="show_earlier",
            on_click=state.chat.show_more,
            icon=":material/expand_less:",
            type="tertiary",
        )
    with_versions = [message.id for message in shown if len(conversation.siblings(message.id)) > 1]
    target, wish = state.chat.target() or (None, "")
    spent = shares_of(shown)
    load_rows()
    for message in shown:
        if message.id == target:
            scroll_here(wish)  # in every run: the first one may be over before the browser has drawn it
        reply = visit.reply_to(message)
        if reply is not None:
            follow(reply)
            continue
        with guarded():  # one that cannot be drawn hides no other
            below = functools.partial(
                message_actions.draw, visit, conversation, message, has_shortcut=message.id in with_versions[-1:]
            )
            draw_message(message, spent, below)

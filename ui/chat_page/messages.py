"""Drawing a conversation's messages: what was said, how an answer ended, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, Message
from chat.endings import ending_of
from ui import state
from ui.browser.scroll import scroll_here
from ui.chat_page import message_actions
from ui.chat_page.live_reply import follow
from ui.markdown.safe import as_label, as_typed, safe_markdown
from ui.visit import Visit

AVATARS = {"user": ":material/person:", "assistant": ":material/smart_toy:", "system": ":material/tune:"}


def draw_path(visit: Visit, conversation: Conversation) -> None:
    """Draw the shown path: its last messages, older ones on demand, and a live answer while it arrives."""
    path = conversation.path()
    shown = path[-state.shown_messages() :]
    if len(shown) < len(path):
        st.button(
            f"Show earlier messages ({len(path) - len(shown)})",
            key="show_earlier",
            on_click=state.show_more,
            icon=":material/expand_less:",
            type="tertiary",
        )
    at_hand = [message.id for message in path if visit.reply_to(message) is None][-2:]
    with_versions = [message.id for message in shown if len(conversation.siblings(message.id)) > 1]
    target, wish = state.target() or (None, "")
    for message in shown:
        if message.id == target:
            scroll_here(wish)  # in every run: the first one may be over before the browser has drawn it
        reply = visit.reply_to(message)
        if reply is not None:
            follow(visit, reply)
            continue
        draw_message(message)
        message_actions.draw(
            visit,
            conversation,
            message,
            is_last_turn=message.id in at_hand,
            has_shortcut=message.id in with_versions[-1:],
        )


def draw_message(message: Message) -> None:
    """Draw one message as it is kept."""
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if message.reasoning:
            with st.expander("Thought before answering", type="compact", icon=":material/psychology:"):
                st.markdown(safe_markdown(message.reasoning))
        if message.left_out:
            st.badge("Left out of memory", icon=":material/visibility_off:", color="gray")
            st.caption(_dimmed(message))
        elif message.role == "assistant":
            st.markdown(safe_markdown(message.content))
        else:
            st.text(as_typed(message.content))
        _draw_ending(message)


def _dimmed(message: Message) -> str:
    if message.role == "assistant":
        return safe_markdown(message.content)
    return "  \n".join(as_label(line) for line in message.content.splitlines())


def _draw_ending(message: Message) -> None:
    if message.status == "streaming":  # by another process that shares the store: a live one here is followed
        st.markdown(":shimmer[Still being written elsewhere …]")
    ending = ending_of(message)
    if ending is None:
        return
    if message.status == "failed":
        st.error(as_label(ending), icon=":material/error:")
    else:
        st.caption(as_label(ending))

"""One message as it is kept: what was said, what was thought before, and how an answer ended."""

from __future__ import annotations

import streamlit as st

from chat.conversation import Message
from chat.endings import sentence_of
from ui.markdown.safe import as_label, as_typed, safe_markdown

AVATARS = {"user": ":material/person:", "assistant": ":material/smart_toy:", "system": ":material/tune:"}


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
        if message.note:
            st.caption(as_label(message.note))
        if len(message.models) > 1:
            st.caption(as_label(f"Written by {', then '.join(message.models)}."))
        _draw_ending(message)


def _dimmed(message: Message) -> str:
    if message.role == "assistant":
        return safe_markdown(message.content)
    return "  \n".join(as_label(line) for line in message.content.splitlines())


def _draw_ending(message: Message) -> None:
    if message.status == "streaming":  # by another process that shares the store: a live one here is followed
        st.markdown(":shimmer[Still being written elsewhere …]")
    ending = sentence_of(message)
    if ending is None:
        return
    if message.status == "failed":
        st.error(as_label(ending), icon=":material/error:")
    else:
        st.caption(as_label(ending))

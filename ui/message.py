"""One message as it is kept: what was said, what was thought before, and how an answer ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from chat.conversation import Message
from chat.endings import sentence_of
from ui.markdown.bounds import Spent, shares
from ui.markdown.draw import draw_markdown, draw_typed
from ui.markdown.safe import as_label

LONGEST_DIMMED = 5_000
"""Characters of a question that is left out of memory up to which it is shown in grey."""
AVATARS = {"user": ":material/person:", "assistant": ":material/smart_toy:", "system": ":material/tune:"}


def shares_of(messages: Iterable[Message]) -> dict[str, Spent]:
    """Return how much of what a page can bear each text of its messages has to leave to later ones."""
    texts: dict[str, str] = {}
    for message in messages:
        if message.role == "assistant":
            texts |= {f"thinking-{message.id}": message.reasoning, message.id: message.content}
    return shares(texts)


def draw_message(message: Message, spent: Mapping[str, Spent]) -> None:
    """Draw one message as it is kept; `spent` is of `shares_of` all messages of the page."""
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if message.reasoning:
            thinking = f"thinking-{message.id}"
            with st.expander("Thought before answering", type="compact", icon=":material/psychology:"):
                draw_markdown(message.reasoning, thinking, spent.get(thinking))
        if message.left_out:
            st.badge("Left out of memory", icon=":material/visibility_off:", color="gray")
        if message.role == "assistant":
            draw = st.caption if message.left_out else st.markdown
            draw_markdown(message.content, message.id, spent.get(message.id), draw)
        elif message.left_out and len(message.content) <= LONGEST_DIMMED:
            st.caption("  \n".join(as_label(line) for line in message.content.splitlines()))
        else:
            draw_typed(message.content, message.id)
        if message.note:
            st.caption(as_label(message.note))
        if len(message.models) > 1:
            st.caption(as_label(f"Written by {', then '.join(message.models)}."))
        _draw_ending(message)


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

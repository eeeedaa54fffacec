"""Thumbs on an answer, kept with it and shown again whenever it is opened."""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, Message
from ui.chat_page import turns
from ui.visit import Visit


def rating(visit: Visit, conversation: Conversation, message: Message, *, where: str = "row") -> None:
    """Draw the thumbs of this answer; `where` tells those of its row from those of its window."""
    key = f"rating-{where}-{message.id}"
    st.feedback(
        "thumbs",
        key=key,
        default=None if message.rating is None else int(message.rating > 0),
        on_change=turns.rate,
        args=(visit, conversation.id, message.id, key),
    )

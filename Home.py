"""The chat: one conversation, its messages, the input, the answer arriving."""

import streamlit as st

from ui import state
from ui.chat_page import header, messages, turns
from ui.chat_page.open_conversation import opened, watch
from ui.page import open_page

with open_page("Chat") as visit:
    shown = opened(visit)
    conversation = shown.conversation

    header.draw(visit, conversation)
    if shown.is_behind:
        header.draw_behind(visit, conversation)
    if conversation.path():
        messages.draw_path(visit, conversation)
    else:
        header.draw_greeting(visit, conversation)

    st.chat_input("Message", key=state.MESSAGE, on_submit=turns.send, args=(visit, conversation))
    if shown.stored is not None:
        watch(visit, shown.stored)

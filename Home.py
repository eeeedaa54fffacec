"""The chat: one conversation, its messages, the input, the answer arriving."""

import streamlit as st

from ui import chat_header, messages, state, turns
from ui.opened import opened, watch
from ui.page import open_page

visit = open_page("Chat")
shown = opened(visit)
conversation = shown.conversation

chat_header.draw(visit, conversation)
if shown.is_behind:
    chat_header.draw_behind(visit, conversation)
if conversation.path():
    messages.draw_path(visit, conversation)
else:
    chat_header.draw_greeting(visit, conversation)

st.chat_input("Message", key=state.MESSAGE, on_submit=turns.send, args=(visit, conversation))
if shown.stored is not None:
    watch(visit, shown.stored)

"""The chat: one conversation, its messages, the input, the answer arriving."""

import streamlit as st

from ui import actions, chat_header, messages, state
from ui.opened import opened
from ui.page import open_page

visit = open_page("Chat")
conversation = opened(visit)

chat_header.draw(visit, conversation)
if conversation.head is None:
    chat_header.draw_greeting(visit, conversation)
else:
    messages.draw_path(visit, conversation)

st.chat_input("Message", key=state.MESSAGE, on_submit=actions.send, args=(visit, conversation))

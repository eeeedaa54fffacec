"""The chat: one conversation, its messages, the input, the answer arriving. Imported by the server it is the app."""

import streamlit as st

from ui.chat_page import header, messages
from ui.chat_page.message_box import draw_message_box
from ui.chat_page.open_conversation import opened, watch
from ui.page import open_page
from ui.web.app import MIDDLEWARE, ROUTES, lifespan

if __name__ == "__main__":
    with open_page("Chat") as visit:
        shown = opened(visit)
        conversation = shown.conversation

        header.draw(visit, conversation)
        draw_message_box(visit, conversation)
        if shown.is_behind or shown.is_aside:
            header.draw_other_branch(visit, shown)
        if conversation.path():
            messages.draw_path(visit, conversation)
        else:
            header.draw_greeting(visit, conversation)

        if shown.stored is not None:
            watch(visit, shown.stored)
else:
    app = st.App(__file__, lifespan=lifespan, middleware=MIDDLEWARE, routes=ROUTES)

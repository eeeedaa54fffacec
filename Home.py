"""The chat: one conversation, its messages, the input, the answer arriving; or what a link shares.

Imported by the server it is the app.
"""

import streamlit as st

from ui import state
from ui.chat_page import header, messages
from ui.chat_page.message_box import draw_message_box
from ui.chat_page.open_conversation import Shown, watch
from ui.page import name_tab, open_page, tab_name
from ui.running.parts import part
from ui.shared_page.going_on import go_on_after_sign_in
from ui.shared_page.page import draw_shared
from ui.web.app import MIDDLEWARE, ROUTES, lifespan
from ui.web.errors import say_it_failed

if __name__ != "__main__":
    app = st.App(__file__, lifespan=lifespan, middleware=MIDDLEWARE, routes=ROUTES, on_script_error=say_it_failed)
elif (link := state.share.token_in_url()) is not None:
    draw_shared(link)
else:
    with open_page("Chat") as visit:
        go_on_after_sign_in(visit)
        shown = Shown(visit)

        part("tab", lambda: tab_name(shown.conversation), lambda: name_tab(shown.conversation))
        header.draw_part(shown)
        draw_message_box(shown)
        messages.draw_path(shown)
        watch()

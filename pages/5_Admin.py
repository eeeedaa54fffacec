"""Who keeps how much here, what is going on, and whether all is well: for those who look after this installation."""

import streamlit as st

from ui import sidebar
from ui.admin_page import answers, health, limits, people
from ui.guard import guarded
from ui.page import open_page

with open_page("Admin") as visit:
    sidebar.go_to_chat_if_asked()

    st.title("Admin", anchor=False)
    if not visit.is_admin:
        st.info("This page is for those who look after this installation. Your own conversations are under History.")
    else:
        st.caption("Numbers only: what people write is shown to nobody but themselves.")
        for draw in (health.draw, answers.draw, limits.draw, people.draw, health.draw_damage):
            with guarded():
                draw(visit)

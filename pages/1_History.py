"""Every conversation: list, preview, continue, rename, delete, download."""

import streamlit as st

from ui import history, sidebar
from ui.downloads import draw_downloads_of_all
from ui.page import open_page

visit = open_page("History")
sidebar.go_to_chat_if_asked()

st.title("History", anchor=False)
count = visit.store.count(visit.owner.id)
if not count:
    st.info("Nothing here yet: your conversations are listed here from their first message on.")
    st.page_link("Home.py", label="Start a chat", icon=":material/add_comment:")
    st.stop()

with st.container(horizontal=True):
    draw_downloads_of_all(visit)
history.draw_list(visit, count)

"""Every conversation: search, list, preview, organise, download, import."""

import streamlit as st

from ui import actions, sidebar
from ui.history_page import bulk, rows
from ui.history_page.import_dialog import draw_import
from ui.history_page.query import draw_chosen, draw_query, draw_view
from ui.history_page.selection import draw_counts, draw_selection, selected_in
from ui.page import open_page
from ui.work.work import draw_work

with open_page("History") as visit:
    sidebar.go_to_chat_if_asked()

    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("History", anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            draw_view(visit)
            draw_import(visit)
    draw_work(bulk.WORK)

    if not visit.store.count(visit.owner.id) and not visit.store.count(visit.owner.id, trashed=True):
        st.info("Nothing here yet: your conversations are listed here from their first message on.")
        st.page_link("Home.py", label="Start a chat", icon=":material/add_comment:")
    else:
        actions.empty_trash_of_expired(visit)
        with st.container():  # so that nothing below moves when it goes
            rows.draw_rebuilding(visit)
        query = draw_query(visit)
        found = rows.found(visit, query)
        draw_chosen(query)
        selected = selected_in(visit, query)
        draw_counts(query, found, selected)
        draw_selection(visit, query, found, selected)
        if found.total:
            rows.draw_list(visit, found)
        else:
            rows.draw_nothing(query)

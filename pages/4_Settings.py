"""Who you are here, providers and their keys, and where the conversations are kept."""

import streamlit as st

from ui import sidebar
from ui.guard import guarded
from ui.identity import sign_in
from ui.identity.place import draw_place
from ui.limits.drawing import draw_limits
from ui.local_models.section import draw_local_models
from ui.markdown.safe import as_label
from ui.page import open_page
from ui.settings_page import providers
from ui.settings_page.own_place import draw_own_place
from ui.settings_page.shared import draw_shared
from ui.settings_page.storage import draw_storage

with open_page("Settings", notes_place=False) as visit:
    sidebar.go_to_chat_if_asked()

    st.title("Settings", anchor=False)
    for problem in visit.services.settings.problems if visit.is_admin else ():
        st.warning(as_label(problem), icon=":material/warning:")

    with guarded():
        draw_place(visit)
        sign_in.draw_on_settings(visit)
        draw_own_place(visit)

    st.header("Providers", anchor=False)
    st.caption("A key typed here is used in this browser session only. It is never stored, logged or shown.")
    visit = visit.look_for_servers()
    for spec in visit.specs:
        with guarded():
            providers.draw(visit, spec)
    if visit.owner.is_personal:
        providers.draw_new_endpoint()

    with guarded():
        draw_local_models(visit)

    with guarded():
        draw_limits(visit)

    st.header("Shared", anchor=False)
    with guarded():
        draw_shared(visit)

    st.header("Storage", anchor=False)
    draw_storage(visit)

"""Move to another browser: a code is shown in one and typed in the other, which then has the same place."""

from __future__ import annotations

import streamlit as st

from chat.conversation import utc_now
from chat.owner import visitor_of
from chat.pairing import LIFE, new_code, read_code, seal
from store.conversations import AlreadyThere, StoreError
from ui import state
from ui.browser.copy_button import copy_button
from ui.dialogs import dialog
from ui.guard import said
from ui.identity import another_place
from ui.identity.identify import token_of_visitor
from ui.phrases import local
from ui.state.place import ShownCode
from ui.visit import Visit
from ui.web.places import MOVE, NO_CODE, Refused, moved

TRIES = 5
"""So often another code is made where one of that name waits already; of a million names at most a thousand do."""


@dialog("Move to another browser", icon=":material/devices:")
def move_dialog(visit: Visit) -> None:
    """Show a code for another browser, and take the code of another one."""
    st.markdown("**From this browser**")
    st.markdown(
        "Show a code here and type it in your other browser: it then has the same place as this one, with all "
        "conversations. This browser keeps it too."
    )
    _draw_code(visit)
    st.divider()
    st.markdown("**To this browser**")
    st.markdown(
        "Type the code that your other browser shows: this browser then has its place. What was kept here comes along."
    )
    with st.form("code_form", border=False):
        st.text_input(
            "Code", key=state.place.TYPED_CODE, placeholder="ABCD-EFGH-JKMN", autocomplete="off", max_chars=40
        )
        st.form_submit_button("Use this code", key="use_code", type="primary", on_click=_use_code, args=(visit,))
    another_place.draw()


def _draw_code(visit: Visit) -> None:
    shown = state.place.shown_code()
    if shown is not None and shown.until > utc_now():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.metric("Your code", shown.code, width="content")  # headings are small in a window
            copy_button(shown.code, key=f"copy-{shown.code}")
        st.caption(f"Good until {local(shown.until):%H:%M}, once. Show it to nobody: whoever types it has your place.")
    elif shown is not None:
        st.caption("The code that was shown here has ended.")
    label = "Show another code" if shown is not None else "Show a code"
    st.button(label, key="show_code", icon=":material/pin:", on_click=_show_code, args=(visit,))


def _show_code(visit: Visit) -> None:
    state.place.set_shown_code(None)
    token = token_of_visitor(visit.identity)
    if token is None or visitor_of(token) != visit.owner:
        return  # the browser was given another place meanwhile, and is about to show it
    try:
        state.place.set_shown_code(_kept_code(visit, token))
    except Exception as error:
        state.page.notify(said(error), is_error=True, place=another_place.PLACE)


def _kept_code(visit: Visit, token: str) -> ShownCode:
    """Return a code under which this token is kept. Raises `StoreError`."""
    for _ in range(TRIES):
        code, now = new_code(), utc_now()
        try:
            visit.store.codes.keep(seal(token, code), now)
        except AlreadyThere:
            continue
        return ShownCode(code, now + LIFE)
    raise StoreError("No code could be made. Nothing is lost; try again.")


def _use_code(visit: Visit) -> None:
    typed = st.session_state[state.place.TYPED_CODE] or ""
    if state.place.wish() is not None:
        return  # the second click of two
    if read_code(typed) is None:
        state.page.notify(NO_CODE, is_error=True, place=another_place.PLACE)
    elif visit.identity.kept_by == "cookie":
        another_place.ask(MOVE, code=typed)
    else:
        _take_by_script(visit, typed)


def _take_by_script(visit: Visit, typed: str) -> None:
    """Do what the route does (`ui/web/places.py`) where the browser's token is kept by a script."""
    try:
        token = moved(visit.services, typed, here=visit.owner.id, by=visit.owner.id)
    except Refused as error:
        state.page.notify(str(error), is_error=True, place=another_place.PLACE)
    except Exception as error:
        state.page.notify(said(error), is_error=True, place=another_place.PLACE)
    else:
        another_place.keep(token)

"""The form in which a conversation is named, with *Suggest a title* below it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError

import streamlit as st

from chat.errors import ChatError
from chat.replies.suggesting import suggest_title, title_request
from chat.titles import LONGEST
from store.conversations import StoreError
from ui import state
from ui.chat_page.answering import provider_of
from ui.dialogs import closing_submit
from ui.guard import guarded, said
from ui.limits.asking import check, spend
from ui.markdown.safe import as_label
from ui.state.naming import TITLE, Suggestion
from ui.visit import Visit

LOOK_SECONDS = 0.7


def draw_title_form(
    visit: Visit,
    conversation_id: str,
    title: str,
    save: Callable[[], None],
    draw_more: Callable[[], None] | None = None,
) -> None:
    """Draw the title to change, its button, and what else belongs to the form (`draw_more`) below them."""

    # All of it looks again by itself: a title that arrives is put into the field.
    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        if not state.page.dialog_is_open():  # saved: the page shows it
            st.rerun()
        st.session_state.setdefault(TITLE, title)
        is_asking = _take_suggestion(conversation_id)
        with st.form("title_form", border=False):
            # The button above what follows: the list of a field, as one types there, lies over all that is below.
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input("Title", max_chars=LONGEST, key=TITLE)
                closing_submit("Save", save, key="save_title")
            if draw_more is not None:
                draw_more()
        st.button(
            "Thinking of a title …" if is_asking else "Suggest a title",
            key="suggest_title",
            icon=":material/lightbulb:",
            type="tertiary",
            disabled=is_asking,
            on_click=_ask,
            args=(visit, conversation_id),
        )
        if trouble := state.naming.trouble():
            st.error(as_label(trouble), icon=":material/error:")

    look()


def _take_suggestion(conversation_id: str) -> bool:
    """Put the title that has come into the field; return whether one is still on its way."""
    suggestion = state.naming.suggestion(conversation_id)
    if suggestion is None:
        return False
    if not suggestion.title.done():
        return True
    state.naming.forget_suggestion()
    try:
        st.session_state[TITLE] = suggestion.title.result()
    except CancelledError:
        pass
    except Exception as error:
        state.naming.set_trouble(said(error))
    return False


def _ask(visit: Visit, conversation_id: str) -> None:
    state.naming.forget_suggestion()
    try:
        conversation = visit.store.get(visit.owner.id, conversation_id)
        model = visit.model_of(conversation) or ""
        spec = visit.spec_of(model)
        request = title_request(conversation, model)
        check(visit, spec, request)
        if (begin := spend(visit, spec, request)) is not None:
            begin()  # what is reserved for it is what it counts as
        asked = visit.services.background.submit(suggest_title(provider_of(visit, spec, model), request))
        state.naming.set_suggestion(Suggestion(conversation_id, asked))
    except (ChatError, StoreError) as error:
        state.naming.set_trouble(str(error))

"""What an empty chat shows: who will answer, questions to start from, and the ways to old chats and to better models.

Nothing here is a message: it is never kept and never sent.
"""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, new_id
from chat.providers.offers import spec_of
from ui.chat_page import turns
from ui.chat_page.model_picker import SETTINGS_PAGE, draw_troubles
from ui.guard import guarded
from ui.history_page.import_dialog import import_dialog
from ui.markdown.safe import as_label
from ui.visit import Visit

QUESTIONS = (
    ("Explain why the sky is blue", ":material/lightbulb:"),
    ("Write a short thank-you note to a colleague", ":material/edit_note:"),
    ("Give me three tips for better sleep", ":material/checklist:"),
    ("Suggest an easy dinner with rice and eggs", ":material/restaurant:"),
)
"""Questions to start from, each with its picture: one to explain, one to write, one to list, one to suggest."""


@guarded()
def draw(visit: Visit, conversation: Conversation) -> None:
    """Draw the app's greeting, and what there is to begin with."""
    model = conversation.settings.model
    spec = None if model is None else spec_of(model, visit.specs)
    with st.container(key="greeting", gap="xsmall"):
        if model is None:
            st.markdown("No model can answer here yet.")
            draw_troubles(visit)
        else:
            st.markdown(f"Send a message to get a reply from {as_label(visit.model_label(model))}!")
        if spec is not None and spec.info.note:
            st.caption(spec.info.note)
        if visit.owner.is_personal and visit.services.settings.problems:
            st.page_link(SETTINGS_PAGE, label="Something is configured wrong: see Settings", icon=":material/warning:")
    if visit.store.read_only(visit.owner.id, conversation.id) is None:
        if model is not None:
            _draw_questions(visit, conversation)
        _draw_other_beginnings(visit, is_said=model is None)


def _draw_questions(visit: Visit, conversation: Conversation) -> None:
    question_id = new_id()  # one for all: two clicks before the page is drawn anew ask one question
    columns = st.columns(2)
    for number, (question, icon) in enumerate(QUESTIONS):
        columns[number % 2].button(
            question,
            key=f"question-{number}",
            icon=icon,
            width="stretch",
            on_click=turns.ask,
            args=(visit, conversation, question_id, question),
        )


def _draw_other_beginnings(visit: Visit, *, is_said: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="other_beginnings"):
        st.button(
            "Import from ChatGPT, Claude, …",
            key="import_on_chat",
            icon=":material/upload:",
            type="tertiary",
            on_click=import_dialog,
            args=(visit,),
        )
        if not is_said and any(spec.lacks_key for spec in visit.specs):
            st.page_link(SETTINGS_PAGE, label="Add a key", icon=":material/key:")

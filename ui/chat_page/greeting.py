"""What an empty chat shows: who will answer, questions to start from, and the ways to old chats and to better models.

Nothing here is a message: it is never kept and never sent.
"""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, new_id
from chat.providers.base import Model, ProviderSpec
from chat.providers.offers import spec_of
from chat.providers.registry import is_demo
from ui import actions, state
from ui.chat_page import turns
from ui.chat_page.model_picker import SETTINGS_PAGE, draw_troubles, found_sentence
from ui.guard import guarded
from ui.history_page.import_dialog import import_dialog
from ui.local_models.label import draw_better_model_link
from ui.markdown.safe import as_label
from ui.visit import Visit

QUESTIONS = (
    ("Explain why the sky is blue", ":material/lightbulb:"),
    ("Write a short thank-you note to a colleague", ":material/edit_note:"),
    ("Give me three tips for better sleep", ":material/checklist:"),
    ("Suggest an easy dinner with rice and eggs", ":material/restaurant:"),
)
"""Questions to start from, each with its picture: one to explain, one to write, one to list, one to suggest."""

SERVER_MODELS = 8
"""Models of one server that are offered right away; all are in the picker."""


def sign(visit: Visit, conversation: Conversation) -> object:
    """Return what changes with what is drawn."""
    model = visit.model_of(conversation)
    return (
        conversation.settings,
        (model, visit.model_label(model)),
        visit.with_servers().servers,
        visit.store.read_only(visit.owner.id, conversation.id) is None,
        visit.offers() if model is None else None,
    )


@guarded()
def draw(visit: Visit, conversation: Conversation) -> None:
    """Draw the app's greeting, and what there is to begin with."""
    model = visit.model_of(conversation)
    spec = None if model is None else spec_of(model, visit.specs)
    with st.container(key="greeting", gap="xsmall"):
        if model is None:
            st.markdown("No model can answer here yet.")
            draw_troubles(visit)
        else:
            st.markdown(f"Send a message to get a reply from {as_label(visit.model_label(model))}!")
        if spec is not None and spec.info.note and is_demo(model):
            st.caption(spec.info.note)
        if visit.owner.is_personal and visit.services.settings.problems:
            st.page_link(SETTINGS_PAGE, label="Something is configured wrong: see Settings", icon=":material/warning:")
    visit = visit.look_for_servers()
    for server, models in visit.servers.items():
        _draw_server(visit, conversation, server, models, model)
    if visit.store.read_only(visit.owner.id, conversation.id) is None:
        if model is not None:
            _draw_questions(visit, conversation)
        _draw_other_beginnings(visit, model)


def _draw_server(
    visit: Visit, conversation: Conversation, spec: ProviderSpec, models: tuple[Model, ...], present: str | None
) -> None:
    """Offer the models of a server that was found, each one click away."""
    said = found_sentence(spec, len(models))
    if not models:
        st.caption(as_label(said))
        return
    labels = {model.id: as_label(model.label) for model in models[:SERVER_MODELS]}
    key = state.chat.found_models_key(spec.info.name, conversation.id, present if present in labels else None)
    st.radio(
        said,  # as it is: it names the group to who cannot see it too
        list(labels),
        format_func=lambda model_id: labels[model_id],
        key=key,
        horizontal=True,
        on_change=_use,
        args=(visit, conversation, key),
    )


def _use(visit: Visit, conversation: Conversation, key: str) -> None:
    model = st.session_state[key]
    if model is not None and state.chat.is_last_key(key):
        actions.change_settings(visit, conversation, model=model)


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


def _draw_other_beginnings(visit: Visit, model: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="other_beginnings"):
        st.button(
            "Import from ChatGPT, Claude, …",
            key="import_on_chat",
            icon=":material/upload:",
            type="tertiary",
            on_click=import_dialog,
            args=(visit,),
        )
        if model is not None and any(spec.lacks_key for spec in visit.specs):
            st.page_link(SETTINGS_PAGE, label="Add a key", icon=":material/key:")
        if is_demo(model):
            draw_better_model_link(visit)

"""What is asked for before something is done with a message, in small windows: other words, another model, a note."""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, Message
from ui import state
from ui.chat_page import turns
from ui.chat_page.model_picker import pick_model
from ui.dialogs import closing_button, closing_submit, dialog
from ui.guard import draw_notices
from ui.visit import PICKER_WAIT, Visit


@dialog("Edit", icon=":material/edit:", width="medium")
def edit_dialog(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Ask for other words in place of a question; the question as it was stays in a branch of its own."""
    with st.form("edit_form", border=False):
        key = f"edited-{message.id}"
        st.text_area("Message", value=message.content, key=key, height="content")
        st.caption("The question as it is, and all that follows it, stays as a version.")
        closing_submit("Send", _send_edited, visit, conversation, message.id, key, key="send_edited")
        draw_notices(key)


@dialog("Regenerate", icon=":material/refresh:")
def regenerate_dialog(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Ask which model is to answer the same question; this answer stays as a version."""
    # Those that were found since the page was drawn are there too, and it is not drawn anew for one that comes later.
    visit = visit.look_for_servers(PICKER_WAIT)
    model = pick_model(visit, message.model, key=f"other-model-{message.id}", label="Regenerate with")
    closing_button(
        "Regenerate",
        ":material/refresh:",
        turns.answer_again,
        visit,
        conversation.id,
        message.id,
        model,
        key="regenerate_with",
        type="primary",
        disabled=model is None,
    )


@dialog("Note", icon=":material/edit_note:")
def note_dialog(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Ask for a note on an answer: why it is good or bad."""
    with st.form("note_form", border=False):
        key = f"note-{message.id}"
        st.text_input("Note on this answer", value=message.rating_note, key=key, placeholder="Why it is good or bad")
        closing_submit("Save", turns.note_rating, visit, conversation.id, message.id, key, key="save_note")


def _send_edited(visit: Visit, conversation: Conversation, message_id: str, key: str) -> bool:
    text = st.session_state[key] or ""
    if not text.strip():
        return False
    refusal = turns.edit_refusal(visit, conversation, message_id, text)
    if refusal is not None:  # the words stay in the window
        state.page.notify(refusal, is_error=True, place=key)
        return False
    turns.edit(visit, conversation, message_id, text)
    return True

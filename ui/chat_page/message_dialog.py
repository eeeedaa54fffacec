"""Everything that can be done with one message, in a small window: what the row below it has no room for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from chat.conversation import Conversation, Message
from ui import actions, state
from ui.browser.copy_button import copy_button
from ui.chat_page import turns
from ui.chat_page.model_picker import pick_model
from ui.chat_page.rating import rating
from ui.visit import Visit


@st.dialog("Message", icon=":material/more_horiz:", on_dismiss=state.dialog_closed)
def message_dialog(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Offer what can be done with this message."""
    state.set_dialog_open(True)
    if message.role == "user":
        _draw_edit(visit, conversation, message)
    else:
        rating(visit, conversation, message, where="dialog")
        _draw_regenerate(visit, conversation, message)
        _draw_note(visit, conversation, message)
    _do("Delete turn", ":material/delete:", turns.delete_turn, visit, conversation, message.id)
    _do("Fork from here", ":material/fork_right:", actions.fork, visit, conversation, message.id)
    label = "Take into memory again" if message.left_out else "Leave out of memory"
    _do(label, ":material/visibility_off:", turns.leave_out, visit, conversation.id, message.id, not message.left_out)
    copy_button(message.content, key=f"copy-in-dialog-{message.id}")


def _do(label: str, icon: str, action: Callable[..., None], *arguments: Any, disabled: bool = False) -> None:
    """Draw a button that does something and closes the window."""
    if st.button(label, key=f"dialog-{label}", icon=icon, type="tertiary", disabled=disabled):
        action(*arguments)
        st.rerun()


def _draw_edit(visit: Visit, conversation: Conversation, message: Message) -> None:
    with st.form("edit_in_menu", border=False):
        text = st.text_area("Edit", value=message.content, key=f"edit-in-dialog-{message.id}", height="content")
        sent = st.form_submit_button("Send as a new version", key="send_version")
    if sent and (text or "").strip():
        turns.edit(visit, conversation, message.id, text or "")
        st.rerun()


def _draw_regenerate(visit: Visit, conversation: Conversation, message: Message) -> None:
    model = pick_model(visit, message.model, key=f"other-model-{message.id}", label="Regenerate with")
    _do(
        "Regenerate with this model",
        ":material/refresh:",
        turns.answer_again,
        visit,
        conversation.id,
        message.id,
        model,
        disabled=model is None,
    )


def _draw_note(visit: Visit, conversation: Conversation, message: Message) -> None:
    key = f"note-{message.id}"
    st.text_input(
        "Note on this answer",
        value=message.rating_note,
        key=key,
        placeholder="Why it is good or bad",
        on_change=turns.note_rating,
        args=(visit, conversation.id, message.id, key),
    )

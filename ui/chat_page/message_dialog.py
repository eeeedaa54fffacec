"""What can be done with one message, in a small window: what the row below it has no room for. Its rating and edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from chat.conversation import Conversation, Message
from ui import actions, state
from ui.browser.copy_button import copy_button
from ui.chat_page import turns
from ui.chat_page.model_picker import pick_model
from ui.dialogs import closing_button, closing_submit, dialog
from ui.guard import draw_notices
from ui.visit import Visit


@dialog("Edit", icon=":material/edit:", width="medium")
def edit_dialog(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Ask for other words in place of a question; the question as it was stays in a branch of its own."""
    _draw_edit(visit, conversation, message)


@dialog("Message", icon=":material/more_horiz:")
def message_dialog(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Offer what can be done with this message."""
    if message.role == "user":
        _draw_edit(visit, conversation, message)
    else:
        draw_rating(visit, conversation, message, where="dialog")
        _draw_regenerate(visit, conversation, message)
        _draw_note(visit, conversation, message)
    _draw_action("Delete turn", "delete", turns.delete_turn, visit, conversation, message.id)
    _draw_action("Fork from here", "fork_right", actions.fork, visit, conversation, message.id)
    label = "Take into memory again" if message.left_out else "Leave out of memory"
    _draw_action(label, "visibility_off", turns.leave_out, visit, conversation.id, message.id, not message.left_out)
    copy_button(message.content, key=f"copy-in-dialog-{message.id}")


def draw_rating(visit: Visit, conversation: Conversation, message: Message, *, where: str = "row") -> None:
    """Draw the thumbs of this answer; `where` tells those of its row from those of its window."""
    key = f"rating-{where}-{message.id}"
    st.feedback(
        "thumbs",
        key=key,
        default=None if message.rating is None else int(message.rating > 0),
        on_change=turns.rate,
        args=(visit, conversation.id, message.id, key),
    )


def _draw_action(label: str, icon: str, action: Callable[..., None], *arguments: Any, disabled: bool = False) -> None:
    closing_button(label, f":material/{icon}:", action, *arguments, key=f"dialog-{label}", disabled=disabled)


def _draw_edit(visit: Visit, conversation: Conversation, message: Message) -> None:
    with st.form("edit_form", border=False):
        key = f"edited-{message.id}"
        st.text_area("Message", value=message.content, key=key, height="content")
        st.caption("The question as it is, and all that follows it, stays as a branch.")
        closing_submit("Send", _send_edited, visit, conversation, message.id, key, key="send_edited")
        draw_notices(key)


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


def _draw_regenerate(visit: Visit, conversation: Conversation, message: Message) -> None:
    model = pick_model(visit, message.model, key=f"other-model-{message.id}", label="Regenerate with")
    _draw_action(
        "Regenerate with this model",
        "refresh",
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

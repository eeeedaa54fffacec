"""What can be done with one message: the quiet row under it, and the buttons of an answer that ended early.

Every message has the same row, old or new. What a press does is said here by its name, in a callback that works in a
run of the page and in one of a fragment alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from chat.conversation import Conversation, Message, new_id
from chat.endings import can_go_on, ended_early
from ui import actions, state
from ui.browser.message_row import Button, Row, Versions, message_row
from ui.chat_page import turns
from ui.chat_page.message_dialog import edit_dialog, note_dialog, regenerate_dialog
from ui.chat_page.model_picker import SETTINGS_PAGE
from ui.local_models.label import draw_demo_label
from ui.message import facts_of
from ui.phrases import local_time
from ui.visit import Visit

MOST_COPIED = 10_000
"""Characters of a message that travel with its row; a longer one travels when somebody copies it."""

ANOTHER_ANSWER = "Ask the same question again; this answer stays as a version"
EDIT = Button("edit", "Edit", "Edit; the question as it is stays as a version")
REGENERATE = Button("regenerate", "Regenerate", f"Regenerate: {ANOTHER_ANSWER[0].lower()}{ANOTHER_ANSWER[1:]}")


def draw(visit: Visit, conversation: Conversation, message: Message, *, has_shortcut: bool) -> None:
    """Draw what can be done with a message that is not being written. Only one message's versions can have the
    shortcut."""
    if message.role == "system" or message.status == "streaming":
        return
    draw_demo_label(visit, conversation, message)
    _draw_next_steps(visit, conversation, message)
    act = functools.partial(_act, visit, conversation, message, new_id())
    message_row(row_of(visit, conversation, message, has_shortcut=has_shortcut), f"row-{message.id}", act)


def row_of(visit: Visit, conversation: Conversation, message: Message, *, has_shortcut: bool = False) -> Row:
    """Return what the row of a message offers."""
    is_answer = message.role == "assistant"
    button = REGENERATE if is_answer else EDIT
    key = _copying(message)
    is_sent = len(message.content) <= MOST_COPIED or state.page.is_whole(key)
    return Row(
        label="Actions for this answer" if is_answer else "Actions for this question",
        text=message.content if is_sent else None,
        buttons=() if ended_early(message) else (button,),  # there it is called Retry, and is no quiet one
        rating=(message.rating or 0) if is_answer and message.status != "failed" else None,
        versions=_versions(conversation, message, has_shortcut),
        menu=_menu(message),
        facts=facts_of(message, visit.model_label) if is_answer else "",
        when=local_time(message.created_at),
    )


def _copying(message: Message) -> str:
    return f"copy-{message.id}"


def _versions(conversation: Conversation, message: Message, has_shortcut: bool) -> Versions | None:
    siblings = [each.id for each in conversation.siblings(message.id)]
    return Versions(siblings.index(message.id) + 1, len(siblings), has_shortcut) if len(siblings) > 1 else None


def _menu(message: Message) -> tuple[Button, ...]:
    menu: list[Button] = []
    if message.role == "assistant":
        menu.append(Button("regenerate_with", "Regenerate with another model"))
        menu.append(Button("note", "Edit the note" if message.rating_note else "Add a note"))
    menu.append(Button("leave_out", "Take into memory again" if message.left_out else "Leave out of memory"))
    menu.append(Button("fork", "Fork from here"))
    menu.append(Button("delete", "Delete turn"))
    return tuple(menu)


def _act(visit: Visit, conversation: Conversation, message: Message, click: str, name: str, value: int) -> None:
    """Do what was pressed. `click` is an id made as the row is drawn: a double click asks, and costs, once."""
    step = {"previous": -1, "next": 1}.get(name)
    if step is not None:
        siblings = [each.id for each in conversation.siblings(message.id)]
        place = siblings.index(message.id) + step
        if 0 <= place < len(siblings):
            turns.switch(visit, conversation.id, siblings[place])
        return
    doings: dict[str, Callable[[], None]] = {
        "copy": lambda: state.page.show_whole(_copying(message)),
        "edit": lambda: edit_dialog(visit, conversation, message),
        "regenerate": lambda: turns.answer_again(visit, conversation.id, message.id, click=click),
        "rate": lambda: turns.rate(visit, conversation.id, message.id, value),
        "regenerate_with": lambda: regenerate_dialog(visit, conversation, message),
        "note": lambda: note_dialog(visit, conversation, message),
        "leave_out": lambda: turns.leave_out(visit, conversation.id, message.id, not message.left_out),
        "fork": lambda: actions.fork(visit, conversation, message.id),
        "delete": lambda: turns.delete_turn(visit, conversation, message.id),
    }
    doings[name]()


def _draw_next_steps(visit: Visit, conversation: Conversation, message: Message) -> None:
    """Draw what is to be done next where a question has no whole answer."""
    goes_on = can_go_on(message)
    unanswered = message.role == "user" and not conversation.line_below(message.id)
    if not (goes_on or unanswered or ended_early(message)):
        return
    is_mended = message.status == "failed" and message.error_details is not None and message.error_details.in_settings
    with st.container(horizontal=True, gap="xsmall", key=f"next-{message.id}"):
        if goes_on:
            st.button(
                "Continue",
                key=f"continue-{message.id}",
                icon=":material/play_arrow:",
                on_click=turns.continue_answer,
                args=(visit, conversation.id, message.id),
                help="Have the model go on from the last word",
            )
        if unanswered or ended_early(message):
            st.button(
                "Retry",
                key=f"retry-{message.id}",
                icon=":material/refresh:",
                on_click=turns.answer_again,
                args=(visit, conversation.id, message.id),
                kwargs={"click": new_id()},
                help="Ask this question, which has no answer" if unanswered else ANOTHER_ANSWER,
            )
        if is_mended:
            st.page_link(SETTINGS_PAGE, label="Open Settings", icon=":material/settings:")

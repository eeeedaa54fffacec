"""What can be done with one message: a row of small buttons below it.

The last turn has them at hand; older messages have them in a menu, since each button costs the browser time.
"""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, Message, new_id
from chat.endings import can_go_on, ended_early
from ui.browser.copy_button import copy_button
from ui.chat_page import turns
from ui.chat_page.message_dialog import draw_rating, edit_dialog, message_dialog
from ui.visit import Visit


def draw(visit: Visit, conversation: Conversation, message: Message, *, is_last_turn: bool, has_shortcut: bool) -> None:
    """Draw the row of a message that is not being written. Only one message's versions can have the shortcut."""
    if message.role == "system" or message.status == "streaming":
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"actions-{message.id}"):
        _draw_siblings(visit, conversation, message, has_shortcut=has_shortcut)
        if message.role == "assistant":
            _draw_ending_actions(visit, conversation, message)
            if is_last_turn or message.rating is not None:
                draw_rating(visit, conversation, message)
        if is_last_turn:
            _draw_at_hand(visit, conversation, message)
        _draw_menu(visit, conversation, message)


def _draw_siblings(visit: Visit, conversation: Conversation, message: Message, *, has_shortcut: bool) -> None:
    siblings = conversation.siblings(message.id)
    if len(siblings) < 2:
        return
    place = next(number for number, sibling in enumerate(siblings) if sibling.id == message.id)
    for name, sign, target in (("Previous", "‹", place - 1), ("Next", "›", place + 1)):
        if name == "Next":
            st.caption(f"{place + 1}/{len(siblings)}", width="content")
        there = 0 <= target < len(siblings)
        st.button(
            sign,
            key=f"{name}-{message.id}",
            help=f"{name} version",
            disabled=not there,
            type="tertiary",
            shortcut=f"Alt+Shift+{'Left' if name == 'Previous' else 'Right'}" if has_shortcut else None,
            on_click=turns.switch,
            args=(visit, conversation.id, siblings[target].id if there else message.id),
        )


def _draw_ending_actions(visit: Visit, conversation: Conversation, message: Message) -> None:
    if can_go_on(message):
        st.button(
            "Continue",
            key=f"continue-{message.id}",
            icon=":material/play_arrow:",
            on_click=turns.continue_answer,
            args=(visit, conversation.id, message.id),
            help="Have the model go on from the last word",
        )
    if ended_early(message):
        _retry_button(visit, conversation, message, "Ask the same question again; this answer stays as a version")


def _retry_button(visit: Visit, conversation: Conversation, message: Message, help: str) -> None:
    st.button(
        "Retry",
        key=f"retry-{message.id}",
        icon=":material/refresh:",
        on_click=turns.answer_again,
        args=(visit, conversation.id, message.id),
        kwargs={"click": new_id()},
        help=help,
    )


def _draw_at_hand(visit: Visit, conversation: Conversation, message: Message) -> None:
    if message.role == "user":
        if not conversation.line_below(message.id):  # the answer could not be begun, or the process ended before
            _retry_button(visit, conversation, message, "Ask this question, which has no answer")
        st.button(
            "Edit",
            key=f"edit-{message.id}",
            icon=":material/edit:",
            type="tertiary",
            on_click=edit_dialog,
            args=(visit, conversation, message),
        )
    else:
        if not ended_early(message):  # there it is called Retry
            _regenerate_button(visit, conversation, message)
    copy_button(message.content, key=f"copy-{message.id}")


def _draw_menu(visit: Visit, conversation: Conversation, message: Message) -> None:
    st.button(
        "More",
        key=f"more-{message.id}",
        icon=":material/more_horiz:",
        type="tertiary",
        on_click=message_dialog,
        args=(visit, conversation, message),
    )


def _regenerate_button(visit: Visit, conversation: Conversation, message: Message) -> None:
    st.button(
        "Regenerate",
        key=f"regenerate-{message.id}",
        icon=":material/refresh:",
        type="tertiary",
        on_click=turns.answer_again,
        args=(visit, conversation.id, message.id),
        kwargs={"click": new_id()},
        help="Ask the same question again; this answer stays as a version",
    )

"""The bottom of the chat page: the box for a message, Stop above it, and why a message was not taken."""

from __future__ import annotations

from functools import partial

import streamlit as st

from chat.conversation import Conversation, new_id
from chat.surrogates import printable
from ui import state, what_happened
from ui.browser.message_box import tend_message_box
from ui.browser.newest import follow_newest
from ui.chat_page import in_line, sending, turns
from ui.chat_page.open_conversation import Shown
from ui.limits.drawing import little_left
from ui.markdown.safe import as_label
from ui.running.parts import part
from ui.visit import Visit


def draw_message_box(shown: Shown) -> None:
    """Draw the box, and what stands above it."""
    part("message_box", partial(_sign, shown), lambda: _draw(shown.visit, shown.conversation))


def _sign(shown: Shown) -> object:
    visit, conversation = shown.visit, shown.conversation
    reply = turns.live_reply(visit, conversation)
    return (
        conversation.head,
        conversation.settings,
        conversation.waiting,
        None if reply is None else reply.message.id,
        in_line.why_it_stays(visit, conversation),
        sending.refusal(),
        little_left(visit, conversation),
        sending.given_back(),
        sending.returned(),
        what_happened.sign(),
        state.chat.newest_wish(),
        state.chat.target(),
        visit.store.read_only(),
        visit.store.read_only(visit.owner.id, conversation.id),
    )


def _draw(visit: Visit, conversation: Conversation) -> None:
    # In the page's own body it would have Streamlit hold the page to its end (see `ui/browser/newest.py`).
    with st.bottom, sending.waiting_words():
        above = st.container(gap="xsmall", key="above_message")
        # Before Stop, which would move up as the box comes below it.
        st.chat_input(
            "Message",
            key=state.chat.MESSAGE,
            on_submit=turns.send,
            args=(visit, conversation, new_id()),
            disabled=visit.store.read_only(visit.owner.id, conversation.id) is not None,
        )
    with above:
        target, wish = state.chat.target() or (None, "")
        reply, returned = turns.live_reply(visit, conversation), sending.returned()
        place = f"{conversation.id} {state.chat.newest_wish()} {wish}"
        follow_newest(place, answering=reply is not None, at_end=target is None)
        tend_message_box(
            conversation.id,
            None if reply is None else reply.message.id,
            None if returned is None else {"id": returned.id, "words": printable(returned.words)},
        )
        what_happened.draw(visit)
        in_line.draw(visit, conversation)
        _draw_read_only(visit, conversation)
        _draw_refusal(visit, conversation)
        _draw_stop(visit, conversation)


def _draw_read_only(visit: Visit, conversation: Conversation) -> None:
    """Say why this conversation alone cannot go on; of the whole store, the top of every page says it."""
    reason = visit.store.read_only(visit.owner.id, conversation.id)
    if reason is not None and visit.store.read_only() is None:
        st.info(as_label(reason), icon=":material/lock:")


def _draw_refusal(visit: Visit, conversation: Conversation) -> None:
    refusal = sending.refusal()
    if refusal is None:
        if (words := little_left(visit, conversation)) is not None:
            st.caption(as_label(words))
        return
    is_here = refusal.conversation_id == conversation.id
    # Where a conversation cannot be written to any more, a new one is shown, with the message in the box.
    if is_here or conversation.head is None:
        st.error(as_label(refusal.text), icon=":material/error:")


def _draw_stop(visit: Visit, conversation: Conversation) -> None:
    reply = turns.live_reply(visit, conversation)
    if reply is not None:
        st.button(
            "Stop",
            key=f"stop-{reply.message.id}",
            icon=":material/stop_circle:",
            on_click=turns.stop,
            args=(visit, reply.message.id),
        )
    elif conversation.path():
        # As high as the button: what is above does not come down under a pointer on its way to Stop.
        st.space("medium")

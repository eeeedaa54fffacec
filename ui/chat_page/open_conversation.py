"""Which conversation the chat page shows, and which branch of it.

The conversation is what a button chose, else what the URL names (`state.chat.follow_url`). The branch is the one that
this tab showed, gone on with; where another tab made another one meanwhile, this tab stays on its own and says so.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from chat.conversation import Conversation
from store.conversations import NotFound, StoreError
from ui import state
from ui.guard import guarded
from ui.visit import Visit

_log = logging.getLogger(__name__)

NOT_HERE = "This conversation is not here: it was deleted, or it belongs to somebody else."
LOOK_SECONDS = 3.0
"""Between two looks at what other tabs did."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the chat page shows."""

    conversation: Conversation
    """Its head is the end of the branch that this tab shows."""
    stored: Conversation | None = None
    """The same as the store has it; None while it has no word."""
    is_behind: bool = False
    """Somebody else went on in another branch."""
    is_aside: bool = False
    """This tab looks at another branch than the one that was last gone on with."""


def opened(visit: Visit) -> Opened:
    """Return the open conversation, or a new one without a word. Has the URL name it."""
    open_id = state.chat.open_id()
    if open_id is None:
        state.chat.remember_in_url(None)
        return Opened(state.chat.draft(visit.owner.id, visit.new_settings()))
    try:
        conversation = _without_orphans(visit, visit.store.get(visit.owner.id, open_id))
    except NotFound:
        conversation = None
    if conversation is None or conversation.trashed_at is not None:
        return _not_here(visit, open_id)
    state.chat.remember_in_url(open_id)
    return _with_view(conversation)


def _not_here(visit: Visit, conversation_id: str) -> Opened:
    state.chat.forget_open()
    state.chat.remember_in_url(None)
    if any(damage.conversation_id == conversation_id for damage in visit.new_damage()):
        st.rerun()  # it was set aside just now, and what is drawn already does not say so
    undo = state.page.undo()
    if undo is None or undo.conversation_id != conversation_id:  # else the page has said it already
        st.info(NOT_HERE, icon=":material/info:")
    return Opened(state.chat.draft(visit.owner.id, visit.new_settings()))


def _with_view(conversation: Conversation) -> Opened:
    view, beside = state.chat.view(conversation.id)
    is_elsewhere = (
        view is not None
        and conversation.message(view) is not None
        and all(message.id != view for message in conversation.line())
    )
    is_aside = is_elsewhere and beside is not None and beside == conversation.head
    head = conversation.leaf_below(view) if is_elsewhere and view is not None else conversation.head
    state.chat.set_view(conversation.id, head, beside if is_aside else None)
    return Opened(replace(conversation, head=head), conversation, is_elsewhere and not is_aside, is_aside)


def _without_orphans(visit: Visit, conversation: Conversation) -> Conversation:
    """Mark answers as interrupted whose process is gone, and see those that ended since the conversation was read."""
    waiting = [message for message in conversation.messages if message.status == "streaming"]
    if all(visit.reply_to(message) is not None for message in waiting):
        return conversation
    try:
        visit.store.interrupt_orphans(visit.owner.id)
    except StoreError as error:  # they stay as they are for now; the conversation can be read all the same
        _log.warning("answers whose process is gone could not be marked (%s)", error)
    return _without_unsaved(visit, visit.store.get(visit.owner.id, conversation.id))


def _without_unsaved(visit: Visit, conversation: Conversation) -> Conversation:
    """Mark answers as interrupted that this process ended without being able to save their end."""
    for message in conversation.messages:
        if message.status == "streaming" and message.process == visit.store.process and not visit.reply_to(message):
            try:
                conversation = visit.store.update_message(
                    visit.owner.id, conversation.id, message.id, status="interrupted"
                )
            except StoreError as error:  # saved in this moment after all, or the disk is full
                _log.info("an answer whose end was not saved could not be marked (%s)", error)
    return conversation


def watch(visit: Visit, conversation: Conversation) -> None:
    """Look now and then whether another tab changed the stored conversation; never rerun while a dialog is open."""
    drawn = _signature(visit, conversation)

    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        try:
            present = _signature(visit, _without_orphans(visit, visit.store.get(visit.owner.id, conversation.id)))
        except NotFound:
            present = None
        if present != drawn and not state.page.dialog_is_open():
            st.rerun()

    look()


def _signature(visit: Visit, conversation: Conversation) -> Any:
    """Return what changes with everything that is drawn, but not with each word of an answer that is followed here.

    One that another process is writing has nobody here to follow it: its words count.
    """
    return (
        conversation.title,
        conversation.head,
        conversation.settings,
        tuple(
            message if visit.reply_to(message) is None else replace(message, content="", reasoning="")
            for message in conversation.messages
        ),
    )

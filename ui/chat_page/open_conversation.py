"""Which conversation the chat page shows, and which branch of it.

The conversation is what a button chose, else what the URL names (`state.chat.follow_url`). The branch is the one that
this tab showed, gone on with; where another tab made another one meanwhile, this tab stays on its own and says so.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import streamlit as st

from chat.conversation import Conversation
from store.conversations import NotFound, StoreError
from ui import state
from ui.chat_page import in_line
from ui.running import parts
from ui.visit import Visit

_log = logging.getLogger(__name__)

NOT_HERE = "This conversation is not here: it was deleted, or it belongs to somebody else."
LOOK_SECONDS = 3.0
"""Between two looks at what other tabs did."""


class Shown:
    """What the chat page shows, looked up once in each run of the page or of its parts."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.now = opened(visit)
        parts.page_is(self._look)

    @property
    def conversation(self) -> Conversation:
        """Its head is the end of the branch that this tab shows."""
        return self.now.conversation

    def _look(self) -> object:
        """Look it up again, and return whose turns those are that are shown; None where it is not there any more."""
        open_id = state.chat.open_id()
        if open_id is None:
            self.now = Opened(state.chat.draft(self.visit.owner.id, self.visit.new_settings()))
        else:
            conversation = _found(self.visit, open_id)
            if conversation is None:
                return None
            self.now = _with_view(conversation)
        return self.now.conversation.id


@dataclass(frozen=True, slots=True)
class Opened:
    """What the chat page shows."""

    conversation: Conversation
    """Its head is the end of the branch that this tab shows."""
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
    conversation = _found(visit, open_id)
    if conversation is None:
        return _not_here(visit, open_id)
    state.chat.remember_in_url(open_id)
    return _with_view(conversation)


def _found(visit: Visit, conversation_id: str) -> Conversation | None:
    """Return the conversation as it is kept now; None where it is not there, or in the trash."""
    try:
        conversation = in_line.gone_on(visit, _without_orphans(visit, visit.store.get(visit.owner.id, conversation_id)))
    except NotFound:
        return None
    return None if conversation.trashed_at is not None else conversation


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
    return Opened(replace(conversation, head=head), is_elsewhere and not is_aside, is_aside)


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


def watch() -> None:
    """Look now and then what other tabs did: a run of any part draws all that they changed (`ui/running/parts.py`)."""

    @st.fragment(run_every=LOOK_SECONDS)
    def look() -> None:
        pass

    look()

"""Every key of `st.session_state` and every query parameter, typed, in one place. What matters lives in the store.

Session state remembers which conversation is open, a new one that has no word yet, keys typed for this session only,
and small things a page wants back after a rerun. The URL remembers the open conversation too (`?c=<id>`), so a reload
or a bookmark opens it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import streamlit as st

from chat.conversation import Conversation, ConversationSettings, new_id, utc_now
from chat.owner import Owner
from chat.settings.values import Endpoint
from chat.titles import UNTITLED
from ui.notices import Notice, Undo

T = TypeVar("T")

MESSAGE = "message"
"""Widget key of the chat input; the three below are for `chat_page/sending.py`."""
GIVEN_BACK = "given_back"
REFUSAL = "refused_message"
SENT = "sent_message"

_VISITOR = "visitor"
_OPEN = "open_conversation"
_DRAFT = "draft_conversation"
_SHOWN = "shown_messages"
_UNDO = "undo"
_NOTICES = "notices"
_TYPED_KEYS = "typed_keys"
_TYPED_ENDPOINTS = "typed_endpoints"
_JUMP = "jump_to_chat"
_VIEWS = "shown_heads"
_DIALOG = "dialog_is_open"
_DISMISSED = "dismissed"
_SELECTED = "selected_conversations"
_TARGET = "message_to_show"
_FORMAT = "export_format"
_LISTED = "listed_conversations"
_IMPORT = "import_job"
_WHOLE = "whole_texts"
_PARAMETER = "c"

SEARCH = "q"
"""Widget key of the History page's search box, and the query parameter that keeps it, so a search can be a bookmark."""
SIDEBAR_SEARCH = "sidebar_search"
HISTORY_PAGE_NUMBER = "history_page"

LISTED = 20
"""How many conversations the sidebar lists at first."""
MESSAGES_SHOWN = 30
"""How many messages of a conversation are drawn at first; older ones on demand, since each costs the browser time."""


def _read(key: str, default: T) -> T:
    value: T = st.session_state.get(key, default)
    return value


def _taken(key: str, default: T) -> T:
    value: T = st.session_state.pop(key, default)
    return value


def _kept(key: str, first: T) -> T:
    """Return what the session keeps under this key; at the first call it is made `first`."""
    value: T = st.session_state.setdefault(key, first)
    return value


def visitor() -> Owner | None:
    """Return the visitor that this session belongs to, once there is one."""
    return _read(_VISITOR, None)


def set_visitor(value: Owner) -> None:
    st.session_state[_VISITOR] = value


def open_id() -> str | None:
    """Return the id of the open conversation; None while a new one has no word yet."""
    return _read(_OPEN, None)


def open_conversation(conversation_id: str) -> None:
    """Open this conversation on the chat page. A callback of buttons on any page."""
    st.session_state[_OPEN] = conversation_id
    st.session_state[_JUMP] = True
    st.session_state.pop(_SHOWN, None)
    st.session_state.pop(_TARGET, None)


def show_message(message_id: str, shown: int) -> None:
    """Have the chat page go to this message, with so many of the last messages drawn."""
    st.session_state[_TARGET] = (message_id, new_id())
    st.session_state[_SHOWN] = max(shown, MESSAGES_SHOWN)


def target() -> tuple[str, str] | None:
    """Return the message that the chat page is to go to, and what tells this wish from a later one for the same."""
    return _read(_TARGET, None)


def open_new() -> None:
    """Open a new conversation on the chat page. A callback of "New chat" on any page."""
    forget_open()
    st.session_state[_JUMP] = True


def forget_open() -> None:
    """Have no conversation open; the chat page then shows a new one."""
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_TARGET, None)
    st.session_state.pop(_DRAFT, None)
    st.session_state.pop(_SHOWN, None)


def follow_url(conversation_id: str) -> None:
    """Open the conversation that the URL names: a reload, a bookmark, or the browser's back button."""
    if st.session_state.get(_OPEN) != conversation_id:
        st.session_state[_OPEN] = conversation_id
        st.session_state.pop(_SHOWN, None)


def take_jump() -> bool:
    """Return whether a button of this run chose what the chat page shows; once. It then goes before the URL."""
    return _taken(_JUMP, False)


def url_id() -> str | None:
    """Return the conversation that the URL names."""
    return st.query_params.get(_PARAMETER)


def remember_in_url(conversation_id: str | None) -> None:
    """Have the URL name the open conversation, so that a reload comes back to it."""
    if conversation_id is None:
        st.query_params.pop(_PARAMETER, None)
    elif url_id() != conversation_id:
        st.query_params[_PARAMETER] = conversation_id


def _views() -> dict[str, tuple[str | None, str | None]]:
    return _kept(_VIEWS, {})


def view(conversation_id: str) -> tuple[str | None, str | None]:
    """Return where the branch ends that this tab shows (None: where the store says), and the stored head that it
    knowingly looks away from, if so."""
    return _views().get(conversation_id, (None, None))


def set_view(conversation_id: str, head: str | None, beside: str | None = None) -> None:
    _views()[conversation_id] = (head, beside)


def follow_store(conversation_id: str) -> None:
    """Show the branch that the store says, whatever this tab showed."""
    _views().pop(conversation_id, None)


def dialog_is_open() -> bool:
    """Return whether a dialog is open in this tab; a rerun of the whole page would close it."""
    return _read(_DIALOG, False)


def set_dialog_open(is_open: bool) -> None:
    st.session_state[_DIALOG] = is_open


def draft(owner_id: str, settings: ConversationSettings) -> Conversation:
    """Return the new conversation that has no word yet and so is not in the store; made at the first call."""
    now = utc_now()
    return _kept(_DRAFT, Conversation(new_id(), owner_id, UNTITLED, now, now, settings=settings))


def set_draft(conversation: Conversation) -> None:
    st.session_state[_DRAFT] = conversation


def forget_draft() -> None:
    st.session_state.pop(_DRAFT, None)


def shown_messages() -> int:
    """Return how many of the last messages are drawn."""
    return _read(_SHOWN, MESSAGES_SHOWN)


def show_more() -> None:
    st.session_state[_SHOWN] = shown_messages() + MESSAGES_SHOWN


def _whole() -> set[str]:
    return _kept(_WHOLE, set())


def is_whole(key: str) -> bool:
    """Return whether all of this text is to be shown, however long it is."""
    return key in _whole()


def show_whole(key: str) -> None:
    """Show all of this text. A callback."""
    _whole().add(key)


def offer_undo(undo: Undo | None) -> None:
    st.session_state[_UNDO] = undo


def undo() -> Undo | None:
    return _read(_UNDO, None)


def notify(text: str, *, is_error: bool = False) -> None:
    """Have the page say something, once, on its next run."""
    st.session_state[_NOTICES] = (*_read(_NOTICES, ()), Notice(text, is_error))


def take_notices() -> tuple[Notice, ...]:
    return _taken(_NOTICES, ())


def dismissed() -> set[str]:
    """Return what the user dismissed in this session: names of damaged files, and of notes."""
    return _kept(_DISMISSED, set())


def typed_keys() -> dict[str, str]:
    """Return the keys typed for this session, by the name of their variable. They live here and nowhere else."""
    return _kept(_TYPED_KEYS, {})


def typed_endpoints() -> tuple[Endpoint, ...]:
    return _read(_TYPED_ENDPOINTS, ())


def set_typed_endpoints(endpoints: tuple[Endpoint, ...]) -> None:
    st.session_state[_TYPED_ENDPOINTS] = endpoints


def selected() -> set[str]:
    """Return the ids of the conversations that are selected on the History page."""
    return _kept(_SELECTED, set())


def follow_selection_box(conversation_id: str, was_selected: bool) -> None:
    """Select the conversation, or not, as a person says by its box. A callback; twice does no more than once.

    The box of a selected conversation is another than that of one that is not. A click on a button that comes before
    the browser has drawn a new selection brings the boxes along as they were, which is no wish to change it back.
    """
    if st.session_state[f"select-{conversation_id}-{was_selected}"] != was_selected:
        (unselect if was_selected else select_more)((conversation_id,))


def select(ids: Iterable[str]) -> None:
    """Select these and no others."""
    st.session_state[_SELECTED] = set(ids)


def select_more(ids: Iterable[str]) -> None:
    """Select these too. A callback."""
    selected().update(ids)


def unselect(ids: Iterable[str]) -> None:
    selected().difference_update(ids)


def export_format() -> str:
    """Return the name of the format that was last chosen for a download."""
    return _read(_FORMAT, "history")


def set_export_format(name: str) -> None:
    st.session_state[_FORMAT] = name


def listed() -> int:
    """Return how many conversations the sidebar lists."""
    return _read(_LISTED, LISTED)


def list_more() -> None:
    st.session_state[_LISTED] = listed() + LISTED


def import_job() -> Any:
    """Return the import that this session began last (an `Importing`), or None."""
    return _read(_IMPORT, None)


def set_import_job(job: Any) -> None:
    st.session_state[_IMPORT] = job


def first_page() -> None:
    """Show the first page of the History page's list again, as what it lists changes. A callback."""
    st.session_state.pop(HISTORY_PAGE_NUMBER, None)

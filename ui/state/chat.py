"""What the chat page shows: which conversation is open, in the session and in the URL, and how much of it.

The session remembers the open conversation, and a new one that has no word yet. The URL remembers it too (`?c=<id>`),
so a reload or a bookmark opens it again.
"""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, ConversationSettings, new_id, utc_now
from chat.titles import UNTITLED
from ui.state.session import kept, read, taken

MESSAGE = "message"
"""Widget key of the chat input."""
MODEL_PANEL = "model_and_memory"
"""Widget key of the panel that opens from the model's name."""
WAITING = "words_for_the_input"
GIVEN_BACK = "given_back"
RETURNED = "returned_words"
REFUSAL = "refused_message"
SENT = "sent_message"
"""These four are for `chat_page/sending.py`."""

_OPEN = "open_conversation"
_DRAFT = "draft_conversation"
_SHOWN = "shown_messages"
_JUMP = "jump_to_chat"
_VIEWS = "shown_heads"
_TARGET = "message_to_show"
_TITLE = "title_of_open"
_NEWEST = "wish_for_newest"
PARAMETER = "c"
"""Of the URL: the id of the open conversation."""
PLACE = "m"
"""Of the URL of a link: the message to go to, until that is done."""

MESSAGES_SHOWN = 30
"""How many messages of a conversation are drawn at first; older ones on demand, since each costs the browser time."""


def open_id() -> str | None:
    """Return the id of the open conversation; None while a new one has no word yet."""
    return read(_OPEN, None)


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
    return read(_TARGET, None)


def show_newest() -> None:
    """Have the chat page go to the end of the conversation, where what was asked for comes."""
    st.session_state.pop(_TARGET, None)
    st.session_state[_NEWEST] = new_id()


def newest_wish() -> str:
    """Return what tells one wish for the end of the conversation from the next."""
    return read(_NEWEST, "")


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


def follow_url() -> None:
    """Open what the URL names, where a reload, a bookmark or the browser's back button leads to it; a new chat where it
    names nothing. What a button chose goes before it, until the URL says the same (`remember_in_url`)."""
    named = url_id()
    if read(_JUMP, False) or named == open_id():
        return
    for key in (_OPEN, _TARGET, _SHOWN):
        st.session_state.pop(key, None)
    if named is not None:
        st.session_state[_OPEN] = named


def keep_open(conversation_id: str) -> None:
    """Have the conversation that was new stay open, now that it has a word. A callback."""
    st.session_state[_OPEN] = conversation_id
    forget_draft()
    remember_in_url(conversation_id)


def has_jump() -> bool:
    """Return whether a button chose what the chat page shows, and the page has not taken that in."""
    return read(_JUMP, False)


def take_jump() -> bool:
    """Return whether a button chose what the chat page shows, once. For pages other than the chat."""
    return taken(_JUMP, False)


def note_title(conversation_id: str, title: str) -> None:
    """Note what the open conversation is called."""
    st.session_state[_TITLE] = (conversation_id, title)


def title_of_open() -> str | None:
    """Return what the open conversation was called when it was last drawn; None where that is not known."""
    conversation_id, title = read(_TITLE, (None, None))
    return title if conversation_id == open_id() else None


def url_id() -> str | None:
    """Return the conversation that the URL names."""
    return st.query_params.get(PARAMETER)


def place_in_url() -> str | None:
    """Return the message that the URL leads to."""
    return st.query_params.get(PLACE)


def remember_in_url(conversation_id: str | None) -> None:
    """Have the URL name the open conversation, so that a reload comes back to it. From here on the URL is followed."""
    if conversation_id is None:
        st.query_params.pop(PARAMETER, None)
    elif url_id() != conversation_id:
        st.query_params[PARAMETER] = conversation_id
    st.query_params.pop(PLACE, None)
    st.session_state.pop(_JUMP, None)


def address_of_open() -> dict[str, str] | None:
    """Return the query parameters of the open conversation, for a link to the chat page; None for a new one."""
    conversation_id = open_id()
    return None if conversation_id is None else {PARAMETER: conversation_id}


def _views() -> dict[str, tuple[str | None, str | None]]:
    return kept(_VIEWS, {})


def view(conversation_id: str) -> tuple[str | None, str | None]:
    """Return where the branch ends that this tab shows (None: where the store says), and the stored head that it
    knowingly looks away from, if so."""
    return _views().get(conversation_id, (None, None))


def set_view(conversation_id: str, head: str | None, beside: str | None = None) -> None:
    _views()[conversation_id] = (head, beside)


def follow_store(conversation_id: str) -> None:
    """Show the branch that the store says, whatever this tab showed."""
    _views().pop(conversation_id, None)


def draft(owner_id: str, settings: ConversationSettings) -> Conversation:
    """Return the new conversation that has no word yet and so is not in the store; made at the first call."""
    now = utc_now()
    return kept(_DRAFT, Conversation(new_id(), owner_id, UNTITLED, now, now, settings=settings))


def set_draft(conversation: Conversation) -> None:
    st.session_state[_DRAFT] = conversation


def forget_draft() -> None:
    st.session_state.pop(_DRAFT, None)


def shown_messages() -> int:
    """Return how many of the last messages are drawn."""
    return read(_SHOWN, MESSAGES_SHOWN)


def show_more() -> None:
    st.session_state[_SHOWN] = shown_messages() + MESSAGES_SHOWN


def keep_model_panel() -> None:
    """Have the panel of the model stay open where it is. Streamlit takes one with another label for another panel, and
    so would close it as a model is chosen. To be called before it is drawn."""
    if model_panel_is_open():
        st.session_state[MODEL_PANEL] = True


def model_panel_is_open() -> bool:
    """Return whether the panel of the model is open."""
    return read(MODEL_PANEL, False)


def found_models_key(server: str, conversation_id: str, chosen: str | None) -> str:
    """Return the widget key of a found server's models in a new conversation, and have this one be chosen there.

    It is another widget once one was chosen elsewhere: what the browser says late of the one of before would be taken
    for a choice, and put the model back (`is_last_key`).
    """
    name = f"found-{server}:{conversation_id}"
    number = read(name, 0)
    key = f"{name}:{number}"
    if key in st.session_state and st.session_state[key] != chosen:
        st.session_state[name] = number + 1
        key = f"{name}:{number + 1}"
    st.session_state[key] = chosen
    return key


def is_last_key(key: str) -> bool:
    """Return whether no other widget has come in place of the one with this key."""
    name, _, number = key.rpartition(":")
    return str(read(name, 0)) == number

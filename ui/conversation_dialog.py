"""Everything that can be done with a whole conversation, in a small window."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from chat.conversation import Conversation
from ui import actions
from ui.dialogs import closing_button, dialog
from ui.downloads import draw_downloads
from ui.guard import guarded
from ui.naming.title_form import draw_title_form
from ui.sharing.of_conversation import draw_sharing
from ui.state.naming import TITLE
from ui.visit import Visit

TAGS = "tags"
"""Widget key of the tags in the window."""


@dialog("Conversation", icon=":material/more_vert:")
def conversation_dialog(visit: Visit, conversation: Conversation) -> None:
    """Offer what can be done with this conversation."""
    known = visit.tags()

    def draw_tags() -> None:
        st.multiselect(
            "Tags",
            list(dict.fromkeys([*conversation.tags, *known])),
            default=list(conversation.tags),
            accept_new_options=True,
            placeholder="Choose or type a new one",
            key=TAGS,
        )

    draw_title_form(
        visit, conversation.id, conversation.title, functools.partial(_save, visit, conversation), draw_tags
    )
    draw_downloads(visit, conversation.id, conversation.title)
    st.divider()
    with guarded():
        draw_sharing(visit, conversation)
    st.divider()
    with st.container(horizontal=True):
        if conversation.pinned:
            _draw_action("Unpin", "keep_off", "Let it move down again", actions.pin, visit, conversation.id, False)
        else:
            _draw_action("Pin", "keep", "Keep it above the others", actions.pin, visit, conversation.id, True)
        fork = "Copy what is shown into a new conversation"
        _draw_action("Fork", "fork_right", fork, actions.fork, visit, conversation)
        clear = "Delete all messages that are shown; you can undo it"
        _draw_action("Clear", "mop", clear, actions.clear, visit, conversation)
        delete = "Put it into the trash; you can undo it"
        _draw_action("Delete", "delete", delete, actions.delete, visit, conversation.id, conversation.title)


def _save(visit: Visit, conversation: Conversation) -> None:
    title, tags = st.session_state[TITLE], st.session_state[TAGS]
    if title and title != conversation.title:
        actions.rename(visit, conversation.id, title)
    if tuple(tags) != conversation.tags:
        actions.set_tags(visit, conversation.id, tags)


def _draw_action(label: str, icon: str, help: str, action: Callable[..., None], *arguments: Any) -> None:
    closing_button(label, f":material/{icon}:", action, *arguments, key=label.lower(), help=help)

"""A conversation to read without opening it: the shown path or every branch, in pages, with its questions to go to."""

from __future__ import annotations

import functools

import streamlit as st

from chat.conversation import Conversation, Message
from store.conversations import NotFound
from ui.browser.scroll import scroll_here
from ui.dialogs import dialog
from ui.guard import guarded
from ui.history_page.pages import draw_pages
from ui.markdown.safe import as_label
from ui.message import draw_message, facts_of, shares_of
from ui.visit import Visit

ON_A_PAGE = 30
OUTLINE_LENGTH = 80
FEW = 6
"""Messages up to which there is nothing to jump over."""


@dialog("Preview", width="large", icon=":material/visibility:")
def preview_dialog(visit: Visit, conversation_id: str) -> None:
    """Show a conversation's messages; nothing can be changed here."""
    try:
        conversation = visit.store.get(visit.owner.id, conversation_id)
    except NotFound:
        st.info("This conversation is not here any more.")
        return
    st.markdown(f"**{as_label(conversation.title)}**")  # a heading in a window is smaller than its text
    path = conversation.path()
    messages: tuple[Message, ...] = path
    everything = tuple(message for message in conversation.messages if not message.trashed)
    if len(everything) > len(path) and st.toggle(
        f"All branches ({len(everything)} messages)", key=f"preview-branches-{conversation_id}"
    ):
        messages = in_tree_order(conversation)
    target = _pick_question(messages, conversation_id)
    _draw_page(visit, conversation, messages, target)


def in_tree_order(conversation: Conversation) -> tuple[Message, ...]:
    """Return every message that is not deleted, each branch from its parting to its end, older branches first."""
    ordered: list[Message] = []
    waiting = list(reversed(conversation.children(None)))
    while waiting:
        message = waiting.pop()
        ordered.append(message)
        waiting.extend(reversed(conversation.children(message.id)))
    return tuple(ordered)


def _pick_question(messages: tuple[Message, ...], conversation_id: str) -> str | None:
    questions = {message.id: message for message in messages if message.role == "user"}
    if len(messages) <= FEW or len(questions) < 2:
        return None
    return st.selectbox(
        "Go to question",
        list(questions),
        index=None,
        format_func=lambda id: outline_of(questions[id].content),
        key=f"preview-question-{conversation_id}",
        placeholder=f"{len(questions)} questions",
        on_change=_follow_question,
        args=(conversation_id, {message.id: number for number, message in enumerate(messages)}),
    )


def outline_of(text: str) -> str:
    """Return a question in one short line."""
    words = " ".join(text.split())
    return words if len(words) <= OUTLINE_LENGTH else words[: OUTLINE_LENGTH - 1] + "…"


def _follow_question(conversation_id: str, places: dict[str, int]) -> None:
    place = places.get(st.session_state[f"preview-question-{conversation_id}"], 0)
    st.session_state[f"preview-page-{conversation_id}"] = place // ON_A_PAGE + 1


def _draw_page(visit: Visit, conversation: Conversation, messages: tuple[Message, ...], target: str | None) -> None:
    page = draw_pages(f"preview-page-{conversation.id}", len(messages), ON_A_PAGE)
    if not messages:
        st.caption("No messages.")
    shown = {message.id for message in conversation.path()}
    on_page = messages[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    spent = shares_of(on_page)
    for message in on_page:
        if message.id == target:
            scroll_here(f"{conversation.id}-{target}-{len(messages)}")
        siblings = conversation.siblings(message.id)
        if len(siblings) > 1:
            number = next(place for place, sibling in enumerate(siblings, start=1) if sibling.id == message.id)
            where = "" if message.id in shown else ", not shown in the chat"
            st.caption(f"Version {number} of {len(siblings)}{where}")
        with guarded():
            draw_message(message, spent, functools.partial(_draw_facts, visit, message))


def _draw_facts(visit: Visit, message: Message) -> None:
    if message.role == "assistant":
        st.caption(as_label(facts_of(message, visit.model_label)))

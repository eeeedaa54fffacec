"""What buttons and the chat input do: callbacks, each a few small steps on the store and the replies.

Every answer is asked for in `_answer`, and made by `Replies.start`. What fails here is said on the page; what a person
typed goes back into the input.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from chat.conversation import UNTITLED, Conversation, ConversationSettings, Message, auto_title, new_id, utc_now
from chat.errors import ChatError, MissingKey, NotFound
from chat.memory import select
from chat.providers.base import Provider, Request
from chat.providers.registry import spec_of
from store.conversations import StoreError
from ui import state
from ui.visit import Visit

log = logging.getLogger(__name__)

STILL_ANSWERING = "The answer is still on its way. Wait for its end or stop it, then send your message."


def said_on_the_page(action: Callable[..., None]) -> Callable[..., None]:
    """Have the page say why a callback could not do its work, instead of a traceback."""

    @functools.wraps(action)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            action(*args, **kwargs)
        except (StoreError, ChatError) as error:
            state.notify(str(error), is_error=True)

    return wrapped


def send(visit: Visit, conversation: Conversation) -> None:
    """Keep what was typed as the next message, and have the model answer it."""
    text = str(st.session_state[state.MESSAGE] or "")
    if not text.strip():
        return
    try:
        _send(visit, conversation, text)
    except StoreError as error:
        st.session_state[state.MESSAGE] = text
        state.notify(str(error), is_error=True)


def _send(visit: Visit, shown: Conversation, text: str) -> None:
    now = utc_now()
    if shown.head is None:
        question = Message(new_id(), None, "user", text, now)
        conversation = replace(
            shown, title=auto_title(text), created_at=now, updated_at=now, head=question.id, messages=(question,)
        )
        visit.store.create(conversation)
        state.forget_draft()
        state.open_conversation(conversation.id)
    else:
        last = shown.message(shown.head)
        if last is not None and last.status == "streaming":
            st.session_state[state.MESSAGE] = text
            state.notify(STILL_ANSWERING)
            return
        question = Message(new_id(), shown.head, "user", text, now)
        conversation = visit.store.add_message(visit.owner.id, shown.id, question)
    _answer(visit, conversation, question.id)


@said_on_the_page
def retry(visit: Visit, conversation_id: str, answer_id: str) -> None:
    """Ask for another answer to the same question. The first one stays, as its sibling."""
    conversation = visit.store.get(visit.owner.id, conversation_id)
    answer = conversation.message(answer_id)
    if answer is not None and answer.parent_id is not None:
        _answer(visit, conversation, answer.parent_id)


def _answer(visit: Visit, conversation: Conversation, question_id: str) -> None:
    settings = conversation.settings
    model = settings.model or visit.new_settings().model or ""
    request = Request(
        model=model,
        messages=select(conversation, question_id).messages,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
    )
    visit.services.replies.start(visit.owner.id, conversation.id, question_id, request, _provider(visit, model))


def _provider(visit: Visit, model: str) -> Callable[[], Provider]:
    spec = spec_of(model, visit.specs)

    def provider() -> Provider:
        if spec is None:
            raise NotFound("This conversation's model is not available here: choose another model, then try again.")
        if spec.lacks_key:
            raise MissingKey(spec.info.label)
        return visit.services.providers.get(spec)

    return provider


@said_on_the_page
def stop(visit: Visit, message_id: str) -> None:
    """End the answer now, at the provider too."""
    reply = visit.services.replies.get(visit.owner.id, message_id)
    if reply is not None:
        reply.stop()


def model_id(visit: Visit, typed: str | None, present: str | None) -> str | None:
    """Return the id of a model that was picked or typed; a name alone belongs to the present model's provider."""
    name = (typed or "").strip()
    if not name:
        return present
    if spec_of(name, visit.specs) is not None and name.partition("/")[2]:
        return name
    provider = (present or "").partition("/")[0]
    return f"{provider}/{name}" if provider else name


@said_on_the_page
def change_settings(visit: Visit, conversation: Conversation, **changes: Any) -> None:
    """Change how the model is asked in this conversation, from its next message on."""
    settings: ConversationSettings = replace(conversation.settings, **changes)
    if conversation.head is None:
        state.set_draft(replace(conversation, settings=settings))
    else:
        visit.store.update(visit.owner.id, conversation.id, settings=settings)


@said_on_the_page
def rename(visit: Visit, conversation_id: str, title: str) -> None:
    """Give the conversation a title of the user's own; an automatic one never replaces it."""
    words = " ".join(title.split())
    if words:
        visit.store.update(visit.owner.id, conversation_id, title=words, title_source="manual")


@said_on_the_page
def delete(visit: Visit, conversation_id: str, title: str) -> None:
    """Put the conversation into the trash, and offer to take that back."""
    visit.store.trash(visit.owner.id, conversation_id)
    was_open = state.open_id() == conversation_id
    state.offer_undo(state.Undo(conversation_id, title or UNTITLED, was_open))
    if was_open:
        state.forget_open()


@said_on_the_page
def undo_delete(visit: Visit) -> None:
    """Give the conversation back that was deleted last."""
    undo = state.undo()
    if undo is None:
        return
    visit.store.restore(visit.owner.id, undo.conversation_id)
    state.offer_undo(None)
    if undo.was_open:
        state.open_conversation(undo.conversation_id)

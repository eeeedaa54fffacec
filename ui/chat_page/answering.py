"""Asking a model for an answer, for whatever button or box asked: what is sent to whom, within the limits.

The one way from a question of a conversation to `Replies.start`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.errors import MissingKey, ModelUnavailable, NoQuestion, NotFound, NotNow, TooManyAtOnce
from chat.memory import NO_QUESTION, select
from chat.providers.base import Provider, ProviderSpec, Request
from chat.replies.continuing import to_continue
from chat.replies.reply import Reply
from store.conversations import StoreError
from ui import state
from ui.limits.asking import check, check_at_once, check_message, spend
from ui.limits.room import check_room
from ui.visit import Visit

_log = logging.getLogger(__name__)

IN_TRASH = "This conversation was deleted: undo that, or restore it from the trash, then try again."


def check_question(visit: Visit, conversation: Conversation, parent_id: str | None, text: str) -> None:
    """Raise `OverLimit` where this question cannot be asked now, before it is kept."""
    check_message(visit, text)
    question = Message(new_id(), parent_id, "user", text, utc_now())
    check_room(visit, new=int(conversation.head is None), more=len(text.encode("utf-8", "replace")))
    asked = replace(conversation, head=question.id, messages=(*conversation.messages, question))
    check(visit, *_request(visit, asked, question))


def answer(
    visit: Visit,
    conversation: Conversation,
    message: Message | None,
    *,
    model: str | None = None,
    begun: Message | None = None,
) -> None:
    """Have the model answer a question, or the question of an answer once more, as another version of that answer;
    and show it."""
    reply = begin(visit, conversation, message, model=model, begun=begun)
    state.chat.set_view(conversation.id, reply.message.id)
    state.chat.show_newest()


def begin(
    visit: Visit,
    conversation: Conversation,
    message: Message | None,
    *,
    model: str | None = None,
    begun: Message | None = None,
) -> Reply:
    """Do the same for nobody who looks: in any thread, and without a word to the session."""
    question = None if message is None else conversation.question_of(message.id)
    if message is None or question is None:
        raise NoQuestion(NO_QUESTION)
    if conversation.trashed_at is not None:
        raise NotNow(IN_TRASH)
    spec, request = _request(visit, conversation, question, model, begun)
    check_room(visit)
    check(visit, spec, request)
    if all(each.id != message.id for each in conversation.line()):  # asked in a branch that was only looked at
        visit.store.update(visit.owner.id, conversation.id, head=message.id)
    try:
        reply = visit.services.replies.start(
            visit.owner.id,
            conversation.id,
            question.id if message.role == "user" else message.parent_id or question.id,
            request,
            provider_of(visit, spec, request.model),
            begun=begun,
            seam=begun is not None and not _has_prefill(spec),
            at_once=visit.allowances.answers_at_once,
            spend=spend(visit, spec, request),
        )
    except TooManyAtOnce as error:  # another tab was faster
        check_at_once(visit, error.conversation_ids)
        raise
    if model is None:
        _note_model(visit, conversation, request.model)
    return reply


def _note_model(visit: Visit, conversation: Conversation, model: str) -> None:
    """Have a conversation that had no model, as one that was imported, go on with this one; so do new ones."""
    if not model:
        return
    visit.remember_model(model)
    if conversation.settings.model is not None:
        return
    try:
        visit.store.update(visit.owner.id, conversation.id, settings=replace(conversation.settings, model=model))
    except StoreError as error:  # the answer is on its way
        _log.info("the model of a conversation could not be kept (%s)", error)


def _request(
    visit: Visit, conversation: Conversation, question: Message, model: str | None = None, begun: Message | None = None
) -> tuple[ProviderSpec | None, Request]:
    """Return what is asked of which provider, where this question is answered in this conversation."""
    settings = conversation.settings
    model = model or visit.model_of(conversation) or ""
    spec = visit.spec_of(model)
    messages = select(conversation, question.id).messages
    if begun is not None:
        messages = to_continue(messages, begun.content, prefill=_has_prefill(spec))
    return spec, Request(model, messages, settings.temperature, settings.max_tokens)


def _has_prefill(spec: ProviderSpec | None) -> bool:
    return spec is not None and spec.info.prefill


def provider_of(visit: Visit, spec: ProviderSpec | None, model: str) -> Callable[[], Provider]:
    """Return what gives, on the background loop, the provider that answers as this model. It raises ChatError."""

    def provider() -> Provider:
        if spec is None and (server := visit.resting_server(model)) is not None:
            raise ModelUnavailable(
                f"{server.label} does not run on this machine now: start it, then try again, or choose another model."
            )
        if spec is None:
            raise NotFound("This conversation's model is not available here: choose another model, then try again.")
        if spec.lacks_key:
            raise MissingKey(spec.info.label)
        return visit.services.providers.get(spec)

    return provider

"""What can be done with the turns of a conversation: send, retry, continue, edit, switch, delete, leave out, rate.

Callbacks of the chat input and of buttons. Every answer is asked for in `answering.answer`. What fails here is said on
the page; what a person typed goes back into the input. A tab that acts shows what it did: its view is set to the branch
that it made.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Concatenate, ParamSpec

import streamlit as st

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.errors import NotNow, OverLimit
from chat.replies.reply import Reply
from chat.titles import auto_title
from ui import state
from ui.chat_page import in_line, sending
from ui.chat_page.answering import IN_TRASH, answer, check_question
from ui.guard import said, said_on_the_page, say
from ui.limits.room import check_text
from ui.notices import Undo
from ui.visit import Visit

P = ParamSpec("P")


def live_reply(visit: Visit, conversation: Conversation) -> Reply | None:
    """Return the answer that is on its way at the end of the shown path, or None where none is."""
    last = conversation.message(conversation.head)
    return None if last is None else visit.reply_to(last)


def send(visit: Visit, conversation: Conversation, question_id: str) -> None:
    """Keep what was typed as the next message, under this id, and have the model answer it.

    The id is made as the box is drawn: one press of Enter can reach the server twice, and is kept once.
    """
    ask(visit, conversation, question_id, sending.typed())


def ask(visit: Visit, conversation: Conversation, question_id: str, text: str) -> None:
    """Send these words as the next message, as if they were typed; where they are not taken they go into the box."""
    before = sending.sent(question_id)
    if not text.strip():
        return
    if before == text:
        _open_sent(conversation)
        return
    sending.forget_refusal()
    try:
        if before is None and live_reply(visit, conversation) is None:
            _send(visit, conversation, question_id, text)
        else:
            # Where the box was not drawn anew since the last message, its id is taken.
            in_line.line_up(
                visit, conversation.id, conversation.head, question_id if before is None else new_id(), text
            )
            sending.note_sent(question_id, text)
    except Exception as error:
        sending.give_back(text, sending.Refusal(conversation.id, said(error)))


def said_by_the_box(action: Callable[Concatenate[Visit, str, P], None]) -> Callable[Concatenate[Visit, str, P], None]:
    """Have the page say why a button of this conversation could not do its work: beside the box where a limit is in
    the way, as of a message, else where notices are."""

    @functools.wraps(action)
    def wrapped(visit: Visit, conversation_id: str, /, *args: P.args, **kwargs: P.kwargs) -> None:
        sending.forget_refusal()
        try:
            action(visit, conversation_id, *args, **kwargs)
        except OverLimit as error:
            sending.refuse(conversation_id, str(error))
        except Exception as error:
            say(error)

    return wrapped


def _send(visit: Visit, shown: Conversation, question_id: str, text: str) -> None:
    check_question(visit, shown, shown.head, text)
    # Session state is touched before and after, never between: there Streamlit ends a run for the next click.
    sending.note_sent(question_id, text)
    try:
        conversation, question = _kept(visit, shown, question_id, text)
    except Exception:
        sending.forget_sent()
        raise
    try:
        answer(visit, conversation, question)
    finally:
        _open_sent(shown)


def _open_sent(shown: Conversation) -> None:
    """Open the conversation that a first message began."""
    if shown.head is None:
        state.chat.keep_open(shown.id)


def _kept(visit: Visit, shown: Conversation, question_id: str, text: str) -> tuple[Conversation, Message]:
    if shown.head is None:
        now = utc_now()
        question = Message(question_id, None, "user", text, now)
        conversation = replace(
            shown, title=auto_title(text), created_at=now, updated_at=now, head=question.id, messages=(question,)
        )
        visit.store.create(conversation)
        return conversation, question
    last = shown.message(shown.head)
    waits = last is not None and (last.role, last.content, last.trashed) == ("user", text, False)
    parent_id = last.parent_id if last is not None and waits else shown.head
    return _asked(visit, shown.id, parent_id, text, question_id)


def _asked(
    visit: Visit, conversation_id: str, parent_id: str | None, text: str, question_id: str
) -> tuple[Conversation, Message]:
    """Keep a question under this id, and return it in its conversation as it then is.

    Where the same question stands there without an answer, it is that one: an answer could not be begun before, and
    this is the next try. Raises `NotNow` for a conversation that is in the trash.
    """
    conversation = visit.store.get(visit.owner.id, conversation_id)
    if conversation.trashed_at is not None:
        raise NotNow(IN_TRASH)
    answered = {message.parent_id for message in conversation.messages}
    for message in conversation.messages:
        is_same = (message.parent_id, message.role, message.content) == (parent_id, "user", text)
        if is_same and message.id not in answered and not message.trashed:
            return conversation, message
    question = Message(question_id, parent_id, "user", text, utc_now())
    return visit.store.add_message(visit.owner.id, conversation_id, question), question


@said_by_the_box
def answer_again(
    visit: Visit, conversation_id: str, answer_id: str, model: str | None = None, *, click: str | None = None
) -> None:
    """Ask for another answer to the same question, of another model where one is given. Both answers are kept.

    `click` is an id made as the button is drawn: a double click on it asks, and costs, once.
    """
    if click is not None and sending.sent(click) is not None:
        return
    conversation = visit.store.get(visit.owner.id, conversation_id)
    answer(visit, conversation, conversation.message(answer_id), model=model)
    if click is not None:
        sending.note_sent(click, answer_id)


@said_by_the_box
def continue_answer(visit: Visit, conversation_id: str, answer_id: str) -> None:
    """Have the model go on from the last word of an answer that ended early."""
    conversation = visit.store.get(visit.owner.id, conversation_id)
    begun = conversation.message(answer_id)
    answer(visit, conversation, begun, begun=begun)


def edit_refusal(visit: Visit, conversation: Conversation, message_id: str, text: str) -> str | None:
    """Return why a question cannot be asked in these words now; None where it can."""
    message = conversation.message(message_id)
    try:
        if message is not None:
            check_question(visit, conversation, message.parent_id, text)
    except Exception as error:
        return said(error)
    return None


@said_on_the_page
def edit(visit: Visit, conversation: Conversation, message_id: str, text: str) -> None:
    """Ask in other words: a sibling of the question, and a new branch from there on. The old one is kept."""
    message = conversation.message(message_id)
    if message is not None:
        answer(visit, *_asked(visit, conversation.id, message.parent_id, text, new_id()))


@said_on_the_page
def stop(visit: Visit, message_id: str) -> None:
    """End the answer now, at the provider too; what arrived stays."""
    visit.end_reply(message_id)


@said_on_the_page
def switch(visit: Visit, conversation_id: str, message_id: str) -> None:
    """Show the branch that goes through this message, where it was last gone on with."""
    conversation = visit.store.get(visit.owner.id, conversation_id)
    leaf = conversation.leaf_below(message_id)
    visit.store.update(visit.owner.id, conversation_id, head=leaf)
    state.chat.set_view(conversation_id, leaf)


@said_on_the_page
def show_newest(visit: Visit, conversation_id: str) -> None:
    """Show the branch that somebody else went on with."""
    state.chat.follow_store(conversation_id)


@said_on_the_page
def delete_turn(visit: Visit, conversation: Conversation, message_id: str) -> None:
    """Delete a question and every version of its answer, and offer to take that back. What follows stays."""
    ids = tuple(message.id for message in visit.store.get(visit.owner.id, conversation.id).turn(message_id))
    if not ids:
        return
    for each in ids:
        visit.end_reply(each)
    visit.store.update_messages(visit.owner.id, conversation.id, ids, trashed=True)
    state.page.offer_undo(Undo(conversation.id, "1 turn", ids))


@said_on_the_page
def leave_out(visit: Visit, conversation_id: str, message_id: str, left_out: bool) -> None:
    """Keep a message out of what the model is sent, or take it in again."""
    visit.store.update_message(visit.owner.id, conversation_id, message_id, left_out=left_out)


@said_on_the_page
def rate(visit: Visit, conversation_id: str, message_id: str, rating: int) -> None:
    """Keep a rating: +1 or -1; 0 takes it back."""
    visit.store.update_message(visit.owner.id, conversation_id, message_id, rating=rating or None)


@said_on_the_page
def note_rating(visit: Visit, conversation_id: str, message_id: str, key: str) -> None:
    """Keep the note that goes with a rating."""
    note = st.session_state[key] or ""
    check_text(visit, note)
    visit.store.update_message(visit.owner.id, conversation_id, message_id, rating_note=note)

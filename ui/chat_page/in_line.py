"""Messages that wait in line: written while an answer arrives, sent once it has ended, whoever looks then, or nobody.

What waits is kept with its conversation (`store/line.py`), so a reload shows it again and a killed process loses none.
As an answer ends, this process sends what comes next; where that could not be, the next page that shows the
conversation does. Both may come at once: one of them gets the message, and the other waits for that.

After an answer that was not whole the line stands still, since that is perhaps wanted first: a person sends it on.
"""

from __future__ import annotations

import functools
import logging
import threading

import streamlit as st

from chat.conversation import Conversation, Message, Waiting, utc_now
from chat.errors import ChatError, NotNow
from chat.replies.reply import Reply
from store.conversations import NotFound, StoreError
from ui.chat_page import sending
from ui.chat_page.answering import IN_TRASH, begin, check_question
from ui.guard import said, said_on_the_page
from ui.limits.asking import check_message
from ui.limits.room import check_room
from ui.markdown.safe import as_label
from ui.visit import Visit

_log = logging.getLogger(__name__)

NOT_WHOLE = "The answer before it is not whole. Continue that or ask again, send this now, or take it back."
NOT_THERE = "What it was to follow is not here. Send it now, or take it back."
MOST_SHOWN = 200
"""Characters of a waiting message that are shown."""
MANY, MOST_HIGH = 4, 180
"""From more messages on the line is so many pixels high, and scrolls: it stands over what there is to read."""

_one_at_a_time = threading.Lock()
"""Held while the next message is sent: a page that is drawn as an answer ends shows what comes next, and no gap."""


def line_up(visit: Visit, conversation_id: str, after: str | None, message_id: str, text: str) -> None:
    """Keep a message in line, behind this answer. Raises `OverLimit` for one that is too long or has no room."""
    check_message(visit, text)
    check_room(visit, more=len(text.encode("utf-8", "replace")))
    kept = visit.store.get(visit.owner.id, conversation_id)
    if kept.trashed_at is not None:
        raise NotNow(IN_TRASH)
    after = after or kept.shown_head or ""
    visit.store.line.join(visit.owner.id, conversation_id, Waiting(message_id, text, utc_now(), after))
    before = _before(kept, after)
    reply = None if before is None else visit.reply_to(before)
    if reply is None:
        send_next(visit, conversation_id)
    else:
        _send_next_after(visit, conversation_id, reply)


def send_next(visit: Visit, conversation_id: str) -> None:
    """Send the message that is next in line where its turn has come; whatever keeps it is said where it waits."""
    try:
        _send(visit, conversation_id, even_if_not_whole=False)
    except (ChatError, StoreError) as error:
        _log.info("a message stays in line (%s)", error)


@said_on_the_page
def send_now(visit: Visit, conversation_id: str) -> None:
    """Send the message that is next in line although the answer before it is not whole. A callback."""
    _send(visit, conversation_id, even_if_not_whole=True)


@said_on_the_page
def take_back(visit: Visit, conversation_id: str, message_id: str) -> None:
    """Take a message out of the line, and put its words into the message box. A callback."""
    sending.put_back(visit.store.line.leave(visit.owner.id, conversation_id, message_id).content)


def gone_on(visit: Visit, conversation: Conversation) -> Conversation:
    """Return the conversation once what is next in line has been sent where its turn has come."""
    if not conversation.waiting:
        return conversation
    send_next(visit, conversation.id)
    return visit.store.get(visit.owner.id, conversation.id)


def draw(visit: Visit, conversation: Conversation) -> None:
    """Draw what waits, and why it does where that is not only the answer on its way."""
    if not conversation.waiting:
        return
    why = why_it_stays(visit, conversation)
    with st.container(gap="xsmall", key="in_line", height=MOST_HIGH if len(conversation.waiting) > MANY else "content"):
        for number, waiting in enumerate(conversation.waiting):
            _draw_one(visit, conversation, waiting, why if number == 0 else None)


def _draw_one(visit: Visit, conversation: Conversation, waiting: Waiting, why: str | None) -> None:
    words = " ".join(waiting.content.split())
    short = words if len(words) <= MOST_SHOWN else f"{words[:MOST_SHOWN]}…"
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        st.markdown(f":gray-badge[In line] {as_label(short)}", width="stretch")
        if why is not None:
            st.button(
                "Send now",
                key=f"send-{waiting.id}",
                icon=":material/send:",
                type="tertiary",
                on_click=send_now,
                args=(visit, conversation.id),
            )
        st.button(
            "Take back",
            key=f"take-{waiting.id}",
            icon=":material/undo:",
            type="tertiary",
            on_click=take_back,
            args=(visit, conversation.id, waiting.id),
        )
    if why is not None:
        st.caption(as_label(why))


def _send(visit: Visit, conversation_id: str, *, even_if_not_whole: bool) -> None:
    owner = visit.owner.id
    with _one_at_a_time:
        conversation = visit.store.get(owner, conversation_id)
        if not conversation.waiting or conversation.trashed_at is not None:
            return
        waiting = conversation.waiting[0]
        before = _before(conversation, waiting.after)
        if before is not None and before.status == "streaming":
            return
        if not even_if_not_whole and _is_not_its_turn(before) is not None:
            return
        parent_id = before.id if before is not None else conversation.shown_head or ""
        check_question(visit, conversation, parent_id, waiting.content)
        try:
            conversation = visit.store.line.say(owner, conversation_id, waiting.id, parent_id)
        except NotFound:  # another process or a person was faster
            return
        reply = begin(visit, conversation, conversation.message(waiting.id))
    if conversation.waiting:
        _send_next_after(visit, conversation_id, reply)


def _send_next_after(visit: Visit, conversation_id: str, reply: Reply) -> None:
    send = functools.partial(send_next, visit, conversation_id)

    def then() -> None:
        if reply.outcome is not None and reply.outcome.status in ("complete", "stopped"):
            threading.Thread(target=send, name="chatkeep-line", daemon=True).start()

    reply.when_ended(then)


def _before(conversation: Conversation, after: str) -> Message | None:
    """Return the message that comes last now in the branch of this one; None where it is not there, or deleted."""
    message = conversation.message(after)
    if message is None or message.trashed:
        return None
    return conversation.message(conversation.leaf_below(after))


def _is_not_its_turn(before: Message | None) -> str | None:
    if before is None:
        return NOT_THERE
    return None if before.role == "assistant" and before.status in ("complete", "stopped") else NOT_WHOLE


def why_it_stays(visit: Visit, conversation: Conversation) -> str | None:
    """Return why what is next in line is not sent, where that is not only the answer on its way."""
    if not conversation.waiting:
        return None
    waiting = conversation.waiting[0]
    before = _before(conversation, waiting.after)
    if before is not None and before.status == "streaming":
        return None
    why = _is_not_its_turn(before)
    if why is not None:
        return why
    try:
        check_question(visit, conversation, before.id if before is not None else None, waiting.content)
    except Exception as error:
        return said(error)
    return None

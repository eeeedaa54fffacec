"""What can be done with a whole conversation: callbacks of buttons, each a few small steps on the store.

What is done with single turns of it is in `chat_page/turns.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.errors import OverLimit
from chat.titles import fork_title
from exchange.room import size_of
from exchange.sentences import conversations
from store.conversations import NotFound
from ui import state
from ui.chat_page import sending
from ui.guard import said_on_the_page
from ui.limits.room import check_room, check_text
from ui.notices import Undo
from ui.visit import Visit
from ui.work.many import try_each


@said_on_the_page
def change_settings(visit: Visit, conversation: Conversation, **changes: Any) -> None:
    """Change how the model is asked in this conversation, from its next message on."""
    if prompt := changes.get("system_prompt"):
        check_text(visit, prompt)
    if model := changes.get("model"):
        visit.remember_model(model)
    if conversation.head is None:
        # As it is now: what was changed just before may not have been drawn yet.
        draft = state.chat.draft(visit.owner.id, conversation.settings)
        if draft.id == conversation.id:
            state.chat.set_draft(replace(draft, settings=replace(draft.settings, **changes)))
        return
    # On top of what is kept now, so that this tab changes no field that another one has changed meanwhile.
    kept = visit.store.get(visit.owner.id, conversation.id).settings
    visit.store.update(visit.owner.id, conversation.id, settings=replace(kept, **changes))


@said_on_the_page
def rename(visit: Visit, conversation_id: str, title: str) -> None:
    """Give the conversation a title of the user's own; an automatic one never replaces it."""
    words = " ".join(title.split())
    if words:
        check_text(visit, words)
        visit.store.update(visit.owner.id, conversation_id, title=words, title_source="manual")


@said_on_the_page
def delete(visit: Visit, conversation_id: str, title: str) -> None:
    """Put the conversation into the trash, and offer to take that back."""
    visit.trash(conversation_id)
    was_open = state.chat.open_id() == conversation_id
    state.page.offer_undo(Undo(conversation_id, f"“{title}”", was_open=was_open))
    if was_open:
        state.chat.forget_open()


@said_on_the_page
def undo_delete(visit: Visit) -> None:
    """Give back what was deleted last."""
    undo = state.page.undo()
    if undo is None:
        return
    if undo.message_ids:
        tried = try_each(
            [undo.conversation_id],
            lambda each: visit.store.update_messages(visit.owner.id, each, undo.message_ids, trashed=False),
        )
    else:
        ids = undo.conversation_ids or (undo.conversation_id,)
        tried = try_each(ids, lambda each: visit.store.restore(visit.owner.id, each))
    # What is gone cannot be given back however often; what failed can be tried again.
    state.page.offer_undo(_left_to_undo(undo, tuple(tried.failed)))
    if said := tried.in_words("Gave back"):
        state.page.notify(said, is_error=True)
    if undo.was_open and tried.done:
        state.chat.open_conversation(undo.conversation_id)


def offer_no_undo_of(conversation_ids: Iterable[str]) -> None:
    """Offer to take back a deletion without these conversations: they are restored, or gone for good."""
    undo = state.page.undo()
    if undo is None or undo.message_ids:
        return
    done = set(conversation_ids)
    deleted = undo.conversation_ids or (undo.conversation_id,)
    state.page.offer_undo(_left_to_undo(undo, tuple(each for each in deleted if each not in done)))


def _left_to_undo(undo: Undo, left: tuple[str, ...]) -> Undo | None:
    if not left:
        return None
    return replace(undo, what=conversations(len(left)), conversation_ids=left) if undo.conversation_ids else undo


@said_on_the_page
def open_at(visit: Visit, conversation_id: str, message_id: str | None) -> None:
    """Open a conversation at one of its messages. Where that is in another branch, this tab looks at it; only what is
    said there makes it the one that the store shows."""
    state.chat.open_conversation(conversation_id)
    if message_id is None:
        return
    conversation = visit.store.get(visit.owner.id, conversation_id)
    path = conversation.path()
    state.chat.set_view(conversation_id, conversation.head)
    if all(message.id != message_id for message in path):
        leaf = conversation.leaf_below(message_id)
        path = conversation.path(leaf)
        state.chat.set_view(conversation_id, leaf, conversation.head)
    place = next((number for number, message in enumerate(path) if message.id == message_id), 0)
    state.chat.show_message(message_id, len(path) - max(place - 1, 0))


def open_at_address(visit: Visit) -> None:
    """Open the conversation that the URL names at the message that it names, where it does."""
    conversation_id, message_id = state.chat.url_id(), state.chat.place_in_url()
    if conversation_id is None or message_id is None or state.chat.has_jump():
        return
    with suppress(NotFound):  # the page says so
        if visit.store.get(visit.owner.id, conversation_id).message(message_id) is not None:
            open_at(visit, conversation_id, message_id)


@said_on_the_page
def pin(visit: Visit, conversation_id: str, pinned: bool) -> None:
    """Pin a conversation above the others, or let it go."""
    visit.store.update(visit.owner.id, conversation_id, pinned=pinned)


@said_on_the_page
def set_tags(visit: Visit, conversation_id: str, tags: Iterable[str]) -> None:
    """Give a conversation these tags and no others."""
    tidy = tidy_tags(tags)
    check_text(visit, "".join(tidy))
    visit.store.update(visit.owner.id, conversation_id, tags=tidy)


@said_on_the_page
def restore(visit: Visit, conversation_id: str) -> None:
    """Take a conversation out of the trash."""
    visit.store.restore(visit.owner.id, conversation_id)
    offer_no_undo_of((conversation_id,))


@said_on_the_page
def empty_trash_of_expired(visit: Visit) -> None:
    """Erase what has been in the trash for as long as the owner set; an app may run for months."""
    if visit.store.preferences(visit.owner.id).trash_days is not None:
        visit.store.erase_expired(visit.owner.id)


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags in one line each, none empty, none twice (whatever its case), in their order."""
    tidy = (" ".join(tag.split()) for tag in tags)
    return tuple({tag.casefold(): tag for tag in tidy if tag}.values())


@said_on_the_page
def clear(visit: Visit, conversation: Conversation) -> None:
    """Delete every message of the shown path, and offer to take that back. Other branches stay."""
    ids = tuple(message.id for message in visit.present(conversation).path())
    for message_id in ids:
        visit.end_reply(message_id)
    visit.store.update_messages(visit.owner.id, conversation.id, ids, trashed=True)
    state.page.offer_undo(Undo(conversation.id, "all messages", ids))


@said_on_the_page
def fork(visit: Visit, conversation: Conversation, last_id: str | None = None) -> None:
    """Copy the shown path, up to and with `last_id`, into a new conversation, and open that."""
    conversation = visit.present(conversation)
    now = utc_now()
    copies: list[Message] = []
    for message in conversation.path(last_id):
        if message.status == "streaming":
            break
        copies.append(replace(message, id=new_id(), parent_id=copies[-1].id if copies else None))
    forked = replace(
        conversation,
        id=new_id(),
        title=fork_title(conversation.title),
        created_at=now,
        updated_at=now,
        head=copies[-1].id if copies else None,
        pinned=False,
        source=f"chatkeep:{conversation.id}",
        messages=tuple(copies),
        waiting=(),
    )
    try:
        check_room(visit, new=1, more=size_of(forked))
    except OverLimit as error:
        if state.page.shown_page() != "Chat":
            raise
        sending.refuse(conversation.id, str(error))
        return
    visit.store.create(forked)
    state.chat.open_conversation(forked.id)

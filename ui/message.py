"""One message as it is kept: what was said, what was thought before, and how an answer ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import streamlit as st

from chat.conversation import ErrorDetails, Message
from chat.endings import sentence_of
from ui.markdown.bounds import Spent, shares
from ui.markdown.draw import draw_markdown, draw_typed, markdown, reading_direction
from ui.markdown.safe import as_label
from ui.phrases import clock_time

LONGEST_DIMMED = 5_000
"""Characters of a question that is left out of memory up to which it is shown in grey."""
AVATARS = {"user": ":material/person:", "assistant": ":material/smart_toy:", "system": ":material/tune:"}


def shares_of(messages: Iterable[Message]) -> dict[str, Spent]:
    """Return how much of what a page can bear each text of its messages has to leave to later ones."""
    texts: dict[str, str] = {}
    for message in messages:
        if message.role == "assistant":
            texts |= {f"thinking-{message.id}": message.reasoning, message.id: message.content}
    return shares(texts)


def facts_of(message: Message, label_of: Callable[[str | None], str]) -> str:
    """Return who answered, when, and in how many tokens where that is known: `small-latest · 20:57 · 34 tokens`.

    `label_of` says what a person reads for a model.
    """
    facts = [", then ".join(label_of(model) for model in message.models), clock_time(message.created_at)]
    if message.usage is not None:
        count = message.usage.completion_tokens
        facts.append(f"{count:,} token{'' if count == 1 else 's'}")
    return " · ".join(fact for fact in facts if fact)


def draw_message(message: Message, spent: Mapping[str, Spent], draw_below: Callable[[], None]) -> None:
    """Draw one message as it is kept.

    `spent` is of `shares_of` all messages of the page; `draw_below` draws what stands under its words.
    """
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if message.reasoning:
            thinking = f"thinking-{message.id}"
            with st.expander("Thought before answering", type="compact", icon=":material/psychology:"):
                draw_markdown(message.reasoning, thinking, spent.get(thinking))
        if message.left_out:
            st.badge("Left out of memory", icon=":material/visibility_off:", color="gray")
        if message.role == "assistant":
            draw = st.caption if message.left_out else markdown
            draw_markdown(message.content, message.id, spent.get(message.id), draw)
        elif message.left_out and len(message.content) <= LONGEST_DIMMED:
            with reading_direction(message.content, message.id):
                st.caption("  \n".join(as_label(line) for line in message.content.splitlines()))
        else:
            draw_typed(message.content, message.id)
        if message.note:
            st.caption(as_label(message.note))
        _draw_ending(message)
        draw_below()


def _draw_ending(message: Message) -> None:
    if message.status == "streaming":  # by another process that shares the store: a live one here is followed
        st.markdown(":shimmer[Still being written elsewhere …]")
    ending = sentence_of(message)
    if ending is None:
        return
    if message.status == "failed":
        st.error(as_label(ending), icon=":material/error:")
        _draw_details(message.error_details)
    else:
        st.caption(as_label(ending))


def _draw_details(details: ErrorDetails | None) -> None:
    """Draw what is known of a failed answer beside the sentence, where anything is."""
    if details is None:
        return
    lines = (
        f"Status {details.status}" if details.status is not None else "",
        f"The provider says: {details.words}" if details.words else "",
        f"Request id: {details.request_id}" if details.request_id else "",
    )
    if any(lines):
        with st.expander("Details", type="compact", icon=":material/info:"):
            st.text("\n".join(line for line in lines if line))

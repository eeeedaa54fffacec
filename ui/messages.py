"""Drawing a conversation's messages: what was said, how an answer ended, and an answer that is still arriving."""

from __future__ import annotations

import streamlit as st

from chat.conversation import Conversation, Message, printable
from chat.live import Reply, Snapshot
from chat.notices import ending_of
from ui import actions, state
from ui.markdown import as_label, safe_markdown, split_settled
from ui.visit import Visit

REDRAW_SECONDS = 0.2
"""Between two looks at an answer that arrives: several updates a second, and little work for server and browser."""

FIRST_WORD_WAIT = 0.3
"""How long a run waits for the first word, so that it shows at once and not with the next look."""

AVATARS = {"user": ":material/person:", "assistant": ":material/smart_toy:", "system": ":material/tune:"}


def draw_path(visit: Visit, conversation: Conversation) -> None:
    """Draw the shown path: its last messages, older ones on demand, and a live answer while it arrives."""
    path = conversation.path()
    shown = path[-state.shown_messages() :]
    if len(shown) < len(path):
        st.button(
            f"Show earlier messages ({len(path) - len(shown)})",
            key="show_earlier",
            on_click=state.show_more,
            icon=":material/expand_less:",
            type="tertiary",
        )
    for message in shown:
        reply = visit.services.replies.get(visit.owner.id, message.id) if message.status == "streaming" else None
        if reply is not None:
            _follow(visit, reply)
        else:
            draw_message(message)
            _draw_retry(visit, conversation, message)


def draw_message(message: Message) -> None:
    """Draw one message as it is kept."""
    with st.chat_message(message.role, avatar=AVATARS[message.role]):
        if message.reasoning:
            _draw_reasoning(message.reasoning, "Thought before answering")
        if message.role == "assistant":
            st.markdown(safe_markdown(message.content))
        else:
            st.text(printable(message.content))  # as typed: no markdown, every line break and space kept
        ending = ending_of(message)
        if ending is None:
            return
        if message.status == "failed":
            st.error(as_label(ending), icon=":material/error:")
        else:
            st.caption(as_label(ending))


def _draw_reasoning(text: str, label: str, *, expanded: bool = False) -> None:
    with st.expander(label, expanded=expanded, type="compact", icon=":material/psychology:"):
        st.markdown(safe_markdown(text))


def _draw_retry(visit: Visit, conversation: Conversation, message: Message) -> None:
    if message.role != "assistant" or message.status in ("complete", "streaming"):
        return
    st.button(
        "Retry",
        key=f"retry-{message.id}",
        icon=":material/refresh:",
        on_click=actions.retry,
        args=(visit, conversation.id, message.id),
        help="Ask the model the same question again",
    )


def _follow(visit: Visit, reply: Reply) -> None:
    """Draw an answer while it arrives. The run that starts it waits a moment for the first word."""

    @st.fragment(run_every=REDRAW_SECONDS)
    def follow() -> None:
        with st.chat_message("assistant", avatar=AVATARS["assistant"]):
            thinking, answer = st.container(), st.container()
        st.button(
            "Stop",
            key=f"stop-{reply.message.id}",
            icon=":material/stop_circle:",
            on_click=actions.stop,
            args=(visit, reply.message.id),
        )
        snapshot = reply.snapshot()
        if not (snapshot.text or snapshot.reasoning or snapshot.progress):
            with answer:
                st.markdown(":shimmer[Waiting for the first word …]")
            reply.wait_for_something(FIRST_WORD_WAIT)
            snapshot = reply.snapshot()
        if snapshot.ended:
            st.rerun()
        with thinking:
            if snapshot.reasoning:
                _draw_reasoning(snapshot.reasoning, ":shimmer[Thinking]", expanded=not snapshot.text)
        with answer:
            _draw_snapshot(snapshot)

    follow()


def _draw_snapshot(snapshot: Snapshot) -> None:
    if snapshot.progress is not None:
        if snapshot.progress.fraction is None:
            st.markdown(f":shimmer[{as_label(snapshot.progress.text)}]")
        else:
            st.progress(snapshot.progress.fraction, as_label(snapshot.progress.text))
    settled, rest = split_settled(snapshot.text)
    for block in (*settled, rest):
        if block.strip():
            st.markdown(safe_markdown(block))
    if snapshot.unsaved is not None:
        st.warning(f"{as_label(snapshot.unsaved)} It is tried again every few seconds.", icon=":material/save:")

"""Drawing an answer while it arrives: a fragment that looks a few times a second and never holds the page up.

It belongs to nobody: any number of tabs follow one reply, and closing them all ends nothing. Settled blocks are drawn
as elements of their own, which Streamlit sends once; only the open rest is sent again.
"""

from __future__ import annotations

import streamlit as st

from chat.replies.reply import Reply, Snapshot
from ui.guard import guarded
from ui.markdown.bounds import Spent
from ui.markdown.draw import draw_part, reading_direction
from ui.markdown.safe import as_label, closed, split_settled

REDRAW_SECONDS = 0.205
"""Between two looks at an answer that arrives: several updates a second, and little work for server and browser."""

FIRST_WORD_WAIT = 0.3
"""Seconds that a run waits for the first word, so that it shows at once and not with the next look."""


def follow(reply: Reply) -> None:
    """Draw the answer for as long as it is on its way. Once it has ended, its message is another part of the page."""
    with st.chat_message("assistant", avatar=":material/smart_toy:"):
        answer = st.container()

    @st.fragment(run_every=REDRAW_SECONDS)
    @guarded()
    def look() -> None:
        snapshot = reply.snapshot()
        if _has_something(snapshot):
            _draw(snapshot)
            return
        # The first words take the place of the waiting: in a place of their own they would show twice for a moment,
        # when the next look draws them where the waiting was.
        place = st.empty()
        place.markdown(":shimmer[Waiting for the first word …]")
        reply.wait_for_something(FIRST_WORD_WAIT)
        snapshot = reply.snapshot()
        if _has_something(snapshot):
            with place.container():
                _draw(snapshot)

    with answer:
        look()


def _has_something(snapshot: Snapshot) -> bool:
    return bool(snapshot.text or snapshot.reasoning or snapshot.progress)


def _draw_thinking(snapshot: Snapshot) -> None:
    label = "Thought before answering" if snapshot.text else ":shimmer[Thinking]"
    with st.expander(label, expanded=not snapshot.text, type="compact", icon=":material/psychology:"):
        _draw_growing(snapshot.reasoning, "live-thinking")


def _draw(snapshot: Snapshot) -> None:
    if snapshot.reasoning:
        _draw_thinking(snapshot)
    progress = snapshot.progress
    if progress is not None and progress.fraction is not None:
        st.progress(progress.fraction, as_label(progress.text))
    elif progress is not None:
        st.markdown(f":shimmer[{as_label(progress.text)}]")
    _draw_growing(snapshot.text, "live")
    if snapshot.unsaved is not None:
        again = "" if snapshot.ended else " It is tried again every few seconds."
        st.warning(f"{as_label(snapshot.unsaved)}{again}", icon=":material/save:")


def _draw_growing(text: str, key: str) -> None:
    settled, rest = split_settled(text)
    spent, hidden = Spent(), 0
    with reading_direction(text, key):
        for block in (*settled, closed(rest)):
            drawn = draw_part(block, spent)
            spent = drawn.spent
            hidden += drawn.hidden
    if hidden:
        st.caption(f"{hidden:,} more characters are kept, and not shown while the answer arrives.")

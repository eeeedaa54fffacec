"""Drawing an answer while it arrives. It never holds the page up, and belongs to nobody: any number of tabs follow one
reply, and closing them all ends nothing.

Where the page hears its channel (`ui/live/`), what has settled is drawn as it settles, and what comes after it is in an
open text, which needs no run. Where it does not, a fragment looks a few times a second: settled blocks are elements of
their own, which Streamlit sends once, and only the open rest is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from chat.conversation import Message
from chat.replies.reply import Reply, Snapshot
from ui.browser.live import open_text
from ui.guard import guarded
from ui.live.channels import Channel
from ui.live.feed import units
from ui.markdown.bounds import Spent
from ui.markdown.draw import draw_blocks, draw_markdown, reading_direction
from ui.markdown.safe import as_label
from ui.markdown.settling import settled_blocks, standing

REDRAW_SECONDS = 0.205
"""Between two looks at an answer that arrives: several updates a second, and little work for server and browser."""

FIRST_WORD_WAIT = 0.3
"""Seconds that a run waits for the first word, so that it shows at once and not with the next look."""

KINDS = ("thinking", "text")
"""What there is of an answer: what was thought before, and what was said."""
WAITING = "Waiting for the first word …"


@dataclass
class Following:
    """How far an answer is drawn on one page."""

    reply: Reply
    channel: Channel | None
    """Where the page hears of it; None in plain mode."""
    kind: str = field(init=False)
    settled: int = field(init=False)
    """Characters of that kind that are drawn."""

    def __post_init__(self) -> None:
        snapshot = self.reply.snapshot()
        self.kind, text = ("text", snapshot.text) if snapshot.text else ("thinking", snapshot.reasoning)
        self.settled = standing(text)

    @property
    def message(self) -> Message:
        return self.reply.message

    @property
    def hears(self) -> bool:
        return self.channel is not None and self.channel.hears

    def draw(self) -> None:
        """Draw the answer for as long as it is on its way. Once it has ended, its message is drawn in its place."""
        if self.channel is not None:
            self.channel.follow(self.reply)
        with st.chat_message("assistant", avatar=":material/smart_toy:"):
            if self.hears:
                _draw_heard(self)
            else:
                _look_at(self.reply)

    def look(self, kind: str, settled: int) -> None:
        """Draw up to another character; a callback of the page (`open_text`)."""
        if kind == "deaf" and self.channel is not None:
            self.channel.lose()
        elif kind in KINDS:
            self.kind, self.settled = kind, max(settled, 0)


def _draw_heard(following: Following) -> None:
    snapshot = following.reply.snapshot()
    if snapshot.reasoning:
        with _thinking(snapshot):
            if snapshot.text:
                draw_markdown(snapshot.reasoning, f"thinking-{following.message.id}")
            else:
                _draw_open(following, "thinking", snapshot.reasoning)
    _draw_progress(snapshot)
    if snapshot.text or not snapshot.reasoning:  # there also where there is no word yet: by it the page is asked
        _draw_open(following, "text", snapshot.text, waiting="" if snapshot.progress else WAITING)
    _draw_unsaved(snapshot)


def _draw_open(following: Following, kind: str, text: str, waiting: str = "") -> None:
    place = min(following.settled, len(text)) if following.kind == kind else 0
    words = st.container()
    open_text(following.message.id, kind, units(text[:place]), waiting, following.look)
    with words, reading_direction(text[:place], f"live-{kind}"):
        draw_blocks(settled_blocks(text, place), Spent())


def _look_at(reply: Reply) -> None:
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
        place.markdown(f":shimmer[{WAITING}]")
        reply.wait_for_something(FIRST_WORD_WAIT)
        snapshot = reply.snapshot()
        if _has_something(snapshot):
            with place.container():
                _draw(snapshot)

    look()


def _has_something(snapshot: Snapshot) -> bool:
    return bool(snapshot.text or snapshot.reasoning or snapshot.progress)


def _draw(snapshot: Snapshot) -> None:
    if snapshot.reasoning:
        with _thinking(snapshot):
            _draw_growing(snapshot.reasoning, "live-thinking")
    _draw_progress(snapshot)
    _draw_growing(snapshot.text, "live")
    _draw_unsaved(snapshot)


def _draw_growing(text: str, key: str) -> None:
    with reading_direction(text, key):
        hidden = draw_blocks(settled_blocks(text, len(text)), Spent())
    if hidden:
        st.caption(f"{hidden:,} more characters are kept, and not shown while the answer arrives.")


def _thinking(snapshot: Snapshot) -> DeltaGenerator:
    label = "Thought before answering" if snapshot.text else ":shimmer[Thinking]"
    return st.expander(label, expanded=not snapshot.text, type="compact", icon=":material/psychology:")


def _draw_progress(snapshot: Snapshot) -> None:
    progress = snapshot.progress
    if progress is not None and progress.fraction is not None:
        st.progress(progress.fraction, as_label(progress.text))
    elif progress is not None:
        st.markdown(f":shimmer[{as_label(progress.text)}]")


def _draw_unsaved(snapshot: Snapshot) -> None:
    if snapshot.unsaved is not None:
        again = "" if snapshot.ended else " It is tried again every few seconds."
        st.warning(f"{as_label(snapshot.unsaved)}{again}", icon=":material/save:")

"""Drawing an answer while it arrives. It never holds the page up, and belongs to nobody: any number of tabs follow one
reply, and closing them all ends nothing.

Where the page hears its channel (`ui/live/`), what has settled is drawn as it settles, and what comes after it is in an
open text, which needs no run. Where it does not, a fragment looks a few times a second: settled blocks are elements of
their own, which Streamlit sends once, and only the open rest is sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from chat.replies.reply import Reply, Snapshot
from ui.browser.live import KEPT, open_text
from ui.guard import guarded
from ui.live.channels import Channel, Drawn
from ui.live.feed import KINDS, ends_in_units, units
from ui.markdown.bounds import Spent
from ui.markdown.draw import AS_TEXT, draw_blocks, draw_markdown, reading_direction
from ui.markdown.safe import as_label
from ui.markdown.settling import Standing, settled_blocks, standing

REDRAW_SECONDS = 0.205
"""Between two looks at an answer that arrives: several updates a second, and little work for server and browser."""

FIRST_WORD_WAIT = 0.3
"""Seconds that a run waits for the first word, so that it shows at once and not with the next look."""

END_SECONDS = 2.0
"""That a page is given to ask for the end of an answer whose last words it shows by itself."""

WAITING = "Waiting for the first word …"


class Following:
    """An answer that is on its way on one page."""

    def __init__(self, reply: Reply, channel: Channel | None) -> None:
        """`channel`: where the page hears of it; None in plain mode."""
        self.reply = reply
        self._channel = channel
        self.drawn = None if channel is None else channel.follow(reply)
        self._is_deaf = self._has_asked_for_end = False
        self._end_drawn_at: float | None = None

    @property
    def by_push(self) -> bool:
        return self.drawn is not None and self.drawn.by_push

    @property
    def goes_on(self) -> bool:
        """Whether the answer has ended, and is drawn here once more all the same.

        Its message takes the place of words that the page shows by itself. Unless the page knows where its parts end,
        it would show them twice, or none, until all of it is there. So it is told first, and asks then.
        """
        if not self.by_push or self._has_asked_for_end:
            return False
        return self._end_drawn_at is None or time.monotonic() - self._end_drawn_at < END_SECONDS

    def draw(self) -> None:
        """Draw the answer for as long as it is on its way. Once it has ended, its message is drawn in its place."""
        if self.reply.ended and self._end_drawn_at is None:
            self._end_drawn_at = time.monotonic()
        with st.chat_message("assistant", avatar=":material/smart_toy:"):
            if self.drawn is not None and self.drawn.by_push:
                _draw_heard(self.reply, self.drawn, self._look, is_left=self._is_deaf)
            else:
                _look_at(self.reply)

    def _look(self, kind: str, settled: int) -> None:
        """Draw up to another character; a callback of the page (`open_text`)."""
        if self._channel is None or self.drawn is None:
            return
        if kind == "deaf":
            self._channel.lose()
            self.drawn.by_push = not self._is_deaf  # told twice, it did not ask for what comes next
            self._is_deaf = True
        elif kind == "over":
            self.drawn.by_push = False
        elif kind == "end":
            self._has_asked_for_end = True
        elif kind in KINDS:
            self.drawn.kind, self.drawn.settled = kind, max(settled, 0)


def _draw_heard(reply: Reply, drawn: Drawn, look: Callable[[str, int], None], *, is_left: bool) -> None:
    snapshot = reply.snapshot()

    def draw_open(kind: str, text: str, waiting: str = "") -> None:
        place = min(drawn.settled, len(text)) if drawn.kind == kind else 0
        with st.container():
            with reading_direction(text[:place], f"live-{kind}"):
                spent, hidden = draw_blocks(settled_blocks(text, place), Spent())
            _draw_kept(hidden)
            if standing(text) == Standing(place, is_text=True) and not spent.ends_as_text:
                st.caption(AS_TEXT)
        # Behind what has settled, also on its way to the browser: else it lets go of words that are not drawn yet.
        next_look: tuple[str, list[int]] | None = None
        if snapshot.ended:
            next_look = "end", ends_in_units(snapshot.text, place if kind == "text" else 0)
        elif is_left:
            next_look = "over", ends_in_units(text, place, later=len(text))
        open_text(reply.message.id, kind, units(text[:place]), text[place:], waiting, look, next_look)

    if snapshot.reasoning:
        with _thinking(snapshot):
            if snapshot.text:
                draw_markdown(snapshot.reasoning, f"thinking-{reply.message.id}")
            else:
                draw_open("thinking", snapshot.reasoning)
    _draw_progress(snapshot)
    if snapshot.text or not snapshot.reasoning:  # there also where there is no word yet: by it the page is asked
        draw_open("text", snapshot.text, "" if snapshot.progress else WAITING)
    _draw_unsaved(snapshot)


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
        _, hidden = draw_blocks(settled_blocks(text, len(text)), Spent())
    _draw_kept(hidden)


def _draw_kept(hidden: int) -> None:
    if hidden:
        st.caption(f"{hidden:,}{KEPT}")


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

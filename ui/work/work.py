"""Work that a click began and that may take long: done in a thread of its own, so that no run of a page can end it.

A session does one at a time. What came of it is taken in by the click itself where that is a moment later, else by the
next run of any page; meanwhile a page shows in its place how far it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import streamlit as st

from store.keeping import Step
from ui import state
from ui.guard import guarded, say
from ui.work.many import Stopped

AT_ONCE_SECONDS = 1.0
"""How long a click waits for its work, so that what is short is simply done."""
LOOK_SECONDS = 0.4
STOPPED = "Stopped: what was done until then is done, and nothing else was changed."
BUSY = "This was not done, since something else is at work here still: do it again when that has ended."


class Work:
    """One piece of work: how far it is, and in the end what came of it."""

    def __init__(
        self, place: str, doing: str, do: Callable[[Step], Any], taken_in: Callable[[Any], None], reports_at: str
    ) -> None:
        self.place = place
        self.doing = doing
        self.is_stopped = False
        self.done = self.total = 0
        self._do = do
        self._taken_in = taken_in
        self._reports_at = reports_at
        self._ended = threading.Event()
        self._result: Any = None
        self._error: Exception | None = None
        threading.Thread(target=self._run, name="chatkeep-work", daemon=True).start()

    @property
    def is_working(self) -> bool:
        return not self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, so long at most; return whether it has."""
        return self._ended.wait(seconds)

    def stop(self) -> None:
        """Have it end with the next step that it takes."""
        self.is_stopped = True

    def take_in(self) -> None:
        """Have the session take in what came of it, or say why it could not be done. In a run of a page."""
        if isinstance(self._error, Stopped):
            state.page.notify(STOPPED, place=self._reports_at)
        elif self._error is not None:
            say(self._error, self._reports_at)
        else:
            self._taken_in(self._result)

    def _run(self) -> None:
        try:
            self._result = self._do(self._step)
        except Exception as error:
            self._error = error
        finally:
            self._ended.set()

    def _step(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if self.is_stopped:
            raise Stopped


def begin(
    place: str,
    doing: str,
    do: Callable[[Step], Any],
    taken_in: Callable[[Any], None],
    *,
    reports_at: str = state.page.IN_SIGHT,
) -> None:
    """Do something in a thread. For callbacks.

    `do` is given what it may tell how far it is, which raises `Stopped` once somebody has stopped it; what it returns,
    `taken_in` makes the session's. `doing` says it for the user, `place` names where `draw_work` shows it, `reports_at`
    where a failure is said.
    """
    if state.page.work() is not None:
        state.page.notify(BUSY, is_error=True, place=reports_at)
        return
    work = Work(place, doing, do, taken_in, reports_at)
    if work.wait(AT_ONCE_SECONDS):
        work.take_in()
    else:
        state.page.set_work(work)


def take_in_ended() -> None:
    """Take in what came of this session's work, where it has ended. The first thing that a page does."""
    work: Work | None = state.page.work()
    if work is not None and not work.is_working:
        state.page.set_work(None)
        work.take_in()


def draw_work(place: str) -> None:
    """Show here how far this session's work is, where it belongs here."""
    work: Work | None = state.page.work()
    if work is None or work.place != place:
        return

    @st.fragment(run_every=LOOK_SECONDS)
    @guarded()
    def look() -> None:
        how_far = f" {work.done:,} of {work.total:,}" if work.total else ""
        st.progress(min(1.0, work.done / max(1, work.total)), f"{work.doing}{how_far} …")
        if work.total:  # else it takes no steps
            with st.container(horizontal=True, horizontal_alignment="right"):
                st.button("Stop", key=f"stop-{place}", on_click=work.stop, disabled=work.is_stopped)
        if not work.is_working and not state.page.dialog_is_open():  # else what is clicked there would be lost
            st.rerun()

    look()

"""How Streamlit runs the pages of one session: one run at a time, each click taken in whole, each run with its say.

By default it does none of these, and then a click, or what a click has changed on the page, is lost now and then on a
busy machine (all found in 1.67). Set here and not in `.streamlit/config.toml`: Community Cloud turns the first default
on whatever that file says, and there is no setting for the others.
"""

from __future__ import annotations

from typing import Any

from streamlit import config
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.state import SafeSessionState

TURN_SECONDS = 0.002
"""Between two looks whether a run that has ended has had its say."""


def run_one_after_the_other() -> None:
    """Have every session of this process run one thing at a time, and send all that it draws. Twice does no more."""
    # Else a click is handled in a second thread beside the run that it interrupts. While that one ends, it puts back
    # the clicks that the other has just taken in (`SessionState.on_script_finished`).
    config.set_option("runner.fastReruns", False)
    AppSession._create_scriptrunner = _begin_in_turn  # type: ignore[assignment, method-assign]
    SafeSessionState.on_script_will_rerun = _take_in_whole  # type: ignore[assignment, method-assign]


_begin = AppSession._create_scriptrunner


def _begin_in_turn(session: AppSession, asked: RerunData) -> None:
    """Begin a run for a request that came as the last run had just ended: only once that one's messages are passed on.

    What a run draws waits in the event loop to be passed on to the browser, and Streamlit drops what comes from another
    runner than the present one (`AppSession._handle_scriptrunner_event_on_event_loop`). Were the next runner there at
    once, the end of a run would be lost with all that it had changed, and its timers would never be set.
    """
    if session._state is AppSessionState.SHUTDOWN_REQUESTED:
        return
    ended = session._scriptrunner
    if ended is None:
        _begin(session, asked)
    elif not ended.request_rerun(asked):
        session._event_loop.call_later(TURN_SECONDS, _begin_in_turn, session, asked)


_take_in = SafeSessionState.on_script_will_rerun


def _take_in_whole(session_state: SafeSessionState, *arguments: Any, **named: Any) -> None:
    """Take in what a person has clicked, and act on it, before this run gives way to the next request.

    Streamlit gives way at every look at the session's state, also before and within the callbacks of a click, and the
    next request no longer says what was clicked.
    """
    give_way = session_state._yield_callback
    object.__setattr__(session_state, "_yield_callback", lambda: None)  # as its own `__init__` sets it
    try:
        _take_in(session_state, *arguments, **named)
    finally:
        object.__setattr__(session_state, "_yield_callback", give_way)

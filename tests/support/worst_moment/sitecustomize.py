"""Loaded by a server's own Python at its start: has the end of one run meet the next click at the worst moment.

While the file `hold` is in the folder `WORST_MOMENT`, the end of the next run of a page waits, and the file `held` says
so, until the run after it has taken in what was clicked; and that one acts only when the end is over. What two threads
do to one session once in some hundred tries on a busy machine, they do here every time. Where the second run may not
begin before the first is over, the end goes on after `PATIENCE` seconds.

While the file `overtake` is there, the run that answers the next click ends just while the server is handing the page's
next request to it: too late to be taken, and before the browser has been sent what the run has drawn. `overtaken` says
that it happened.

While the file `next before` is there, the run that answers the next click does nothing for it until the click after it
is asked for too; while `next amid` is there, it has just begun with what is to be done.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

PATIENCE = 1.0
REQUEST_PATIENCE = 10.0
"""Seconds until a page's timer asks for its next run at the latest."""


def install(folder: Path) -> None:
    from streamlit.runtime.state.session_state import SessionState

    finish, call_callbacks = SessionState.on_script_finished, SessionState._call_callbacks
    taken_in, over = threading.Event(), threading.Event()
    over.set()

    def on_script_finished(self: SessionState, *args: Any, **kwargs: Any) -> None:
        hold = folder / "hold"
        if not hold.exists():
            return finish(self, *args, **kwargs)
        over.clear()
        taken_in.clear()
        hold.rename(folder / "held")
        taken_in.wait(PATIENCE)
        finish(self, *args, **kwargs)
        over.set()
        return None

    def _call_callbacks(self: SessionState, **kwargs: Any) -> None:
        if not over.is_set():
            taken_in.set()
            over.wait(PATIENCE)
        call_callbacks(self, **kwargs)

    SessionState.on_script_finished = on_script_finished  # type: ignore[method-assign]
    SessionState._call_callbacks = _call_callbacks  # type: ignore[method-assign]


def install_overtaking(folder: Path) -> None:
    from streamlit.runtime.app_session import AppSession
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
    from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests

    request_rerun, run_script = AppSession.request_rerun, ScriptRunner._run_script
    on_scriptrunner_ready = ScriptRequests.on_scriptrunner_ready
    clicked, begun, requested, ended = (threading.Event() for _ in range(4))

    def request(self: AppSession, client_state: Any) -> None:
        if begun.is_set():
            requested.set()
            ended.wait(REQUEST_PATIENCE)
        elif (folder / "overtake").exists() and client_state is not None and not client_state.is_auto_rerun:
            clicked.set()
        request_rerun(self, client_state)

    def run(self: ScriptRunner, rerun_data: Any) -> None:
        if clicked.is_set() and not rerun_data.is_auto_rerun:
            clicked.clear()
            begun.set()
            requested.wait(REQUEST_PATIENCE)
        run_script(self, rerun_data)

    def ready(self: ScriptRequests) -> Any:
        answer = on_scriptrunner_ready(self)
        if requested.is_set() and begun.is_set():
            begun.clear()
            ended.set()
            (folder / "overtake").rename(folder / "overtaken")
        return answer

    AppSession.request_rerun = request  # type: ignore[method-assign]
    ScriptRunner._run_script = run  # type: ignore[method-assign]
    ScriptRequests.on_scriptrunner_ready = ready  # type: ignore[method-assign]


def install_next(folder: Path) -> None:
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import _has_active_trigger_value
    from streamlit.runtime.state.safe_session_state import SafeSessionState
    from streamlit.runtime.state.session_state import SessionState

    take_in, call_callbacks = SafeSessionState.on_script_will_rerun, SessionState._call_callbacks
    this_run = threading.local()

    def _has_a_click(states: Any) -> bool:
        return states is not None and any(_has_active_trigger_value(each) for each in states.widgets)

    def wait_for_the_next(moment: str) -> None:
        file, context = folder / f"next {moment}", get_script_run_ctx()
        if not file.exists() or context is None or not this_run.answers_a_click:
            return
        file.rename(folder / f"held {moment}")
        requests, until = context.script_requests, time.monotonic() + REQUEST_PATIENCE
        while time.monotonic() < until:
            if requests._state.name == "RERUN" and not requests._rerun_data.fragment_id_queue:
                break
            time.sleep(0.01)

    def on_script_will_rerun(self: SafeSessionState, states: Any, *args: Any, **kwargs: Any) -> None:
        context = get_script_run_ctx()
        of_the_page = context is not None and not context.fragment_ids_this_run
        # A timer has a part of the page run, and so does a click in one.
        this_run.answers_a_click = of_the_page or _has_a_click(states)
        wait_for_the_next("before")
        take_in(self, states, *args, **kwargs)

    def _call_callbacks(self: SessionState, **kwargs: Any) -> None:
        wait_for_the_next("amid")
        call_callbacks(self, **kwargs)

    SafeSessionState.on_script_will_rerun = on_script_will_rerun  # type: ignore[method-assign]
    SessionState._call_callbacks = _call_callbacks  # type: ignore[method-assign]


if "WORST_MOMENT" in os.environ and "streamlit" in sys.orig_argv:
    install(Path(os.environ["WORST_MOMENT"]))
    install_overtaking(Path(os.environ["WORST_MOMENT"]))
    install_next(Path(os.environ["WORST_MOMENT"]))

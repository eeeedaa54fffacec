"""Loaded by a server's own Python at its start: has the end of one run meet the next click at the worst moment.

While the file `hold` is in the folder `WORST_MOMENT`, the end of the next run of a page waits, and the file `held` says
so, until the run after it has taken in what was clicked; and that one acts only when the end is over. What two threads
do to one session once in some hundred tries on a busy machine, they do here every time. Where the second run may not
begin before the first is over, the end goes on after `PATIENCE` seconds.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any

PATIENCE = 1.0


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


if "WORST_MOMENT" in os.environ and "streamlit" in sys.orig_argv:
    install(Path(os.environ["WORST_MOMENT"]))

"""What a run of parts of a page draws is passed on to the browser in one piece, as the run ends.

By default it goes out every ten milliseconds, and with every lot of it Streamlit's frontend renders all of the page
anew (1.67): five times for one press of Enter, so that a reader waits the longer for the first word the more there is
on the page. Now it does so as a run begins to draw, which takes no longer than the drawing, and as the run ends. A run
that gave way to another one before it drew anything (`runs.py`) is no news at all. One that takes its time is not
waited for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession

HELD_SECONDS = 0.1
"""For which what a run draws is held back at most. Nobody sees such a wait, and most runs have ended by then."""
STATUS = "session_status_changed"
"""That anything runs, or nothing does any more."""


@dataclass(slots=True)
class _Held:
    """What a session's run has to say and is not passed on yet."""

    timer: asyncio.TimerHandle
    """Ends that in time."""
    messages: list[ForwardMsg] = field(default_factory=list)
    has_drawn: bool = False


_enqueue = AppSession._enqueue_forward_msg
_held: WeakKeyDictionary[AppSession, _Held] = WeakKeyDictionary()
"""By session. On the server's loop alone."""


def pass_on_in_one_piece() -> None:
    """Have every session of this process do so. Twice does no more."""
    AppSession._enqueue_forward_msg = _pass_on  # type: ignore[assignment, method-assign]


def _pass_on(session: AppSession, message: ForwardMsg) -> None:
    kind, held = message.WhichOneof("type"), _held.get(session)
    if held is None:
        if kind == "new_session" and message.metadata.run.fragment_ids:
            timer = session._event_loop.call_later(HELD_SECONDS, partial(_let_go, session, has_ended=False))
            _held[session] = _Held(timer, [message])
        else:
            _enqueue(session, message)
    elif kind == "script_finished":
        if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN and not held.has_drawn:
            held.messages = [each for each in held.messages if each.WhichOneof("type") != "new_session"]
        else:
            _let_go(session, has_ended=True)
            _enqueue(session, message)
    elif kind == "new_session" and not message.metadata.run.fragment_ids:
        _let_go(session, has_ended=False)
        _enqueue(session, message)
    else:
        held.messages.append(message)
        if kind == "delta" and not held.has_drawn:
            held.has_drawn = True
            held.messages = _begun(session, held.messages)


def _begun(session: AppSession, messages: list[ForwardMsg]) -> list[ForwardMsg]:
    """Pass on that a run has begun, and return the rest."""
    for message in messages:
        if message.WhichOneof("type") == "new_session":
            _enqueue(session, message)
    return [message for message in messages if message.WhichOneof("type") != "new_session"]


def _let_go(session: AppSession, *, has_ended: bool) -> None:
    held = _held.pop(session)
    held.timer.cancel()
    statuses = [message for message in held.messages if message.WhichOneof("type") == STATUS]
    for message in held.messages:
        # That it runs is no news of a run that has ended, and would have the page rendered once more.
        if message.WhichOneof("type") != STATUS or (not has_ended and message is statuses[-1]):
            _enqueue(session, message)

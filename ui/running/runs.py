"""How Streamlit runs the pages of one session: one run at a time, each click taken in whole and once, each run with
its say.

By default it does none of these, and then a click, or what a click has changed on the page, is lost now and then on a
busy machine, or counts twice (all found in 1.67). Set here and not in `.streamlit/config.toml`: Community Cloud turns
the first default on whatever that file says, and there is no setting for the others.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from streamlit import config
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.fragment import MemoryFragmentStorage, _FragmentLifetime
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import (
    ScriptRequests,
    ScriptRequestType,
    _has_active_trigger_value,
    _is_full_app_rerun,
)
from streamlit.runtime.state import SafeSessionState

from ui.running import parts

TURN_SECONDS = 0.002
"""Between two looks whether a run that has ended has had its say."""
ENTER_SECONDS = 0.5
"""In which the same words in the message box are one press of Enter: the box is empty after it, and nobody types so
fast. Unless something else was pressed between, as by who begins another chat with what was copied."""


def run_one_after_the_other() -> None:
    """Have every session of this process run one thing at a time, and send all that it draws. Twice does no more."""
    # Else a click is handled in a second thread beside the run that it interrupts. While that one ends, it puts back
    # the clicks that the other has just taken in (`SessionState.on_script_finished`).
    # And else a mere reference is sent of what the browser has. A request that waits for the end of a run says what it
    # had as it asked; with that end it forgets what it has not needed for a while, and a reference to that breaks the
    # connection off for good.
    _set_options()
    if AppSession._create_scriptrunner is _begin_in_turn:
        return
    # An edit of config.toml while the app runs puts every option back.
    config.on_config_parsed(_set_options, force_connect=True)
    AppSession.request_rerun = _ask_without_clicks  # type: ignore[assignment, method-assign]
    AppSession._create_scriptrunner = _begin_in_turn  # type: ignore[assignment, method-assign]
    SafeSessionState.on_script_will_rerun = _take_in_whole  # type: ignore[assignment, method-assign]
    ForwardMsgQueue.clear = _clear_for_pages_alone  # type: ignore[assignment, method-assign]
    ScriptRequests._request_rerun_locked = _fold_in  # type: ignore[assignment, method-assign]
    MemoryFragmentStorage.register = _register_for_parent  # type: ignore[assignment, method-assign]


def _set_options() -> None:
    config.set_option("runner.fastReruns", False)
    config.set_option("global.minCachedMessageSize", sys.maxsize)


_ask = AppSession.request_rerun
_begin = AppSession._create_scriptrunner
_sent: WeakKeyDictionary[AppSession, tuple[bytes, float]] = WeakKeyDictionary()
"""What each session's message box sent last, and when that came."""


def _ask_without_clicks(session: AppSession, client_state: ClientState | None) -> None:
    """Take no click from a timer's request: the browser sends it for itself a moment later, and it would count twice.

    A click waits in the browser for the end of what the page is doing, and is part of all that is sent meanwhile.

    Take no press of Enter twice either. By the time the second comes, the first may be answered and the box drawn anew:
    then it would be another message.
    """
    if client_state is not None:
        if _is_something_else(client_state):
            _sent.pop(session, None)
        kept = [each for each in client_state.widget_states.widgets if not _is_too_many(session, client_state, each)]
        del client_state.widget_states.widgets[:]
        client_state.widget_states.widgets.extend(kept)
    _ask(session, client_state)


def _is_something_else(client_state: ClientState) -> bool:
    """Whether a person has pressed a button, or asks for a page, and nothing of the message box comes along."""
    widgets = client_state.widget_states.widgets
    if client_state.is_auto_rerun or any(each.WhichOneof("value") == "chat_input_value" for each in widgets):
        return False
    return not client_state.fragment_id or any(each.trigger_value for each in widgets)


def _is_too_many(session: AppSession, client_state: ClientState, widget: WidgetState) -> bool:
    if not _has_active_trigger_value(widget):
        return False
    if client_state.is_auto_rerun:
        return True
    if widget.WhichOneof("value") != "chat_input_value":
        return False
    words, now = widget.SerializeToString(deterministic=True), time.monotonic()
    before, came = _sent.get(session, (b"", 0.0))
    _sent[session] = words, now
    return words == before and now - came < ENTER_SECONDS


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

    Streamlit gives way at every look at the session's state and at whatever is sent, before and within the callbacks of
    a click too, and the next request no longer says what was clicked. So a click would be lost, or done by half: up to
    where it changes the page's address or leads to where people sign in.

    A run begins at the top of the page, too. It may be the next one in the thread of a fragment's run, whose place in
    the page would else be where it draws: all of the page then goes into a part of itself, and to the browser that is
    no page any more.
    """
    context_dg_stack.set(get_default_dg_stack_value())
    give_way = session_state._yield_callback
    runner = getattr(give_way, "__self__", None)
    object.__setattr__(session_state, "_yield_callback", _go_on)  # as its own `__init__` sets it
    if isinstance(runner, ScriptRunner):
        runner._maybe_handle_execution_control_request = _go_on  # type: ignore[method-assign]
    try:
        _take_in(session_state, *arguments, **named)
        _draw_along()
    finally:
        object.__setattr__(session_state, "_yield_callback", give_way)
        if isinstance(runner, ScriptRunner):
            del runner._maybe_handle_execution_control_request


def _go_on() -> None:
    """Give way to nothing."""


class _Along(RerunData):
    """What a run has drawn in its place: no wish of anybody's to be on its page."""


def _draw_along() -> None:
    """Have a run of a part of a page draw all the other parts that have changed, in its place: `parts.py` says why."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or context.script_requests is None or not (own := context.fragment_ids_this_run):
        return
    names = parts.changed()
    if names == ():
        return
    ids = [] if names is None else context.fragment_storage.resolve_target(names)
    if ids:
        # What is in a part that is drawn anew is drawn with it, or is no more.
        is_within = context.fragment_storage.has_ancestor_in
        ids += [each for each in own if each not in ids and not is_within(each, ids)]
    context.script_requests.request_rerun(
        _Along(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=ids,
            is_fragment_scoped_rerun=bool(ids),
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )


_fold = ScriptRequests._request_rerun_locked


def _fold_in(requests: ScriptRequests, asked: RerunData) -> bool:
    """Have a request for parts of a page lead nobody back to it who is on the way to another one.

    By default the last request says which page it is to be, also where it only adds parts to a run of another page that
    waits: whoever chose that page stays where they were.
    """
    if requests._state is ScriptRequestType.RERUN:
        waiting = requests._rerun_data
        is_for_parts = not _is_full_app_rerun(asked) and _is_full_app_rerun(waiting)
        # What the browser has sent since is newer than what a run draws along.
        if isinstance(asked, _Along) or (is_for_parts and asked.page_script_hash != waiting.page_script_hash):
            asked = replace(
                asked,
                query_string=waiting.query_string,
                page_script_hash=waiting.page_script_hash,
                page_name=waiting.page_name,
                is_history_navigation=waiting.is_history_navigation,
                cached_message_hashes=waiting.cached_message_hashes,
                context_info=waiting.context_info,
            )
    return _fold(requests, asked)


_clear = ForwardMsgQueue.clear


def _clear_for_pages_alone(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    """Have a run of a fragment drop nothing of what an earlier run drew and the browser has not been sent yet.

    By default it drops what its own fragment drew, but keeps what stands there as a mere reference to something that
    the browser has already: that then names a place in a block which is gone, and the whole page goes blank. What the
    run draws must not take places among what waits either, which is of another run.

    A run of a page drops what an earlier one drew, but not where it leads the browser: else whoever clicked "Sign in"
    or "Sign out" stays where they are.
    """
    if fragment_ids_this_run is None:
        leading_away = [each for each in queue._queue if each.WhichOneof("type") == "auth_redirect"]
        _clear(queue, retain_lifecycle_msgs)
        if retain_lifecycle_msgs:
            queue._queue.extend(leading_away)
    else:
        queue._delta_index_map = {}


_register = MemoryFragmentStorage.register


def _register_for_parent(storage: MemoryFragmentStorage, *arguments: Any, **named: Any) -> None:
    """Have a window be gone, with its timers, once the part that it is in is drawn without it.

    By default its fragments are kept until the whole page runs. A timer's request that waits while the window is closed
    then draws into a block that is there no more, and the whole page goes blank.
    """
    _register(storage, *arguments, **named | {"lifetime": _FragmentLifetime.PARENT_SCOPED})

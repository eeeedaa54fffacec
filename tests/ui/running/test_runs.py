"""How pages are run: what holds for the whole process, whatever is edited while it runs."""

import threading
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit import config
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.forward_msg_cache import populate_hash_if_needed
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.fragment import MemoryFragmentStorage, _FragmentLifetime
from streamlit.runtime.scriptrunner import RerunData, RerunException, ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequests
from streamlit.runtime.state import SafeSessionState, SessionState

from ui.running import runs
from ui.running.runs import run_one_after_the_other


def test_one_run_at_a_time_also_after_the_configuration_is_read_again():
    run_one_after_the_other()
    run_one_after_the_other()
    assert config.get_option("runner.fastReruns") is False
    config.get_config_options(force_reparse=True)
    assert config.get_option("runner.fastReruns") is False


def test_what_is_drawn_is_sent_whatever_the_browser_may_still_have_of_it():
    run_one_after_the_other()
    message = drawn(0, text="words " * 1_000_000)
    populate_hash_if_needed(message)
    assert not message.metadata.cacheable


def drawn(*path, fragment="", text=None, known=False):
    """Return what a run sends of an element, of a block where it has no text, or of one that the browser has."""
    message = ForwardMsg()
    message.metadata.delta_path.extend(path)
    if known:
        message.ref_hash = text
    elif text is None:
        message.delta.add_block.vertical.SetInParent()
        message.delta.fragment_id = fragment
    else:
        message.delta.new_element.markdown.body = text
        message.delta.fragment_id = fragment
    return message


def ended():
    return ForwardMsg(script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


def test_run_of_a_fragment_drops_nothing_that_an_earlier_one_drew():
    run_one_after_the_other()
    queue = ForwardMsgQueue()
    first = [
        drawn(0, 0, fragment="look", text="Looked through."),
        drawn(0, 1, fragment="look"),
        drawn(0, 1, 0, text="how to export", known=True),
        ended(),
    ]
    second = [drawn(0, 0, fragment="look", text="Choose a file."), drawn(0, 1, fragment="look", text="A button")]
    for message in first:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["look"])
    for message in second:
        queue.enqueue(message)
    assert queue.flush() == [*first, *second]


def test_run_of_the_page_still_drops_what_it_draws_anew():
    run_one_after_the_other()
    queue = ForwardMsgQueue()
    for message in (drawn(0, 0, text="Old"), drawn(0, 1, text="old", known=True)):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)
    queue.enqueue(drawn(0, 0, text="New"))
    assert queue.flush() == [drawn(0, 0, text="New")]


def test_run_of_a_page_leaves_who_signs_in_or_out_on_their_way():
    run_one_after_the_other()
    queue = ForwardMsgQueue()
    away = ForwardMsg()
    away.auth_redirect.url = "/auth/logout"
    for message in (drawn(0, 0, text="before"), away):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)
    after = drawn(0, 0, text="after")
    queue.enqueue(after)
    assert queue.flush() == [away, after]
    queue.enqueue(away)
    queue.clear()
    assert queue.flush() == []


def test_run_after_a_fragments_in_the_same_thread_draws_from_the_top_of_the_page():
    run_one_after_the_other()
    session_state = SafeSessionState(SessionState(), lambda: None)
    context_dg_stack.set((st.sidebar,))  # where an earlier run was drawing
    session_state.on_script_will_rerun(WidgetStates())
    assert context_dg_stack.get() == get_default_dg_stack_value()


class FakeRunner(ScriptRunner):
    """One in the midst of a run, for which another request waits; what it sends is noted."""

    def __init__(self, click):
        self._requests = ScriptRequests()
        self._requests.request_rerun(RerunData())
        self._script_thread, self._execing = threading.current_thread(), True
        self.sent = []
        self.on_event = SimpleNamespace(send=lambda _, forward_msg, **__: self.sent.append(forward_msg))

        class FakeState(SessionState):
            def on_script_will_rerun(_, *arguments, **named):
                click(self)

        state = FakeState()
        self.session_state = SafeSessionState(state, self._maybe_handle_execution_control_request)


def test_click_is_acted_upon_whole_though_another_request_waits():
    run_one_after_the_other()
    away = ForwardMsg()
    away.auth_redirect.url = "/auth/login"

    def click(runner):
        runner.session_state["begun"] = True
        runner._enqueue_forward_msg(away)  # as `st.login` does, and what changes the page's address
        runner.session_state["done"] = True

    runner = FakeRunner(click)
    runner.session_state.on_script_will_rerun(WidgetStates())
    assert runner.sent == [away]
    with pytest.raises(RerunException):  # then it gives way
        runner._enqueue_forward_msg(away)
    assert runner.session_state["done"]


def test_closed_window_is_gone_with_its_timers_and_one_that_is_drawn_again_stays():
    run_one_after_the_other()
    storage = MemoryFragmentStorage()
    storage.register("part", lambda: None)
    storage.register("window", lambda: None, parent_fragment_id="part", lifetime=_FragmentLifetime.FULL_APP_SCOPED)
    storage.register("timer", lambda: None, parent_fragment_id="window")
    assert storage.clear_stale_descendants("part", frozenset({"window", "timer"})) == []
    assert storage.clear_stale_descendants("part", frozenset()) == ["window", "timer"]
    assert not storage.contains("timer")


@pytest.mark.parametrize(
    "late",
    [
        runs._Along("c=1", None, "chat", fragment_id_queue=["rows"], is_fragment_scoped_rerun=True),
        runs._Along("c=1", None, "chat"),
        RerunData("c=1", WidgetStates(), "chat", fragment_id="rows", is_auto_rerun=True),
        RerunData("c=1", WidgetStates(), "chat", fragment_id="rows"),
    ],
    ids=["parts that have changed", "a page that has changed", "a timer", "a click on the page before"],
)
def test_whoever_is_on_the_way_to_another_page_comes_there(late: RerunData):
    run_one_after_the_other()
    requests = ScriptRequests()
    requests.request_rerun(RerunData("q=tea", WidgetStates(), "history"))
    requests.request_rerun(late)
    asked = requests.on_scriptrunner_ready().rerun_data
    assert (asked.page_script_hash, asked.query_string, asked.fragment_id_queue) == ("history", "q=tea", [])


@pytest.mark.parametrize("changed", [None, ("rows",)], ids=["the page", "a part"])
def test_what_is_drawn_along_waits_for_whoever_is_on_the_way_to_another_page(monkeypatch, changed):
    run_one_after_the_other()
    storage, requests = MemoryFragmentStorage(), ScriptRequests()
    storage.register("rows-1", lambda: None, target_key="rows")
    context = SimpleNamespace(
        script_requests=requests,
        fragment_storage=storage,
        fragment_ids_this_run=["own"],
        query_string="c=1",
        page_script_hash="chat",
        cached_message_hashes=frozenset(),
        context_info=None,
    )
    monkeypatch.setattr(runs, "get_script_run_ctx", lambda **_: context)
    monkeypatch.setattr(runs.parts, "changed", lambda: changed)
    requests.request_rerun(RerunData("q=tea", WidgetStates(), "history"))
    runs._draw_along()
    asked = requests.on_scriptrunner_ready().rerun_data
    assert (asked.page_script_hash, asked.query_string, asked.fragment_id_queue) == ("history", "q=tea", [])


@pytest.mark.parametrize(
    "waiting",
    [
        RerunData("", WidgetStates(), "settings", fragment_id="look", is_auto_rerun=True),
        RerunData("", WidgetStates(), "settings"),
    ],
    ids=["a timer", "the page anew"],
)
def test_button_that_leads_to_another_page_leads_there_whatever_waits(waiting: RerunData):
    run_one_after_the_other()
    requests = ScriptRequests()
    requests.request_rerun(waiting)
    requests.request_rerun(RerunData("c=1", None, "chat"))  # as `st.switch_page` asks
    asked = requests.on_scriptrunner_ready().rerun_data
    assert (asked.page_script_hash, asked.query_string, asked.fragment_id_queue) == ("chat", "c=1", [])


def test_next_page_that_is_chosen_is_the_one_that_comes():
    run_one_after_the_other()
    requests = ScriptRequests()
    for page in ("history", "settings"):
        requests.request_rerun(RerunData("", WidgetStates(), page))
    assert requests.on_scriptrunner_ready().rerun_data.page_script_hash == "settings"


class FakeSession:
    """Stands for a session: what has its run asked for is noted in `asked`."""


@pytest.fixture
def asked(monkeypatch):
    """Return the words of the message box that reached Streamlit, by request."""
    came = []
    monkeypatch.setattr(
        runs, "_ask", lambda _session, state: came.append([each.chat_input_value.data for each in words_in(state)])
    )
    return came


def words_in(state):
    return [each for each in state.widget_states.widgets if each.WhichOneof("value") == "chat_input_value"]


def enter(words):
    state = ClientState()
    typed = state.widget_states.widgets.add(id="message")
    typed.chat_input_value.data = words
    state.widget_states.widgets.add(id="memory").bool_value = True
    return state


def test_enter_that_comes_twice_counts_once_whatever_was_drawn_between(monkeypatch, asked):
    clock = [100.0]
    monkeypatch.setattr(runs.time, "monotonic", lambda: clock[0])
    session, other = FakeSession(), FakeSession()
    for who, words, later in (
        (session, "Yes", 0.0),
        (session, "Yes", 0.01),
        (other, "Yes", 0.0),
        (session, "No", 0.0),
        (session, "No", runs.ENTER_SECONDS + 0.1),
    ):
        clock[0] += later
        runs._ask_without_clicks(who, enter(words))
    assert asked == [["Yes"], [], ["Yes"], ["No"], ["No"]]


def click(**more):
    state = ClientState(fragment_id="part", **more)
    state.widget_states.widgets.add(id="new_chat").trigger_value = True
    return state


@pytest.mark.parametrize("between", [click(), ClientState()], ids=["a button", "another page"])
def test_same_words_after_something_else_are_another_message(monkeypatch, asked, between):
    """Who begins another chat may say at once what they said in the last one."""
    monkeypatch.setattr(runs.time, "monotonic", lambda: 100.0)
    session = FakeSession()
    timer, along = click(is_auto_rerun=True), enter("Yes")
    along.widget_states.widgets.add(id="new_chat").trigger_value = True
    part = ClientState(fragment_id="part")
    for state in (enter("Yes"), timer, part, enter("Yes"), along, between, enter("Yes"), enter("Yes")):
        runs._ask_without_clicks(session, state)
    assert asked == [["Yes"], [], [], [], [], [], ["Yes"], []]


def test_timer_brings_no_words_along(asked):
    state = enter("Yes")
    state.is_auto_rerun = True
    runs._ask_without_clicks(FakeSession(), state)
    assert (asked, [each.id for each in state.widget_states.widgets]) == ([[]], ["memory"])

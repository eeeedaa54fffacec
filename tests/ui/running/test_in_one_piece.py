"""What a run draws goes to the browser in one piece: counted by what is passed on, and when."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui.running import in_one_piece

RUNS, RUNS_NOT = "runs", "runs not"


class FakeTimer:
    def __init__(self, act):
        self.act = act

    def cancel(self):
        self.act = lambda: None


class FakeLoop:
    """Stands for the server's loop: its timers end when a test says so."""

    def __init__(self):
        self.timers = []

    def call_later(self, seconds, act):
        assert seconds == in_one_piece.HELD_SECONDS
        self.timers.append(FakeTimer(act))
        return self.timers[-1]

    def pass_the_time(self):
        timers, self.timers = self.timers, []
        for each in timers:
            each.act()


class FakeSession:
    """Stands for a session: what it passes on to the browser is noted in `passed`."""

    def __init__(self):
        self._event_loop = FakeLoop()
        self.passed = []

    def says(self, *words):
        """Say these, as a run does: `begins`, `ends`, `gives way`, whether anything runs, or what is drawn."""
        for each in words:
            in_one_piece._pass_on(self, message_of(each))


def message_of(words):
    message = ForwardMsg()
    match words:
        case "begins":
            message.new_session.SetInParent()
            message.metadata.run.fragment_ids.append("part")
        case "page begins":
            message.new_session.SetInParent()
        case "ends":
            message.script_finished = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        case "gives way":
            message.script_finished = ForwardMsg.FINISHED_EARLY_FOR_RERUN
        case "runs" | "runs not":
            message.session_status_changed.script_is_running = words == RUNS
        case _:
            message.delta.new_element.markdown.body = words
    return message


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(in_one_piece, "_enqueue", lambda session, message: session.passed.append(message))
    return FakeSession()


def passed(session):
    """Return what went out since this was asked last."""
    messages, session.passed = session.passed, []
    return messages


def said(*words):
    return [message_of(each) for each in words]


def test_run_goes_out_as_it_begins_to_draw_and_as_it_ends(session):
    session.says("begins", RUNS)
    assert passed(session) == []
    session.says("the question")
    assert passed(session) == said("begins")
    session.says("the answer", "the box")
    assert passed(session) == []
    session.says("ends", RUNS_NOT)
    assert passed(session) == said("the question", "the answer", "the box", "ends", RUNS_NOT)
    session._event_loop.pass_the_time()
    assert passed(session) == []


def test_run_that_gives_way_before_it_draws_is_no_news(session):
    session.says("begins", RUNS, "gives way", RUNS_NOT, "begins", RUNS)
    assert passed(session) == []
    session.says("the question", "ends", RUNS_NOT)
    assert passed(session) == said("begins", "the question", "ends", RUNS_NOT)


def test_run_that_gives_way_after_it_drew_goes_out_whole(session):
    session.says("begins", RUNS, "the question", "gives way", RUNS_NOT)
    assert passed(session) == said("begins", "the question", "gives way", RUNS_NOT)
    session.says("begins", "the answer", "ends")
    assert passed(session) == said("begins", "the answer", "ends")


def test_run_that_gives_way_to_one_of_the_page_does_not_hold_that_back(session):
    session.says("begins", RUNS, "gives way", RUNS_NOT, "page begins")
    assert passed(session) == said(RUNS_NOT, "page begins")
    session.says(RUNS, "the page")
    assert passed(session) == said(RUNS, "the page")


def test_run_that_takes_its_time_is_not_waited_for(session):
    session.says("begins", RUNS, "the question")
    session._event_loop.pass_the_time()
    assert passed(session) == said("begins", RUNS, "the question")
    session.says("the answer")
    assert passed(session) == said("the answer")
    session.says("ends", RUNS_NOT)
    assert passed(session) == said("ends", RUNS_NOT)


def test_run_of_the_page_goes_out_as_it_is_drawn(session):
    session.says("page begins", RUNS)
    assert passed(session) == said("page begins", RUNS)
    session.says("the page")
    assert passed(session) == said("the page")


def test_run_that_draws_nothing_is_over_with_its_end(session):
    session.says("begins", RUNS, "ends", RUNS_NOT)
    assert passed(session) == said("begins", "ends", RUNS_NOT)

"""Work that a click began: done whatever becomes of the run, once, with its outcome said by the next one."""

import html
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from streamlit.testing.v1 import AppTest

from store.conversations import StoreError
from ui.work import work

PATIENCE = 20


@dataclass
class Held:
    """Work that does its half, then waits for a test."""

    half_done: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    times: int = 0
    error: Exception | None = None

    def do(self, step) -> str:
        self.times += 1
        step(1, 2000)
        self.half_done.set()
        assert self.go_on.wait(PATIENCE)
        step(2, 2000)
        if self.error is not None:
            raise self.error
        return "what came of it"


def script(held) -> None:
    import streamlit as st

    from ui import state
    from ui.guard import draw_notices
    from ui.work.work import begin, draw_work, take_in_ended

    def click() -> None:
        begin("here", "Tidying up", held.do, lambda came: state.page.notify(f"Done: {came}."), reports_at="here")

    take_in_ended()
    draw_notices()
    draw_notices("here")
    st.button("Tidy up", key="tidy", on_click=click)
    draw_work("here")
    draw_work("elsewhere")


@pytest.fixture
def held(monkeypatch) -> Iterator[Held]:
    monkeypatch.setattr(work, "AT_ONCE_SECONDS", 0)
    held = Held()
    yield held
    held.go_on.set()


@pytest.fixture
def at(held) -> AppTest:
    at = AppTest.from_function(script, args=(held,), default_timeout=60).run()
    at.button(key="tidy").click().run()
    assert held.half_done.wait(PATIENCE)
    return at


def finish(at: AppTest, held: Held) -> None:
    held.go_on.set()
    assert at.session_state["work"].wait(PATIENCE)
    at.run()


def notices(at: AppTest) -> list[str]:
    return [html.unescape(each.value) for each in (*at.info, *at.error)]


def shown(at: AppTest) -> list[str]:
    assert not at.exception
    return [each.proto.text for each in at.get("progress")]


def test_work_goes_on_over_many_runs_and_says_how_far_it_is_and_what_came_of_it(at, held):
    for _ in range(2):
        at.run()
        assert shown(at) == ["Tidying up 1 of 2,000 …"]
    finish(at, held)
    assert (notices(at), shown(at)) == (["Done: what came of it."], [])
    at.run()
    assert (notices(at), shown(at), held.times) == (["Done: what came of it."], [], 1)


def test_work_that_is_stopped_ends_with_its_next_step_and_says_so(at, held):
    at.button(key="stop-here").click().run()
    assert at.button(key="stop-here").disabled
    finish(at, held)
    assert (notices(at), shown(at)) == ([work.STOPPED], [])


def test_second_work_waits_for_the_first_and_says_so(at, held):
    at.button(key="tidy").click().run()
    assert notices(at) == [work.BUSY]
    assert held.times == 1


def test_work_that_fails_says_why(at, held):
    held.error = StoreError("The disk is full.")
    finish(at, held)
    assert (notices(at), shown(at)) == (["The disk is full."], [])


def test_work_that_meets_what_nobody_foresaw_says_that_it_was_not_done(at, held):
    held.error = RuntimeError("a bug")
    finish(at, held)
    (said,) = notices(at)
    assert said.startswith("Something unexpected went wrong, and this was not done.")


def test_short_work_is_done_by_the_click_itself(held, monkeypatch):
    monkeypatch.setattr(work, "AT_ONCE_SECONDS", PATIENCE)
    held.go_on.set()
    at = AppTest.from_function(script, args=(held,), default_timeout=60).run()
    at.button(key="tidy").click().run()
    assert (notices(at), shown(at)) == (["Done: what came of it."], [])

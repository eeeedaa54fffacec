"""What a page says of an action: until it has stood for a while, however often the page is drawn meanwhile."""

import html

import pytest
from streamlit.testing.v1 import AppTest

from ui.state import page


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def script() -> None:
    import streamlit as st

    from ui import state
    from ui.guard import draw_notices

    state.page.show_page(st.session_state.get("title", "Settings"))
    draw_notices()
    if st.session_state.get("below"):
        draw_notices("below")
    st.button("Above", on_click=state.page.notify, args=("Done above.",))
    st.button("Below", on_click=state.page.notify, args=("Failed below.",), kwargs={"is_error": True, "place": "below"})
    st.button("Something else")


@pytest.fixture
def clock(monkeypatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr(page, "time", clock)
    return clock


@pytest.fixture
def at(clock) -> AppTest:
    return AppTest.from_function(script, default_timeout=60).run()


def click(at: AppTest, name: str) -> AppTest:
    next(each for each in at.button if each.label == name).click()
    return at.run()


def said(at: AppTest) -> tuple[list[str], list[str]]:
    assert not at.exception
    return [html.unescape(each.value) for each in at.info], [html.unescape(each.value) for each in at.error]


def test_what_was_said_stands_though_something_else_is_clicked_at_once(at, clock):
    assert said(click(at, "Above")) == (["Done above."], [])
    clock.now += page.SAID_SECONDS - 0.1
    assert said(click(at, "Something else")) == (["Done above."], [])


def test_what_has_stood_for_a_while_goes_with_the_next_run(at, clock):
    click(at, "Above")
    clock.now += page.SAID_SECONDS
    assert said(at.run()) == ([], [])


def test_what_is_said_twice_stands_once_and_as_long_as_the_second(at, clock):
    click(at, "Above")
    clock.now += page.SAID_SECONDS - 1
    assert said(click(at, "Above")) == (["Done above."], [])
    clock.now += page.SAID_SECONDS - 1
    assert said(at.run()) == (["Done above."], [])


def test_what_its_place_has_not_said_yet_waits_for_it(at, clock):
    assert said(click(at, "Below")) == ([], [])
    clock.now += 2 * page.SAID_SECONDS
    at.session_state["below"] = True
    assert said(at.run()) == ([], ["Failed below."])


def test_another_page_says_what_is_not_said_yet_and_nothing_again(at):
    click(at, "Above")
    click(at, "Below")
    at.session_state["below"] = True
    at.session_state["title"] = "History"
    assert said(at.run()) == ([], ["Failed below."])

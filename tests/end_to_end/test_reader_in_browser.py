"""The page never works against who reads it: no scrolling is undone, and the keyboard reaches everything.

Nothing here waits for a time: what is held must hold while so many more words arrive.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import button, message_box, open_page, say
from tests.support.fakes.fake_server import Pause, Step
from tests.support.shared_app import (
    answered,
    app,  # noqa: F401
    counting,
    in_chat,
    recent,
    shared_app,
    text_of,
)

running = shared_app("by-script")

HERE = "(scroll => { const main = document.querySelector('main'); return scroll(main); })"
TOP = f"{HERE}(main => main.scrollTop)"
TO_END = f"{HERE}(main => main.scrollHeight - main.clientHeight - main.scrollTop)"


LINE = """
[...document.querySelectorAll('main p')].find(each => each.textContent.includes('word101 ')).getBoundingClientRect().top
"""
"""How far down in the window a line of the answer is that stands: less, where the page was moved on."""


def page_full(then: list[Step]) -> list[Step]:
    """Return the steps of an answer that is longer than the window, and goes on with these."""
    return [*counting(1, 300, 0), *then]


NUMBERS = "(document.querySelector('main').textContent.match(/(?<=word)\\d+/g) ?? []).map(Number)"


def word(page: Page, number: int) -> None:  # noqa: F811
    """Wait until so many words have arrived."""
    page.wait_for_function(f"number => Math.max(...{NUMBERS}) >= number", arg=number, polling=50)


def last_number(page: Page) -> int:  # noqa: F811
    return int(page.evaluate(f"Math.max(...{NUMBERS})"))


def touch(page: Page, by: int) -> None:  # noqa: F811
    """Draw a finger over the page, by so many pixels."""
    chromium = page.context.new_cdp_session(page)
    ways = ("touchStart", *["touchMove"] * 10, "touchEnd")
    for step, way in enumerate(ways):
        points = [] if way == "touchEnd" else [{"x": 600, "y": 300 + by * step // 10}]
        chromium.send("Input.dispatchTouchEvent", {"type": way, "touchPoints": points})
    page.wait_for_function(f"() => {TO_END} > {by // 2}")  # the page follows the finger in its own time


def drag(page: Page, by: int) -> None:  # noqa: F811
    """Mark words by the mouse, as somebody does who reads."""
    page.mouse.move(600, 300)
    page.mouse.down()
    page.mouse.move(640, 300 - by // 10)


WAYS = {
    "wheel": lambda on: on.mouse.wheel(0, -150),
    "touch": lambda on: touch(on, 200),
    "Page Up": lambda on: on.keyboard.press("PageUp"),
    "arrow": lambda on: on.keyboard.press("ArrowUp"),
    "drag": lambda on: drag(on, 20),
}


@pytest.mark.parametrize("speed", [10, 50, 200])
def test_whoever_looks_up_stays_there_at_any_speed_until_they_want_the_newest(page, app, speed):  # noqa: F811
    app.models.script = page_full(counting(301, 5_000, 1 / speed))
    page.goto(app.url)
    say(page, f"Count at {speed}.")
    word(page, 310)
    expect(page.get_by_role("paragraph").filter(has_text="word101 ")).to_have_count(1)  # it stands from here on
    page.mouse.move(600, 300)
    more = max(speed // 2, 12)  # so many words on, a page that pulls back has done so, and grown by lines
    for way, look_up in WAYS.items():
        expect(button(page, "Newest")).to_have_count(0)
        page.wait_for_function(f"() => {TO_END} < 30")
        look_up(page)
        expect(button(page, "Newest")).to_be_visible()
        line = page.evaluate(LINE)
        word(page, last_number(page) + more)
        assert page.evaluate(LINE) >= line, way
        assert page.evaluate(TO_END) > 30, way
        page.mouse.up()
        button(page, "Newest").click()
        message_box(page).focus()
    word(page, last_number(page) + more)
    page.wait_for_function(f"() => {TO_END} < 30")
    page.keyboard.press("Escape")
    expect(button(page, "Stop")).to_have_count(0)


def test_page_that_was_just_opened_stays_where_it_is_scrolled_to(page, app):  # noqa: F811
    kept = app.begun("Long ago.", text_of(page_full([])), "openai/by-script")
    page.goto(f"{app.url}/?c={kept.id}")
    page.mouse.move(600, 300)
    page.wait_for_function(f"() => {TOP} > 0")
    page.mouse.wheel(0, -600)
    page.wait_for_function(f"() => {TO_END} > 300")
    expect(button(page, "Newest")).to_be_visible()
    app.models.script = ["Said later."]
    line = page.evaluate(LINE)
    button(page, "More").first.wait_for()
    assert page.evaluate(LINE) >= line
    say(page, "And now?")  # what was asked for is looked at, wherever one was
    answered(page, 4)
    assert page.evaluate(TO_END) < 30


def test_keys_lead_everywhere(page, app):  # noqa: F811
    app.models.script = [*counting(1, 20, 0), Pause(60)]
    page.goto(app.url)
    expect(message_box(page)).to_be_focused()
    page.keyboard.type("Reach me by keys")
    page.keyboard.press("Enter")
    word(page, 19)
    expect(message_box(page)).to_be_focused()

    page.keyboard.press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")  # closes the window, and stops nothing
    expect(page.get_by_role("dialog")).to_have_count(0)
    button(page, "by-script").click()
    expect(page.get_by_role("spinbutton", name="Temperature")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button(page, "Stop")).to_be_visible()
    message_box(page).focus()
    page.keyboard.press("Escape")
    answered(page, 2)
    assert app.open_conversation(page).path()[-1].status == "stopped"

    search = page.get_by_role("searchbox", name="Search conversations")
    page.keyboard.press("Control+k")
    expect(search).to_be_focused()
    page.get_by_role("region", name="Sidebar").hover()  # only then its button is there
    button(page, "Collapse sidebar").click()
    expect(search).not_to_be_in_viewport()
    page.keyboard.press("Control+k")
    expect(search).to_be_focused()
    expect(search).to_be_in_viewport()
    page.keyboard.type("?")  # while somebody types it is a sign
    expect(search).to_have_value("?")
    search.fill("")

    page.keyboard.press("Control+Shift+O")
    expect(in_chat(page)).to_have_count(0)
    expect(message_box(page)).to_be_focused()
    page.get_by_role("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")

    recent(page, "Reach me by keys").click()
    expect(in_chat(page)).to_have_count(2)
    expect(message_box(page)).to_be_focused()
    page.get_by_role("link", name="Skip to main content").focus()  # the first thing on the page
    for key in ("Enter", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(message_box(page)).to_be_focused()

    open_page(page, "History")
    expect(page.get_by_role("main").get_by_text("Reach me by keys")).to_be_visible()
    page.keyboard.press("Control+Shift+O")
    expect(message_box(page)).to_be_focused()


def test_what_happened_is_said_where_the_eyes_are(page, app):  # noqa: F811
    long = text_of(counting(1, 300))
    kept = app.begun("What is said here?", long, "openai/by-script")
    for number in range(12):
        app.begun(f"Filler {number}", "Said.", "openai/by-script")
    page.goto(f"{app.url}/?c={kept.id}")
    button(page, "More").last.click()
    page.get_by_role("menuitem", name="Delete turn").click()
    for each in (page.get_by_text("Deleted 1 turn."), button(page, "Undo")):
        expect(each).to_be_in_viewport()
    button(page, "Undo").click()
    expect(page.get_by_text("word300")).to_be_in_viewport()
    expect(button(page, "Undo")).to_have_count(0)

    page.set_viewport_size({"width": 1280, "height": 500})
    open_page(page, "History")
    expect(page.get_by_role("main").get_by_text("Filler 11")).to_be_visible()
    page.mouse.move(700, 300)
    page.mouse.wheel(0, 5_000)
    page.wait_for_function(f"() => {TO_END} < 3")
    title = page.evaluate("document.querySelector('main h1, main h2, main h3').getBoundingClientRect().top")
    button(page, "Menu: Filler 11").first.click()
    page.get_by_role("menuitem", name="Delete").click()
    for each in (page.get_by_text("Deleted “Filler 11”."), button(page, "Undo"), button(page, "Dismiss")):
        expect(each).to_be_in_viewport()
    assert title < 0
    page.set_viewport_size({"width": 390, "height": 700})
    expect(button(page, "Undo")).to_be_in_viewport()
    button(page, "Undo").click()
    expect(button(page, "Undo")).to_have_count(0)


def test_no_keyboard_comes_up_over_the_page_of_a_phone(browser, app):  # noqa: F811
    phone = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = phone.new_page()  # noqa: F811
    kept = app.begun("On the way.", text_of(page_full([])), "openai/by-script")
    page.goto(f"{app.url}/?c={kept.id}")
    page.wait_for_function(f"() => {TOP} > 0")
    expect(message_box(page)).not_to_be_focused()
    expect(page.get_by_text("word300")).to_be_in_viewport()
    phone.close()


def test_end_of_an_answer_is_said_once_to_whoever_does_not_see_it(page, app):  # noqa: F811
    said = page.get_by_role("status").filter(has_text="The answer has ended.")
    page.goto(app.url)
    for number in (1, 2):
        gate = app.models.gate()
        app.models.script = [f"Word {number}", gate, " and the last."]
        say(page, f"Question {number}?")
        expect(page.get_by_text(f"Word {number}")).to_be_visible()
        expect(said).to_have_count(0)
        gate.open()
        expect(said).to_have_count(1)
        answered(page, 2 * number)
        expect(said).to_have_count(1)
        expect(message_box(page)).to_be_focused()
    button(page, "New chat").click()
    expect(page.get_by_role("heading", name="New chat", exact=True)).to_be_visible()
    expect(said).to_have_count(0)

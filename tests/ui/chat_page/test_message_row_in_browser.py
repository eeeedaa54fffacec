"""The row under every message by pointer, by keyboard and on a phone; an error's details; words from right to left."""

import re

from playwright.sync_api import expect

from tests.support.browser import browser, until  # noqa: F401
from tests.support.browser import page as new_page  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import button, message_box, open_page, say
from tests.support.processes import wait_for
from tests.support.shared_app import answered, app, in_chat, in_row, shared_app  # noqa: F401
from ui.chat_page.message_actions import MOST_COPIED

running = shared_app("echo")

LEAST_TARGET = 32
"""Pixels, each way."""
ARABIC = """مرحبا بالعالم.

- نقطة `left to right` أولى
- ثانية

English stays as it is.

```
x = 1
```"""


def focused(page):  # noqa: F811
    """Return the accessible name of what has the focus, through every shadow root."""
    return page.evaluate(
        """() => {
          let each = document.activeElement;
          while (each?.shadowRoot?.activeElement) each = each.shadowRoot.activeElement;
          return each.getAttribute('aria-label') ?? each.textContent;
        }"""
    )


def test_row_is_quiet_has_real_targets_and_stands_under_its_text(page, app):  # noqa: F811
    page.goto(app.url)
    say(page, "Where is it?")
    answered(page, 2)
    in_row(page, 1, "Regenerate").click()
    expect(page.get_by_text("2/2", exact=True)).to_be_visible()
    answered(page, 2)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        beside = 56 if width == 1280 else 16
        wait_for(lambda beside=beside: set(beside_words(page)) == {beside}, "the pictures stand, or have made way")
        for number, words in ((0, "Where is it?"), (1, "Where is it?")):
            message = in_chat(page).nth(number)
            text = message.get_by_text(words, exact=True).bounding_box()
            for each in message.get_by_role("button").all():
                box = each.bounding_box()
                assert min(box["width"], box["height"]) >= LEAST_TARGET
                assert box["x"] + box["width"] <= width
                assert box["y"] >= text["y"] + text["height"] - 1
            first = in_row(page, number, "Copy").bounding_box()
            picture = in_row(page, number, "Copy").locator("svg").bounding_box()
            assert abs(picture["x"] - text["x"]) <= 4, f"{first} does not stand under {text}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "Alt" not in in_chat(page).nth(1).inner_text()
    previous = in_row(page, 1, "Previous version")
    assert previous.get_attribute("title") == "Previous version (Alt+Shift+←)"
    assert previous.get_attribute("aria-keyshortcuts") == "Alt+Shift+ArrowLeft"
    expect(page.get_by_text("echo · ")).to_be_visible()


HOLD_ROWS = """
let take;
const held = [];
Object.defineProperty(window, 'chatkeepMessageRows', {
  get: () => ({ push: row => held.push(row) }),
  set: script => { take = script; },
});
window.heldRows = () => held.length;
window.drawRows = () => { for (const each of held.splice(0)) take.push(each); };
"""


def test_nothing_moves_as_the_rows_are_drawn(new_page, app):  # noqa: F811
    """In a page of its own: every later load in it would hold back its rows."""
    new_page.add_init_script(HOLD_ROWS)
    kept = app.begun("Where is it?", "Here.", "openai/echo")
    new_page.goto(f"{app.url}/?c={kept.id}")
    new_page.wait_for_function("() => heldRows() === 2")
    expect(in_chat(new_page)).to_have_count(2)
    before = [message.bounding_box() for message in in_chat(new_page).all()]
    new_page.evaluate("drawRows()")
    expect(in_row(new_page, 1, "Regenerate")).to_be_visible()
    assert [message.bounding_box() for message in in_chat(new_page).all()] == before


def as_bytes(frame):
    return frame if isinstance(frame, bytes) else frame.encode()


def test_script_of_the_rows_comes_with_the_page_and_with_no_turn(page, app):  # noqa: F811
    drawn: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: drawn.append(as_bytes(frame))))
    page.goto(app.url)
    message_box(page).wait_for()
    until(page, lambda: any(b"chatkeep_message_rows" in frame for frame in drawn))
    drawn.clear()
    say(page, "Hello")
    answered(page, 2)
    assert any(b"chatkeep_message_row" in frame for frame in drawn)
    assert not any(b"chatkeep_message_rows" in frame for frame in drawn)


def test_everything_in_the_row_works_by_keyboard(page, app):  # noqa: F811
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(app.url)
    long = "word " * (MOST_COPIED // 5 + 1)
    say(page, long)
    answered(page, 2)
    in_row(page, 1, "Copy").focus()
    page.keyboard.press("Enter")
    expect(in_row(page, 1, "Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").strip() == long.strip()

    in_row(page, 1, "Good answer").focus()
    page.keyboard.press("Space")
    expect(in_row(page, 1, "Good answer")).to_have_attribute("aria-pressed", "true")
    expect(in_row(page, 1, "Bad answer")).to_have_attribute("aria-pressed", "false")
    answered(page, 2)
    assert focused(page) == "Good answer"

    more = in_row(page, 1, "More")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.focus()
    page.keyboard.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    assert focused(page) == "Regenerate with another model"
    for key, name in (
        ("ArrowDown", "Add a note"),
        ("End", "Delete turn"),
        ("ArrowDown", "Regenerate with another model"),
    ):
        page.keyboard.press(key)
        assert focused(page) == name
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Deleted 1 turn.")).to_be_visible()
    expect(in_chat(page)).to_have_count(0)


def test_error_has_details_and_leads_to_where_it_is_mended(page, app):  # noqa: F811
    kept = app.begun("Begin", "Begun.", "openai/http-401")
    page.goto(f"{app.url}/?c={kept.id}")
    say(page, "And now?")
    expect(page.get_by_role("alert")).to_contain_text("OpenAI does not accept this key: check it under Settings.")
    failed = in_chat(page).last
    expect(button(failed, "Retry")).to_be_visible()
    for name in ("Good answer", "Bad answer", "Copy", "Regenerate"):
        expect(button(failed, name)).to_have_count(0)
    failed.get_by_text("Details", exact=True).click()
    expect(failed.get_by_text("Status 401")).to_be_visible()
    expect(failed.get_by_text("The provider says: Incorrect API key provided: …")).to_be_visible()
    expect(page.get_by_text("sk-test")).to_have_count(0)
    failed.get_by_role("link", name="Open Settings").click()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()


def test_words_from_right_to_left_read_so_paragraph_by_paragraph(page, app):  # noqa: F811
    def directions(place):
        return {
            words: place.get_by_text(words).first.evaluate(
                "each => [getComputedStyle(each).direction, getComputedStyle(each).textAlign]"
            )
            for words in ("مرحبا بالعالم.", "ثانية", "English stays as it is.", "x = 1", "left to right")
        }

    kept = app.begun("שלום, מה שלומך?", ARABIC, "openai/echo")
    page.goto(f"{app.url}/?c={kept.id}")
    expect(in_row(page, 1, "Copy")).to_be_visible()
    page.wait_for_function("() => document.querySelectorAll('[dir=rtl]').length >= 4")

    def read_so(place):
        found = directions(place)
        for words, (direction, align) in found.items():
            is_rtl = words in ("مرحبا بالعالم.", "ثانية")
            assert direction == ("rtl" if is_rtl else "ltr"), words
            assert not (is_rtl and align == "left"), words

    read_so(in_chat(page).nth(1))
    question = in_chat(page).first.get_by_text("שלום, מה שלומך?")
    assert question.evaluate("each => getComputedStyle(each).direction") == "rtl"

    page.reload()
    message_box(page).fill(ARABIC.partition("\n")[0])
    expect(message_box(page)).to_have_css("direction", "rtl")
    say(page, ARABIC.partition("\n")[0])  # the model says the same
    answered(page, 4)
    page.wait_for_function("() => document.querySelectorAll('[dir=rtl]').length >= 6")
    open_page(page, "History")
    button(page, "Preview").first.click()
    window = page.get_by_role("dialog")
    expect(window.get_by_text("مرحبا بالعالم.").first).to_be_visible()
    page.wait_for_function("() => document.querySelectorAll('[role=dialog] [dir=rtl]').length >= 6")
    read_so(window)


def beside_words(page):  # noqa: F811
    """Return how many pixels there are beside the words of each message, on their left."""
    return (
        in_chat(page)
        .get_by_role("group", name=re.compile("^Chat message from"))
        .evaluate_all(
            "all => all.map(each => each.getBoundingClientRect().x - each.parentElement.getBoundingClientRect().x)"
        )
    )


def test_words_have_the_width_of_a_phone_from_their_first_letter_on(page, app):  # noqa: F811
    gate = app.models.gate()
    app.models.script = ["Word", gate, " and the last."]
    kept = app.begun("Before?", "Before.", "openai/by-script")
    page.goto(f"{app.url}/?c={kept.id}")
    expect(page.get_by_text("Before.")).to_be_visible()
    assert beside_words(page) == [56, 56]  # a picture of 32, and the space around it
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    wait_for(lambda: beside_words(page) == [16, 16], "the pictures have made way")
    say(page, "And now?")
    expect(page.get_by_text("Word", exact=True)).to_be_visible()
    assert beside_words(page) == [16, 16, 16, 16]
    gate.open()
    answered(page, 4)
    assert beside_words(page) == [16, 16, 16, 16]
    page.set_viewport_size({"width": 844, "height": 390})  # turned
    wait_for(lambda: beside_words(page) == [56, 56, 56, 56], "the pictures are back")

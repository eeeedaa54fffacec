"""The lists of conversations in a real browser: how many are in view, links that are links, menus, keys, a phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chat.conversation import Conversation, ConversationSettings, Message, new_id, utc_now
from store import open_store
from tests.support.browser import browser, console_of  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import button, choose, message_box
from tests.support.shared_app import OWNER, SharedApp, app, shared_app  # noqa: F401

running = shared_app("by-script")

LONG = (
    "What is the difference between a process and a thread of an operating system, and when would I want which of them?"
)
IN_VIEW = """
rows => rows.map(row => row.getBoundingClientRect()).filter(box => box.top >= 0 && box.bottom <= innerHeight).length
"""


@pytest.fixture(scope="module")
def lists(running: SharedApp) -> SharedApp:
    """The module's app with thirty conversations, the first with the longest title."""
    store = open_store(f"tinydb:///{running.data}")
    for number in range(30):
        moment = utc_now() - timedelta(hours=number)
        asked = Message(new_id(), None, "user", f"Question {number} about tea", moment)
        told = Message(new_id(), asked.id, "assistant", f"Answer {number}", moment, model="openai/by-script")
        kept = Conversation(
            f"{number:032x}",
            OWNER,
            f"Tea {number}" if number else LONG,
            moment,
            moment,
            head=told.id,
            settings=ConversationSettings(model="openai/by-script"),
            messages=(asked, told),
        )
        store.create(kept)
    store.close()
    return running


def sidebar(page: Page) -> Locator:  # noqa: F811
    return page.get_by_role("navigation", name="Conversations", exact=True)


def cards(page: Page) -> Locator:  # noqa: F811
    return page.get_by_role("navigation", name="Conversations found")


def link(part: Locator, title: str) -> Locator:
    return part.get_by_role("link", name=title, exact=True)


def test_sidebar_holds_sixteen_rows_that_are_links_and_can_be_gone_back_from(page, lists):  # noqa: F811
    page.goto(lists.url)
    expect(link(sidebar(page), "Tea 3")).to_be_visible()
    rows = sidebar(page).get_by_role("listitem")
    assert {row.bounding_box()["height"] for row in rows.all()} == {32}
    assert rows.evaluate_all(IN_VIEW) >= 16
    expect(link(sidebar(page), LONG)).to_have_attribute("title", LONG)

    link(sidebar(page), "Tea 3").click()
    expect(page.get_by_text("Answer 3", exact=True)).to_be_visible()
    expect(link(sidebar(page), "Tea 3")).to_have_attribute("aria-current", "page")
    expect(page).to_have_title("Tea 3 · Chatkeep")
    with page.context.expect_page() as opened:
        link(sidebar(page), "Tea 4").click(modifiers=["Control"])
    other = opened.value
    expect(other.get_by_text("Answer 4", exact=True)).to_be_visible()
    expect(link(sidebar(other), "Tea 4")).to_have_attribute("aria-current", "page")
    other.close()
    expect(page.get_by_text("Answer 3", exact=True)).to_be_visible()

    page.go_back()
    expect(page.get_by_text("Answer 3", exact=True)).to_have_count(0)
    expect(message_box(page)).to_be_visible()
    expect(page).to_have_url(f"{lists.url}/")
    expect(page).to_have_title("Chat · Chatkeep")
    page.go_forward()
    expect(page.get_by_text("Answer 3", exact=True)).to_be_visible()
    assert [said for said in console_of(page.context) if said.startswith(("error", "uncaught"))] == []


def test_menu_of_a_row_is_used_by_keys_alone(page, lists):  # noqa: F811
    page.goto(f"{lists.url}/?c={2:032x}")
    expect(link(sidebar(page), "Tea 2")).to_have_attribute("aria-current", "page")
    link(sidebar(page), "Tea 2").focus()
    page.keyboard.press("ArrowDown")
    expect(link(sidebar(page), "Tea 3")).to_be_focused()
    page.keyboard.press("Tab")
    expect(button(page, "Menu: Tea 3")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button(page, "Menu: Tea 3")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Pin")).to_be_focused()
    page.keyboard.press("Enter")
    expect(sidebar(page).get_by_role("list", name="Pinned").get_by_role("link")).to_have_text(["Tea 3"])
    button(page, "Menu: Tea 3").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Title").fill("Tea, pinned")
    button(page, "Save").click()
    expect(link(sidebar(page), "Tea, pinned")).to_be_visible()


def test_ten_rows_of_the_history_are_in_view_and_its_search_can_be_gone_back_to(page, lists):  # noqa: F811
    page.goto(f"{lists.url}/History")
    expect(link(cards(page), "Tea 5")).to_be_visible()
    assert cards(page).get_by_role("listitem").evaluate_all(IN_VIEW) >= 10
    for title in ("Tea 5", "Tea 7"):
        cards(page).get_by_role("checkbox", name=f"Select {title}", exact=True).check()
    expect(button(page, "Download 2 selected")).to_be_enabled()
    button(page, "Tag").click()
    page.get_by_role("combobox", name="Tags").fill("unheard of")
    page.get_by_role("combobox", name="Tags").press("Enter")
    page.get_by_role("combobox", name="Tags").fill("and more")  # its list is open and lies over what is below
    page.get_by_role("button", name="Add", exact=True, include_hidden=True).click()
    expect(cards(page).get_by_text("#unheard of")).to_have_count(2)

    page.get_by_role("searchbox", name="Search", exact=True).fill("answer 9")
    page.get_by_role("searchbox", name="Search", exact=True).press("Enter")
    expect(button(page, "Download 1 found")).to_be_enabled()
    button(page, "Open here").click()
    expect(page.get_by_text("Answer 9", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search", exact=True)).to_have_value("answer 9")
    expect(cards(page).get_by_role("link")).to_have_text(["Tea 9"])


def test_what_is_done_in_the_sidebar_shows_on_the_history_page_at_once_and_trash_is_a_view_of_its_own(page, lists):  # noqa: F811
    page.goto(f"{lists.url}/History?q=tea")
    expect(link(cards(page), "Tea 8")).to_be_visible()
    button(sidebar(page), "Menu: Tea 8").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(link(cards(page), "Tea 8")).to_have_count(0)
    button(page, "Undo").click()
    expect(link(cards(page), "Tea 8")).to_be_visible()

    cards(page).get_by_role("checkbox", name="Select Tea 6", exact=True).check()
    button(page, "Delete").click()
    expect(link(cards(page), "Tea 6")).to_have_count(0)
    choose(page, "Trash")
    expect(cards(page).get_by_text("Tea 6")).to_be_visible()
    expect(cards(page).get_by_role("link")).to_have_count(0)
    button(cards(page), "Restore").click()
    expect(page.get_by_text("Nothing was found.").or_(page.get_by_text("The trash is empty."))).to_be_visible()
    choose(page, "Conversations")
    expect(link(cards(page), "Tea 6")).to_be_visible()


def test_phone_shows_rows_of_two_lines_and_closes_the_sidebar_after_a_choice(browser: Browser, lists):  # noqa: F811
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.goto(f"{lists.url}/History")
    expect(link(cards(phone), LONG)).to_be_visible()
    heights = cards(phone).get_by_role("listitem").evaluate_all("rows => rows.map(row => row.offsetHeight)")
    assert max(heights) <= 56  # two lines, whatever the title
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    more = button(cards(phone), "More").first.bounding_box()
    preview = button(cards(phone), "Preview").first.bounding_box()
    assert more is not None
    assert preview is not None
    assert more["y"] == preview["y"]
    for name in (re.compile("^Download all"), "Tag", "Delete", "Pin", "Unpin"):
        expect(button(phone, name)).to_be_in_viewport(ratio=1)
    phone.goto(lists.url)
    expect(message_box(phone)).to_be_visible()
    phone.get_by_test_id("stExpandSidebarButton").click()
    link(sidebar(phone), "Tea 8").click()
    expect(phone.get_by_text("Answer 8", exact=True)).to_be_visible()
    expect(link(sidebar(phone), "Tea 8")).not_to_be_in_viewport()
    context.close()

"""A visitor's place: found again by the same browser, whatever becomes of its cookie, and by no other. In a browser.

In each way to run Chatkeep: with the server's cookie, and with the one that a script of the page writes in plain mode.
What only the server's cookie does is in `test_servers_cookie.py`; hosts and browsers that let no cookie through are in
`test_cookies_that_do_not_arrive.py`.
"""

import pytest
from playwright.sync_api import expect

from chat.owner import visitor_of
from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import PLAIN, button, chatkeep, message_box, open_page, wait_for_answer
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.visitors.browsers import (
    VISITORS,
    as_new,
    asked,
    assert_new_place,
    assert_same_place,
    tabs_at_once,
)

HOW = {"st.App": "no script can read it", "plain": "the server could not set it, so this page did"}
"""What Settings says of the cookie."""


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


@pytest.fixture(scope="module", params=["st.App", "plain"])
def way(request):
    return request.param


@pytest.fixture(scope="module")
def data(way, tmp_path_factory):
    return tmp_path_factory.mktemp("places") / "data"


@pytest.fixture(scope="module")
def server(way, models, data):
    with start(data, models, way) as running:
        yield running


def start(data, models, way):
    return chatkeep(data, models, run=PLAIN if way == "plain" else None, **VISITORS)


def test_reload_second_tab_deep_link_and_another_start_of_the_server_find_the_same_place(
    page, server, way, data, models
):
    page.goto(server.url)
    address = asked(page, "Mine alone")
    page.reload()
    assert wait_for_answer(page, 2) == "Mine alone"
    tab = page.context.new_page()
    tab.goto(f"{server.url}/History")
    expect(tab.get_by_role("heading", name="History", exact=True)).to_be_visible()
    assert_same_place(tab, "Mine alone")
    open_page(tab, "Settings")
    expect(tab.get_by_text(HOW[way])).to_be_visible()
    with start(data, models, way) as later:  # which knows of this browser what is in the cookie and on the disk
        page.goto(f"{later.url}/?{address.partition('?')[2]}")
        assert wait_for_answer(page, 2) == "Mine alone"


def test_another_browser_finds_it_neither_by_its_address_nor_by_a_forged_header_but_with_its_cookie(
    page, other, server
):
    page.goto(server.url)
    address = asked(page, "Mine alone")
    tokens = [cookie["value"] for cookie in page.context.cookies() if cookie["name"].startswith("chatkeep")]
    other.goto(address)
    expect(other.get_by_text("This conversation is not here")).to_be_visible()
    assert_new_place(other, "Mine alone")
    headers = {"X-Chatkeep-Visitor": visitor_of(tokens[0]).id, "X-Forwarded-For": "127.0.0.1"}
    with ForwardingProxy(server.port, headers) as proxy:
        as_new(other).goto(f"{proxy.url}/?{address.partition('?')[2]}")
        expect(other.get_by_text("This conversation is not here")).to_be_visible()
        assert_new_place(other, "Mine alone")
    as_new(other).context.add_cookies(page.context.cookies())
    other.goto(server.url)
    assert_same_place(other, "Mine alone")


def test_history_by_deep_link_first_is_the_same_place_afterwards_and_its_note_is_dismissed_once(page, server):
    note = page.get_by_text("This browser finds them again until its cookies are deleted")
    page.goto(f"{server.url}/History")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(note).to_be_visible()
    button(page, "New chat").first.click()
    expect(message_box(page)).to_be_visible()
    expect(note).to_be_visible()
    asked(page, "Begun from History")
    open_page(page, "History")
    button(page, "Dismiss").click()
    expect(note).to_have_count(0)
    page.goto(server.url)
    expect(message_box(page)).to_be_visible()
    assert_same_place(page, "Begun from History")
    expect(note).to_have_count(0)
    open_page(page, "Settings")
    expect(note).to_have_count(1)


def test_three_tabs_at_once_on_a_first_visit_are_one_visitor(page, server):
    tabs = tabs_at_once(page.context, server.url, 3)
    for number, tab in enumerate(tabs):
        asked(tab, f"Tab {number}")
    for tab in tabs:
        tab.reload()
        assert_same_place(tab, "Tab 0", "Tab 1", "Tab 2")


def test_without_its_cookie_or_with_junk_in_it_a_browser_is_a_new_visitor_whose_place_lasts(page, server):
    page.goto(server.url)
    asked(page, "Lost with the cookie")
    for kind, junk in {"none": None, "escapes": "%00%0a", "too long": "x" * 3000}.items():
        page.context.clear_cookies()
        for name in ("chatkeep", "chatkeep-page"):
            if junk is not None:
                page.context.add_cookies([{"name": name, "value": junk, "url": server.url}])
        page.goto(server.url)
        assert_new_place(page, "Lost with the cookie")
        asked(page, f"Kept from {kind} on")
        page.reload()
        assert_same_place(page, f"Kept from {kind} on")

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
    a_browser,
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
def server(way, models, tmp_path_factory):
    with start(tmp_path_factory.mktemp("places") / "data", models, way) as running:
        yield running


def start(data, models, way):
    return chatkeep(data, models, run=PLAIN if way == "plain" else None, **VISITORS)


def test_reload_second_tab_and_deep_link_find_the_same_place(browser, server, way):  # noqa: F811
    with a_browser(browser) as context:
        page = context.new_page()
        page.goto(server.url)
        address = asked(page, "Mine alone")
        page.reload()
        assert wait_for_answer(page, 2) == "Mine alone"
        tab = context.new_page()
        tab.goto(f"{server.url}/History")
        expect(tab.get_by_role("heading", name="History", exact=True)).to_be_visible()
        assert_same_place(tab, "Mine alone")
        open_page(tab, "Settings")
        expect(tab.get_by_text(HOW[way])).to_be_visible()
    with a_browser(browser) as context:
        other = context.new_page()
        other.goto(address)
        expect(other.get_by_text("This conversation is not here")).to_be_visible()
        assert_new_place(other, "Mine alone")


def test_history_by_deep_link_first_is_the_same_place_afterwards(browser, server):  # noqa: F811
    with a_browser(browser) as context:
        page = context.new_page()
        page.goto(f"{server.url}/History")
        expect(page.get_by_text("Nothing here yet")).to_be_visible()
        button(page, "New chat").first.click()
        asked(page, "Begun from History")
        page.goto(f"{server.url}/History")
        assert_same_place(page, "Begun from History")


def test_three_tabs_at_once_on_a_first_visit_are_one_visitor(browser, server):  # noqa: F811
    with a_browser(browser) as context:
        tabs = tabs_at_once(context, server.url, 3)
        for number, tab in enumerate(tabs):
            asked(tab, f"Tab {number}")
        for tab in tabs:
            tab.reload()
            assert_same_place(tab, "Tab 0", "Tab 1", "Tab 2")


def test_place_is_the_same_after_a_restart_of_the_server(browser, models, tmp_path, way):  # noqa: F811
    with a_browser(browser) as context:
        page = context.new_page()
        with start(tmp_path / "data", models, way) as server:
            page.goto(server.url)
            address = asked(page, "Before the restart")
        with start(tmp_path / "data", models, way) as server:
            page.goto(f"{server.url}/?{address.partition('?')[2]}")
            assert wait_for_answer(page, 2) == "Before the restart"


def test_without_its_cookie_a_browser_is_a_new_visitor(browser, server):  # noqa: F811
    with a_browser(browser) as context:
        page = context.new_page()
        page.goto(server.url)
        asked(page, "Lost with the cookie")
        context.clear_cookies()
        page.goto(server.url)
        assert_new_place(page, "Lost with the cookie")
        asked(page, "Kept from now on")
        page.reload()
        assert_same_place(page, "Kept from now on")


@pytest.mark.parametrize("junk", ["junk", "x" * 3000, "%00%0a"], ids=["junk", "too long", "escapes"])
def test_junk_in_the_cookie_is_a_new_place_that_lasts(browser, server, junk):  # noqa: F811
    with a_browser(browser) as context:
        names = ("chatkeep", "chatkeep-page")
        context.add_cookies([{"name": name, "value": junk, "url": server.url} for name in names])
        page = context.new_page()
        page.goto(server.url)
        asked(page, "In spite of junk")
        page.reload()
        assert_same_place(page, "In spite of junk")


def test_copied_cookie_is_the_same_place(browser, server):  # noqa: F811
    with a_browser(browser) as context:
        page = context.new_page()
        page.goto(server.url)
        asked(page, "Here and there")
        copied = context.cookies()
    with a_browser(browser) as context:
        context.add_cookies(copied)
        page = context.new_page()
        page.goto(server.url)
        assert_same_place(page, "Here and there")


def test_forged_header_says_nothing(browser, server):  # noqa: F811
    with a_browser(browser) as context:
        page = context.new_page()
        page.goto(server.url)
        address = asked(page, "Not for a header")
        tokens = [cookie["value"] for cookie in context.cookies() if cookie["name"].startswith("chatkeep")]
    headers = {"X-Chatkeep-Visitor": visitor_of(tokens[0]).id, "X-Forwarded-For": "127.0.0.1"}
    with ForwardingProxy(server.port, headers) as proxy, a_browser(browser) as context:
        page = context.new_page()
        page.goto(f"{proxy.url}/?{address.partition('?')[2]}")
        expect(page.get_by_text("This conversation is not here")).to_be_visible()
        assert_new_place(page, "Not for a header")


def test_note_is_read_once_and_stays_dismissed_where_the_place_is_the_same(browser, server):  # noqa: F811
    note = "This browser finds them again until its cookies are deleted"
    with a_browser(browser) as context:
        page = context.new_page()
        page.goto(server.url)
        expect(page.get_by_text(note)).to_be_visible()
        open_page(page, "History")
        button(page, "Dismiss").click()
        expect(page.get_by_text(note)).to_have_count(0)
        page.goto(server.url)
        expect(message_box(page)).to_be_visible()
        expect(page.get_by_text(note)).to_have_count(0)
        open_page(page, "Settings")
        expect(page.get_by_text(note)).to_have_count(1)

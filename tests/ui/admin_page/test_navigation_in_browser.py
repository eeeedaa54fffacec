"""The list of pages in the sidebar: on a small screen it makes way for what was chosen, on a large one it stays."""

import pytest
from playwright.sync_api import expect

from chat.owner import visitor_of
from store.files.store import TinyDBFiles
from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, message_box, open_page
from tests.support.store_fixtures import conversation, message


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    data = tmp_path_factory.mktemp("navigation") / "data"
    store = TinyDBFiles(data)
    store.create(conversation("c1", message("q1", content="words of mine"), title="Mine"))
    store.create(
        conversation("c1", message("q1", content="secretword"), owner=visitor_of("v" * 43).id, title="Secretword")
    )
    store.close()
    with chatkeep(data) as server:
        yield server.url


def link(page, name):  # noqa: F811
    return page.get_by_role("link", name=name, exact=True)


def test_on_a_small_screen_the_sidebar_makes_way_for_what_was_chosen(page, url):  # noqa: F811
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    expect(message_box(page)).to_be_visible()
    expect(link(page, "History")).not_to_be_in_viewport()
    for choose, shown in (
        (link(page, "History"), page.get_by_role("heading", name="History", exact=True)),
        (link(page, "Admin"), page.get_by_role("heading", name="Admin", exact=True)),
        (link(page, "Mine"), page.get_by_text("words of mine")),
        (button(page, "New chat"), message_box(page)),
    ):
        page.get_by_test_id("stExpandSidebarButton").click()
        choose.click()
        expect(shown).to_be_in_viewport()
        expect(link(page, "Settings")).not_to_be_in_viewport()
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(link(page, "Settings")).to_be_in_viewport()
    page.reload()
    expect(message_box(page)).to_be_in_viewport()
    expect(link(page, "Settings")).not_to_be_in_viewport()


def test_on_a_large_screen_it_stays(page, url):  # noqa: F811
    page.goto(url)
    for name in ("History", "Settings", "Admin"):
        open_page(page, name)
        expect(link(page, "Settings")).to_be_in_viewport()
    link(page, "Chat").click()
    expect(message_box(page)).to_be_visible()
    expect(link(page, "Mine")).to_be_in_viewport()


def test_the_admin_page_fits_a_small_screen_and_names_nobody(page, url):  # noqa: F811
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{url}/Admin")
    expect(page.get_by_role("cell", name=f"Visitor {visitor_of('v' * 43).id[8:18]}")).to_be_visible()
    expect(page.get_by_role("heading", name="Damaged files")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "secretword" not in page.content().lower()

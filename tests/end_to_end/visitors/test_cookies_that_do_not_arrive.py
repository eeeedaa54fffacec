"""Hosts that let only cookies through that they know, browsers that take none, and frames of other sites.

Streamlit Community Cloud lets only Streamlit's own cookies through to the app (a comment of its source beside their
names says so): a script of the page then keeps the visitor's token, and tells it over the websocket.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.support.browser import CHROMIUM, PATIENCE, TEST_OPTIONS, browser  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, message_box, open_page, wait_for_answer
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
from tests.support.visitors.certificate import certificate

STREAMLITS = ("_streamlit_user", "_streamlit_user_tokens", "_streamlit_xsrf", "_streamlit_session")
NOTHING_KEPT = "This browser keeps nothing for this address"


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    with chatkeep(tmp_path_factory.mktemp("arrive") / "data", models, **VISITORS) as running:
        yield running


@pytest.fixture(scope="module")
def host(server):
    """Return a host in front of the app that keeps all cookies back but Streamlit's own."""
    with ForwardingProxy(server.port, {}, cookies=STREAMLITS) as proxy:
        yield proxy


def test_host_that_keeps_cookies_back_still_has_a_lasting_place_for_everybody(page, other, host):
    page.goto(host.url)
    expect(page.get_by_text("and Safari deletes them after seven days")).to_be_visible()
    asked(page, "Through the host")
    page.reload()
    assert wait_for_answer(page, 2) == "Through the host"
    assert_same_place(page, "Through the host")
    address = page.evaluate("location.href")
    tab = page.context.new_page()
    tab.goto(f"{host.url}/History")
    expect(tab.get_by_role("heading", name="History", exact=True)).to_be_visible()
    assert_same_place(tab, "Through the host")
    open_page(tab, "Settings")
    expect(tab.get_by_text("the server could not set it, so this page did")).to_be_visible()
    other.goto(address)
    expect(other.get_by_text("This conversation is not here")).to_be_visible()
    assert_new_place(other, "Through the host")


def test_tabs_at_once_through_such_a_host_are_one_visitor(page, host):
    for number, tab in enumerate(tabs := tabs_at_once(page.context, host.url, 2)):
        asked(tab, f"Tab {number}")
    for tab in tabs:
        tab.reload()
        assert_same_place(tab, "Tab 0", "Tab 1")


def test_page_that_loses_its_connection_there_goes_on_with_what_was_typed(page, server):
    with ForwardingProxy(server.port, {}, cookies=STREAMLITS) as host:
        page.goto(f"{host.url}/Settings")
        key = page.get_by_role("textbox", name="Mistral API key")
        key.fill("typed-here-alone")
        key.press("Enter")
        expect(button(page, "Forget this key")).to_be_visible()
        host.cut()
        expect(button(page, "New chat")).to_be_disabled()
        host.mend()
        button(page, "New chat").click()
        expect(message_box(page)).to_be_visible()
        open_page(page, "Settings")
        expect(button(page, "Forget this key")).to_be_visible()


def test_browser_that_takes_no_cookies_is_told_so_for_as_long_as_it_is_so(browser, server, tmp_path):  # noqa: F811
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(blocked))
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=str(CHROMIUM), args=TEST_OPTIONS
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(server.url)
    expect(page.get_by_text(NOTHING_KEPT)).to_be_visible()
    asked(page, "Kept for now")
    expect(page.get_by_text(NOTHING_KEPT)).to_be_visible()
    open_page(page, "Settings")
    expect(page.get_by_text("To be found again, allow cookies for this address")).to_be_visible()
    page.goto(server.url)
    assert_new_place(page, "Kept for now")
    context.close()


class FakeSite(BaseHTTPRequestHandler):
    """Another site that shows the address of its query in a frame."""

    def do_GET(self):
        body = f'<!doctype html><title>A site</title><iframe src="{self.path[2:]}" width="1200" height="800"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def site():
    """Return the address of another site: `localhost` is another one than 127.0.0.1."""
    with ThreadingHTTPServer(("127.0.0.1", 0), FakeSite) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://localhost:{running.server_address[1]}"
        running.shutdown()


def test_in_a_frame_of_another_site_a_visitor_finds_their_place_again(browser, models, tmp_path, site):  # noqa: F811
    cert, key = certificate(tmp_path)
    options = {
        "STREAMLIT_SERVER_SSL_CERT_FILE": str(cert),
        "STREAMLIT_SERVER_SSL_KEY_FILE": str(key),
        "CHATKEEP_FRAMES": site,
    }
    chromium = browser.browser_type.launch(
        executable_path=str(CHROMIUM), args=[*TEST_OPTIONS, "--disable-features=LocalNetworkAccessChecks"]
    )
    with (
        chatkeep(tmp_path / "data", models, scheme="https", **VISITORS, **options) as server,
        a_browser(chromium, ignore_https_errors=True) as context,
    ):
        page = context.new_page()
        page.goto(f"{site}/?{server.url}")
        frame = page.frame_locator("iframe")
        box = frame.get_by_role("textbox", name="Message", exact=True)
        box.fill("From a frame")
        box.press("Enter")
        found = frame.get_by_test_id("stSidebar").get_by_role("link", name="From a frame", exact=True)
        expect(found).to_be_visible()
        page.reload()
        expect(found).to_be_visible()
    chromium.close()

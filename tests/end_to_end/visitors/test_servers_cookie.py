"""What the server's cookie does that one of a script cannot: against scripts, late pages, other sites and other people.

In a real browser, over http and https.
"""

import threading

import pytest
from playwright.sync_api import expect

from chat.owner import new_token
from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, in_header, message_box, open_page
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.visitors.browsers import VISITORS, a_browser, asked, assert_same_place, cookie_names
from tests.support.visitors.certificate import certificate


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    with chatkeep(tmp_path_factory.mktemp("cookie") / "data", models, **VISITORS) as running:
        yield running


@pytest.fixture(scope="module")
def https(models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("https")
    cert, key = certificate(folder)
    options = {"STREAMLIT_SERVER_SSL_CERT_FILE": str(cert), "STREAMLIT_SERVER_SSL_KEY_FILE": str(key)}
    with chatkeep(folder / "data", models, scheme="https", **VISITORS, **options) as running:
        yield running


def test_page_that_comes_late_takes_no_words_out_of_reach(browser, server):  # noqa: F811
    """Both are asked for before the browser has any token; the other one has been used when the late one comes."""
    late = threading.Event()
    asked_for = []

    def hold(line):
        if line.startswith("GET / "):
            asked_for.append(line)
            return late if len(asked_for) == 1 else None
        return None

    with ForwardingProxy(server.port, {}, held=hold) as proxy, a_browser(browser) as context:
        slow = context.new_page()
        slow.goto("about:blank")
        slow.evaluate("url => { location.href = url; }", proxy.url)
        page = context.new_page()
        page.goto(proxy.url)
        asked(page, "Before the late page")
        late.set()
        expect(message_box(slow)).to_be_visible()
        assert_same_place(slow, "Before the late page")
        asked(slow, "On the late page")
        page.reload()
        assert_same_place(page, "Before the late page", "On the late page")
        assert len(cookie_names(context)) == 1


def test_no_script_can_read_or_replace_the_servers_cookie(browser, server):  # noqa: F811
    with a_browser(browser) as context:
        page = context.new_page()
        page.goto(server.url)
        asked(page, "Not to be read")
        (name,) = cookie_names(context)
        assert "chatkeep" not in page.evaluate("document.cookie")
        planted = new_token()
        page.evaluate(
            "([name, token]) => { for (const each of [name, 'chatkeep-page', '__Host-chatkeep'])"
            " document.cookie = `${each}=${token}; Path=/`; }",
            [name, planted],
        )
        page.reload()
        assert_same_place(page, "Not to be read")


def test_over_https_a_planted_cookie_is_nobody(browser, https):  # noqa: F811
    with a_browser(browser, ignore_https_errors=True) as context:
        token = new_token()
        for name in ("chatkeep", "chatkeep-page"):
            context.add_cookies([{"name": name, "value": token, "url": https.url}])
        page = context.new_page()
        page.goto(https.url)
        asked(page, "Not the planter's")
        (name,) = (name for name in cookie_names(context) if name.startswith("__Host-Http-chatkeep"))
        page.evaluate(
            "([name, token]) => { for (const each of [name, '__Host-Http-chatkeep'])"
            " document.cookie = `${each}=${token}; Path=/; Secure`; }",
            [name, token],
        )
        assert token not in [each["value"] for each in context.cookies() if each["name"].startswith("__Host-Http-")]
        page.evaluate("token => { document.cookie = `__Host-chatkeep=${token}; Path=/; Secure`; }", token)
        page.reload()
        assert_same_place(page, "Not the planter's")
        open_page(page, "Settings")
        expect(page.get_by_text("no script can read it")).to_be_visible()


def test_download_is_answered_to_its_own_browser_only(browser, server):  # noqa: F811
    with a_browser(browser, accept_downloads=True) as context, a_browser(browser) as other:
        page = context.new_page()
        page.goto(server.url)
        asked(page, "Words in a file")
        in_header(page, "Conversation").click()
        with page.expect_download() as download:
            button(page, "Download").click()
        url = download.value.url
        assert "/media/" in url
        mine, theirs = context.request.get(url), other.request.get(url)
        missing = other.request.get(f"{server.url}/media/never-made.json")
        assert (mine.status, "Words in a file" in mine.text()) == (200, True)
        assert mine.headers["cache-control"] == "private, no-store"
        assert (theirs.status, theirs.text()) == (missing.status, missing.text()) == (404, missing.text())
        stranger = other.new_page()
        stranger.goto(server.url)
        expect(message_box(stranger)).to_be_visible()
        assert (other.request.get(url).status, context.request.get(url).status) == (404, 200)

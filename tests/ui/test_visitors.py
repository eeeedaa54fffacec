"""A browser that is not on this machine sees nothing of the personal history, and cannot spend the configured keys."""

import pytest
from playwright.sync_api import expect

from store import open_store
from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, message_box, open_page, say, wait_for_answer
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.forwarding_proxy import ForwardingProxy

SECRET = "The safe's number is 4711."
VISITOR_NOTE = "You are a visitor here: nobody else sees your conversations"


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


@pytest.fixture
def personal(page, tmp_path, models):  # noqa: F811
    """Return the app with one personal conversation in it, and that conversation's id."""
    data = tmp_path / "data"
    with chatkeep(data, models) as server:
        page.goto(server.url)
        say(page, SECRET)
        wait_for_answer(page, 2)
        expect(page.get_by_text(VISITOR_NOTE)).to_have_count(0)
        yield server, page.evaluate("location.href").rpartition("=")[2], data


@pytest.mark.parametrize(
    "headers",
    [{"Host": "chat.example.org"}, {"X-Forwarded-For": "127.0.0.1"}],
    ids=["another host", "a forwarding header"],
)
def test_nothing_of_the_personal_history_by_list_link_or_download(browser, personal, headers):  # noqa: F811
    server, conversation_id, data = personal
    with ForwardingProxy(server.port, headers) as proxy:
        visitor = browser.new_context(accept_downloads=True).new_page()
        visitor.goto(proxy.url)
        expect(visitor.get_by_text(VISITOR_NOTE)).to_be_visible()
        expect(visitor.get_by_text("Your conversations will be listed here.")).to_be_visible()

        visitor.goto(f"{proxy.url}/?c={conversation_id}")
        expect(visitor.get_by_text("This conversation is not here")).to_be_visible()
        assert "4711" not in visitor.content()

        open_page(visitor, "History")
        expect(visitor.get_by_text("Nothing here yet")).to_be_visible()
        expect(visitor.get_by_role("button", name="Download")).to_have_count(0)
        assert "4711" not in visitor.content()

        open_page(visitor, "Settings")
        expect(visitor.get_by_text("Needs an API key.")).to_have_count(2)
        expect(visitor.get_by_text("Add an OpenAI-compatible endpoint")).to_have_count(0)
        visitor.context.close()
    store = open_store(f"tinydb:///{data}")
    assert store.count("personal") == 1
    store.close()


def test_visitors_do_not_see_each_other(browser, tmp_path, models):  # noqa: F811
    settings = {"CHATKEEP_MODE": "visitors", "CHATKEEP_VISITOR_KEYS": "1"}
    with chatkeep(tmp_path / "data", models, **settings) as server:
        one, other = browser.new_context().new_page(), browser.new_context().new_page()
        one.goto(server.url)
        say(one, "I am the first visitor.")
        wait_for_answer(one, 2)
        address = one.evaluate("location.href")
        other.goto(address)
        expect(other.get_by_text("This conversation is not here")).to_be_visible()
        expect(other.get_by_text("first visitor")).to_have_count(0)
        one.context.close()
        other.context.close()


def test_visitor_brings_a_key_of_their_own_for_this_session_only(page, tmp_path, models):  # noqa: F811
    with chatkeep(tmp_path / "data", models, CHATKEEP_MODE="visitors") as server:
        page.goto(server.url)
        expect(message_box(page)).to_be_visible()
        open_page(page, "Settings")
        page.get_by_role("textbox", name="OpenAI API key").fill("  sk-visitors-own \n")
        page.get_by_role("textbox", name="OpenAI API key").press("Enter")
        expect(button(page, "Forget this key")).to_be_visible()
        assert "sk-visitors-own" not in page.content()
        button(page, "New chat").click()
        expect(page.get_by_text("Send a message to get a reply from echo!")).to_be_visible()
        say(page, "Hello")
        assert wait_for_answer(page, 2) == "Hello"
        assert models.asked[-1].headers["authorization"] == "Bearer sk-visitors-own"
        assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file() and b"sk-" in path.read_bytes()]
        assert "sk-visitors-own" not in server.log
        page.reload()
        assert wait_for_answer(page, 2) == "Hello"
        open_page(page, "Settings")
        expect(page.get_by_text("Needs an API key.")).to_have_count(2)


def test_personal_mode_is_personal_for_every_browser(page, tmp_path, models):  # noqa: F811
    with (
        chatkeep(tmp_path / "data", models, CHATKEEP_MODE="personal") as server,
        ForwardingProxy(server.port, {"Host": "chat.example.org", "X-Forwarded-For": "203.0.113.9"}) as proxy,
    ):
        page.goto(proxy.url)
        expect(message_box(page)).to_be_visible()
        expect(page.get_by_text(VISITOR_NOTE)).to_have_count(0)


def test_on_community_cloud_it_is_said_once_that_files_do_not_last(page, tmp_path, models):  # noqa: F811
    settings = {"CHATKEEP_MODE": "visitors", "CHATKEEP_VISITOR_KEYS": "1"}
    with (
        chatkeep(tmp_path / "data", models, **settings) as server,
        ForwardingProxy(server.port, {"Host": "somebody.streamlit.app", "X-Forwarded-For": "203.0.113.9"}) as proxy,
    ):
        page.goto(proxy.url)
        expect(message_box(page)).to_be_visible()
        expect(page.get_by_text("where files do not last")).to_have_count(0)  # there is nothing to lose yet
        say(page, "Hello")
        wait_for_answer(page, 2)
        expect(page.get_by_text("where files do not last")).to_be_visible()
        with page.expect_download() as download:
            button(page, "Download all").click()
        assert download.value.suggested_filename.endswith(".zip")
        button(page, "Dismiss").first.click()  # who one is here, which is said above it
        expect(button(page, "Dismiss")).to_have_count(1)
        button(page, "Dismiss").click()
        expect(page.get_by_text("where files do not last")).to_have_count(0)

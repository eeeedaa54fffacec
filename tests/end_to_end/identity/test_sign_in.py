"""Signing in with a real OpenID Connect provider, in a real browser: who is who, and what is said where it fails."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat.owner import account_of
from store import open_store
from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import PLAIN, button, chatkeep, message_box, open_page, say, wait_for_answer, words
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.identity.openid_provider import SECRET, OpenIdProvider, sign_in, sign_out, write_secrets
from tests.support.visitors.browsers import a_browser, in_sidebar
from tests.support.visitors.certificate import certificate

PEOPLE = {
    "ann": {"name": "Ann Example", "email": "Ann@Example.org", "email_verified": True},
    "bob": {"name": "Bob Example", "email": "bob@example.com", "email_verified": True},
    "eve": {"name": "Eve Example", "email": "ann@example.org", "email_verified": False},
}
LIES = {
    "another audience": {"aud": "another app"},
    "another nonce": {"nonce": "another"},
    "another issuer": {"iss": "https://login.example.org"},
    "too late": {"exp": 1_000_000_000},
}
"""People of whom the provider says what it may not."""
PEOPLE |= {**LIES, "lent": {"aud": ["another app"], "azp": "chatkeep"}}
WELCOME = "Every word is kept, found again, and yours to take away."


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def provider():
    with OpenIdProvider(PEOPLE) as server:
        yield server


@pytest.fixture(autouse=True)
def provider_in_order(provider):
    provider.out_of_order, provider.has_another_key = set(), False


@pytest.fixture
def app(tmp_path, models, provider):
    """Return how the app is started that people sign in to with this provider."""

    def start(mode="signed-in", secret=SECRET, run=None, scheme="http", **settings):
        secrets = tmp_path / "secrets.toml"
        files = certificate(tmp_path) if scheme == "https" else ()
        names = ("STREAMLIT_SERVER_SSL_CERT_FILE", "STREAMLIT_SERVER_SSL_KEY_FILE")
        server = chatkeep(
            tmp_path / "data",
            models,
            run=run,
            scheme=scheme,
            **{name: str(file) for name, file in zip(names, files, strict=False)},
            CHATKEEP_VISITOR_KEYS="1",
            STREAMLIT_SECRETS_FILES=str(secrets),
            **({} if mode is None else {"CHATKEEP_MODE": mode}),
        )
        write_secrets(secrets, server.url, provider.url, secret, **settings)
        return server

    return start


def assert_log_tells_nothing(log):
    """No traceback, nobody's address, no code, no word, and no token, which begins with `{"` in base 64."""
    for word in ("Traceback", "@example", "code=", "eyJ", "Only Ann"):
        assert word not in log


@pytest.mark.parametrize("run", [None, PLAIN], ids=["st.App", "plain"])
def test_sign_in_reload_second_tab_and_sign_out(page, app, provider, tmp_path, run):  # noqa: F811
    with app(run=run) as server:
        page.goto(server.url)
        expect(page.get_by_text(WELCOME)).to_be_visible()
        expect(message_box(page)).to_have_count(0)
        sign_in(page, "ann")
        say(page, "Only Ann knows this.")
        wait_for_answer(page, 2)
        page.reload()
        expect(page.get_by_text("Only Ann knows this.").first).to_be_visible()
        second = page.context.new_page()
        second.goto(page.url)
        wait_for_answer(second, 2)
        assert words(second)[0] == "Only Ann knows this."
        open_page(page, "Settings")
        sign_out(page)
        expect(page.get_by_text(WELCOME)).to_be_visible()
        expect(page.get_by_text("Only Ann knows this.")).to_have_count(0)
        button(second, "New chat").click()
        expect(second.get_by_text(WELCOME)).to_be_visible()
        assert_log_tells_nothing(server.log)
    store = open_store(f"tinydb:///{tmp_path}/data")
    assert store.count(account_of(provider.url, "ann").id) == 1
    store.close()


def test_two_people_are_kept_apart(browser, app):  # noqa: F811
    with app() as server:
        ann, bob = browser.new_context().new_page(), browser.new_context().new_page()
        ann.goto(server.url)
        sign_in(ann, "ann")
        say(ann, "Only Ann knows this.")
        wait_for_answer(ann, 2)
        bob.goto(server.url)
        sign_in(bob, "bob")
        expect(bob.get_by_text("Your conversations will be listed here.")).to_be_visible()
        bob.goto(ann.url)
        expect(bob.get_by_text("This conversation is not here")).to_be_visible()
        open_page(bob, "History")
        expect(bob.get_by_text("Nothing here yet")).to_be_visible()
        assert "Only Ann" not in bob.content()
        for each in (ann, bob):
            each.context.close()


def test_person_who_may_not_come_in_reads_why_and_can_try_another(page, app):  # noqa: F811
    with app(CHATKEEP_ALLOWED="@example.org") as server:
        page.goto(server.url)
        sign_in(page, "bob")
        expect(page.get_by_role("heading", name="You may not come in")).to_be_visible()
        expect(page.get_by_text("You are signed in as bob@example.com (Bob Example).")).to_be_visible()
        expect(message_box(page)).to_have_count(0)
        page.goto(f"{server.url}/Settings")
        expect(page.get_by_role("heading", name="You may not come in")).to_be_visible()
        sign_out(page, "Sign out and try another")
        sign_in(page, "eve")
        expect(page.get_by_text("does not say that an e-mail address is yours")).to_be_visible()
        sign_out(page, "Sign out and try another")
        sign_in(page, "ann")
        expect(message_box(page)).to_be_visible()
        assert_log_tells_nothing(server.log)


def test_admin_reads_what_is_wrong_with_the_set_up_and_others_do_not(browser, app):  # noqa: F811
    with app(CHATKEEP_ALLOWED="@example.com", CHATKEEP_ADMINS="ann@example.org", CHATKEEP_MODEL="slip") as server:
        ann, bob = browser.new_context().new_page(), browser.new_context().new_page()
        for each, subject, problems in ((ann, "ann", 1), (bob, "bob", 0)):
            each.goto(f"{server.url}/Settings")
            sign_in(each, subject)
            expect(message_box(each)).to_be_visible()
            open_page(each, "Settings")
            expect(button(each, "Sign out")).to_be_visible()
            expect(each.get_by_text("CHATKEEP_MODEL must look like")).to_have_count(problems)
            each.context.close()


@pytest.mark.parametrize("out_of_order", ["/.well-known/openid-configuration", "/oauth2/token", "/jwks"])
def test_provider_that_is_down_is_named_with_a_way_back(page, app, provider, out_of_order):  # noqa: F811
    with app() as server:
        page.goto(server.url)
        provider.out_of_order = {out_of_order}
        if out_of_order.startswith("/."):
            button(page, "Sign in").click()
            expect(
                page.get_by_text("Signing in could not begin: the service that you sign in with cannot be reached now.")
            ).to_be_visible()
        else:
            sign_in(page, "ann")
            expect(page.get_by_text("Signing in did not work")).to_be_visible()
        provider.out_of_order = set()
        sign_in(page, "ann")
        expect(message_box(page)).to_be_visible()
        assert_log_tells_nothing(server.log)


def test_person_who_changes_their_mind_comes_back_to_the_page(page, app):  # noqa: F811
    with app() as server:
        page.goto(server.url)
        button(page, "Sign in").click()
        button(page, "Deny").click()
        expect(page.get_by_text("Signing in was ended before you were signed in.")).to_be_visible()
        assert page.url == f"{server.url}/"
        sign_in(page, "ann")
        expect(message_box(page)).to_be_visible()


def test_token_that_is_not_for_this_signs_nobody_in(page, app):  # noqa: F811
    with app() as server:
        page.goto(server.url)
        for subject in LIES:
            sign_in(page, subject)
            expect(page.get_by_text("Signing in did not work")).to_be_visible()
        # What the library lets through: a token of another app that was asked for by this one.
        sign_in(page, "lent")
        expect(page.get_by_text("You are not signed in any more.")).to_be_visible()
        sign_in(page, "ann")
        expect(message_box(page)).to_be_visible()
        assert_log_tells_nothing(server.log)


def test_token_signed_with_another_key_signs_nobody_in(page, app, provider):  # noqa: F811
    with app() as server:
        page.goto(server.url)
        provider.has_another_key = True
        sign_in(page, "ann")
        expect(page.get_by_text("Signing in did not work")).to_be_visible()
        assert_log_tells_nothing(server.log)


def test_what_a_visitor_kept_comes_along_when_they_say_so(page, app, provider, tmp_path):  # noqa: F811
    offer = "Before you signed in, this browser kept 1 conversation."
    with app(mode="visitors") as server:
        page.goto(server.url)
        say(page, "Kept as a visitor.")
        wait_for_answer(page, 2)
        open_page(page, "Settings")
        sign_in(page, "ann")
        expect(page.get_by_text(offer)).to_be_visible()
        expect(page.get_by_text("Your conversations will be listed here.")).to_be_visible()
        button(page, "Not now").click()
        expect(page.get_by_text(offer)).to_have_count(0)
        page.reload()
        expect(page.get_by_text("Your conversations will be listed here.")).to_be_visible()
        expect(page.get_by_text(offer)).to_have_count(0)
        open_page(page, "Settings")
        expect(page.get_by_text(offer)).to_be_visible()
        button(page, "Bring along").click()
        expect(page.get_by_text("Brought along: 1 conversation.")).to_be_visible()
        expect(page.get_by_text(offer)).to_have_count(0)
        expect(in_sidebar(page, "Kept as a visitor.")).to_be_visible()
        sign_out(page)
        expect(page.get_by_text("You are a visitor here")).to_be_visible()
        expect(page.get_by_text("Your conversations will be listed here.")).to_be_visible()
    store = open_store(f"tinydb:///{tmp_path}/data")
    assert [person.owner for person in store.people.everybody()] == [account_of(provider.url, "ann").id]
    store.close()


def test_cookie_of_another_installation_signs_nobody_in(page, app):  # noqa: F811
    with app() as server:
        page.goto(server.url)
        sign_in(page, "ann")
        say(page, "Only Ann knows this.")
        wait_for_answer(page, 2)
        address, kept = page.url, page.context.cookies()
    for spoil in (lambda value: value, lambda value: "junk", lambda value: "x" * 3500):
        with app(secret="another secret that is long enough") as server:
            cookies = [
                {**each, "value": spoil(each["value"]) if each["name"] == "_streamlit_user" else each["value"]}
                for each in kept
            ]
            page.context.clear_cookies()
            page.context.add_cookies(cookies)
            page.goto(server.url + address.removeprefix(address.partition("?")[0]))
            expect(page.get_by_text("You are not signed in any more.")).to_be_visible()
            assert "Only Ann" not in page.content()
            sign_in(page, "ann")
            expect(in_sidebar(page, "Only Ann knows this.")).to_be_visible()
            assert_log_tells_nothing(server.log)


@pytest.mark.parametrize("auth", ["cookie_secret", "redirect_uri"])
def test_set_up_that_is_not_right_is_said_to_the_visitor_and_named_in_the_log(page, app, auth):  # noqa: F811
    server = app(mode=None)
    secrets = Path(server.env["STREAMLIT_SECRETS_FILES"])
    secrets.write_text(re.sub(rf"(?m)^{auth} = .*$", "", secrets.read_text()))
    with server, ForwardingProxy(server.port, {"Host": "chat.example.org"}) as proxy:
        page.goto(proxy.url)
        expect(page.get_by_text("Signing in is not possible now, because it is not set up right.")).to_be_visible()
        expect(message_box(page)).to_have_count(0)
        assert f"Nobody can sign in. {auth} of [auth] is missing." in server.log
        page.goto(f"{server.url}/Settings")  # a browser on this machine is personal
        expect(page.get_by_text(f"Nobody can sign in. {auth} of [auth] is missing.")).to_be_visible()


def test_page_at_another_address_leads_to_the_right_one(page, app):  # noqa: F811
    with app() as server:
        page.goto(server.url.replace("127.0.0.1", "localhost"))
        expect(page.get_by_text("Signing in works at this app's own address only.")).to_be_visible()
        expect(page.get_by_role("link", name="Open it there")).to_have_attribute("href", f"{server.url}/")


def test_over_https_nothing_of_a_sign_in_is_ever_sent_without_it(browser, app):  # noqa: F811
    with app(scheme="https") as server, a_browser(browser, ignore_https_errors=True) as context:
        page = context.new_page()
        page.goto(server.url)
        sign_in(page, "ann")
        say(page, "Only Ann knows this.")
        wait_for_answer(page, 2)
        page.reload()
        wait_for_answer(page, 2)
        ours = [each for each in context.cookies() if each["name"].startswith("_streamlit_user")]
        assert {each["name"]: (each["secure"], each["httpOnly"]) for each in ours} == {
            "_streamlit_user": (True, True),
            "_streamlit_user_tokens": (True, True),
        }

"""Signing in with a real OpenID Connect provider, in a real browser: who is who, and what is said where it fails."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat.owner import account_of
from store import open_store
from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import PLAIN, button, chatkeep, message_box, open_page, say, wait_for_answer, words
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.identity.openid_provider import SECRET, OpenIdProvider, sign_in, sign_out, write_secrets
from tests.support.visitors.browsers import a_browser, as_new, in_sidebar
from tests.support.visitors.certificate import certificate

PEOPLE = {
    "ann": {"name": "Ann Example", "email": "Ann@Example.org", "email_verified": True},
    "bob": {"name": "Bob Example", "email": "bob@example.com", "email_verified": True},
    "cyd": {"name": "Cyd Example", "email": "cyd@example.net", "email_verified": True},
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sign-in")


@pytest.fixture(scope="module")
def app(folder, models, provider):
    """Return how the app is started that people sign in to with this provider: in `data`, which its apps share where
    none is said."""

    def start(mode="signed-in", secret=SECRET, run=None, scheme="http", data="data", **settings):
        secrets = folder / f"secrets-{len(list(folder.glob('secrets-*')))}.toml"
        files = certificate(folder) if scheme == "https" else ()
        names = ("STREAMLIT_SERVER_SSL_CERT_FILE", "STREAMLIT_SERVER_SSL_KEY_FILE")
        server = chatkeep(
            folder / data,
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


@pytest.fixture(scope="module")
def server(app):
    """Return the app that most tests sign in to. What they keep there stays."""
    with app() as running:
        yield running


def assert_log_tells_nothing(log):
    """No traceback, nobody's address, no code, no word, and no token, which begins with `{"` in base 64."""
    for word in ("Traceback", "@example", "code=", "eyJ", "Only Ann"):
        assert word not in log


@pytest.mark.parametrize("run", [None, PLAIN], ids=["st.App", "plain"])
def test_sign_in_reload_second_tab_and_sign_out_apart_from_another_person(page, other, app, folder, provider, run):
    data = "plain" if run else "st.App"
    with app(run=run, data=data) as server:
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
        other.goto(server.url)
        sign_in(other, "bob")
        expect(other.get_by_text("Your conversations will be listed here.")).to_be_visible()
        other.goto(page.url)
        expect(other.get_by_text("This conversation is not here")).to_be_visible()
        open_page(other, "History")
        expect(other.get_by_text("Nothing here yet")).to_be_visible()
        assert "Only Ann" not in other.content()
        open_page(page, "Settings")
        sign_out(page)
        expect(page.get_by_text(WELCOME)).to_be_visible()
        expect(page.get_by_text("Only Ann knows this.")).to_have_count(0)
        button(second, "New chat").click()
        expect(second.get_by_text(WELCOME)).to_be_visible()
        assert_log_tells_nothing(server.log)
    store = open_store(f"tinydb:///{folder / data}")
    assert store.count(account_of(provider.url, "ann").id) == 1
    store.close()


def test_whoever_may_not_come_in_reads_why_and_can_try_another_and_an_admin_reads_what_is_wrong(page, app):
    settings = {"CHATKEEP_ALLOWED": "@example.com", "CHATKEEP_ADMINS": "ann@example.org", "CHATKEEP_MODEL": "slip"}
    with app(**settings) as server:
        page.goto(server.url)
        sign_in(page, "cyd")
        expect(page.get_by_role("heading", name="You may not come in")).to_be_visible()
        expect(page.get_by_text("You are signed in as cyd@example.net (Cyd Example).")).to_be_visible()
        expect(message_box(page)).to_have_count(0)
        page.goto(f"{server.url}/Settings")
        expect(page.get_by_role("heading", name="You may not come in")).to_be_visible()
        sign_out(page, "Sign out and try another")
        sign_in(page, "eve")
        expect(page.get_by_text("does not say that an e-mail address is yours")).to_be_visible()
        sign_out(page, "Sign out and try another")
        for subject, problems in (("bob", 0), ("ann", 1)):
            sign_in(page, subject)
            expect(message_box(page)).to_be_visible()
            open_page(page, "Settings")
            expect(button(page, "Sign out")).to_be_visible()
            expect(page.get_by_text("CHATKEEP_MODEL must look like")).to_have_count(problems)
            sign_out(page)
        assert_log_tells_nothing(server.log)


def test_provider_that_is_down_is_named_with_a_way_back(page, server, provider):
    page.goto(server.url)
    provider.out_of_order = {"/.well-known/openid-configuration"}
    button(page, "Sign in").click()
    expect(
        page.get_by_text("Signing in could not begin: the service that you sign in with cannot be reached now.")
    ).to_be_visible()
    for path in ("/oauth2/token", "/jwks"):
        provider.out_of_order = {path}
        sign_in(page, "ann")
        expect(page.get_by_text("Signing in did not work")).to_be_visible()
    provider.out_of_order = set()
    sign_in(page, "ann")
    expect(message_box(page)).to_be_visible()
    assert_log_tells_nothing(server.log)


def test_person_who_changes_their_mind_comes_back_to_the_page(page, server):
    page.goto(server.url)
    button(page, "Sign in").click()
    button(page, "Deny").click()
    expect(page.get_by_text("Signing in was ended before you were signed in.")).to_be_visible()
    assert page.url == f"{server.url}/"
    sign_in(page, "ann")
    expect(message_box(page)).to_be_visible()


def test_token_that_is_not_for_this_or_signed_with_another_key_signs_nobody_in(page, server, provider):
    page.goto(server.url)
    provider.has_another_key = True
    sign_in(page, "ann")
    expect(page.get_by_text("Signing in did not work")).to_be_visible()
    provider.has_another_key = False
    for subject in LIES:
        sign_in(page, subject)
        expect(page.get_by_text("Signing in did not work")).to_be_visible()
    # What the library lets through: a token of another app that was asked for by this one.
    sign_in(page, "lent")
    expect(page.get_by_text("You are not signed in any more.")).to_be_visible()
    sign_in(page, "ann")
    expect(message_box(page)).to_be_visible()
    assert_log_tells_nothing(server.log)


def test_what_a_visitor_kept_comes_along_when_they_say_so(page, app, folder, provider):
    offer = "Before you signed in, this browser kept 1 conversation."
    with app(mode="visitors", data="visitors") as server:
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
    store = open_store(f"tinydb:///{folder}/visitors")
    assert [person.owner for person in store.people.everybody()] == [account_of(provider.url, "ann").id]
    store.close()


def test_cookie_of_another_installation_signs_nobody_in(page, app, server):
    page.goto(server.url)
    sign_in(page, "ann")
    say(page, "Only Ann knows this.")
    wait_for_answer(page, 2)
    address, kept = page.url, page.context.cookies()
    with app(secret="another secret that is long enough") as another:
        for spoil in (lambda value: value, lambda value: "junk", lambda value: "x" * 3500):
            cookies = [
                {**each, "value": spoil(each["value"]) if each["name"] == "_streamlit_user" else each["value"]}
                for each in kept
            ]
            as_new(page).context.add_cookies(cookies)
            page.goto(another.url + address.removeprefix(address.partition("?")[0]))
            expect(page.get_by_text("You are not signed in any more.")).to_be_visible()
            assert "Only Ann" not in page.content()
            sign_in(page, "ann")
            expect(in_sidebar(page, "Only Ann knows this.")).to_be_visible()
        assert_log_tells_nothing(another.log)


@pytest.mark.parametrize("auth", ["cookie_secret", "redirect_uri"])
def test_set_up_that_is_not_right_is_said_to_the_visitor_and_named_in_the_log(page, app, auth):
    server = app(mode=None, data=auth)
    secrets = Path(server.env["STREAMLIT_SECRETS_FILES"])
    secrets.write_text(re.sub(rf"(?m)^{auth} = .*$", "", secrets.read_text()))
    with server, ForwardingProxy(server.port, {"Host": "chat.example.org"}) as proxy:
        page.goto(proxy.url)
        expect(page.get_by_text("Signing in is not possible now, because it is not set up right.")).to_be_visible()
        expect(message_box(page)).to_have_count(0)
        assert f"Nobody can sign in. {auth} of [auth] is missing." in server.log
        page.goto(f"{server.url}/Settings")  # a browser on this machine is personal
        expect(page.get_by_text(f"Nobody can sign in. {auth} of [auth] is missing.")).to_be_visible()


def test_page_at_another_address_leads_to_the_right_one(page, server):
    page.goto(server.url.replace("127.0.0.1", "localhost"))
    expect(page.get_by_text("Signing in works at this app's own address only.")).to_be_visible()
    expect(page.get_by_role("link", name="Open it there")).to_have_attribute("href", f"{server.url}/")


def test_over_https_nothing_of_a_sign_in_is_ever_sent_without_it(browser, app):  # noqa: F811
    with app(scheme="https", data="https") as server, a_browser(browser, ignore_https_errors=True) as context:
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

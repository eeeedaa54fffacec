"""An address where people have to sign in: everybody reads what a link shows, and whoever signs in goes on with what
their address names, where it is theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from chat.owner import account_of
from chat.sharing import SHARED
from store import open_store
from store.conversations import ConversationStore
from store.rules import NO_SHARE
from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, message_box, words
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.identity.openid_provider import OpenIdProvider, sign_in, sign_out, write_secrets
from tests.support.store_fixtures import conversation, message
from tests.support.streamlit_server import StreamlitServer
from ui.chat_page.open_conversation import NOT_HERE

PEOPLE = {
    "ann": {"name": "Ann Example", "email": "ann@example.org", "email_verified": True},
    "bob": {"name": "Bob Example", "email": "bob@example.com", "email_verified": True},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: OpenIdProvider) -> Iterator[StreamlitServer]:
    folder = tmp_path_factory.mktemp("app")
    secrets = {"CHATKEEP_MODE": "signed-in", "STREAMLIT_SECRETS_FILES": str(folder / "secrets.toml")}
    with FakeModelServer() as models:
        app = chatkeep(folder / "data", models, **secrets)
        write_secrets(folder / "secrets.toml", app.url, provider.url, CHATKEEP_ALLOWED="@example.org")
        with app:
            yield app


@pytest.fixture
def store(server: StreamlitServer) -> Iterator[ConversationStore]:
    opened = open_store(server.env["STORE_URL"])
    yield opened
    opened.close()


def link(server: StreamlitServer, store: ConversationStore, id: str) -> str:
    """Return the link of a conversation that somebody else keeps here."""
    said = (message("q1", content=f"Question of {id}"), message("a1", "q1", "assistant", f"Answer of {id}"))
    store.create(conversation(id, *said, owner="account-" + "0" * 32))
    return f"{server.url}/?share={store.shares.share('account-' + '0' * 32, id, None).token}"


def read_and_go_on(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    button(page, "Continue in my own place").click()
    expect(page.get_by_text("Sign in to go on with")).to_be_visible()


def test_whoever_signs_in_goes_on_with_it(
    page: Page,
    server: StreamlitServer,
    store: ConversationStore,
    provider: OpenIdProvider,
) -> None:
    read_and_go_on(page, link(server, store, "first"))
    button(page, "Back to what is shared").click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    button(page, "Continue in my own place").click()
    sign_in(page, "ann")

    expect(message_box(page)).to_be_visible()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    assert words(page)[0] == "Question of first"
    ann = account_of(provider.url, "ann").id
    (summary,) = store.list(ann)
    kept = store.get(ann, summary.id)
    assert (kept.source, [each.content for each in kept.path()]) == (SHARED, ["Question of first", "Answer of first"])
    page.reload()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    assert store.count(ann) == 1


def test_whoever_may_not_come_in_reads_it_and_no_more(
    page: Page,
    server: StreamlitServer,
    store: ConversationStore,
    provider: OpenIdProvider,
) -> None:
    address = link(server, store, "second")
    read_and_go_on(page, address)
    sign_in(page, "bob")
    expect(page.get_by_role("heading", name="You may not come in")).to_be_visible()
    assert store.count(account_of(provider.url, "bob").id) == 0
    page.goto(address)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)


def test_a_link_that_ended_while_its_reader_signed_in_says_so(
    page: Page,
    server: StreamlitServer,
    store: ConversationStore,
) -> None:
    owner = "account-" + "0" * 32
    read_and_go_on(page, link(server, store, "third"))
    button(page, "Sign in").click()
    expect(button(page, "ann")).to_be_visible()  # the provider's page
    for share in store.shares.list(owner, "third"):
        store.shares.revoke(owner, share.id)
    button(page, "ann").click()
    expect(page.get_by_text(NO_SHARE)).to_be_visible()


def test_whoever_signs_in_at_the_address_of_their_conversation_comes_to_it(
    page: Page,
    server: StreamlitServer,
    store: ConversationStore,
    provider: OpenIdProvider,
) -> None:
    for id, owner in (("mine", account_of(provider.url, "ann").id), ("others", "account-" + "0" * 32)):
        said = (message("q1", content=f"Question of {id}"), message("a1", "q1", "assistant", "Answer"))
        store.create(conversation(id, *said, owner=owner))
    page.goto(f"{server.url}/?c=mine")
    sign_in(page, "ann")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    assert words(page)[0] == "Question of mine"
    expect(page).to_have_url(f"{server.url}/?c=mine")

    page.goto(f"{server.url}/Settings")
    sign_out(page)
    page.goto(f"{server.url}/?c=others")
    sign_in(page, "ann")
    expect(page.get_by_text(NOT_HERE)).to_be_visible()
    expect(page.get_by_text("Question of others")).to_have_count(0)
    expect(page).to_have_url(f"{server.url}/")

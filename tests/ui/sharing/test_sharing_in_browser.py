"""Two people and a link, in two browsers: what one shares the other reads and keeps, until the link ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from chat.conversation import utc_now
from formats.exports import EXPORT_FORMATS, export_one
from store import open_store
from store.conversations import ConversationStore
from store.rules import NO_SHARE
from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, in_header, message_box, pick, say, wait_for_answer
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.streamlit_server import StreamlitServer
from tests.support.visitors.browsers import VISITORS


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("app") / "data"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[StreamlitServer]:
    with FakeModelServer() as models, chatkeep(data, models, **VISITORS) as running:
        yield running


@pytest.fixture(scope="module")
def store(data: Path, server: StreamlitServer) -> Iterator[ConversationStore]:
    """The same store, as another process has it."""
    opened = open_store(f"tinydb:///{data}")
    yield opened
    opened.close()


@pytest.fixture
def owner(page: Page) -> Page:
    return page


@pytest.fixture
def reader(other: Page) -> Page:
    return other


def window(page: Page) -> None:
    """Open the conversation's window."""
    in_header(page, "Conversation").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def close_window(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def share(page: Page) -> str:
    """Share the open conversation, and return the link."""
    window(page)
    button(page, "Share").click()
    address = page.get_by_role("dialog").get_by_text("?share=")
    expect(address).to_be_visible()
    link = address.inner_text()
    close_window(page)
    return link


def shares_a_chat(page: Page, server: StreamlitServer, words: str) -> str:
    page.goto(server.url)
    say(page, words)
    wait_for_answer(page, 2)
    return share(page)


def share_of(data: Path, store: ConversationStore, link: str) -> tuple[str, str]:
    """Return whose link this is, and its id."""
    for folder in data.glob("visitor-*"):
        for each in store.shares.list(folder.name):
            if each.token == link.rpartition("=")[2]:
                return folder.name, each.id
    raise AssertionError("nobody's")


def expect_ended(page: Page) -> None:
    expect(page.get_by_text(NO_SHARE)).to_be_visible()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)


def test_one_shares_and_another_reads_and_goes_on_in_their_own_place_once_though_they_click_twice(
    server: StreamlitServer, owner: Page, reader: Page, data: Path, store: ConversationStore
) -> None:
    link = shares_a_chat(owner, server, "What is ice?")
    assert link.startswith(f"{server.url}/?share=")

    reader.goto(link)
    expect(reader.get_by_test_id("stChatMessage")).to_have_count(2)
    expect(reader.get_by_text("A read-only copy of a conversation")).to_be_visible()
    expect(message_box(reader)).to_have_count(0)

    # The owner goes on: the copy stays, until it is updated.
    say(owner, "Later words")
    wait_for_answer(owner, 4)
    reader.reload()
    expect(reader.get_by_test_id("stChatMessage")).to_have_count(2)
    window(owner)
    button(owner, "Update to now").click()
    expect(owner.get_by_role("dialog").get_by_text("As it was on")).to_be_visible()
    reader.reload()
    expect(reader.get_by_test_id("stChatMessage")).to_have_count(4)

    button(reader, "Continue in my own place").dblclick()
    expect(message_box(reader)).to_be_visible()
    assert "share=" not in reader.url
    say(reader, "My own words")
    wait_for_answer(reader, 6)
    owner.reload()
    expect(owner.get_by_test_id("stChatMessage")).to_have_count(4)

    whose, _ = share_of(data, store, link)
    others = [each.name for each in data.glob("visitor-*") if each.name != whose]
    copies = [each for other in others for each in store.list(other) if each.title == "What is ice?"]
    assert len(copies) == 1
    token, conversation_id = link.rpartition("=")[2], store.list(whose)[0].id
    seen = reader.content()
    assert [secret for secret in (whose, conversation_id, token) if secret in seen] == []
    assert [secret for secret in (whose, token) if secret in server.log] == []
    assert not [path for path in data.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]


def test_whoever_has_a_link_downloads_the_copy_in_every_format_until_the_next_run_after_it_is_ended(
    server: StreamlitServer, owner: Page, reader: Page, store: ConversationStore
) -> None:
    link = shares_a_chat(owner, server, "Soon to be ended")
    reader.goto(link)
    expect(reader.get_by_test_id("stChatMessage")).to_have_count(2)
    copy = store.shares.open(link.rpartition("=")[2])
    for form in EXPORT_FORMATS:
        pick(reader, "Format", form.label)
        expect(reader.get_by_text(form.help)).to_be_visible()
        with reader.expect_download() as download:
            button(reader, "Download").click()
        assert download.value.suggested_filename == f"Soon to be ended{form.ending}"
        assert download.value.path().read_bytes() == export_one(copy, form)

    window(owner)
    button(owner, "End sharing").click()
    expect(button(owner, "Share")).to_be_visible()

    pick(reader, "Format", EXPORT_FORMATS[0].label)
    expect_ended(reader)
    reader.reload()
    expect_ended(reader)
    button(reader, "Open Chatkeep").click()
    expect(message_box(reader)).to_be_visible()


def test_a_link_shows_nothing_once_it_expired_and_while_its_conversation_is_in_the_trash_or_erased(
    server: StreamlitServer, owner: Page, reader: Page, data: Path, store: ConversationStore
) -> None:
    link = shares_a_chat(owner, server, "Here and gone")
    whose, share_id = share_of(data, store, link)
    reader.goto(link)
    expect(reader.get_by_test_id("stChatMessage")).to_have_count(2)

    store.shares.renew(whose, share_id, utc_now() - timedelta(seconds=1))
    reader.reload()
    expect_ended(reader)
    store.shares.renew(whose, share_id, utc_now() + timedelta(days=1))
    reader.reload()
    expect(reader.get_by_test_id("stChatMessage")).to_have_count(2)

    window(owner)
    button(owner, "Delete").click()
    expect(button(owner, "Undo")).to_be_visible()
    reader.reload()
    expect_ended(reader)
    button(owner, "Undo").click()
    expect(button(owner, "Undo")).to_have_count(0)
    reader.reload()
    expect(reader.get_by_test_id("stChatMessage")).to_have_count(2)

    (summary,) = store.list(whose)
    store.trash(whose, summary.id)
    store.erase(whose, summary.id)
    reader.reload()
    expect_ended(reader)
    assert not list(data.glob("visitor-*/.share-*" + share_id + "*"))


def test_settings_copies_and_ends_a_link(server: StreamlitServer, owner: Page, reader: Page) -> None:
    link = shares_a_chat(owner, server, "Listed on Settings")
    owner.goto(f"{server.url}/Settings")
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(owner.get_by_text("Listed on Settings").last).to_be_visible()
    expect(owner.get_by_text(link)).to_be_visible()
    button(owner, "Copy").click()
    expect(button(owner, "Copied")).to_be_visible()
    assert owner.evaluate("navigator.clipboard.readText()") == link

    button(owner, "End sharing").click()
    expect(owner.get_by_text("Nothing is shared.")).to_be_visible()
    reader.goto(link)
    expect_ended(reader)

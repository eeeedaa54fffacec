"""What somebody does with all of their own, in real browsers: leave, move to another browser, take along, erase.

In each way to run Chatkeep: with the server's cookie, and with the one that a script of the page writes in plain mode.
"""

import re
from contextlib import ExitStack, suppress

import pytest
from playwright.sync_api import expect

from chat.conversation import utc_now
from chat.owner import new_token, visitor_of
from chat.pairing import LIFE, new_code, seal
from store import codes, open_store
from store.conversations import StoreError
from tests.support.browser import browser  # noqa: F401
from tests.support.chatkeep_app import PLAIN, button, chatkeep, in_header, message_box, open_page, say, wait_for_answer
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.processes import wait_for
from tests.support.visitors.browsers import (
    VISITORS,
    asked,
    assert_new_place,
    assert_same_place,
)

GROUPS = re.compile("^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$")


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


STREAMLITS = ("_streamlit_xsrf", "_streamlit_user")
"""The cookies that Streamlit Community Cloud lets through."""


@pytest.fixture(scope="module", params=["st.App", "below a prefix", "plain", "behind a host that keeps cookies back"])
def running(request, models, tmp_path_factory):
    data = tmp_path_factory.mktemp("own") / "data"
    prefix = "chat/here" if request.param == "below a prefix" else ""
    run = PLAIN if request.param == "plain" else None
    server = chatkeep(data, models, run=run, STREAMLIT_SERVER_BASE_URL_PATH=prefix, **VISITORS)
    with server, ExitStack() as stack:
        url = server.url
        if request.param.startswith("behind"):
            url = stack.enter_context(ForwardingProxy(server.port, {}, cookies=STREAMLITS)).url
        yield url, data


@pytest.fixture
def url(running):
    return running[0]


@pytest.fixture
def data(running):
    return running[1]


def begin(page, url, question):
    page.goto(url)
    asked(page, question)


def open_window(page, name):
    open_page(page, "Settings")
    button(page, name).click()
    window = page.get_by_role("dialog", name=name)
    expect(window).to_be_visible()
    return window


def shown_code(page):
    window = open_window(page, "Move to another browser")
    button(page, "Show a code").click()
    code = window.get_by_text(GROUPS)
    expect(code).to_be_visible()
    return code.inner_text()


def use_code(page, code):
    button(page, "Use this code").is_visible() or open_window(page, "Move to another browser")
    page.get_by_role("textbox", name="Code").fill(code)
    button(page, "Use this code").click()


def guess_in_vain(data, context, times):
    """Try so many codes at once as a browser would, which takes its time: only those of a minute count."""
    tokens = {cookie["value"] for cookie in context.cookies() if "chatkeep" in cookie["name"]}
    store = open_store(f"tinydb:///{data}")
    for browser_id in [visitor_of(token).id for token in tokens] * times:
        with pytest.raises(StoreError):
            store.codes.take(new_code(), utc_now(), by=browser_id)
    store.close()


def test_leaving_begins_an_empty_place_and_keeps_what_there_is_on_the_server(page, url, data):
    begin(page, url, "Left behind")
    address = page.evaluate("location.href")
    window = open_window(page, "Leave this browser")
    expect(window.get_by_text("nobody can reach them again")).to_be_visible()
    expect(button(page, "Take all my data with me").last).to_be_visible()
    window.get_by_role("button", name="Leave this browser").click()
    expect(message_box(page)).to_be_visible()
    assert_new_place(page, "Left behind")
    page.goto(address)
    expect(page.get_by_text("This conversation is not here")).to_be_visible()
    asked(page, "After leaving")
    page.reload()
    assert wait_for_answer(page, 2) == "After leaving"
    store = open_store(f"tinydb:///{data}")
    kept = [person for person in store.people.everybody() if person.conversations]
    titles = {each.title for person in kept for each in store.list(person.owner)}
    store.close()
    assert {"Left behind", "After leaving"} <= titles


def test_both_browsers_have_the_place_and_what_the_other_had_kept_comes_along_by_a_code_that_is_used_once(
    page, other, url
):
    begin(page, url, "Of the old browser")
    begin(other, url, "Of the new browser")
    code = shown_code(page)
    use_code(other, code.lower().replace("-", " "))
    expect(message_box(other)).to_be_visible()
    assert_same_place(other, "Of the old browser", "Of the new browser")
    other.reload()
    assert_same_place(other, "Of the old browser", "Of the new browser")
    page.goto(url)
    assert_same_place(page, "Of the old browser", "Of the new browser")
    asked(page, "Said later")
    other.reload()
    assert_same_place(other, "Said later")
    use_code(other, code)
    expect(other.get_by_text(codes.UNKNOWN)).to_be_visible()
    assert_same_place(other, "Of the old browser", "Of the new browser", "Said later")


@pytest.mark.parametrize("running", ["st.App", "behind a host that keeps cookies back"], indirect=True)
def test_what_is_no_code_or_too_late_is_said_and_codes_are_guessed_until_that_is_refused(other, url, data):
    """By the server's route, and by the page where a script keeps the token."""
    begin(other, url, "Stays here")
    late = new_code()
    store = open_store(f"tinydb:///{data}")
    store.codes.keep(seal(new_token(), late), utc_now() - LIFE)
    store.close()
    use_code(other, "ABCD")
    expect(other.get_by_text("This is no code.")).to_be_visible()
    use_code(other, late)
    expect(other.get_by_text(codes.TOO_LATE)).to_be_visible()
    use_code(other, new_code())
    expect(other.get_by_text(codes.UNKNOWN)).to_be_visible()
    guess_in_vain(data, other.context, codes.TRIES_OF_ONE - 2)
    use_code(other, new_code())
    expect(other.get_by_text(codes.TOO_MANY)).to_be_visible()
    other.reload()
    assert_same_place(other, "Stays here")


def test_all_is_taken_along_and_erased_and_imported_in_the_fresh_place_that_the_browser_begins(page, url, data):
    begin(page, url, "Taken along to Zanzibar")
    button(page, "New chat").click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
    asked(page, "From the trash of Zanzibar")
    in_header(page, "Conversation").click()
    button(page, "Delete").last.click()
    expect(page.get_by_text("Deleted “From the trash of Zanzibar”")).to_be_visible()
    open_page(page, "Settings")
    with page.expect_download() as download:
        button(page, "Take all my data with me").click()
    assert re.fullmatch(r"chatkeep-everything-\d{4}-\d\d-\d\d\.zip", download.value.suggested_filename)
    content = download.value.path().read_bytes()
    erase_everything(page)
    expect(message_box(page)).to_be_visible()
    assert_new_place(page, "Taken along to Zanzibar")
    # The index is written anew a moment later, for all that was erased by then.
    wait_for(lambda: on_disk(data, "anzibar") == [], "the words are gone from the disk")
    open_page(page, "History")
    button(page, "Import").click()
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(
        {"name": "everything.zip", "mimeType": "application/zip", "buffer": content}
    )
    expect(page.get_by_text("2 new")).to_be_visible()
    button(page, "Import now").click()
    expect(page.get_by_text("Imported: 2 new")).to_be_visible()
    page.goto(f"{url}/History?q=in:trash")
    expect(page.get_by_text("1 conversation in the trash")).to_be_visible()
    assert_same_place(page, "Taken along to Zanzibar")


def on_disk(data, words):
    """Return the files in which these words are."""
    found = []
    for path in data.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # the server goes on writing
            found += [path.name] if words.encode() in path.read_bytes() else []
    return found


def erase_everything(page):
    window = open_window(page, "Erase everything of mine")
    expect(button(page, "Erase everything")).to_be_disabled()
    window.get_by_text("Yes, erase everything of mine").click()
    button(page, "Erase everything").click()


def test_personal_owner_erases_everything_backups_too(page, models, tmp_path):
    data = tmp_path / "data"
    with chatkeep(data, models) as server:
        page.goto(server.url)
        say(page, "Zanzibar two")
        wait_for_answer(page, 2)
        open_page(page, "Settings")
        expect(button(page, "Leave this browser")).to_have_count(0)
        expect(button(page, "Move to another browser")).to_have_count(0)
        button(page, "Back up now").click()
        expect(page.get_by_text("Backed up: 1 conversation")).to_be_visible()
        erase_everything(page)
        expect(page.get_by_text("Everything of yours that was here is erased: 1 conversation.")).to_be_visible()
        assert_new_place(page, "Zanzibar two")
    assert on_disk(data, "anzibar two") == []

"""The History page as a person uses it, in a real browser: find, read, organise, take out, bring in."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from chat.conversation import Conversation, Message, new_id, utc_now
from store import open_store
from tests.support.browser import browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import (
    all_stored,
    button,
    chatkeep,
    message_box,
    open_page,
    pick,
    say,
    stored,
    wait_for_answer,
)
from tests.support.many_conversations import write_many
from tests.support.shared_app import app, emptied, shared_app  # noqa: F401

running = shared_app("echo")
elsewhere = shared_app("echo")

MANY = 10_000


@pytest.fixture
def data(emptied):  # noqa: F811
    """Return the folder of the running app, with nothing in it."""
    return emptied.data


def search_box(page: Page) -> Locator:  # noqa: F811
    return page.get_by_role("searchbox", name="Search", exact=True)


def search(page: Page, text: str) -> None:  # noqa: F811
    search_box(page).fill(text)
    search_box(page).press("Enter")


def open_here(page: Page) -> None:  # noqa: F811
    """Click the first passage's button, and wait for the chat page."""
    button(page, "Open here").first.click()
    expect(message_box(page)).to_be_visible()


def keep(data, *conversations: Conversation) -> None:
    store = open_store(f"tinydb:///{data}")
    for each in conversations:
        store.create(each)
    store.close()


def talk(title: str, *said: str, hours: int = 1, **fields) -> Conversation:
    """Return a conversation in which question and answer take turns."""
    moment = utc_now() - timedelta(hours=hours)
    messages: list[Message] = []
    for number, content in enumerate(said):
        role = "assistant" if number % 2 else "user"
        parent = messages[-1].id if messages else None
        messages.append(Message(new_id(), parent, role, content, moment, model="openai/echo" if number % 2 else None))
    return Conversation(
        new_id(), "personal", title, moment, moment, head=messages[-1].id, messages=tuple(messages), **fields
    )


def words_on_disk(data, words: str) -> list[str]:
    return [path.name for path in data.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_search_stays_in_the_address_as_notes_above_it_come_and_go(page, running, data):  # noqa: F811
    keep(data, talk("One", "Hello", "Hi"), talk("Two", "Hello", "Hi"), talk("Three", "Hello", "Hi"))
    page.goto(f"{running.url}/History")
    page.get_by_role("checkbox", name="Select Two").check(force=True)
    button(page, "Delete").click()
    expect(button(page, "Undo")).to_be_in_viewport()
    search(page, "one")
    expect(page).to_have_url(f"{running.url}/History?q=one")
    button(page, "Undo").click()
    expect(button(page, "Undo")).to_have_count(0)
    search(page, "three")
    expect(page).to_have_url(f"{running.url}/History?q=three")


def test_ten_thousand_conversations_are_listed_searched_and_opened(page, tmp_path, models):  # noqa: F811
    write_many(tmp_path, MANY)
    with chatkeep(tmp_path, models) as server:
        page.goto(f"{server.url}/History")
        expect(page.get_by_text("10,000 conversations")).to_be_visible(timeout=120_000)
        expect(page.get_by_text("The list is made anew")).to_have_count(0, timeout=120_000)
        main = page.get_by_test_id("stMain")
        expect(main.get_by_role("link", name="Chat 0", exact=True)).to_be_visible()

        search(page, "number9876")
        expect(page.get_by_text("1 conversation", exact=True)).to_be_visible()
        expect(main.get_by_role("link", name="Chat 9876", exact=True)).to_be_visible()
        search(page, '"tram in lisbon" model:mistral')
        expect(page.get_by_text("1,000 conversations")).to_be_visible()
        expect(page).to_have_url(re.compile(r"\?q=.*mistral"))
        found = page.url
        open_here(page)
        expect(page.get_by_text("What about the tram in Lisbon?")).to_be_visible()
        page.goto(found)  # a search is a bookmark
        expect(search_box(page)).to_have_value('"tram in lisbon" model:mistral')
        expect(page.get_by_text("1,000 conversations")).to_be_visible()

        with page.expect_download(timeout=120_000) as download:
            button(page, "Select all 1,000").click()
            expect(page.get_by_text("1,000 selected", exact=True)).to_be_visible()
            button(page, "Download 1,000 selected").click()
            page.get_by_role("dialog").get_by_role("button", name="Download", exact=True).click()
        with zipfile.ZipFile(download.value.path()) as archive:
            assert len(archive.namelist()) == 1001  # and the manifest


def test_search_opens_a_long_conversation_at_the_message_even_in_another_branch(page, running, data):  # noqa: F811
    said = [f"Line {number} of a long talk." for number in range(120)]
    said[20] = "Here the quokka is mentioned."
    long = talk("Long", *said)
    other = Message(new_id(), long.messages[60].id, "assistant", "The axolotl lives elsewhere.", utc_now())
    long = Conversation(
        long.id, "personal", "Long", long.created_at, long.updated_at, head=long.head, messages=(*long.messages, other)
    )
    keep(data, long)
    page.goto(f"{running.url}/History")
    search(page, "quokka")
    open_here(page)
    expect(page.get_by_text("Here the quokka is mentioned.")).to_be_in_viewport()

    page.goto(f"{running.url}/History?q=axolotl")
    open_here(page)
    expect(page.get_by_text("The axolotl lives elsewhere.")).to_be_in_viewport()
    assert stored(data).head == long.head  # looking changes nothing
    assert len(stored(data).messages) == 121

    # The same from the sidebar of any page.
    sidebar = page.get_by_role("searchbox", name="Search conversations")
    sidebar.fill("quokka")
    sidebar.press("Enter")
    expect(page.get_by_role("link", name="All 1 found")).to_be_visible()  # until then it is the whole list
    page.get_by_test_id("stSidebar").get_by_role("link", name="Long", exact=True).click()
    expect(page.get_by_text("Here the quokka is mentioned.")).to_be_in_viewport()


def test_many_are_tagged_deleted_restored_and_erased(page, running, data):  # noqa: F811
    keep(data, *(talk(f"Secret {number}", f"The password is swordfish{number}", "Noted.") for number in range(3)))
    keep(data, talk("Harmless", "Good morning", "Good morning to you"))
    page.goto(f"{running.url}/Settings")
    button(page, "Back up now").click()
    expect(page.get_by_text("Backed up: 4 conversations")).to_be_visible()
    open_page(page, "History")
    search(page, "swordfish")
    expect(page.get_by_text("3 conversations")).to_be_visible()
    button(page, "Select page").click()
    expect(page.get_by_text("3 selected", exact=True)).to_be_visible()
    button(page, "Tag").click()
    tags = page.get_by_role("combobox", name="Tags")
    tags.fill("private")
    tags.press("Enter")
    tags.press("Tab")
    button(page, "Add").click()
    expect(page.get_by_text("#private")).to_have_count(3)

    search(page, "tag:private")
    button(page, "Select page").click()
    expect(page.get_by_text("3 selected", exact=True)).to_be_visible()
    button(page, "Delete").click()
    expect(page.get_by_text("Deleted 3 conversations.")).to_be_visible()
    expect(page.get_by_text("Nothing was found.")).to_be_visible()
    search(page, "in:trash")
    expect(page.get_by_text("3 conversations in the trash")).to_be_visible()
    page.get_by_role("button", name="Restore", exact=True, disabled=False).first.click()  # nothing is selected yet
    expect(page.get_by_text("2 conversations in the trash")).to_be_visible()

    button(page, "Select page").click()
    expect(page.get_by_text("2 selected", exact=True)).to_be_visible()
    button(page, "Erase").click()
    expect(page.get_by_text("Erase 2 conversations for good?")).to_be_visible()
    button(page, "Erase for good").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    (kept, _) = sorted(all_stored(data), key=lambda each: each.title, reverse=True)
    (left,) = [word for message in kept.messages for word in message.content.split() if word.startswith("swordfish")]
    assert kept.tags == ("private",)
    for number in range(3):
        if f"swordfish{number}" != left:
            assert words_on_disk(data, f"swordfish{number}") == []


def test_preview_shows_every_branch_and_goes_to_a_question(page, running, data):  # noqa: F811
    said = [f"Question {n // 2}" if n % 2 == 0 else f"Answer {n // 2}" for n in range(80)]
    long = talk("Branches", *said)
    other = Message(new_id(), long.messages[0].id, "assistant", "Said in another branch.", utc_now())
    keep(
        data,
        Conversation(
            long.id,
            "personal",
            "Branches",
            long.created_at,
            long.updated_at,
            head=long.head,
            messages=(*long.messages, other),
        ),
    )
    page.goto(f"{running.url}/History")
    button(page, "Preview").click()
    window = page.get_by_role("dialog")
    expect(window.get_by_text("Question 0", exact=True)).to_be_visible()
    expect(window.get_by_text("Said in another branch.")).to_have_count(0)
    window.get_by_text("All branches (81 messages)").click()
    expect(window.get_by_text("Version 1 of 2", exact=True)).to_be_visible()
    question = window.get_by_role("combobox", name="Go to question")
    question.fill("Question 39")
    question.press("Enter")
    expect(window.get_by_text("Answer 39", exact=True)).to_be_in_viewport()
    expect(window.get_by_text("Version 2 of 2, not shown in the chat")).to_be_visible()
    expect(window.get_by_text("Said in another branch.")).to_be_visible()


CHATGPT = [
    {
        "title": "From elsewhere",
        "create_time": 1760000000.5,
        "update_time": 1760000100.5,
        "conversation_id": "aaaa-1",
        "current_node": "n2",
        "mapping": {
            "root": {"id": "root", "parent": None, "children": ["n1"], "message": None},
            "n1": {
                "id": "n1",
                "parent": "root",
                "children": ["n2"],
                "message": {
                    "author": {"role": "user"},
                    "create_time": 1760000000.5,
                    "content": {"content_type": "text", "parts": ["Where do puffins nest?"]},
                },
            },
            "n2": {
                "id": "n2",
                "parent": "n1",
                "children": [],
                "message": {
                    "author": {"role": "assistant"},
                    "create_time": 1760000001.5,
                    "content": {"content_type": "text", "parts": ["In burrows on cliffs."]},
                    "metadata": {"model_slug": "gpt-4o"},
                },
            },
        },
    },
    {"title": "Broken", "mapping": {"x": 3}, "current_node": "y"},
]


def upload(page: Page, name: str, content: bytes) -> None:  # noqa: F811
    button(page, "Import").click()
    choose_file(page, name, content)


def choose_file(page: Page, name: str, content: bytes) -> None:  # noqa: F811
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def test_file_that_is_no_export_is_said_and_one_of_another_product_is_looked_through_and_imported_once(
    page,  # noqa: F811
    running,
    data,
):
    keep(data, talk("Mine", "Hello", "Hi"))
    page.goto(f"{running.url}/History")
    button(page, "Import").click()
    window = page.get_by_role("dialog")
    for wrong in (b"", b"no export at all", b'{"messages": 3}'):
        choose_file(page, "wrong.json", wrong)
        expect(window.get_by_role("alert")).to_be_visible()
        button(page, "Choose another file").click()
        expect(window.get_by_role("alert")).to_have_count(0)
    assert len(all_stored(data)) == 1

    choose_file(page, "anything.bin", json.dumps(CHATGPT).encode())
    expect(page.get_by_text("1 new, 1 skipped")).to_be_visible()
    assert len(all_stored(data)) == 1
    button(page, "Import now").click()
    expect(page.get_by_text("Imported: 1 new, 1 skipped.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("2 conversations")).to_be_visible()
    search(page, "puffins")
    open_here(page)
    expect(page.get_by_text("In burrows on cliffs.")).to_be_visible()
    say(page, "And in winter?")
    wait_for_answer(page, 4)

    open_page(page, "History")
    upload(page, "again.json", json.dumps(CHATGPT).encode())
    expect(page.get_by_text("1 already here, 1 skipped")).to_be_visible()
    expect(button(page, "Import now")).to_have_count(0)
    assert sorted(each.title for each in all_stored(data)) == ["From elsewhere", "Mine"]


def test_file_that_is_not_unicode_is_read_as_somebody_says_and_what_it_lacks_is_one_click_away(page, running, data):  # noqa: F811
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    asked = {"role": "user", "content": [{"type": "text", "text": "Où est l’été à Zürich ?"}, picture]}
    record = {"messages": [asked, {"role": "assistant", "content": "Déjà passé."}]}
    written = (json.dumps(record, ensure_ascii=False) + "\n").encode("cp1252")
    said = [("user", "パンの作り方は？"), ("assistant", "小麦粉と水を混ぜます。")]
    japanese = {"messages": [{"role": role, "content": words} for role, words in said]}
    page.goto(f"{running.url}/History")
    upload(page, "sjis.jsonl", json.dumps(japanese, ensure_ascii=False).encode("cp932"))
    window = page.get_by_role("dialog")
    expect(window.get_by_text("This file is not written in Unicode.")).to_be_visible()
    expect(window.get_by_text("パンの作り方は？ 小麦粉と水を混ぜます。")).to_be_visible()
    pick(page, "Encoding", "Korean")
    expect(window.get_by_text("パンの作り方は？")).to_have_count(0)
    pick(page, "Encoding", "Shift-JIS")
    expect(window.get_by_text("パンの作り方は？ 小麦粉と水を混ぜます。")).to_be_visible()
    button(page, "Look through it").click()
    expect(page.get_by_text("1 new")).to_be_visible()
    button(page, "Import now").click()
    expect(page.get_by_text("Imported: 1 new.")).to_be_visible()
    (kept,) = all_stored(data)
    assert [(each.role, each.content) for each in kept.messages] == said
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)

    upload(page, "chats.jsonl", written * 2)
    expect(window.get_by_text("This file is not written in Unicode.")).to_be_visible()
    pick(page, "Encoding", "Western European (Windows-1252)")
    expect(window.get_by_text("So it reads: “Où est l’été à Zürich ?")).to_be_visible()
    window.get_by_role("button", name="Look through it").click()
    expect(window.get_by_text("1 new, 1 twice in the file, 1 picture left out")).to_be_visible()
    window.get_by_text("1 picture left out", exact=True).click()
    expect(window.get_by_text("“Où est l’été à Zürich ?”: 1")).to_be_visible()
    button(page, "Import now").click()
    expect(page.get_by_text("Imported: 1 new, 1 twice in the file, 1 picture left out.")).to_be_visible()
    assert sorted(each.title for each in all_stored(data)) == ["Où est l’été à Zürich ?", "パンの作り方は？"]


def test_everything_goes_out_and_comes_back_in_with_the_same_bytes(page, running, elsewhere, data):  # noqa: F811
    keep(data, *(talk(f"Talk {number}", f"Question {number}", "An answer.", tags=("a",)) for number in range(3)))
    elsewhere.empty()
    exports = []
    for each in (running, elsewhere):
        page.goto(f"{each.url}/History")
        if exports:
            upload(page, "chatkeep.zip", exports[0])
            expect(page.get_by_text("3 new")).to_be_visible()
            button(page, "Import now").click()
            expect(page.get_by_text("Imported: 3 new.")).to_be_visible()
            page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_text("3 conversations")).to_be_visible()
        button(page, "Select page").click()
        expect(page.get_by_text("3 selected", exact=True)).to_be_visible()
        button(page, "Download 3 selected").click()
        window = page.get_by_role("dialog")
        pick(page, "Format", "Chatkeep JSON")
        expect(window.get_by_text("Everything: all branches")).to_be_visible()
        with page.expect_download() as download:
            window.get_by_role("button", name="Download", exact=True).click()
        exports.append(download.value.path().read_bytes())
    assert len(zipfile.ZipFile(io.BytesIO(exports[0])).namelist()) == 4
    assert exports[0] == exports[1]


def test_backup_is_restored_into_another_app(page, running, elsewhere, data):  # noqa: F811
    keep(data, talk("Kept well", "Hello", "Hi"))
    elsewhere.empty()
    page.goto(f"{running.url}/Settings")
    button(page, "Back up now").click()
    expect(page.get_by_text("Backed up: 1 conversation")).to_be_visible()
    with page.expect_download() as download:
        button(page, "Download").click()
    page.goto(f"{elsewhere.url}/Settings")
    button(page, "Restore").click()
    choose_file(page, "backup.zip", download.value.path().read_bytes())
    button(page, "Restore now").click()
    expect(page.get_by_text("Restored: 1 new")).to_be_visible()
    assert stored(elsewhere.data) == stored(data)

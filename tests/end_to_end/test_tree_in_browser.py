"""A conversation is a tree: every version, branch, rating and deleted turn is still there. In a real browser.

The model repeats the question, so that what was sent shows on the page. What several processes do to one tree is in
`test_two_processes.py`; single turns of two tabs that send at once are in `test_outlives.py`.
"""

from playwright.sync_api import expect

from tests.support.browser import browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import button, in_header, message_box, pick, say, words
from tests.support.processes import wait_for
from tests.support.shared_app import (
    answered,
    app,  # noqa: F401
    choose,
    conversation_id,
    counting,
    in_chat,
    in_row,
    open_recent,
    recent,
    shared_app,
    squeezed,
    text_of,
)

running = shared_app("echo")


def converse(app, page, *questions):  # noqa: F811
    """Begin a conversation with these questions, each answered with its own words."""
    page.goto(app.url)
    for number, question in enumerate(questions, 1):
        say(page, question)
        answered(page, 2 * number)


def open_conversed(app, page, *questions):  # noqa: F811
    """Open a conversation of an earlier visit with these questions, each answered with its own words."""
    page.goto(f"{app.url}/?c={app.kept([(each, each) for each in questions], 'openai/echo').id}")
    expect(message_box(page)).to_be_enabled()
    answered(page, 2 * len(questions))


def ask_in_other_words(page, number, text):  # noqa: F811
    """Edit the question that is message `number` of the page."""
    in_row(page, number, "Edit").click()
    window = page.get_by_role("dialog")
    window.get_by_role("textbox", name="Message").fill(text)
    window.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def version(page, number, count):  # noqa: F811
    """Return the note that says which version of a message is shown."""
    return page.get_by_text(f"{number}/{count}", exact=True)


def last_request(app):  # noqa: F811
    return [each["content"] for each in app.models.asked[-1].body["messages"]]


def test_edited_question_is_a_branch_and_the_old_one_stays_with_all_that_followed(page, app):  # noqa: F811
    converse(app, page, "Red", "Deep red")
    before = app.open_conversation(page).messages
    ask_in_other_words(page, 0, "Blue")
    answered(page, 2)
    assert words(page) == ["Blue", "Blue"]
    assert last_request(app) == ["Blue"]
    assert app.open_conversation(page).messages[: len(before)] == before

    expect(version(page, 2, 2)).to_be_visible()
    button(page, "Previous version").click()
    expect(version(page, 1, 2)).to_be_visible()
    expect(in_chat(page)).to_have_count(4)
    assert words(page) == ["Red", "Red", "Deep red", "Deep red"]
    page.keyboard.press("Alt+Shift+ArrowRight")
    expect(version(page, 2, 2)).to_be_visible()
    expect(in_chat(page)).to_have_count(2)
    page.keyboard.press("Alt+Shift+ArrowLeft")
    expect(version(page, 1, 2)).to_be_visible()
    expect(in_chat(page)).to_have_count(4)

    page.reload()
    expect(version(page, 1, 2)).to_be_visible()
    expect(in_chat(page)).to_have_count(4)
    assert words(page) == ["Red", "Red", "Deep red", "Deep red"]
    say(page, "Go on")
    answered(page, 6)
    assert last_request(app) == ["Red", "Red", "Deep red", "Deep red", "Go on"]
    assert len(app.models.asked) == 4

    in_row(page, 4, "Edit").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Message").fill("Go further")
    button(page, "Send").click()
    expect(version(page, 2, 2)).to_be_visible()
    assert answered(page, 6) == "Go further"


def test_answer_is_made_again_by_the_same_and_by_another_model(page, app):  # noqa: F811
    converse(app, page, "Tell me something")
    first = app.open_conversation(page).path()[-1]
    in_row(page, 1, "Regenerate").click()
    expect(version(page, 2, 2)).to_be_visible()
    answered(page, 2)

    choose(page, 1, "Regenerate with another model")
    pick(page, "Regenerate with", "openai/normal")
    button(page.get_by_role("dialog"), "Regenerate").click()
    expect(version(page, 3, 3)).to_be_visible()
    assert answered(page, 2) == "Hello, world!"
    conversation = app.open_conversation(page)
    assert conversation.message(first.id) == first
    versions = conversation.siblings(first.id)
    assert [each.model for each in versions] == ["openai/echo", "openai/echo", "openai/normal"]
    assert [request.model for request in app.models.asked] == ["echo", "echo", "normal"]
    assert [last["messages"] for last in (request.body for request in app.models.asked)] == [
        [{"role": "user", "content": "Tell me something"}]
    ] * 3
    assert conversation.settings.model == "openai/echo"
    page.keyboard.press("Alt+Shift+ArrowLeft")
    expect(version(page, 2, 3)).to_be_visible()
    assert words(page)[-1] == "Tell me something"


def test_deleted_turn_and_cleared_conversation_come_back_with_undo(page, app):  # noqa: F811
    open_conversed(app, page, "one", "two", "three")
    kept = app.open_conversation(page)
    choose(page, 3, "Delete turn")  # the second answer
    expect(page.get_by_text("Deleted 1 turn.")).to_be_in_viewport()
    expect(in_chat(page)).to_have_count(4)
    assert words(page) == ["one", "one", "three", "three"]
    say(page, "four")
    answered(page, 6)
    assert last_request(app) == ["one", "one", "three", "three", "four"]
    button(page, "Undo").click()
    expect(in_chat(page)).to_have_count(8)
    assert app.open_conversation(page).messages[: len(kept.messages)] == kept.messages

    in_header(page, "Conversation").click()
    button(page, "Clear").click()
    expect(page.get_by_text("Deleted all messages.")).to_be_visible()
    expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
    button(page, "Undo").click()
    expect(in_chat(page)).to_have_count(8)
    assert words(page) == [word for word in ("one", "two", "three", "four") for _ in range(2)]

    in_header(page, "Conversation").click()
    button(page, "Clear").click()
    expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
    say(page, "Anew")
    answered(page, 2)
    assert last_request(app) == ["Anew"]
    contents = [message.content for message in app.open_conversation(page).messages]
    assert contents == [word for word in ("one", "two", "three", "four", "Anew") for _ in range(2)]


def test_rating_its_note_and_what_is_left_out_of_memory_are_there_after_a_reload_and_it_is_taken_in_again(page, app):  # noqa: F811
    open_conversed(app, page, "My name is Ada", "I like teal")
    in_row(page, 1, "Good answer").click()
    expect(in_row(page, 1, "Good answer")).to_have_attribute("aria-pressed", "true")
    choose(page, 1, "Add a note")
    page.get_by_role("textbox", name="Note on this answer").fill("Short and right")
    page.get_by_role("textbox", name="Note on this answer").press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_for(lambda: app.open_conversation(page).path()[1].rating_note == "Short and right", "the note is kept")

    choose(page, 0, "Leave out of memory")
    expect(in_chat(page).first.get_by_text("Left out of memory")).to_be_visible()
    say(page, "Who am I?")
    answered(page, 6)
    assert last_request(app) == ["I like teal", "I like teal", "Who am I?"]
    page.reload()
    expect(in_row(page, 1, "Good answer")).to_have_attribute("aria-pressed", "true")
    rated = app.open_conversation(page).path()[1]
    assert (rated.rating, rated.rating_note) == (1, "Short and right")
    choose(page, 1, "Edit the note")
    expect(page.get_by_role("textbox", name="Note on this answer")).to_have_value("Short and right")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(in_chat(page).first.get_by_text("Left out of memory")).to_be_visible()
    choose(page, 0, "Take into memory again")
    expect(page.get_by_text("Left out of memory")).to_have_count(0)
    say(page, "And now?")
    answered(page, 8)
    assert last_request(app)[:2] == ["My name is Ada", "My name is Ada"]
    assert len(app.models.asked) == 2


def test_copy_gives_the_markdown_of_any_message(page, app):  # noqa: F811
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    markdown = "# Plan\n\n- **bold** `code`\n- [a link](https://example.org)"
    open_conversed(app, page, markdown, "Later")
    expect(in_chat(page).nth(1).get_by_role("link", name="a link")).to_be_visible()
    for number, text in ((1, markdown), (2, "Later"), (3, "Later"), (0, markdown)):
        in_row(page, number, "Copy").click()
        expect(in_row(page, number, "Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == text


def test_fork_copies_the_shown_path_and_leaves_the_old_conversation_alone(page, app):  # noqa: F811
    open_conversed(app, page, "Fork me", "second", "third")
    original = app.open_conversation(page)
    choose(page, 3, "Fork from here")
    expect(in_chat(page)).to_have_count(4)
    assert words(page) == ["Fork me", "Fork me", "second", "second"]
    fork_id = conversation_id(page)
    assert fork_id != original.id
    say(page, "another third")
    answered(page, 6)
    assert last_request(app) == ["Fork me", "Fork me", "second", "second", "another third"]
    in_header(page, "Conversation").click()
    button(page, "Fork").click()
    expect(recent(page, "Fork of Fork me")).to_have_count(2)
    expect(recent(page, "Fork me")).to_have_count(1)
    expect(in_chat(page)).to_have_count(6)
    assert conversation_id(page) not in (fork_id, original.id)

    page.goto(f"{app.url}/?c={original.id}")
    expect(in_chat(page)).to_have_count(6)
    assert words(page)[-1] == "third"
    assert app.open_conversation(page) == original


def test_other_tab_makes_a_branch_while_an_answer_arrives_and_both_are_kept(page, app):  # noqa: F811
    gate = app.models.gate()
    app.models.script = [*counting(1, 10), gate, *counting(11, 20)]
    whole = text_of(app.models.script)
    kept = app.begun("Begin", "Begun.", "openai/by-script")
    address = f"{app.url}/?c={kept.id}"
    page.goto(address)
    other = page.context.new_page()
    other.goto(address)
    expect(in_chat(other)).to_have_count(2)
    say(page, "From the first tab")
    expect(page.get_by_text("word10")).to_be_visible()
    expect(other.get_by_text("word10")).to_be_visible()

    app.models.script = ["To the second tab."]
    ask_in_other_words(other, 2, "From the second tab")
    expect(other.get_by_text("To the second tab.")).to_be_visible()
    expect(page.get_by_text("This conversation went on in another tab, as a newer branch.")).to_be_visible()
    expect(button(page, "Stop")).to_be_visible()
    gate.open()
    expect(button(page, "Stop")).to_have_count(0)
    expect(page.get_by_text("word20")).to_be_visible()
    assert squeezed(words(page)[-1]) == squeezed(whole)
    assert words(other)[-2:] == ["From the second tab", "To the second tab."]
    conversation = app.open_conversation(page)
    assert [(each.content, each.status) for each in conversation.messages[2:]] == [
        ("From the first tab", "complete"),
        (whole, "complete"),
        ("From the second tab", "complete"),
        ("To the second tab.", "complete"),
    ]
    assert len(conversation.siblings(conversation.messages[2].id)) == 2

    button(page, "Show it").click()
    expect(page.get_by_text("To the second tab.")).to_be_visible()
    expect(version(page, 2, 2)).to_be_visible()
    assert message_box(page).input_value() == ""
    assert len(app.models.asked) == 2


def test_two_tabs_send_at_once_and_the_tab_behind_can_go_on_in_its_own_branch(page, app):  # noqa: F811
    open_conversed(app, page, "Send at once")
    other = page.context.new_page()
    other.goto(page.evaluate("location.href"))
    expect(in_row(other, 1, "Regenerate")).to_be_visible()
    tabs = {"From one tab": page, "From the other tab": other}
    for text, tab in tabs.items():
        message_box(tab).fill(text)
    for tab in tabs.values():
        message_box(tab).press("Enter")
    for tab in tabs.values():
        answered(tab, 4)
    assert {words(tab)[-1] for tab in tabs.values()} == set(tabs)
    newest = app.open_conversation(page).path()[2].content
    (behind,) = (tab for text, tab in tabs.items() if text != newest)
    own = next(text for text in tabs if text != newest)
    expect(behind.get_by_text("This conversation went on in another tab, as a newer branch.")).to_be_visible()
    say(behind, "Gone on in the own branch")
    answered(behind, 6)
    assert last_request(app) == ["Send at once", "Send at once", own, own, "Gone on in the own branch"]
    conversation = app.open_conversation(page)
    assert [each.content for each in conversation.path()][2::2] == [own, "Gone on in the own branch"]
    assert {each.content for each in conversation.messages} >= set(tabs)
    open_recent(behind, "Send at once")
    expect(in_chat(behind)).to_have_count(6)

"""Pages follow an answer and never hold it: reloaded, doubled, left and come back to, or busy with something else.

In a real browser, against a server that goes on only when the test says so. What becomes of an answer whose process is
gone is in `test_outlives.py` and `test_two_processes.py`.
"""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from chat.replies.continuing import ASK_FOR_THE_REST
from tests.support.browser import browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import button, in_header, message_box, open_page, say, words
from tests.support.fakes.fake_server import Cut
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.processes import wait_for
from tests.support.shared_app import (
    answered,
    app,  # noqa: F401
    assert_it_only_grew,
    counting,
    in_chat,
    last_words,
    open_recent,
    shared_app,
    squeezed,
    text_of,
    watch_the_answer,
)

running = shared_app("by-script")


def assert_whole(app, page, whole):  # noqa: F811
    """Check that the page, the store and the server agree on the last answer, to the letter."""
    assert app.models.asked[-1].text_sent == whole
    answer = app.open_conversation(page).path()[-1]
    assert (answer.status, answer.content) == ("complete", whole)
    assert last_words(page) == squeezed(whole)


def test_reloaded_page_has_the_text_back_and_goes_on(page, app):  # noqa: F811
    gate = app.models.gate()
    app.models.script = [*counting(1, 60), gate, *counting(61, 120)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    page.goto(app.url)
    say(page, "Reload me.")
    expect(page.get_by_text("word15")).to_be_visible()
    page.reload()
    # From here on it must go further than it was, before the server says the rest.
    expect(page.get_by_text("word15")).to_be_visible()
    expect(page.get_by_text("word60")).to_be_visible()
    page.reload()
    expect(page.get_by_text("word60")).to_be_visible()
    expect(button(page, "Stop")).to_be_visible()
    gate.open()
    answered(page, 2)
    assert_whole(app, page, whole)
    assert assert_it_only_grew(page, whole) > 1
    assert len(app.models.asked) == 1


def test_second_tab_second_window_and_a_new_name_given_in_the_history_show_one_answer(page, browser, app):  # noqa: F811
    first, second = app.models.gate(), app.models.gate()
    app.models.script = [*counting(1, 20), first, *counting(21, 40), second, *counting(41, 60)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    page.goto(app.url)
    say(page, "Show me everywhere.")
    expect(page.get_by_text("word20")).to_be_visible()
    address = page.evaluate("location.href")
    tab = page.context.new_page()
    other_context = browser.new_context()
    watch_the_answer(other_context)
    window = other_context.new_page()
    for each in (tab, window):
        each.goto(address)
        expect(each.get_by_text("word20")).to_be_visible()

    open_page(page, "History")
    expect(page.get_by_text("answering")).to_be_visible()
    button(page, "More").first.click()
    page.get_by_role("textbox", name="Title").fill("Renamed while it answers")
    button(page, "Save").click()
    assert_it_only_grew(page, whole)
    page.evaluate("window.answerAsSeen.length = 0")  # a page that is come back to is drawn anew, in a few frames
    first.open()
    for each in (tab, window):
        expect(each.get_by_text("word40")).to_be_visible()
    open_recent(page, "Renamed while it answers")
    expect(page.get_by_text("word40")).to_be_visible()
    second.open()
    for each in (page, tab, window):
        answered(each, 2)
        assert_whole(app, each, whole)
        assert_it_only_grew(each, whole)
    open_page(page, "History")
    expect(page.get_by_text("answering")).to_have_count(0)
    assert len(app.models.asked) == 1
    other_context.close()


def test_answer_goes_on_while_the_network_is_gone_and_shows_whole_when_it_is_back(page, app):  # noqa: F811
    first, second = app.models.gate(), app.models.gate()
    app.models.script = [*counting(1, 20), first, *counting(21, 40), second, *counting(41, 60)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    with ForwardingProxy(urlsplit(app.url).port, {}) as network:
        page.goto(network.url)
        say(page, "Lose the network.")
        expect(page.get_by_text("word20")).to_be_visible()
        network.cut()
        first.open()
        app.models.wait_for(lambda: "word40" in app.models.asked[-1].text_sent)
        wait_for(lambda: network.refused > 0, "the page tries to come back")
        assert "word21" not in last_words(page)
        network.mend()
        expect(page.get_by_text("word40")).to_be_visible()
        second.open()
        answered(page, 2)
        assert_whole(app, page, whole)
        assert assert_it_only_grew(page, whole, is_redrawn=True) > 1
    assert len(app.models.asked) == 1


def test_rating_downloading_and_chatting_elsewhere_do_not_touch_the_answer(page, app):  # noqa: F811
    app.models.script = ["An earlier answer."]
    page.goto(app.url)
    say(page, "Earlier question.")
    answered(page, 2)
    gate = app.models.gate()
    app.models.script = [*counting(1, 20), gate, *counting(21, 40)]
    whole = text_of(app.models.script)
    say(page, "Later question.")
    expect(page.get_by_text("word20")).to_be_visible()

    button(page, "Good answer").click()
    expect(button(page, "Good answer")).to_have_attribute("aria-pressed", "true")
    in_header(page, "Conversation").click()
    with page.expect_download() as download:
        button(page, "Download").click()
    history = json.loads(download.value.path().read_bytes())
    assert [each["content"] for each in history][:3] == ["Earlier question.", "An earlier answer.", "Later question."]
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    app.models.script = ["Said elsewhere."]
    button(page, "New chat").click()
    expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
    say(page, "Question elsewhere.")
    assert answered(page, 2) == "Said elsewhere."
    open_recent(page, "Earlier question.")
    expect(page.get_by_text("word20")).to_be_visible()
    expect(button(page, "Stop")).to_be_visible()
    assert not app.models.asked[1].closed_early

    gate.open()
    answered(page, 4)
    _, rated, _, answer = app.open_conversation(page).path()
    assert rated.rating == 1
    assert (answer.status, answer.content) == ("complete", whole)
    assert last_words(page) == squeezed(whole)
    expect(button(page, "Good answer").first).to_have_attribute("aria-pressed", "true")
    assert len(app.models.asked) == 3


def test_message_sent_too_early_waits_in_line_and_answers_become_whole_though_every_page_was_closed(page, app):  # noqa: F811
    again, page = page, page.context.new_page()
    gate, later = app.models.gate(), app.models.gate()
    app.models.script = [*counting(1, 10), gate, *counting(11, 20)]
    whole = text_of(app.models.script)
    page.goto(app.url)
    say(page, "Ask first.")
    expect(page.get_by_text("word10")).to_be_visible()
    for question in ("Ask next.", "Think better of it.", "Ask last."):
        say(page, question)
        expect(page.get_by_text(f"In line {question}")).to_be_in_viewport()
        expect(message_box(page)).to_have_value("")
    page.reload()
    expect(page.get_by_text("In line")).to_have_count(3)
    message_box(page).fill("Typed meanwhile")
    button(page, "Take back").nth(1).click()
    expect(page.get_by_text("In line")).to_have_count(2)
    expect(message_box(page)).to_have_value("Think better of it.\n\nTyped meanwhile")
    expect(message_box(page)).to_be_focused()

    app.models.script = ["Now it is time.", later, *counting(1, 20)]
    late = text_of(app.models.script)
    gate.open()
    expect(page.get_by_text("Now it is time.")).to_be_visible()
    assert [each.content for each in app.open_conversation(page).path()][:3] == ["Ask first.", whole, "Ask next."]
    expect(page.get_by_text("In line")).to_have_count(1)
    address = page.url
    page.close()
    later.open()
    app.models.wait_for(lambda: len(app.models.asked) == 3 and app.models.asked[-1].done)
    assert [each.body["messages"][-1]["content"] for each in app.models.asked] == [
        "Ask first.",
        "Ask next.",
        "Ask last.",
    ]
    again.goto(address)
    answered(again, 6)
    assert_whole(app, again, late)
    earlier = app.open_conversation(again).path()[3]
    assert (earlier.status, earlier.content) == ("complete", late)
    expect(again.get_by_text("In line")).to_have_count(0)


def test_answer_that_breaks_off_is_kept_continued_and_asked_for_again(page, app):  # noqa: F811
    app.models.script = ["One, two, three, ", Cut()]
    page.goto(app.url)
    say(page, "Count to five.")
    expect(page.get_by_text("The answer from OpenAI broke off: continue it, or try again.")).to_be_visible()
    assert words(page)[-1].startswith("One, two, three,")
    assert len(app.models.asked) == 1

    app.models.script = ["three, four, ", Cut()]
    button(page, "Continue").click()
    app.models.wait_for(lambda: len(app.models.asked) == 2)
    expect(page.get_by_text("One, two, three, four,")).to_be_visible()
    assert app.models.asked[-1].body["messages"] == [
        {"role": "user", "content": "Count to five."},
        {"role": "assistant", "content": "One, two, three, "},
        {"role": "user", "content": ASK_FOR_THE_REST},
    ]
    expect(button(page, "Retry")).to_be_visible()
    broken = app.open_conversation(page).path()[-1]
    assert (broken.status, broken.content) == ("failed", "One, two, three, four, ")

    app.models.script = ["One, two, three, four, five."]
    button(page, "Retry").click()
    expect(page.get_by_text("2/2")).to_be_visible()
    answered(page, 2)
    conversation = app.open_conversation(page)
    assert conversation.message(broken.id) == broken
    assert conversation.path()[-1].content == "One, two, three, four, five."
    assert len(app.models.asked) == 3


@pytest.mark.parametrize("status", ["interrupted", "stopped"])
def test_provider_that_can_goes_on_from_the_last_word(page, app, status):  # noqa: F811
    app.models.script = ["ree, four."]
    kept = app.begun(f"Count, {status}.", "One, two, th", "mistral/by-script", status=status)
    page.goto(f"{app.url}/?c={kept.id}")
    button(page, "Continue").click()
    expect(page.get_by_text("One, two, three, four.")).to_be_visible()
    answered(page, 2)
    (request,) = app.models.asked
    question, begun = request.body["messages"]
    assert (question["role"], question["content"]) == ("user", f"Count, {status}.")
    assert (begun["role"], begun["content"], begun["prefix"]) == ("assistant", "One, two, th", True)
    conversation = app.open_conversation(page)
    assert [each.content for each in conversation.messages] == [f"Count, {status}.", "One, two, three, four."]
    expect(in_chat(page)).to_have_count(2)

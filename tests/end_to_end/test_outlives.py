"""A reply outlives its page and its process; tabs that act at once lose nothing. In a real browser.

What has to do with how the process ends or who serves the pages is tried in each way to run Chatkeep.
"""

import signal
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import (
    PLAIN,
    all_stored,
    button,
    chatkeep,
    chatkeep_on_a_socket,
    in_header,
    message_box,
    open_page,
    pick,
    say,
    stored,
    wait_for_answer,
    words,
)
from tests.support.forwarding_proxy import ForwardingProxy
from tests.support.shared_app import app, counting, emptied, shared_app, text_of  # noqa: F401

running = shared_app("by-script")

each_way = pytest.mark.parametrize("run", [None, PLAIN], ids=["st.App", "plain"])
each_signal = pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])


@each_way
def test_killed_process_loses_at_most_a_second_and_the_answer_goes_on(page, data, models, run):  # noqa: F811
    rate = 50
    with chatkeep(data, models, f"paced-2000-at-{rate}", run=run) as server:
        page.goto(server.url)
        say(page, "Count.")
        models.wait_for(lambda: models.asked and models.asked[-1].sent > 3 * rate)
        server.end(signal.SIGKILL)
        sent = models.asked[-1].text_sent
    before = stored(data)
    kept = before.path()[-1].content
    assert sent.startswith(kept)
    # Twice what may be lost, since the machine may be busy: the figure itself is measured in benchmarks/.
    assert len(sent.split()) - len(kept.split()) <= 2 * rate

    with chatkeep(data, models, "by-script", run=run) as server:
        page.goto(f"{server.url}/?c={before.id}")
        expect(
            page.get_by_text("Interrupted: Chatkeep was closed while this answer was being written.")
        ).to_be_visible()
        assert stored(data).path()[-1].status == "interrupted"
        models.script = [kept[-40:] + "and then the end."]
        button(page, "paced-2000-at-50").click()
        expect(page.get_by_role("spinbutton", name="Maximum tokens")).to_be_visible()
        expect(page.get_by_text("being asked for models.")).to_have_count(0)  # what is typed before may be lost
        pick(page, "Model", "openai/by-script")
        expect(button(page, "by-script")).to_be_visible()
        page.keyboard.press("Escape")
        button(page, "Continue").click()
        expect(page.get_by_text("and then the end.")).to_be_visible()
        assert wait_for_answer(page, 2).endswith("and then the end.")
        expect(page.get_by_text("paced-2000-at-50, then by-script ·")).to_be_visible()
        asked = models.asked[-1].body["messages"]
        assert asked[1] == {"role": "assistant", "content": kept}
        answer = stored(data).path()[-1]
        assert answer.content == kept + "and then the end."
        assert answer.status == "complete"
        button(page, "Regenerate").click()
        expect(page.get_by_text("2/2")).to_be_visible()


@each_way
@each_signal
def test_closing_the_server_stores_every_running_reply(page, data, models, run, word):  # noqa: F811
    with chatkeep(data, models, "paced-2000-at-100", run=run) as server:
        begin_answers(server.url, page)
        server.end(word)
    assert_all_are_kept(data, models)


def test_server_on_a_unix_socket_serves_and_stores_every_running_reply(page, data, models):  # noqa: F811
    with (
        tempfile.TemporaryDirectory() as folder,  # not that of the test: the name of a socket is short
        chatkeep_on_a_socket(
            Path(folder) / "socket", data, models, "paced-2000-at-100", CHATKEEP_MODE="personal"
        ) as server,
        ForwardingProxy(Path(folder) / "socket", {}) as proxy,
    ):
        begin_answers(proxy.url, page, page.context.new_page())
        server.end(signal.SIGTERM)
    assert_all_are_kept(data, models)


def begin_answers(url, *tabs):
    """Have a long answer begin in each tab, see some of it, and leave the first one's for others, until it is three."""
    for tab in tabs:
        tab.goto(url)
        say(tab, "Count.")
        expect(tab.get_by_text("word20 ")).to_be_visible()
    for _ in range(3 - len(tabs)):
        button(tabs[0], "New chat").click()
        expect(tabs[0].get_by_text("Send a message to get a reply from")).to_be_visible()
        say(tabs[0], "Count.")
        expect(tabs[0].get_by_text("word20 ")).to_be_visible()


def assert_all_are_kept(data, models):
    kept = [conversation.path()[-1] for conversation in all_stored(data)]
    assert [answer.status for answer in kept] == ["interrupted"] * 3
    assert all("word20 " in answer.content for answer in kept)
    by_length = sorted(answer.content for answer in kept)
    sent = sorted(request.text_sent for request in models.asked)
    assert all(whole.startswith(part) for part, whole in zip(by_length, sent, strict=True))


def test_stop_from_another_tab(page, app):  # noqa: F811
    stop_from_another_tab(page, app.url, app.models)


def test_stop_from_another_tab_in_plain_mode(page, data, models):  # noqa: F811
    with chatkeep(data, models, "by-script", run=PLAIN) as server:
        stop_from_another_tab(page, server.url, models)


def stop_from_another_tab(page, url, models):  # noqa: F811
    models.script = counting(1, 2000, 0.01)
    page.goto(url)
    say(page, "Count.")
    expect(page.get_by_text("word20 ")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.evaluate("location.href"))
    button(other, "Stop").click()
    expect(other.get_by_text("Stopped.")).to_be_visible()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    models.wait_for(lambda: models.asked[-1].closed_early)
    assert words(page) == words(other)


def test_everything_else_works_while_an_answer_streams(page, app):  # noqa: F811
    models = app.models
    gate = models.gate()
    models.script = ["Short."]
    page.goto(app.url)
    say(page, "First.")
    wait_for_answer(page, 2)
    models.script = ["One ", gate, "two."]
    say(page, "Second.")
    expect(page.get_by_text("One", exact=True)).to_be_visible()
    message_box(page).fill("A draft that stays")

    in_header(page, "Conversation").click()
    page.get_by_role("textbox", name="Title").fill("Renamed meanwhile")
    gate.open()  # the answer ends while the window is open, which must not close it
    models.wait_for(lambda: models.asked[-1].done)
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Renamed meanwhile")
    button(page, "Save").click()
    expect(page.get_by_role("heading", name="Renamed meanwhile")).to_be_visible()
    expect(page.get_by_text("One two.")).to_be_visible()
    expect(message_box(page)).to_have_value("A draft that stays")
    assert len(models.asked) == 2


def test_two_conversations_at_the_same_time(page, emptied):  # noqa: F811
    models = emptied.models
    gate = models.gate()
    models.script = [*counting(1, 20), gate, *counting(21, 40)]
    page.goto(emptied.url)
    say(page, "The first.")
    expect(page.get_by_text("word20")).to_be_visible()
    button(page, "New chat").click()
    expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
    say(page, "The second.")
    expect(page.get_by_text("word20")).to_be_visible()
    open_page(page, "History")
    expect(page.get_by_text("answering")).to_have_count(2)
    gate.open()
    for name in ("The first.", "The second."):
        page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        expect(button(page, "Regenerate")).to_be_visible()
        assert words(page)[1].endswith("word39 word40")
    assert {conversation.path()[-1].content for conversation in all_stored(emptied.data)} == {text_of(models.script)}
    assert len(models.asked) == 2


def test_failure_that_passes_is_tried_again_visibly(page, app):  # noqa: F811
    kept = app.begun("Where are you?", "Here.", "openai/flaky-1")
    page.goto(f"{app.url}/?c={kept.id}")
    say(page, "Are you there?")
    expect(page.get_by_text("Trying again in")).to_be_visible()
    wait_for_answer(page, 4)
    assert app.open_conversation(page).path()[-1].status == "complete"
    assert len(app.models.asked) == 2

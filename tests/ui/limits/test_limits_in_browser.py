"""A visitor at the end of what the configured key gives: what they see, and that a restart gives nobody more."""

import re
import signal

from playwright.sync_api import expect

from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import button, chatkeep, message_box, open_page, say, wait_for_answer
from tests.support.visitors.browsers import as_new, in_sidebar

VISITORS = {"CHATKEEP_MODE": "visitors", "CHATKEEP_VISITOR_KEYS": "1", "CHATKEEP_LIMIT_ANSWERS_PER_HOUR": "1"}
REFUSED = re.compile(
    r"You have asked for as many answers as there are in an hour on this app's key \(1\)\. It goes on (at|tomorrow at) "
    r"\d\d:\d[05]\. Until then, use an API key of your own \(Settings\) or the model on this machine\."
)


LEFT = "0 of 1 answer in an hour left on this app's key."


def ask_until_it_is_being_answered(page, server, models):  # noqa: F811
    page.goto(server.url)
    before = len(models.asked)
    say(page, "Count.")
    models.wait_for(lambda: len(models.asked) > before and models.asked[-1].sent > 50)


def test_an_answer_counts_though_its_server_ends_and_the_words_of_the_next_stay_in_the_box(page, data, models):  # noqa: F811
    """For one visitor the server is told to end, for the next one it is killed."""
    with chatkeep(data, models, "paced-2000-at-50", **VISITORS) as server:
        ask_until_it_is_being_answered(page, server, models)
        server.end(signal.SIGTERM)
    with chatkeep(data, models, "paced-2000-at-50", **VISITORS) as server:
        page.goto(server.url)
        expect(page.get_by_text(LEFT)).to_be_in_viewport()
        in_sidebar(page, "Count.").click()
        expect(page.get_by_text("Interrupted: Chatkeep was closed")).to_be_visible()
        ask_until_it_is_being_answered(as_new(page), server, models)
        server.end(signal.SIGKILL)
    with chatkeep(data, models, "echo", **VISITORS) as server:
        page.goto(server.url)
        expect(page.get_by_text(LEFT)).to_be_in_viewport()
        say(page, "My *next* question, all of it")
        expect(page.get_by_text(REFUSED)).to_be_in_viewport()
        expect(message_box(page)).to_have_value("My *next* question, all of it")
        in_sidebar(page, "Count.").click()
        expect(page.get_by_text("Interrupted: Chatkeep was closed")).to_be_visible()
        button(page, "Retry").click()
        expect(page.get_by_text(REFUSED)).to_be_in_viewport()
        assert len(models.asked) == 2

        open_page(page, "Settings")
        expect(page.get_by_text(LEFT)).to_be_visible()
        page.get_by_label("OpenAI API key").fill("sk-mine")
        page.get_by_role("button", name="Use this key").last.click()
        expect(button(page, "Forget this key")).to_be_visible()
        button(page, "New chat").click()
        say(page, "With my own key")
        assert wait_for_answer(page, 2) == "With my own key"
        assert models.asked[-1].headers["authorization"] == "Bearer sk-mine"

"""Two running apps on one data folder: each sees what the other keeps, and notices when the other is gone.

In a real browser, with an answer that goes on only when the test says so.
"""

import signal

from playwright.sync_api import expect

from tests.support.browser import browser, page  # noqa: F401
from tests.support.chatkeep_app import all_stored, button, chatkeep, open_page, say, stored, words
from tests.support.shared_app import (
    answered,
    conversation_id,
    counting,
    in_chat,
    last_words,
    open_recent,
    recent,
    squeezed,
    text_of,
)

INTERRUPTED = "Interrupted: Chatkeep was closed while this answer was being written."


def test_each_sees_the_others_conversations_and_goes_on_with_what_a_closed_one_left(page, data, models):  # noqa: F811
    gate, last_gate = models.gate(), models.gate()
    with chatkeep(data, models, "by-script") as one, chatkeep(data, models, "by-script") as other:
        models.script = ["Said by the first."]
        page.goto(one.url)
        say(page, "Asked in the first.")
        answered(page, 2)
        there = page.context.new_page()
        there.goto(other.url)
        open_recent(there, "Asked in the first.")
        models.script = ["Said by the second."]
        say(there, "Gone on with in the second.")
        assert answered(there, 4) == "Said by the second."
        assert [each["content"] for each in models.asked[-1].body["messages"]] == [
            "Asked in the first.",
            "Said by the first.",
            "Gone on with in the second.",
        ]
        expect(page.get_by_text("Said by the second.")).to_be_visible()  # nobody touched this page

        models.script = [*counting(1, 20), gate, *counting(21, 40), last_gate, *counting(41, 60)]
        say(page, "Asked again in the first.")
        expect(page.get_by_text("word20")).to_be_visible()
        expect(there.get_by_text("word20")).to_be_visible()
        expect(there.get_by_text("Still being written elsewhere")).to_be_visible()
        gate.open()
        expect(there.get_by_text("word40")).to_be_visible()  # it grows there too, though slowly
        open_page(there, "History")
        expect(there.get_by_text("answering")).to_be_visible()
        last_gate.open()
        answered(page, 6)
        assert last_words(page) == squeezed(text_of(models.script))
        open_recent(there, "Asked in the first.")
        answered(there, 6)
        assert words(there) == words(page)
        conversation = stored(data)
        assert [each.status for each in conversation.messages] == ["complete"] * 6
        assert conversation.path()[-1].content == text_of(models.script)
        assert len(models.asked) == 3

        # One of them is closed: what its page showed is kept, and the other goes on with it.
        models.script = counting(1, 2000, 0.01)
        button(page, "New chat").click()
        expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
        say(page, "Asked before the end.")
        expect(page.get_by_text("word40").first).to_be_visible()
        closed = conversation_id(page)
        one.end(signal.SIGTERM)
        shown = last_words(page)
        models.wait_for(lambda: models.asked[-1].closed_early)
        kept = by_id(data, closed).path()[-1]
        assert kept.status == "interrupted"
        assert squeezed(kept.content).startswith(shown)
        assert models.asked[-1].text_sent.startswith(kept.content)

        expect(recent(there, "Asked before the end.")).to_be_visible()
        open_recent(there, "Asked before the end.")
        expect(there.get_by_text(INTERRUPTED)).to_be_visible()
        models.script = [kept.content[-40:], "and the end."]
        button(there, "Continue").click()
        expect(there.get_by_text("and the end.")).to_be_visible()
        answered(there, 2)
        expect(in_chat(there)).to_have_count(2)
        (_, answer) = by_id(data, closed).messages
        assert (answer.id, answer.status, answer.content) == (kept.id, "complete", kept.content + "and the end.")
        assert len(models.asked) == 5


def by_id(data, wanted):
    (conversation,) = [each for each in all_stored(data) if each.id == wanted]
    return conversation


def test_answer_of_a_process_that_is_killed_is_marked_by_the_other_and_asked_for_again(page, data, models):  # noqa: F811
    gate = models.gate()
    models.script = [*counting(1, 20), gate]
    with chatkeep(data, models, "by-script") as one:
        page.goto(one.url)
        say(page, "Asked in the first.")
        expect(page.get_by_text("word20")).to_be_visible()
        # The other one starts while the first answers, and its start ends nothing.
        with chatkeep(data, models, "by-script") as other:
            there = page.context.new_page()
            there.goto(other.url)
            open_recent(there, "Asked in the first.")
            expect(there.get_by_text("word20")).to_be_visible()
            assert stored(data).path()[-1].status == "streaming"
            expect(button(page, "Stop")).to_be_visible()
            expect(there.get_by_text(INTERRUPTED)).to_have_count(0)

            page.close()
            one.end(signal.SIGKILL)
            expect(there.get_by_text(INTERRUPTED)).to_be_visible()  # nobody touched this page
            before = stored(data).path()[-1]
            assert (before.status, before.content) == ("interrupted", models.asked[-1].text_sent)

            models.script = ["The whole answer."]
            button(there, "Retry").click()
            expect(there.get_by_text("2/2")).to_be_visible()
            assert answered(there, 2) == "The whole answer."
            conversation = stored(data)
            assert conversation.message(before.id) == before
            assert conversation.path()[-1].content == "The whole answer."
            assert len(models.asked) == 2
            gate.open()

"""What the pages say of providers: how an answer was made, what is configured wrong, and what can be used here."""

from chat.conversation import ConversationSettings
from tests.support.pages import app, keep, page, said, wait_for_replies  # noqa: F401
from ui.services import services


def test_setting_that_the_model_did_not_take_is_said_below_its_answer_for_good():
    conversation = keep(1)
    asked_so = ConversationSettings(model="openai/claude-4.7", temperature=0.5)
    services().store.update("personal", conversation.id, settings=asked_so)
    at = page("Home.py")
    at.query_params["c"] = conversation.id
    at.run()
    at.chat_input(key="message").set_value("Hello").run()
    wait_for_replies()
    at.run()
    note = "Answered without the temperature you set: claude-4.7 does not take it."
    assert not at.exception
    assert "Hello, world!" in said(at)
    assert said(at).count(note) == 1
    answer = services().store.get("personal", conversation.id).path()[-1]
    assert (answer.content, answer.note, answer.status, answer.error) == ("Hello, world!", note, "complete", None)

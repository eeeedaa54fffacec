"""The top of the chat: the title, who answers, and what is in force."""

from dataclasses import replace

import pytest

from chat.conversation import ConversationSettings
from tests.support.pages import app, keep, page, said  # noqa: F401
from ui.chat_page.header import in_force
from ui.services import services


def opened(conversation):
    at = page("Home.py")
    at.query_params["c"] = conversation.id
    return at.run()


def title(at) -> str:
    (shown,) = at.html
    return shown.value


def model_button(at) -> str:
    """Return what the button says that opens the panel of the model."""
    (panel,) = [each.proto.popover for each in at.main.get("popover")]
    return panel.label


def badges(at) -> list[str]:
    begin = ":gray-badge["
    return [text.removeprefix(begin).removesuffix("]") for text in said(at) if text.startswith(begin)]


def test_nothing_is_said_to_be_in_force_that_is_as_usual():
    assert in_force(ConversationSettings(model="openai/echo")) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"memory": "off"}, ["Memory off"]),
        ({"system_prompt": "Be brief."}, ["System prompt"]),
        ({"temperature": 0.7}, ["Temperature 0.7"]),
        ({"temperature": 0.0}, ["Temperature 0"]),
        ({"max_tokens": 1500}, ["≤ 1,500 tokens"]),
        (
            {"memory": "off", "system_prompt": "x", "temperature": 2.0, "max_tokens": 1},
            ["Memory off", "System prompt", "Temperature 2", "≤ 1 token"],
        ),
    ],
)
def test_what_is_set_is_seen_beside_the_model(settings, words):
    conversation = keep(1)
    services().store.update("personal", conversation.id, settings=replace(conversation.settings, **settings))
    at = opened(conversation)
    assert not at.exception
    assert badges(at) == words


def test_title_is_the_only_first_heading_and_shown_as_it_was_typed():
    conversation = keep(1, 'A <b>bold</b> "title" :smile: \ud83d & $5')
    shown = title(opened(conversation))
    assert shown.count("<h1") == 1
    assert shown.endswith(">A &lt;b&gt;bold&lt;/b&gt; &quot;title&quot; :smile: \ufffd &amp; $5</h1>")
    assert "<b>" not in shown
    assert title(page("Home.py")).endswith(">New chat</h1>")


def test_imported_conversation_shows_the_model_that_will_answer_and_goes_on_with_it(models):
    conversation = keep(1)
    services().store.update("personal", conversation.id, settings=ConversationSettings())
    at = opened(conversation)
    assert model_button(at) == "echo"
    at.chat_input(key="message").set_value("Go on").run()
    for reply in services().replies.active():
        assert reply.wait_until_ended(20)
    assert model_button(at.run()) == "echo"
    assert services().store.get("personal", conversation.id).settings == ConversationSettings(model="openai/echo")
    assert [asked.model for asked in models.asked] == ["echo"]


def test_long_name_of_a_model_leaves_room_for_the_title():
    conversation = keep(1)
    name = "llama3.2:3b-instruct-q4_K_M-and-more"
    services().store.update("personal", conversation.id, settings=ConversationSettings(model=f"openai/{name}"))
    assert model_button(opened(conversation)).replace("&#58;", ":").replace("\\", "") == "llama3.2:3b-instruct-q4…"


def test_what_is_changed_in_quick_succession_in_a_new_chat_is_all_kept():
    at = page("Home.py")
    at.session_state["model_and_memory"] = True
    at.run()
    (memory,) = [each for each in at.toggle if each.label == "Memory"]
    (prompt,) = [each for each in at.text_area if each.label == "System prompt"]
    memory.set_value(False)
    prompt.set_value("Be brief.")  # before the page is drawn anew
    at.run()
    assert not at.exception
    assert badges(at) == ["Memory off", "System prompt"]

"""The main job in a real browser against the really running app."""

import json
import os
import re
from datetime import timedelta

from playwright.sync_api import expect

from chat.conversation import Conversation, Message, new_id, utc_now
from store import open_store
from tests.support.browser import browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import (
    ANSWER_PATIENCE,
    button,
    chatkeep,
    in_header,
    message_box,
    open_page,
    say,
    stored,
    wait_for_answer,
    words,
)
from tests.support.processes import wait_for
from tests.support.shared_app import app, counting, shared_app  # noqa: F401

running = shared_app("echo")


def test_first_message_without_a_key_reload_memory_history_download(page, data, tmp_path):  # noqa: F811
    # A cache folder of its own: the model's weights arrive here as they do for somebody new.
    with chatkeep(data, XDG_CACHE_HOME=str(tmp_path / "cache")) as server:
        page.goto(server.url)
        expect(page.get_by_text("Send a message to get a reply from SmolLM2 135M!")).to_be_visible()
        say(page, "My name is Ada.\nPlease greet me in one short sentence.")
        first = wait_for_answer(page, 2)
        assert first
        assert re.search(r"\?c=[0-9a-f]{32}$", page.evaluate("location.href"))

        page.reload()
        expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
        assert words(page) == ["My name is Ada.\nPlease greet me in one short sentence.", first]

        say(page, "What is my name?")
        wait_for_answer(page, 4)
        on_the_page = words(page)
        _, answer, _, second = stored(data).path()
        assert second.usage.prompt_tokens > answer.usage.prompt_tokens + answer.usage.completion_tokens

        open_page(page, "History")
        expect(page.get_by_text("SmolLM2 135M · 4 messages")).to_be_visible()
        button(page, "More").click()
        with page.expect_download() as download:
            page.get_by_role("dialog").get_by_role("button", name="Download", exact=True).click()
        assert download.value.suggested_filename.endswith(".history.json")
        history = json.loads(download.value.path().read_bytes())
        assert [message["role"] for message in history] == ["user", "assistant", "user", "assistant"]
        assert [set(message) for message in history] == [{"role", "content"}] * 4
        assert [" ".join(message["content"].split()) for message in history] == [
            " ".join(shown.split()) for shown in on_the_page
        ]


def test_download_that_fails_says_why_and_can_be_retried(page, data, tmp_path):  # noqa: F811
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CONFIG_FILE": os.devnull,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    with chatkeep(data, **nowhere) as server:
        page.goto(server.url)
        say(page, "Hello?")
        expect(page.get_by_text("The model could not be downloaded")).to_be_visible(timeout=ANSWER_PATIENCE)
        expect(button(page, "Retry")).to_be_visible()
        assert words(page)[0] == "Hello?"
        assert "127.0.0.1:9" not in page.get_by_test_id("stChatMessage").last.inner_text()
        button(page, "Retry").click()
        expect(page.get_by_text("2/2")).to_be_visible(timeout=ANSWER_PATIENCE)


def settings(app, page):  # noqa: F811
    kept = app.open_conversation(page).settings
    return kept.system_prompt, kept.temperature, kept.memory


def test_what_is_sent_with_memory_on_and_off_and_a_system_prompt(page, app):  # noqa: F811
    page.goto(app.url)
    say(page, "one")
    wait_for_answer(page, 2)
    say(page, "two")
    wait_for_answer(page, 4)
    assert app.models.asked[-1].body["messages"] == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "two"},
    ]
    assert app.models.asked[-1].body.keys() == {"model", "messages", "stream", "stream_options"}

    button(page, "echo").click()
    page.get_by_role("textbox", name="System prompt").fill("Be brief.")
    page.get_by_role("textbox", name="System prompt").press("Control+Enter")
    page.get_by_role("spinbutton", name="Temperature").fill("0")
    page.get_by_role("spinbutton", name="Temperature").press("Enter")
    page.get_by_text("Memory", exact=True).click()
    expect(page.get_by_role("switch", name="Memory")).not_to_be_checked()
    page.keyboard.press("Escape")
    asked_for = ("Be brief.", 0.0, "off")
    wait_for(lambda: asked_for == settings(app, page), "what was set is kept")
    page.reload()
    say(page, "three")
    wait_for_answer(page, 6)
    assert app.models.asked[-1].body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "three"},
    ]
    assert app.models.asked[-1].body["temperature"] == 0


def test_stop_ends_the_answer_at_the_provider_and_keeps_what_arrived(page, app):  # noqa: F811
    app.models.script = counting(1, 2000, 0.01)
    kept = app.begun("Can you count?", "Yes.", "openai/by-script")
    page.goto(f"{app.url}/?c={kept.id}")
    say(page, "Count.")
    expect(page.get_by_text("word20 ")).to_be_visible()
    button(page, "Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    app.models.wait_for(lambda: app.models.asked[-1].closed_early)
    answer = app.open_conversation(page).path()[-1]
    assert answer.status == "stopped"
    assert app.models.asked[-1].text_sent.startswith(answer.content)
    assert answer.content.startswith("word1 word2 ")
    expect(button(page, "Retry")).to_be_visible()


def test_failure_is_one_sentence_the_question_stays_and_retry_asks_again(page, app):  # noqa: F811
    kept = app.begun("Who is there?", "Somebody.", "openai/http-401")
    page.goto(f"{app.url}/?c={kept.id}")
    say(page, "Anybody there?")
    expect(page.get_by_text("OpenAI does not accept this key: check it under Settings.")).to_be_visible()
    assert words(page)[2] == "Anybody there?"
    button(page, "Retry").click()
    expect(page.get_by_text("2/2")).to_be_visible()
    expect(page.get_by_text("OpenAI does not accept this key: check it under Settings.")).to_be_visible()
    assert [each.status for each in app.open_conversation(page).messages[2:]] == ["complete", "failed", "failed"]


def test_thinking_is_folded_apart_and_not_sent_back(page, app):  # noqa: F811
    kept = app.begun("Can you think?", "Yes.", "openai/thinking")
    page.goto(f"{app.url}/?c={kept.id}")
    say(page, "Think.")
    wait_for_answer(page, 4)
    answer = app.open_conversation(page).path()[-1]
    assert answer.reasoning
    assert answer.content
    expect(page.get_by_text(answer.reasoning)).to_be_hidden()
    page.get_by_text("Thought before answering").click()
    expect(page.get_by_text(answer.reasoning)).to_be_visible()
    say(page, "Again.")
    wait_for_answer(page, 6)
    assert answer.reasoning not in json.dumps(app.models.asked[-1].body)


def test_rename_delete_and_undo(page, app):  # noqa: F811
    page.goto(app.url)
    say(page, "A question about the weather in Lisbon next week, and about what to wear there in the evening")
    wait_for_answer(page, 2)
    expect(page.get_by_role("heading", name="A question about the weather in Lisbon…")).to_be_visible()
    in_header(page, "Conversation").click()
    page.get_by_role("textbox", name="Title").fill("Lisbon *in* May")
    button(page, "Save").click()
    expect(page.get_by_role("heading", name="Lisbon *in* May")).to_be_visible()

    in_header(page, "Conversation").click()
    button(page, "Delete").click()
    expect(page.get_by_text("Deleted “Lisbon *in* May”.")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_text("Lisbon *in* May")).to_have_count(0)
    button(page, "Undo").click()
    expect(page.get_by_role("heading", name="Lisbon *in* May")).to_be_visible()
    assert app.open_conversation(page).title_source == "manual"


def test_page_of_200_messages_opens_and_a_new_turn_can_be_sent(page, app):  # noqa: F811
    now = utc_now() - timedelta(days=1)
    messages: list[Message] = []
    for number in range(200):
        role = "assistant" if number % 2 else "user"
        parent = messages[-1].id if messages else None
        messages.append(Message(new_id(), parent, role, f"Message {number} of many.", now))
    long = Conversation(new_id(), "personal", "Long", now, now, head=messages[-1].id, messages=tuple(messages))
    store = open_store(f"tinydb:///{app.data}")
    store.create(long)
    store.close()
    page.goto(f"{app.url}/?c={long.id}")
    expect(page.get_by_text("Message 199 of many.")).to_be_visible()
    expect(page.get_by_text("Message 100 of many.")).to_have_count(0)
    page.get_by_role("button", name="Show earlier messages").click()
    expect(page.get_by_text("Message 145 of many.")).to_be_visible()
    say(page, "And one more.")
    expect(page.get_by_text("And one more.")).to_have_count(2)
    app.models.wait_for(lambda: app.models.asked[-1].done)
    assert len(app.models.asked[-1].body["messages"]) == 201


def test_damaged_file_is_named_and_everything_else_opens(page, app):  # noqa: F811
    page.goto(app.url)
    say(page, "This one stays.")
    wait_for_answer(page, 2)
    button(page, "New chat").click()
    expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
    say(page, "This one breaks.")
    wait_for_answer(page, 2)
    broken = page.evaluate("location.href").rpartition("=")[2]
    (app.data / "personal" / f"{broken}.json").write_bytes(b'{"conversation": {"1": {"id"')
    page.reload()
    expect(page.get_by_text("“This one breaks.” could not be read")).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="This one stays.").click()
    expect(page.get_by_role("heading", name="This one stays.")).to_be_visible()
    assert len(list((app.data / "personal").glob(f"{broken}.json.damaged-*"))) == 1


def test_full_disk_puts_the_words_back_into_the_input(page, data, models):  # noqa: F811
    with chatkeep(data, models) as server:
        page.goto(server.url)
        expect(message_box(page)).to_be_visible()
        owner = data / "personal"
        owner.rmdir() if owner.exists() else None
        owner.write_text("a file where the folder should be")
        say(page, "Do not lose this.")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(message_box(page)).to_have_value("Do not lose this.")
        assert "Traceback" not in page.content()

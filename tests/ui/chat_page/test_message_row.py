"""The row under a message: what it offers for which message, and what a press of each thing in it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, ErrorDetails, Message, Usage, utc_now
from tests.support.pages import ROOT, app, keep, press, row_under, said, wait_for_replies  # noqa: F401
from ui.chat_page.message_actions import MOST_COPIED
from ui.services import services


def opened(conversation: Conversation) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation.id
    return at.run()


def kept(conversation: Conversation) -> Conversation:
    return services().store.get("personal", conversation.id)


def change(conversation: Conversation, message_id: str, **fields: Any) -> None:
    services().store.update_message("personal", conversation.id, message_id, **fields)


def add(conversation: Conversation, message_id: str, parent_id: str, content: str, **fields: Any) -> None:
    message = Message(message_id, parent_id, "assistant", content, utc_now())
    services().store.add_message("personal", conversation.id, replace(message, **fields))


def names(buttons: list[dict[str, str]]) -> list[str]:
    return [each["label"] for each in buttons]


def test_every_message_has_the_same_row_old_or_new():
    conversation = keep(1)
    for number in (2, 3):
        question = Message(f"q{number}", f"a{number - 1}", "user", f"Question {number}", utc_now())
        services().store.add_message("personal", conversation.id, question)
        add(conversation, f"a{number}", f"q{number}", f"Answer {number}", model="openai/echo")
    at = opened(conversation)
    for number in (1, 2, 3):
        question, answer = row_under(at, f"q{number}"), row_under(at, f"a{number}")
        assert (question["text"], answer["text"]) == (f"Question {number}", f"Answer {number}")
        assert (names(question["buttons"]), names(answer["buttons"])) == (["Edit"], ["Regenerate"])
        assert names(question["menu"]) == ["Leave out of memory", "Fork from here", "Delete turn"]
        assert names(answer["menu"]) == ["Regenerate with another model", "Add a note", *names(question["menu"])]
        assert (question["rating"], answer["rating"]) == (None, 0)
        assert question["versions"] is answer["versions"] is None


def test_answer_says_who_gave_it_when_and_in_how_many_tokens():
    conversation = keep(1)
    now = utc_now()
    for message_id, parts in {
        "b1": {"model": "openai/large", "usage": Usage(1200, 1034)},
        "b2": {"model": "openai/large", "usage": Usage(3, 1)},
        "b3": {"model": "openai/large"},
        "b4": {},
    }.items():
        add(conversation, message_id, "q1", "Words", **parts)
    facts = []
    for message_id in ("b1", "b2", "b3", "b4"):
        services().store.update("personal", conversation.id, head=message_id)
        facts.append(row_under(opened(conversation), message_id)["facts"])
    clock = f"{now:%H:%M}"
    assert facts == [f"large · {clock} · 1,034 tokens", f"large · {clock} · 1 token", f"large · {clock}", clock]
    add(conversation, "b5", "q1", "Words", created_at=now.replace(year=2020, month=2, day=3, hour=4, minute=5))
    assert row_under(opened(conversation), "b5")["facts"] == "2020-02-03 04:05"
    assert row_under(opened(conversation), "q1")["facts"] == ""


def test_versions_are_counted_and_switched_and_one_message_has_the_shortcut():
    conversation = keep(1)
    add(conversation, "b1", "q1", "Another", model="openai/echo")
    at = opened(conversation)
    assert row_under(at, "b1")["versions"] == {"place": 2, "count": 2, "shortcut": True}
    press(at, "b1", "next")  # there is none
    press(at, "b1", "previous")
    assert kept(conversation).head == "a1"
    assert row_under(at, "a1")["versions"] == {"place": 1, "count": 2, "shortcut": True}
    press(at, "a1", "next")
    assert kept(conversation).head == "b1"
    assert not at.exception


def test_rating_is_kept_and_taken_back():
    conversation = keep(1)
    at = opened(conversation)
    for rating in (1, -1, 0):
        press(at, "a1", "rate", rating)
        assert kept(conversation).message("a1").rating == (rating or None)
        assert row_under(at, "a1")["rating"] == rating


def test_error_has_no_thumbs_nothing_to_copy_and_is_asked_again_in_one_place():
    conversation = keep(1)
    add(conversation, "b1", "q1", "", status="failed", error="Acme is busy: try again in a little while.")
    at = opened(conversation)
    row = row_under(at, "b1")
    assert (row["rating"], row["text"], row["buttons"]) == (None, "", [])
    assert [each.label for each in at.main.button if each.key in ("retry-b1", "continue-b1")] == ["Retry"]
    assert "Details" not in [each.label for each in at.expander]
    assert "Open Settings" not in [each.proto.label for each in at.main.get("page_link")]


def test_error_has_details_and_leads_to_where_it_is_mended():
    conversation = keep(1)
    details = ErrorDetails(401, "No such key · invalid_api_key", "req_7", in_settings=True)
    error = "Acme does not accept this key: check it under Settings."
    add(conversation, "b1", "q1", "", status="failed", error=error, error_details=details)
    at = opened(conversation)
    (found,) = [each for each in at.expander if each.label == "Details"]
    assert [each.value for each in found.text] == [
        "Status 401\nThe provider says: No such key · invalid_api_key\nRequest id: req_7"
    ]
    assert "Open Settings" in [each.proto.label for each in at.main.get("page_link")]


@pytest.mark.parametrize(("before", "label"), [(False, "Leave out of memory"), (True, "Take into memory again")])
def test_message_is_left_out_of_memory_and_taken_in_again(before: bool, label: str):
    conversation = keep(1)
    change(conversation, "q1", left_out=before)
    at = opened(conversation)
    assert names(row_under(at, "q1")["menu"])[0] == label
    press(at, "q1", "leave_out")
    assert kept(conversation).message("q1").left_out is not before


def test_turn_is_deleted_and_a_fork_is_opened():
    conversation = keep(1)
    at = opened(conversation)
    press(at, "a1", "fork")
    assert len(services().store.list("personal")) == 2
    at = opened(conversation)
    press(at, "a1", "delete")
    assert kept(conversation).path() == ()
    assert "Deleted 1 turn." in " ".join(said(at))


def test_question_is_edited_and_an_answer_made_by_another_model_in_windows_of_that_name(models):
    conversation = keep(1)
    at = opened(conversation)
    press(at, "q1", "edit")
    at.text_area(key="edited-q1").set_value("In other words")
    at.button(key="send_edited").click().run()
    wait_for_replies()
    assert [each.content for each in kept(conversation).path()] == ["In other words", "In other words"]
    answer = kept(conversation).path()[-1]
    at = opened(conversation)
    press(at, answer.id, "regenerate_with")
    at.selectbox(key=f"other-model-{answer.id}").set_value("openai/echo-prefix").run()
    at.button(key="regenerate_with").click().run()
    wait_for_replies()
    assert [request.model for request in models.asked] == ["echo", "echo-prefix"]


def test_note_is_kept_and_can_be_edited():
    conversation = keep(1)
    at = opened(conversation)
    press(at, "a1", "note")
    at.text_input(key="note-a1").set_value("Too long")
    at.button(key="save_note").click().run()
    assert kept(conversation).message("a1").rating_note == "Too long"
    assert "Edit the note" in names(row_under(at, "a1")["menu"])


def test_second_press_on_regenerate_before_the_page_is_drawn_anew_asks_for_nothing_more(models):
    conversation = keep(1)
    at = opened(conversation)
    press(at, "a1", "regenerate")
    wait_for_replies()
    assert len(models.asked) == 1
    assert len(kept(conversation).siblings("a1")) == 2


def test_long_text_travels_only_when_it_is_copied():
    conversation = keep(1)
    kept_whole = replace(kept(conversation).message("a1"), id="long", content="x" * (MOST_COPIED + 1))
    services().store.add_message("personal", conversation.id, kept_whole)
    at = opened(conversation)
    assert row_under(at, "long")["text"] is None
    press(at, "long", "copy")
    assert row_under(at, "long")["text"] == kept_whole.content

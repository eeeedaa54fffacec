"""What the model is sent: memory off and on, the system prompt, and what is never sent."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chat.conversation import Conversation, ConversationSettings, Message
from chat.errors import NoQuestion
from chat.memory import DELETED, NO_QUESTION, Selection, select
from chat.providers.base import PromptMessage

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def message(name: str, parent: str | None, content: str, **fields) -> Message:
    return Message(name, parent, "user" if name.startswith("q") else "assistant", content, MOMENT, **fields)


def conversation(*messages: Message, **settings) -> Conversation:
    return Conversation(
        "c1",
        "personal",
        "Colours",
        MOMENT,
        MOMENT,
        head=messages[-1].id,
        settings=ConversationSettings(**settings),
        messages=messages,
    )


TWO_TURNS = (
    message("q1", None, "My colour is teal."),
    message("a1", "q1", "Noted."),
    message("q2", "a1", "Which colour?"),
    message("a2", "q2", "Teal."),
    message("q3", "a2", "And its opposite?"),
)


def test_memory_on_sends_every_turn_of_the_path_in_order():
    assert select(conversation(*TWO_TURNS), "q3") == Selection(
        (
            PromptMessage("user", "My colour is teal."),
            PromptMessage("assistant", "Noted."),
            PromptMessage("user", "Which colour?"),
            PromptMessage("assistant", "Teal."),
            PromptMessage("user", "And its opposite?"),
        ),
        left_out=(),
    )


def test_memory_off_sends_only_the_newest_message():
    assert select(conversation(*TWO_TURNS, memory="off"), "q3") == Selection(
        (PromptMessage("user", "And its opposite?"),), left_out=("q1", "a1", "q2", "a2")
    )


def test_system_prompt_comes_first_with_memory_on_and_off():
    first = PromptMessage("system", "Answer in French.")
    for memory in ("all", "off"):
        asked = conversation(*TWO_TURNS, memory=memory, system_prompt="  Answer in French.\n")
        assert select(asked, "q3").messages[0] == first
        assert [sent.role for sent in select(asked, "q3").messages].count("system") == 1


def test_blank_system_prompt_is_not_sent():
    assert select(conversation(TWO_TURNS[0], system_prompt=" \n"), "q1").messages == (
        PromptMessage("user", "My colour is teal."),
    )


def test_question_that_never_got_a_word_in_answer_is_left_out_and_so_is_the_error():
    failed = conversation(
        message("q1", None, "Hello?"),
        message("a1", "q1", "", status="failed", error="Mistral does not accept this key."),
        message("q2", "a1", "Hello again?"),
    )
    assert select(failed, "q2") == Selection((PromptMessage("user", "Hello again?"),), left_out=("q1", "a1"))


def test_words_of_a_stopped_answer_are_sent_without_any_notice():
    stopped = conversation(
        message("q1", None, "Count to ten."),
        message("a1", "q1", "One, two", status="stopped"),
        message("q2", "a1", "Go on."),
    )
    assert [sent.content for sent in select(stopped, "q2").messages] == ["Count to ten.", "One, two", "Go on."]


def test_thinking_is_never_sent_back():
    thought = conversation(
        message("q1", None, "2 + 2?"),
        message("a1", "q1", "4", reasoning="The user wants a sum."),
        message("q2", "a1", "Sure?"),
    )
    assert "The user wants a sum." not in str(select(thought, "q2"))


def test_answer_that_the_user_left_out_is_not_sent_and_roles_still_alternate():
    left_out = conversation(TWO_TURNS[0], replace(TWO_TURNS[1], left_out=True), *TWO_TURNS[2:])
    assert select(left_out, "q3") == Selection(
        (
            PromptMessage("user", "My colour is teal.\n\nWhich colour?"),
            PromptMessage("assistant", "Teal."),
            PromptMessage("user", "And its opposite?"),
        ),
        left_out=("a1",),
    )


def test_first_question_left_out_takes_its_answer_along():
    left_out = conversation(replace(TWO_TURNS[0], left_out=True), *TWO_TURNS[1:])
    assert select(left_out, "q3").left_out == ("q1", "a1")
    assert select(left_out, "q3").messages[0] == PromptMessage("user", "Which colour?")


def test_deleted_turn_is_not_sent():
    deleted = conversation(
        *TWO_TURNS[:2], *(replace(message, trashed=True) for message in TWO_TURNS[2:4]), TWO_TURNS[4]
    )
    assert [sent.content for sent in select(deleted, "q3").messages] == [
        "My colour is teal.",
        "Noted.",
        "And its opposite?",
    ]


def test_another_branch_is_not_sent():
    branches = conversation(*TWO_TURNS, message("q2b", "a1", "Another question"))
    assert [sent.content for sent in select(branches, "q2b").messages] == [
        "My colour is teal.",
        "Noted.",
        "Another question",
    ]


def test_text_that_utf8_cannot_carry_is_mended_before_it_is_sent():
    broken = conversation(message("q1", None, "half \ud83d and whole \ud83d\ude00"))
    assert select(broken, "q1").messages == (PromptMessage("user", "half � and whole 😀"),)


def test_request_always_ends_with_its_own_question():
    turns = (*TWO_TURNS[:3], replace(TWO_TURNS[3], trashed=True), TWO_TURNS[4])
    for memory in ("all", "off"):
        asked = conversation(*(replace(each, left_out=each.id == "q2") for each in turns), memory=memory)
        for question in ("q1", "q2", "q3"):
            last = select(asked, question).messages[-1]
            assert last.role == "user"
            assert last.content.endswith(asked.message(question).content)


def test_deleted_question_is_not_asked_and_nothing_else_in_its_place():
    deleted = conversation(*TWO_TURNS[:2], replace(TWO_TURNS[2], trashed=True), TWO_TURNS[3])
    with pytest.raises(NoQuestion) as refused:
        select(deleted, "q2")
    assert str(refused.value) == DELETED


@pytest.mark.parametrize("id", ["a1", "nobody"])
def test_what_is_no_question_is_not_asked(id):
    with pytest.raises(NoQuestion) as refused:
        select(conversation(*TWO_TURNS), id)
    assert str(refused.value) == NO_QUESTION


def test_answer_whose_question_was_deleted_is_not_sent():
    deleted = conversation(*TWO_TURNS[:2], replace(TWO_TURNS[2], trashed=True), *TWO_TURNS[3:])
    assert select(deleted, "q3").left_out == ("a2",)
    assert [sent.content for sent in select(deleted, "q3").messages] == [
        "My colour is teal.",
        "Noted.",
        "And its opposite?",
    ]


def test_answer_that_came_in_several_messages_is_sent_as_one():
    parts = conversation(
        message("q1", None, "Look it up."),
        message("a1", "q1", "I will look."),
        message("a2", "a1", " "),
        message("a3", "a2", "It is teal."),
        message("q2", "a3", "Sure?"),
    )
    assert select(parts, "q2") == Selection(
        (
            PromptMessage("user", "Look it up."),
            PromptMessage("assistant", "I will look.\n\nIt is teal."),
            PromptMessage("user", "Sure?"),
        ),
        left_out=("a2",),
    )


def test_question_further_up_is_asked_with_what_stands_before_it():
    assert select(conversation(*TWO_TURNS), "q1").messages == (PromptMessage("user", "My colour is teal."),)
    assert [sent.content for sent in select(conversation(*TWO_TURNS), "q2").messages] == [
        "My colour is teal.",
        "Noted.",
        "Which colour?",
    ]


def test_greeting_of_an_imported_chat_is_no_turn():
    greeted = conversation(message("a0", None, "Welcome!"), replace(TWO_TURNS[0], parent_id="a0"), *TWO_TURNS[1:])
    assert select(greeted, "q3").left_out == ("a0",)


def test_answer_alone_is_never_sent_first():
    alone = conversation(replace(TWO_TURNS[0], left_out=True), TWO_TURNS[1], TWO_TURNS[2])
    assert select(alone, "q2") == Selection((PromptMessage("user", "Which colour?"),), left_out=("q1", "a1"))

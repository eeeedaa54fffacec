"""What every store asks before it writes: the sentences for a person, and what is left as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from store import rules
from store.conversations import AlreadyThere, NotFound, WordsAreKept
from tests.support.store_fixtures import START, conversation, message

KEPT = conversation("c1", message("q1", content="words"), message("a1", "q1", "assistant"))


@pytest.mark.parametrize(
    ("refused", "error", "sentence"),
    [
        (
            lambda: rules.adding(KEPT, message("q1"), START),
            AlreadyThere,
            "A message of this id is in the conversation already.",
        ),
        (
            lambda: rules.adding(KEPT, message("q2", "gone"), START),
            NotFound,
            "The message that this one answers is not in the conversation.",
        ),
        (
            lambda: rules.merging(KEPT, conversation("c1", message("q2", "gone"))),
            NotFound,
            "A message that another one answers is not in the conversation.",
        ),
        (
            lambda: rules.changing_message(KEPT, "gone", {"rating": 1}),
            NotFound,
            "This message is not in the conversation.",
        ),
        (
            lambda: rules.changing_message(KEPT, "q1", {"left_out": "yes"}),
            ValueError,
            "left_out of a message cannot be 'yes'",
        ),
        (
            lambda: rules.changing_message(KEPT, "q1", {"content": "others"}),
            WordsAreKept,
            "A complete message keeps its words. Edit it as a new branch instead.",
        ),
        (lambda: rules.changing(KEPT, {"head": "gone"}), NotFound, "This message is not in the conversation."),
        (
            lambda: rules.checked_new(conversation("c1", message("q1"), message("q1"))),
            AlreadyThere,
            "Two messages of this conversation have the same id.",
        ),
    ],
)
def test_what_is_refused_says_why(refused: Callable[[], Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as caught:
        refused()
    assert (type(caught.value), str(caught.value)) == (error, sentence)


def test_a_change_of_the_conversation_leaves_its_messages() -> None:
    changed = rules.changing(KEPT, {"title": "New"})
    assert (changed.title, changed.messages) == ("New", KEPT.messages)

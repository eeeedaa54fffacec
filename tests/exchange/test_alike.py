"""A chat without ids is known again in whatever shape it comes: answers put together, left out, or side by side."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import Conversation, Message
from formats.exports.history import to_history
from formats.exports.jsonl import to_jsonl
from formats.exports.trace import to_trace
from tests.exchange.test_incoming import FakeStore, counts, imported, line, planned, record
from tests.support.import_fixtures import case, lines, shape, told
from tests.support.rich_conversation import rich
from tests.support.store_fixtures import conversation, message

QUESTION, FIRST, SECOND, THANKS = "Rye?", "A grass.\n\nIt grows.", "\nAnd it is acid.", "Thanks"


def two_part_answer(**more: Any) -> Conversation:
    return conversation(
        "kept",
        message("q", None, "user", QUESTION),
        message("a1", "q", "assistant", FIRST),
        message("a2", "a1", "assistant", SECOND),
        message("q2", "a2", "user", THANKS),
        message("a3", "q2", "assistant", "Bye"),
        **more,
    )


@pytest.mark.parametrize("between", ["\n\n", "\n", "\n\n\n"])
def test_answers_that_an_export_put_together_are_known_again(between):
    store = FakeStore(two_part_answer())
    together = f"{FIRST}{between}{SECOND}"
    assert counts(imported(store, lines(record(QUESTION, together, THANKS, "Bye")))) == (0, 0, 1, 0)
    assert counts(planned(store, lines(record(QUESTION, together, THANKS, "Bye", "More?", "Yes")))) == (0, 1, 0, 2)
    assert counts(imported(store, lines(record(QUESTION, f"{together} Really", THANKS, "Bye")))) == (1, 0, 0, 4)


@pytest.mark.parametrize("answer", [FIRST, SECOND])
def test_older_lines_with_one_of_two_answers_are_known_again(answer):
    store = FakeStore(two_part_answer())
    assert counts(imported(store, lines(record(QUESTION, answer, THANKS, "Bye")))) == (0, 0, 1, 0)


OWN = {"history": to_history, "jsonl": lambda kept: to_jsonl([kept]), "trace": to_trace}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("kept", [two_part_answer(), rich()], ids=["two parts", "rich"])
def test_own_downloads_are_known_again(name, kept):
    store = FakeStore(kept)
    assert counts(imported(store, OWN[name](kept))) == (0, 0, 1, 0)
    assert store.kept == {kept.id: kept}


def test_rejected_answer_joins_the_chat_that_is_there_and_the_shown_one_stays():
    store = FakeStore()
    imported(store, lines(record("Hi", "Hello")))
    (before,) = store.kept.values()
    assert counts(imported(store, case("records-dpo.jsonl"))) == (0, 1, 0, 1)
    (kept,) = store.kept.values()
    assert shape(kept) == {"Hi": None, "Hello": "Hi", "What": "Hi"}
    assert told(kept) == told(before)
    assert counts(imported(store, case("records-dpo.jsonl"))) == (0, 0, 1, 0)


def test_pairs_of_one_question_are_one_chat_with_all_its_answers():
    pairs = [{"prompt": "Hi", "chosen": "Hello", "rejected": words} for words in ("What", "Who", "What")]
    store = FakeStore()
    planned_counts = counts(planned(store, lines(*pairs)))
    assert counts(imported(store, lines(*pairs))) == planned_counts == (1, 1, 0, 4)
    (kept,) = store.kept.values()
    assert shape(kept) == {"Hi": None, "Hello": "Hi", "What": "Hi", "Who": "Hi"}


def test_chat_that_goes_on_brings_its_other_branches_too():
    store = FakeStore(line("Hi", "Hello"))
    pair = {
        "messages": [*record("Hi", "Hello", "More?")["messages"]],
        "chosen": {"role": "assistant", "content": "Yes"},
        "rejected": {"role": "assistant", "content": "No"},
    }
    assert counts(imported(store, lines(pair))) == (0, 1, 0, 3)
    (kept,) = store.kept.values()
    assert shape(kept) == {"Hi": None, "Hello": "Hi", "More?": "Hello", "Yes": "More?", "No": "More?"}


TEXT = st.text("ab\n", min_size=1, max_size=5).filter(str.strip)


@given(st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), min_size=1, max_size=3))
def test_any_answers_put_together_are_known_again(turns):
    messages: list[Message] = []
    record: list[dict[str, str]] = []
    for question, answers in turns:
        record += [{"role": "user", "content": question}, {"role": "assistant", "content": "\n\n".join(answers)}]
        for role, words in [("user", question), *(("assistant", answer) for answer in answers)]:
            messages.append(message(f"m{len(messages)}", messages[-1].id if messages else None, role, words))
    store = FakeStore(conversation("kept", *messages))
    assert counts(imported(store, lines({"messages": record}))) == (0, 0, 1, 0)

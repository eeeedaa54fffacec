"""The tree that messages form, and the words around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import new_id
from chat.titles import UNTITLED, auto_title, fork_title
from tests.support.store_fixtures import conversation, message

TREE = conversation(
    "c1",
    message("q1"),
    message("a1", "q1", "assistant"),
    message("q2", "a1"),
    message("a2", "q2", "assistant"),
    message("b1", "q1", "assistant"),
    message("q3", "b1"),
    head="a2",
)


def ids(messages: tuple[object, ...]) -> list[str]:
    return [each.id for each in messages]  # type: ignore[attr-defined]


def test_the_path_leads_from_the_root_to_the_head() -> None:
    assert ids(TREE.path()) == ["q1", "a1", "q2", "a2"]
    assert ids(TREE.path("q3")) == ["q1", "b1", "q3"]
    assert ids(TREE.path("nobody")) == []
    assert ids(conversation("empty").path()) == []


def test_a_deleted_message_is_on_the_line_but_not_on_the_path() -> None:
    tree = conversation(
        "c1",
        message("q1", trashed=True),
        message("a1", "q1", "assistant"),
        message("b1", "q1", trashed=True),
        head="a1",
    )
    assert ids(tree.line()) == ["q1", "a1"]
    assert ids(tree.path()) == ["a1"]
    assert ids(tree.siblings("a1")) == ["a1"]


def test_siblings_and_the_leaf_below() -> None:
    assert ids(TREE.siblings("a1")) == ["a1", "b1"]
    assert TREE.siblings("nobody") == ()
    assert [TREE.leaf_below(each) for each in ("a1", "b1", "a2")] == ["a2", "q3", "a2"]
    assert TREE.leaf_below("q1") == "q3"  # the newest branch
    assert TREE.message("b1") == message("b1", "q1", "assistant")
    assert TREE.message(None) is None


def test_what_hung_on_a_deleted_turn_is_one_step_up_and_stays_in_reach() -> None:
    tree = conversation(
        "c1",
        message("q1"),
        message("a1", "q1", "assistant"),
        message("q2", "a1", trashed=True),
        message("a2", "q2", "assistant", trashed=True),
        message("b2", "q2", "assistant", trashed=True),
        message("q3", "a2"),
        message("a3", "q3", "assistant"),
        message("q4", "b2"),
        message("q5", "a3", trashed=True),
        head="a3",
    )
    assert ids(tree.siblings("q3")) == ids(tree.siblings("q4")) == ["q3", "q4"]
    assert tree.shown_parent(tree.messages[5]) == "a1"
    assert {id: tree.leaf_below(id) for id in ("q1", "q3", "q4", "q2", "a2", "b2")} == {
        "q1": "q4",
        "q3": "a3",  # what is deleted below it is no leaf
        "q4": "q4",
        "q2": "q4",
        "a2": "a3",
        "b2": "q4",
    }
    assert ids(tree.line_below("a2")) == ["q3", "a3"]
    assert [ids(tree.children(parent)) for parent in (None, "a1", "a3")] == [["q1"], ["q3", "q4"], []]
    assert tree.line_below("nobody") == ()
    assert ids(tree.path(tree.leaf_below("b2"))) == ["q1", "a1", "q4"]


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=20))
def test_every_message_that_is_not_deleted_is_reached_by_switching_between_versions(
    shape: list[tuple[int, bool]],
) -> None:
    messages = [
        message(str(number), str(above % number) if number and above % 4 else None, trashed=trashed)
        for number, (above, trashed) in enumerate(shape)
    ]
    tree = conversation("c1", *messages)
    shown = [each.id for each in messages if not each.trashed]
    for id in shown:
        assert id in ids(tree.siblings(id))
        assert all(tree.siblings(each.id) == tree.siblings(id) for each in tree.siblings(id))
        path = ids(tree.path(tree.leaf_below(id)))
        assert id in path
        assert path[path.index(id) + 1 :] == ids(tree.line_below(id))
        assert tree.shown_parent(tree.message(id)) == ([None, *path])[path.index(id)]
    reached, waiting = set(shown[:1]), [tree.leaf_below(id) for id in shown[:1]]
    while waiting:
        path = ids(tree.path(waiting.pop()))
        for id in path:
            for version in ids(tree.siblings(id)):
                if version not in reached:
                    reached.add(version)
                    waiting.append(tree.leaf_below(version))
    assert reached == set(shown)


def test_the_question_of_an_answer_is_the_nearest_one_above() -> None:
    tree = conversation(
        "c1",
        message("hello", None, "assistant"),
        message("q1", "hello"),
        message("a1", "q1", "assistant"),
        message("a1-more", "a1", "assistant"),
        message("q2", "a1-more", trashed=True),
        message("a2", "q2", "assistant"),
    )
    found = {each.id: tree.question_of(each.id) for each in tree.messages}
    assert {id: question.id if question else None for id, question in found.items()} == {
        "hello": None,
        "q1": "q1",
        "a1": "q1",
        "a1-more": "q1",
        "q2": "q2",
        "a2": "q2",
    }
    assert tree.question_of("nobody") is None


def test_a_turn_is_a_question_with_every_version_of_its_answer() -> None:
    tree = conversation(
        "c1",
        message("hello", None, "assistant"),
        message("rules", None, "system"),
        message("q1", "hello"),
        message("a1", "q1", "assistant"),
        message("a1-more", "a1", "assistant"),
        message("b1", "q1", "assistant"),
        message("c1", "q1", "assistant", trashed=True),
        message("q2", "b1"),
        message("a2", "q2", "assistant"),
        message("q3", "a2", trashed=True),
        message("a3", "q3", "assistant"),
        message("b3", "q3", "assistant"),
    )
    for id in ("q1", "a1", "a1-more", "b1"):
        assert ids(tree.turn(id)) == ["q1", "a1", "a1-more", "b1"]
    assert ids(tree.turn("a2")) == ["q2", "a2"]
    assert ids(tree.turn("b3")) == ["a3", "b3"]  # its question is deleted: never what stands above that
    assert ids(tree.turn("hello")) == ["hello"]
    assert ids(tree.turn("rules")) == ["rules"]
    assert tree.turn("nobody") == ()


def test_a_circle_and_a_missing_parent_end_a_path() -> None:
    circle = conversation("c1", message("x", "y"), message("y", "x"))
    assert ids(circle.path("x")) == ["y", "x"]
    assert circle.leaf_below("x") == "y"
    assert ids(conversation("c1", message("x", "gone")).path()) == ["x"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  What is\n a monad? ", "What is a monad?"),
        ("", UNTITLED),
        (" \n ", UNTITLED),
        ("one two three four", "one two…"),
        ("one two, three", "one two…"),
        ("Donaudampfschifffahrt", "Donaudampf…"),
    ],
)
def test_an_automatic_title_ends_with_a_word(text: str, title: str) -> None:
    assert auto_title(text, length=17 if title == "What is a monad?" else 11) == title
    assert auto_title("What is the difference between a process and a thread, and when do I want which?") == (
        "What is the difference between a…"
    )
    assert len(auto_title("word " * 50)) <= 40


def test_a_fork_says_whose_it_is_and_a_fork_of_it_the_same() -> None:
    assert fork_title("Tea in Porto") == "Fork of Tea in Porto"
    assert fork_title("Fork of Tea in Porto") == "Fork of Tea in Porto"
    assert len(fork_title("word " * 40)) <= 200


def test_ids_are_long_and_never_the_same() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(each) for each in made} == {32}

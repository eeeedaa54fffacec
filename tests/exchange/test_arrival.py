"""What a conversation from elsewhere is to the store, as whole values: what is merged, under which id, hung on what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat.conversation import Conversation, Message
from exchange.ahead import Ahead
from exchange.incoming import FEW, Arrival, arrival
from store.conversations import ConversationStore
from tests.support.store_fixtures import clock, conversation, message, open_again, store

__all__ = ["clock", "open_again", "store"]


def answer(id: str, parent_id: str | None, content: str) -> Message:
    return message(id, parent_id, "assistant", content)


KEPT = conversation("kept", message("q1", content="Hello"), answer("a1", "q1", "Hi"), source="jsonl:kept")


def arriving(*said: Message, id: str = "other") -> Conversation:
    return conversation(id, *said, source=f"jsonl:{id}")


def of(store: ConversationStore, arrived: Conversation, has_identity: bool = False) -> Arrival:
    return arrival(Ahead(store), arrived, has_identity)


def test_one_that_is_here_leaves_nothing_to_merge(store: ConversationStore) -> None:
    store.create(KEPT)
    arrived = arriving(message("x1", content="Hello"), answer("x2", "x1", "Hi"))
    here = replace(arrived, id="kept", messages=(), head=None)
    assert of(store, arrived) == Arrival("here", here, 0)


def test_one_that_goes_on_is_hung_on_what_is_kept(store: ConversationStore) -> None:
    store.create(KEPT)
    rest = (message("x3", "x2", content="More?"), answer("x4", "x3", "Yes"))
    arrived = arriving(message("x1", content="Hello"), answer("x2", "x1", "Hi"), *rest)
    grown = replace(arrived, id="kept", messages=(replace(rest[0], parent_id="a1"), rest[1]), head="x4")
    assert of(store, arrived) == Arrival("grown", grown, 2)


def test_one_whose_first_message_is_all_that_is_kept_goes_on_from_it(store: ConversationStore) -> None:
    store.create(arriving(message("q1", content="Hello"), id="kept"))
    arrived = arriving(message("x1", content="Hello"), answer("x2", "x1", "Hi"))
    grown = replace(arrived, id="kept", messages=(replace(arrived.messages[1], parent_id="q1"),), head="x2")
    assert of(store, arrived) == Arrival("grown", grown, 1)


def test_one_that_only_begins_alike_or_not_at_all_is_new(store: ConversationStore) -> None:
    store.create(KEPT)
    for arrived in (
        arriving(message("x1", content="Hello"), answer("x2", "x1", "Good day")),
        arriving(message("x1", content="Something else")),
    ):
        assert of(store, arrived) == Arrival("new", arrived, len(arrived.messages))


@pytest.mark.parametrize("empty", [True, False])
def test_an_empty_conversation_is_gone_on_with_only_under_its_own_id(store: ConversationStore, empty: bool) -> None:
    store.create(conversation("kept", source="jsonl:kept"))
    arrived = arriving(message("x1", content="Hello"), id="kept" if empty else "other")
    kind = "grown" if empty else "new"
    assert of(store, arrived) == Arrival(kind, arrived, 1)


def test_the_same_id_is_compared_with_itself_alone(store: ConversationStore) -> None:
    store.create(KEPT)
    store.create(replace(KEPT, id="other", messages=(message("q9", content="Hello"),), head="q9"))
    arrived = arriving(message("x1", content="Hello"), answer("x2", "x1", "Hi"))
    grown = replace(arrived, messages=(replace(arrived.messages[1], parent_id="q9"),), head="x2")
    assert of(store, arrived) == Arrival("grown", grown, 1)


def test_with_an_identity_the_ids_of_messages_tell(store: ConversationStore) -> None:
    store.create(KEPT)
    assert of(store, KEPT, has_identity=True) == Arrival("here", KEPT, 0)
    more = replace(KEPT, messages=(*KEPT.messages, message("q2", "a1")))
    assert of(store, more, has_identity=True) == Arrival("grown", more, 1)
    assert of(store, replace(KEPT, id="new", owner="visitor-1"), has_identity=True) == Arrival(
        "new", replace(KEPT, id="new", owner="visitor-1"), 2
    )


def test_a_branch_that_is_not_kept_comes_with_the_conversation(store: ConversationStore) -> None:
    store.create(KEPT)
    other = answer("x3", "x1", "Good day")
    arrived = arriving(message("x1", content="Hello"), other, answer("x2", "x1", "Hi"))
    grown = replace(arrived, id="kept", messages=(replace(other, parent_id="q1"),), head=None)
    assert of(store, arrived) == Arrival("grown", grown, 1)


def test_a_long_branch_keeps_its_own_order(store: ConversationStore) -> None:
    store.create(KEPT)
    branch = (answer("x3", "x1", "Good day"), message("x4", "x3", content="More?"), answer("x5", "x4", "Yes"))
    shown = answer("x2", "x1", "Hi")
    arrived = replace(arriving(message("x1", content="Hello"), shown, *branch), head="x2")
    grown = replace(arrived, id="kept", messages=(replace(branch[0], parent_id="q1"), *branch[1:]), head=None)
    assert of(store, arrived) == Arrival("grown", grown, 3)


def test_what_goes_on_and_its_branches_come_together(store: ConversationStore) -> None:
    store.create(KEPT)
    first, rest, other = answer("x2", "x1", "Hi"), message("x3", "x2", content="More?"), answer("x4", "x1", "Good day")
    arrived = replace(arriving(message("x1", content="Hello"), first, other, rest), head="x3")
    grown = replace(arrived, id="kept", messages=(replace(rest, parent_id="a1"), replace(other, parent_id="q1")))
    assert of(store, arrived) == Arrival("grown", grown, 2)


@pytest.mark.parametrize("alike", [2, FEW])
def test_what_goes_on_is_found_beside_others_that_have_all_its_words(store: ConversationStore, alike: int) -> None:
    store.create(KEPT)
    for number in range(1, alike):
        first = message("q1", content="Hello"), answer("a1", "q1", "Good day")
        second = message("q2", "a1", content="More?"), answer("a2", "q2", "Hi")
        store.create(conversation(f"c{number}", *first, *second, source=f"jsonl:c{number}"))
    rest = message("x3", "x2", content="More?")
    arrived = arriving(message("x1", content="Hello"), answer("x2", "x1", "Hi"), rest)
    grown = replace(arrived, id="kept", messages=(replace(rest, parent_id="a1"),))
    assert of(store, arrived) == Arrival("grown", grown, 1)


def keep_beginning_alike(store: ConversationStore, numbers: range) -> None:
    """Keep conversations that begin with "Hello", each with two answers of its own."""
    for number in numbers:
        answers = answer("a1", "q", f"Answer {number}"), answer("a2", "a1", f"And {number}")
        said = message("q", content="Hello"), *answers
        store.create(conversation(f"c{number}", *said, source=f"jsonl:c{number}"))


def test_each_of_many_that_begin_alike_is_known_by_its_next_words(store: ConversationStore) -> None:
    many = range(FEW + 2)
    keep_beginning_alike(store, many)
    for number in many:
        arrived = arriving(message("x1", content="Hello"), answer("x2", "x1", f"Answer {number}"))
        here = replace(arrived, id=f"c{number}", messages=(), head=None)
        assert of(store, arrived) == Arrival("here", here, 0)


def test_each_of_many_that_begin_alike_is_known_by_its_answers_put_together(store: ConversationStore) -> None:
    many = range(FEW + 2)
    keep_beginning_alike(store, many)
    for number in many:
        together = answer("x2", "x1", f"Answer {number}\n\nAnd {number}")
        arrived = arriving(message("x1", content="Hello"), together)
        here = replace(arrived, id=f"c{number}", messages=(), head=None)
        assert of(store, arrived) == Arrival("here", here, 0)

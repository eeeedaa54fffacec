"""Messages that wait in line: kept, in order, said or taken back once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from chat.conversation import Message, Waiting
from store.conversations import AlreadyThere, ConversationStore, NotFound, StoreError
from tests.support.store_fixtures import OWNER, START, FakeClock, at, clock, conversation, message, open_again, store

__all__ = ["clock", "open_again", "store"]

KEPT = conversation("c1", message("q1"), message("a1", "q1", "assistant", status="streaming"))


def waiting(id: str, words: str = "") -> Waiting:
    return Waiting(id, words or f"words of {id}", START, "a1")


def test_messages_wait_in_the_order_in_which_they_came_whoever_opens_the_store(
    store: ConversationStore, open_again: Callable[[], ConversationStore], clock: FakeClock
) -> None:
    store.create(KEPT)
    clock.now = at(5)
    store.line.join(OWNER, "c1", waiting("w1", "Zwei Wörter \ud83d\ude00"))
    kept = store.line.join(OWNER, "c1", waiting("w2"))
    assert kept.waiting == (waiting("w1", "Zwei Wörter 😀"), waiting("w2"))
    assert (kept.head, kept.messages, kept.updated_at) == ("a1", KEPT.messages, at(5))
    assert open_again().get(OWNER, "c1") == kept


def test_waiting_message_is_said_once_and_in_one_write(store: ConversationStore) -> None:
    store.create(KEPT)
    for each in ("w1", "w2"):
        store.line.join(OWNER, "c1", waiting(each))
    said = store.line.say(OWNER, "c1", "w1", "a1")
    assert (said.waiting, said.head) == ((waiting("w2"),), "w1")
    assert said.messages[-1] == Message("w1", "a1", "user", "words of w1", START)
    for verb in (lambda: store.line.say(OWNER, "c1", "w1", "a1"), lambda: store.line.leave(OWNER, "c1", "w1")):
        with pytest.raises(NotFound, match="not in line any more"):
            verb()
    with pytest.raises(NotFound):
        store.line.say(OWNER, "c1", "w2", "nobody")
    assert store.get(OWNER, "c1") == said


def test_of_many_who_take_one_message_one_gets_it(store: ConversationStore) -> None:
    store.create(KEPT)
    store.line.join(OWNER, "c1", waiting("w1"))
    taken: list[str] = []

    def take(number: int) -> None:
        try:
            if number % 2:
                store.line.say(OWNER, "c1", "w1", "a1")
            else:
                store.line.leave(OWNER, "c1", "w1")
        except NotFound:
            return
        taken.append("said" if number % 2 else "taken back")

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(taken) == 1
    conversation = store.get(OWNER, "c1")
    assert conversation.waiting == ()
    assert [each.id for each in conversation.messages] == ["q1", "a1", *(["w1"] if taken == ["said"] else [])]


def test_message_of_a_known_id_does_not_wait(store: ConversationStore) -> None:
    store.create(KEPT)
    store.line.join(OWNER, "c1", waiting("w1"))
    for id in ("w1", "q1"):
        with pytest.raises(AlreadyThere):
            store.line.join(OWNER, "c1", waiting(id))


def test_line_belongs_to_its_owner(store: ConversationStore) -> None:
    store.create(KEPT)
    store.line.join(OWNER, "c1", waiting("w1"))
    verbs: list[Callable[[], object]] = [
        lambda: store.line.join("somebody", "c1", waiting("w2")),
        lambda: store.line.leave("somebody", "c1", "w1"),
        lambda: store.line.say("somebody", "c1", "w1", "a1"),
    ]
    for verb in verbs:
        with pytest.raises(StoreError):
            verb()
    assert store.get(OWNER, "c1").waiting == (waiting("w1"),)

"""The store as it will be: answers as the store does after each merge, and holds no words."""

from __future__ import annotations

import gc
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from chat.conversation import Conversation
from exchange.ahead import Ahead, Said, words_of
from tests.exchange.test_incoming import FakeStore
from tests.support.store_fixtures import OWNER, conversation, message

WORDS = st.sampled_from(["a", "b", "  ", "\ud83d", "é"])


@st.composite
def merges(draw: st.DrawFn) -> list[Conversation]:
    """Conversations of three ids with messages of a few ids and words, each hung on one before it or on none."""
    made = []
    for id in draw(st.lists(st.sampled_from(["c1", "c2", "c3"]), max_size=6)):
        messages = [message("m0", None, "user", "a")]
        for number in range(1, draw(st.integers(1, 4))):
            parent = draw(st.sampled_from([None, *(each.id for each in messages)]))
            role = draw(st.sampled_from(["user", "assistant", "system"]))
            more = {"trashed": draw(st.booleans()), "status": draw(st.sampled_from(["complete", "failed"]))}
            messages.append(message(f"m{number}", parent, role, draw(WORDS), **more))
        made.append(conversation(id, *messages))
    return made


def said(store: FakeStore, id: str) -> tuple[Said, ...] | None:
    return Ahead(store).said(OWNER, id)


@settings(max_examples=60)
@given(merges(), merges())
def test_says_what_the_store_says_after_the_same_merges(kept: list[Conversation], arriving: list[Conversation]) -> None:
    before, after = FakeStore(), FakeStore()
    for each in kept:
        before.merge(each)
        after.merge(each)
    ahead = Ahead(before)
    for each in arriving:
        ahead.merge(each)
        after.merge(each)
        for id in ("c1", "c2", "c3"):
            assert ahead.said(OWNER, id) == said(after, id)
        for role in ("user", "assistant", "system"):
            for words in ("a", "b", "  ", "é"):
                assert set(ahead.holding(OWNER, role, words)) == set(after.holding(OWNER, role, words))
    ahead.forget()
    assert ahead.said(OWNER, "c1") == said(before, "c1")


def test_half_a_pair_says_the_same_as_what_stands_for_it() -> None:
    assert words_of("user", "Well \ud83d") == words_of("user", "Well \ufffd") != words_of("assistant", "Well \ufffd")


def test_holds_no_words() -> None:
    ahead = Ahead(FakeStore())
    gc.collect()
    tracemalloc.start()
    for number in range(50):
        long = message("q", content=f"{number}" + "words " * 4_000)
        ahead.merge(conversation(f"c{number}", long, message("a", "q", "assistant", f"{number}" + "more " * 4_000)))
    del long
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 100 * 1024  # bytes, of 2.2 million letters

"""What an import adds: what is new, nothing twice, and to each conversation what it has grown by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.conversation import Conversation, Message, Role
from exchange.ahead import Ahead
from exchange.incoming import FEW, Arrival, arrival
from exchange.passes import look_through, take_in
from exchange.tally import Tally
from formats.exports.archive import archive_of, write_archive
from formats.exports.chatkeep import to_chatkeep
from formats.exports.history import to_history
from formats.exports.jsonl import to_jsonl
from formats.imports import Kind, LeftOut
from store.conversations import NotFound
from store.rules import checked_new, merging
from tests.support.import_fixtures import (
    HISTORY,
    NOW,
    SUPERVISED,
    chatgpt,
    claude_tree,
    gpt_node,
    gpt_said,
    lechat,
    librechat,
    lines,
    lmstudio,
    opened,
    openwebui,
    told,
    zipped,
)
from tests.support.rich_conversation import rich
from tests.support.store_fixtures import OWNER, clock, conversation, erase, message, open_again, store

__all__ = ["clock", "open_again", "store"]


class FakeStore:
    """Keeps conversations in memory, by the rules of every store."""

    def __init__(self, *kept: Conversation) -> None:
        self.kept = {each.id: each for each in kept}
        self.got = 0

    def get(self, owner: str, conversation_id: str) -> Conversation:
        self.got += 1
        if conversation_id not in self.kept:
            raise NotFound
        return self.kept[conversation_id]

    def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
        return tuple(
            id
            for id, each in self.kept.items()
            if any((message.role, message.content) == (role, content) for message in each.messages)
        )

    def merge(self, other: Conversation) -> int:
        kept = self.kept.get(other.id)
        if kept is None:
            self.kept[other.id] = checked_new(other)
            return len(other.messages)
        new, changes = merging(kept, other)
        self.kept[other.id] = replace(kept, messages=(*kept.messages, *new), **changes)
        return len(new)

    def merge_many(self, others: Iterable[Conversation]) -> tuple[int, ...]:
        return tuple(self.merge(other) for other in others)


def imported(store: Any, data: Any) -> Tally:
    """Import everything in the data, as the page does."""
    tally = Tally()
    take_in(opened(data), store, tally, lambda: False)
    return tally


def planned(store: Any, data: Any) -> Tally:
    """Return what an import would do."""
    tally = Tally()
    look_through(opened(data), Ahead(store), tally, lambda: False)
    return tally


def counts(tally: Tally) -> tuple[int, int, int, int]:
    return tally.new, tally.grown, tally.here, tally.messages_added


def said(*words: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[place % 2], "content": each} for place, each in enumerate(words)]


def record(*words: str) -> dict[str, Any]:
    return {"messages": said(*words)}


def line(*words: str, id: str = "kept", **more: Any) -> Conversation:
    messages: list[Message] = []
    for place, each in enumerate(words):
        role = ("user", "assistant")[place % 2]
        messages.append(message(f"{id}-{place}", messages[-1].id if messages else None, role, each))
    return conversation(id, *messages, **more)


def paths(store: FakeStore) -> list[list[str]]:
    return [[words for _, words in told(each)] for each in store.kept.values()]


ALL = {
    "ChatGPT": [chatgpt("1"), chatgpt("2")],
    "Claude": [claude_tree()],
    "Open WebUI": [openwebui()],
    "LibreChat": librechat(),
    "Le Chat": lechat(),
    "LM Studio": lmstudio(),
    "history.json": HISTORY,
    "JSONL": lines(SUPERVISED, record("Hi", "Good day"), SUPERVISED, record("Hi", "Good day", "And?")),
}


@pytest.mark.parametrize("name", ALL)
def test_dry_run_says_what_the_import_does_and_importing_twice_adds_nothing(name):
    store = FakeStore()
    plan = planned(store, ALL[name])
    assert store.kept == {}
    tally = imported(store, ALL[name])
    assert plan == tally
    kept = dict(store.kept)
    again = imported(store, ALL[name])
    assert counts(again) == (0, 0, tally.new + tally.grown, 0)
    assert again.left_out == {}
    assert store.kept == kept


def test_plan_counts_what_is_new_what_is_here_and_what_is_left_out():
    store = FakeStore()
    imported(store, [chatgpt("1")])
    plan = planned(store, [chatgpt("1"), chatgpt("2"), {"title": "Bad", "mapping": {}}])
    left_out = LeftOut({"picture": 1, "tool call": 1})
    concerned: dict[Kind, list[tuple[str, int]]] = {
        "picture": [("Rye and acid", 1)],
        "tool call": [("Rye and acid", 1)],
    }
    assert plan == Tally(
        new=1,
        here=1,
        messages_added=5,
        left_out=left_out,
        left_out_of=concerned,
        skipped=[("Bad", "has no messages")],
    )


def test_export_that_has_grown_adds_only_what_is_new():
    store = FakeStore()
    imported(store, [chatgpt()])
    before = store.kept.copy()
    grown = chatgpt()
    grown["mapping"]["q3"] = gpt_node("q3", "a2", gpt_said("q3", "user", "More", at=90))
    grown["mapping"]["a2b"] = gpt_node("a2b", "q2", gpt_said("a2b", "assistant", "Dense, yes.", at=95))
    grown["current_node"] = "q3"
    assert counts(imported(store, [grown])) == (0, 1, 0, 2)
    (kept,) = store.kept.values()
    assert told(kept)[-1] == ("user", "More")
    assert kept.messages[:5] == before[kept.id].messages


def test_export_that_has_grown_leaves_the_page_where_the_user_went_on():
    store = FakeStore()
    imported(store, [chatgpt()])
    (id,) = store.kept
    own = message("own", store.kept[id].head, "user", "Went on here")
    store.merge(replace(store.kept[id], messages=(own,), head="own"))
    grown = chatgpt()
    grown["mapping"]["q3"] = gpt_node("q3", "a2", gpt_said("q3", "user", "More", at=90))
    imported(store, [grown | {"current_node": "q3"}])
    assert told(store.kept[id])[-1] == ("user", "Went on here")
    assert {("user", "More"), ("user", "Went on here")} <= {
        (each.role, each.content) for each in store.kept[id].messages
    }


# --- Without ids


def test_conversation_that_goes_on_hangs_on_what_is_kept():
    store = FakeStore(line("Hi", "Hello"))
    assert counts(imported(store, said("Hi", "Hello", "How much?", "Ten"))) == (0, 1, 0, 2)
    assert paths(store) == [["Hi", "Hello", "How much?", "Ten"]]
    assert counts(imported(store, said("Hi", "Hello", "How much?", "Ten"))) == (0, 0, 1, 0)


@pytest.mark.parametrize("words", [("Hi",), ("Hi", "Hello"), ("Hi", "Hello", "How much?", "Ten")])
def test_words_that_are_all_there_are_here(words):
    store = FakeStore(line("Hi", "Hello", "How much?", "Ten"))
    assert counts(imported(store, said(*words))) == (0, 0, 1, 0)


def test_chats_that_only_begin_alike_are_not_one():
    store = FakeStore(line("Hi", "Hello", "How much?", "Ten"))
    assert counts(imported(store, lines(record("Hi", "Hello", "How far?", "Nine"), record("Hi", "Hey")))) == (
        2,
        0,
        0,
        6,
    )
    assert sorted(paths(store)) == [
        ["Hi", "Hello", "How far?", "Nine"],
        ["Hi", "Hello", "How much?", "Ten"],
        ["Hi", "Hey"],
    ]


def test_words_in_the_middle_of_a_chat_are_not_its_beginning():
    store = FakeStore(line("First", "One", "Hi", "Hello"))
    assert counts(imported(store, said("Hi", "Hello"))) == (1, 0, 0, 2)


def test_words_are_found_in_a_branch_that_is_not_shown_and_in_the_trash():
    kept = line("Hi", "Hello", "How much?", trashed_at=NOW)
    kept = replace(kept, messages=(*kept.messages, message("again", "kept-0", "assistant", "Hey")), head="again")
    store = FakeStore(kept)
    assert counts(imported(store, lines(record("Hi", "Hello", "How much?"), record("Hi", "Hey")))) == (0, 0, 2, 0)


def test_one_example_for_each_answer_is_one_conversation():
    data = lines(record("Hi", "Hello"), record("Hi", "Hello", "Bye", "Bye"), record("Hi", "Hello", "Bye", "Bye", "x"))
    store = FakeStore()
    assert counts(imported(store, data)) == (1, 2, 0, 5)
    assert paths(store) == [["Hi", "Hello", "Bye", "Bye", "x"]]


def test_own_download_is_recognised_though_it_lacks_what_has_no_words():
    kept = conversation(
        "kept",
        message("q0", None, "user", "Fails"),
        message("a0", "q0", "assistant", "", status="failed", error="No key"),
        message("q1", "a0", "user", "Works \ud83d"),
        message("a1", "q1", "assistant", "Yes"),
    )
    kept = replace(kept, messages=tuple(replace(m, content="") if m.id == "a0" else m for m in kept.messages))
    store = FakeStore(kept)
    assert counts(imported(store, to_history(kept))) == (0, 0, 1, 0)
    plain = replace(kept, messages=tuple(replace(m, content=m.content.replace("\ud83d", "")) for m in kept.messages))
    assert counts(imported(FakeStore(plain), to_jsonl([plain]))) == (0, 0, 1, 0)


def test_many_chats_with_one_opening_are_not_all_opened():
    store = FakeStore(*(line("Hi", "Hello", f"Question {number}", id=f"c{number}") for number in range(300)))
    assert counts(imported(store, said("Hi", "Hello", "Question 250"))) == (0, 0, 1, 0)
    assert store.got < 20


@pytest.mark.parametrize(("words", "opened"), [(("Hi", "Hello 9"), 1), (("Hi", "Hello", "Nobody asked"), FEW)])
def test_of_many_chats_with_one_opening_few_are_opened(words, opened):
    alike = (line("Hi", "Hello", id=f"alike-{number}") for number in range(20))
    store = FakeStore(*alike, *(line("Hi", f"Hello {number}", id=f"other-{number}") for number in range(20)))
    arrival(Ahead(store), line(*words, id="arrived", source="jsonl:arrived"), has_identity=False)
    assert store.got == opened + 1  # its own id is looked for, too


def test_chat_that_is_erased_while_others_are_compared_with_it_is_none():
    class FakeStoreThatStillNames(FakeStore):
        def holding(self, owner: str, role: Role, content: str) -> tuple[str, ...]:
            return ("erased",)

    arrived = line("Hi", "Hello", id="arrived", source="jsonl:arrived")
    assert arrival(Ahead(FakeStoreThatStillNames()), arrived, has_identity=False) == Arrival("new", arrived, 2)


def test_history_zip_finds_its_own_conversations_again(tmp_path):
    kept = [line("Hi", "Hello", id="one", title="One"), line("Hi", "Hello", "More", id="two", title="Two")]
    path = tmp_path / "chats.zip"
    with path.open("wb") as file:
        write_archive(kept, file, NOW)
    data = path.read_bytes()
    assert opened(data).product == "Chatkeep"
    assert counts(imported(FakeStore(*kept), data)) == (0, 0, 2, 0)
    store = FakeStore()
    assert counts(imported(store, data)) == (2, 0, 0, 5)
    assert {(id, each.title, each.created_at) for id, each in store.kept.items()} == {
        (each.id, each.title, each.created_at) for each in kept
    }
    older = FakeStore(line("Hi", "Hello", id="two"))
    assert counts(imported(older, data)) == (0, 1, 1, 1)
    assert paths(older) == [["Hi", "Hello", "More"]]


def test_history_zip_brings_a_branch_where_the_chat_went_on_differently(tmp_path):
    path = tmp_path / "chats.zip"
    with path.open("wb") as file:
        write_archive([line("Hi", "Hello", "Left", "L", id="one")], file, NOW)
    store = FakeStore(line("Hi", "Hello", "Right", "R", id="one"))
    assert counts(imported(store, path.read_bytes())) == (0, 1, 0, 2)
    assert paths(store) == [["Hi", "Hello", "Right", "R"]]
    left = next(each.id for each in store.kept["one"].messages if each.content == "L")
    assert [words for _, words in told(store.kept["one"], left)] == ["Hi", "Hello", "Left", "L"]


# --- With the store that keeps files


@pytest.mark.parametrize("name", ALL)
def test_real_store_takes_every_import_once(name, store):
    plan = planned(store, ALL[name])
    assert store.count(OWNER) == 0
    tally = imported(store, ALL[name])
    assert plan == tally
    assert tally.new == store.count(OWNER) > 0
    kept = [store.get(OWNER, each.id) for each in store.list(OWNER)]
    assert counts(imported(store, ALL[name])) == (0, 0, tally.new + tally.grown, 0)
    assert [store.get(OWNER, each.id) for each in store.list(OWNER)] == kept


def test_real_store_recognises_words_in_the_trash(store):
    imported(store, HISTORY)
    (summary,) = store.list(OWNER)
    store.trash(OWNER, summary.id)
    assert counts(imported(store, HISTORY)) == (0, 0, 1, 0)
    assert counts(imported(store, [*HISTORY, {"role": "assistant", "content": "Klein."}])) == (0, 1, 0, 1)


def test_real_store_exports_the_same_bytes_that_were_imported(store, tmp_path):
    imported(store, ALL["Open WebUI"])
    imported(store, ALL["Claude"])
    archive = archive_of("chatkeep", ".json", to_chatkeep, whole=True)
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    every = sorted(each.id for each in store.list(OWNER))
    with first.open("wb") as file:
        write_archive((store.get(OWNER, id) for id in every), file, NOW, archive)
    for id in every:
        erase(store, OWNER, id)
    assert counts(imported(store, first.read_bytes()))[:3] == (2, 0, 0)
    with second.open("wb") as file:
        write_archive((store.get(OWNER, id) for id in every), file, NOW, archive)
    assert second.read_bytes() == first.read_bytes()


# --- Chatkeep JSON


def chatkeep(*kept: Conversation) -> bytes:
    return b"".join(json.dumps(json.loads(to_chatkeep(each))).encode() + b"\n" for each in kept)


def test_chatkeep_json_of_a_conversation_that_is_there_is_here():
    kept = line("Hi", "Hello", id="mine")
    store = FakeStore(kept)
    assert counts(imported(store, to_chatkeep(kept))) == (0, 0, 1, 0)
    assert counts(imported(store, zipped({"a.json": to_chatkeep(kept)}))) == (0, 0, 1, 0)


def test_everything_that_a_conversation_can_have_comes_back():
    store = FakeStore()
    kept = checked_new(rich())
    imported(store, to_chatkeep(kept))
    assert to_chatkeep(store.kept[kept.id]) == to_chatkeep(kept)


TEXT = st.text(st.characters(codec=None, categories=None), max_size=12)


@st.composite
def conversations(draw: Any) -> Conversation:
    count = draw(st.integers(0, 6))
    messages: list[Message] = []
    for place in range(count):
        above = draw(st.one_of(st.none(), st.sampled_from(messages))) if messages else None
        messages.append(
            Message(
                f"m{place}",
                above.id if above else None,
                draw(st.sampled_from(["user", "assistant", "system"])),
                draw(TEXT),
                NOW,
                status=draw(st.sampled_from(["complete", "stopped", "failed", "interrupted"])),
                rating=draw(st.sampled_from([None, 1, -1])),
                reasoning=draw(TEXT),
                trashed=draw(st.booleans()),
                left_out=draw(st.booleans()),
                source=draw(st.one_of(st.none(), TEXT)),
            )
        )
    return Conversation(
        draw(st.sampled_from(["a", "b1", "c-2", "0f" * 16])),
        OWNER,
        draw(TEXT),
        NOW,
        NOW,
        title_source=draw(st.sampled_from(["auto", "manual"])),
        head=draw(st.sampled_from(messages)).id if messages else None,
        pinned=draw(st.booleans()),
        tags=tuple(draw(st.lists(TEXT, max_size=2))),
        trashed_at=draw(st.sampled_from([None, NOW])),
        messages=tuple(messages),
    )


@settings(max_examples=100)
@given(st.lists(conversations(), min_size=1, max_size=4, unique_by=lambda each: each.id))
def test_export_all_import_export_gives_the_same_bytes(kept):
    store = FakeStore()
    tally = imported(store, zipped({f"{each.id}.json": to_chatkeep(checked_new(each)) for each in kept}))
    assert (tally.new, tally.skipped) == (len(kept), [])
    assert [to_chatkeep(store.kept[each.id]) for each in kept] == [to_chatkeep(checked_new(each)) for each in kept]


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5), min_size=1, max_size=6))
def test_no_word_is_lost_and_none_comes_twice_whatever_lines_there_are(examples):
    data = lines(*(record(*words) for words in examples))
    store = FakeStore()
    plan = planned(store, data)
    assert imported(store, data) == plan
    kept = [[m.content for m in each.path(m.id)] for each in store.kept.values() for m in each.messages]
    assert all(words in kept for words in examples)
    again = imported(store, data)
    assert (again.new, again.grown, again.messages_added) == (0, 0, 0)


def test_store_is_asked_once_about_each_conversation_of_its_own_export():
    own = [conversation(f"c{number}", message("q", content=f"Words {number}")) for number in range(3)]
    store = FakeStore(own[0])
    assert imported(store, zipped({f"{each.id}.json": to_chatkeep(each) for each in own})).new == 2
    assert store.got == 3

"""The verbs of a store, the same for every kind of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chat.conversation import Conversation, ConversationSettings, Message, Usage, new_id, utc_now
from chat.surrogates import joined_surrogates
from store.conversations import AlreadyThere, ConversationStore, NotFound, NotInTrash, Summary, WordsAreKept
from tests.support.store_fixtures import (
    OWNER,
    START,
    FakeClock,
    at,
    clock,
    conversation,
    erase,
    message,
    open_again,
    store,
)

__all__ = ["clock", "open_again", "store"]

OpenAgain = Callable[[], ConversationStore]
ANSWER = message("a1", "q1", "assistant", model="mistral/mistral-small-latest")


def ids(found: tuple[Any, ...]) -> list[str]:
    return [each.id for each in found]


# Create, get, list


def test_what_was_created_is_there_for_everyone_who_opens_the_store(
    store: ConversationStore, open_again: OpenAgain
) -> None:
    full = conversation(
        "c1",
        message("q1", content="Qu'est-ce que c'est? 漢字 \0 \ud800 😀", attachments=("a.png",), source="chatgpt:1"),
        dataclasses.replace(ANSWER, usage=Usage(10, 20), rating=1, rating_note="good", first_token_ms=5),
        settings=ConversationSettings("m/x", "Be brief.", 0.0, 100, "off"),
        tags=("work", "été"),
        pinned=True,
        source="chatgpt:9",
        trashed_at=at(3),
    )
    store.create(full)
    assert store.get(OWNER, "c1") == full
    assert open_again().get(OWNER, "c1") == full


def test_an_id_is_taken_once(store: ConversationStore) -> None:
    store.create(conversation("c1", title="First"))
    with pytest.raises(AlreadyThere):
        store.create(conversation("c1", title="Second"))
    with pytest.raises(AlreadyThere):
        store.create(conversation("c2", message("m"), message("m")))
    store.create(conversation("c1", title="Another's", owner="visitor-1"))
    assert store.get(OWNER, "c1").title == "First"
    assert ids(store.list(OWNER)) == ["c1"]


def test_a_list_has_the_last_active_first_in_pages(store: ConversationStore, clock: FakeClock) -> None:
    for minute, each in enumerate(("c1", "c2", "c3")):
        store.create(conversation(each, created_at=at(minute), updated_at=at(minute)))
    clock.now = at(10)
    store.add_message(OWNER, "c1", message("q1"))
    store.add_message(OWNER, "c1", dataclasses.replace(ANSWER, status="streaming", process=store.process))
    assert store.list(OWNER, limit=2) == (
        Summary("c1", "About c1", "mistral/mistral-small-latest", 2, START, at(10), None, True),
        Summary("c3", "About c3", None, 0, at(2), at(2), None, False),
    )
    assert ids(store.list(OWNER, limit=2, offset=2)) == ["c2"]
    assert ids(store.list(OWNER, limit=None)) == ["c1", "c3", "c2"]
    assert store.list(OWNER, limit=0) == ()
    assert store.count(OWNER) == 3


def test_the_model_of_a_summary_is_the_one_that_answered_last(store: ConversationStore) -> None:
    store.create(conversation("c1", settings=ConversationSettings(model="set/one")))
    assert store.list(OWNER)[0].model == "set/one"
    store.add_message(OWNER, "c1", message("q1"))
    store.add_message(OWNER, "c1", ANSWER)
    store.add_message(OWNER, "c1", message("q2", "a1"))
    assert store.list(OWNER)[0].model == "mistral/mistral-small-latest"


@pytest.mark.parametrize(
    "wrong", ["", ".", "..", "../c1", "a/b", "a\\b", "C1", "c1.json", "nul", "con", "c1\0", "x" * 65]
)
def test_an_id_that_is_none_is_simply_not_found(store: ConversationStore, wrong: str) -> None:
    store.create(conversation("c1"))
    for verb in VERBS.values():
        with pytest.raises(NotFound):
            verb(store, OWNER, wrong)
    with pytest.raises(ValueError, match="id"):
        store.create(conversation(wrong))


# Adding


def test_the_head_follows_the_shown_path(store: ConversationStore) -> None:
    store.create(conversation("c1"))
    heads = [
        store.add_message(OWNER, "c1", each).head
        for each in (
            message("s", None, "system"),  # the first: on the shown path
            message("q1", "s"),
            message("a1", "q1", "assistant"),
            message("q2", "a1"),
            message("b1", "q1", "assistant"),  # regenerated: its parent is shown
            message("a2", "q2", "assistant"),  # in a branch that nobody looks at now
            message("q3", "a2"),  # a person spoke there
            message("root", None, "assistant"),
        )
    ]
    assert heads == ["s", "q1", "a1", "q2", "b1", "b1", "q3", "root"]


def test_adding_bumps_the_time_and_never_turns_it_back(store: ConversationStore, clock: FakeClock) -> None:
    store.create(conversation("c1", updated_at=at(5)))
    clock.now = at(6)
    assert store.add_message(OWNER, "c1", message("q1")).updated_at == at(6)
    clock.now = at(2)
    assert store.add_message(OWNER, "c1", message("q2")).updated_at == at(6)


def test_what_cannot_be_added_changes_nothing(store: ConversationStore, open_again: OpenAgain) -> None:
    kept = conversation("c1", message("q1"))
    store.create(kept)
    with pytest.raises(AlreadyThere):
        store.add_message(OWNER, "c1", message("q1", content="other words"))
    with pytest.raises(NotFound):
        store.add_message(OWNER, "c1", message("q2", "nobody"))
    with pytest.raises(NotFound):
        store.add_message(OWNER, "c1", message("q2", "q2"))
    with pytest.raises(ValueError, match="role"):
        store.add_message(OWNER, "c1", message("q2", role="human"))
    assert store.get(OWNER, "c1") == open_again().get(OWNER, "c1") == kept


# Changing


def test_an_answer_grows_until_it_is_complete(store: ConversationStore, clock: FakeClock) -> None:
    store.create(conversation("c1", message("q1")))
    store.add_message(OWNER, "c1", dataclasses.replace(ANSWER, content="", status="streaming", process=store.process))
    clock.now = at(1)
    grown = store.update_message(OWNER, "c1", "a1", content="Hel")
    assert (grown.updated_at, grown.message("a1")) == (
        at(1),
        dataclasses.replace(ANSWER, content="Hel", status="streaming", process=store.process),
    )
    clock.now = at(2)
    done = store.update_message(
        OWNER, "c1", "a1", content="Hello", status="complete", usage=Usage(3, 4), total_ms=70, finish_reason="stop"
    )
    assert done.updated_at == at(2)
    assert done.message("a1") == dataclasses.replace(
        ANSWER, content="Hello", usage=Usage(3, 4), total_ms=70, finish_reason="stop", process=None
    )
    assert store.get(OWNER, "c1") == done


@pytest.mark.parametrize(
    "changes",
    [{"content": "other"}, {"reasoning": "other"}, {"role": "system"}, {"status": "streaming"}],
    ids=lambda changes: next(iter(changes)),
)
def test_the_words_of_a_complete_message_are_kept(
    store: ConversationStore, open_again: OpenAgain, changes: dict[str, Any]
) -> None:
    kept = conversation("c1", message("q1"))
    store.create(kept)
    with pytest.raises(WordsAreKept):
        store.update_message(OWNER, "c1", "q1", rating=1, **changes)
    assert store.get(OWNER, "c1") == open_again().get(OWNER, "c1") == kept


def test_a_rating_is_no_activity(store: ConversationStore, clock: FakeClock, open_again: OpenAgain) -> None:
    kept = conversation("c1", message("q1"), ANSWER)
    store.create(kept)
    clock.now = at(9)
    changed = store.update_message(
        OWNER, "c1", "a1", content=ANSWER.content, rating=-1, rating_note="wrong", left_out=True
    )
    assert changed == dataclasses.replace(
        kept, messages=(kept.messages[0], dataclasses.replace(ANSWER, rating=-1, rating_note="wrong", left_out=True))
    )
    assert store.update_message(OWNER, "c1", "a1", rating=None, rating_note="", left_out=False) == kept
    assert open_again().get(OWNER, "c1") == kept


@pytest.mark.parametrize("name", ["id", "parent_id", "created_at", "colour"])
def test_what_never_changes_in_a_message(store: ConversationStore, name: str) -> None:
    store.create(conversation("c1", message("q1")))
    with pytest.raises(TypeError, match=name):
        store.update_message(OWNER, "c1", "q1", **{name: "x"})


def test_several_messages_change_at_once_or_not_at_all(store: ConversationStore, open_again: OpenAgain) -> None:
    kept = conversation("c1", message("q1"), ANSWER, message("q2", "a1"))
    store.create(kept)
    with pytest.raises(NotFound):
        store.update_messages(OWNER, "c1", ["q1", "nobody"], left_out=True)
    assert store.get(OWNER, "c1") == open_again().get(OWNER, "c1") == kept
    changed = store.update_messages(OWNER, "c1", ["q1", "q2"], left_out=True)
    assert [each.left_out for each in changed.messages] == [True, False, True]
    assert open_again().get(OWNER, "c1") == changed


def test_a_message_that_is_not_there(store: ConversationStore) -> None:
    store.create(conversation("c1", message("q1")))
    with pytest.raises(NotFound):
        store.update_message(OWNER, "c1", "q2", rating=1)


def test_changing_a_conversation_is_no_activity(store: ConversationStore, clock: FakeClock) -> None:
    kept = conversation("c1", message("q1"), ANSWER)
    store.create(kept)
    clock.now = at(9)
    new = {
        "title": "Mine",
        "title_source": "manual",
        "head": "q1",
        "pinned": True,
        "tags": ("a",),
        "settings": ConversationSettings(temperature=0.5),
    }
    assert store.update(OWNER, "c1", **new) == dataclasses.replace(kept, **new)
    assert store.get(OWNER, "c1") == dataclasses.replace(kept, **new)
    assert store.list(OWNER)[0].title == "Mine"


def test_an_automatic_title_never_replaces_a_manual_one(store: ConversationStore) -> None:
    store.create(conversation("c1"))
    assert store.update(OWNER, "c1", title="Auto", title_source="auto").title == "Auto"
    store.update(OWNER, "c1", title="Manual", title_source="manual")
    changed = store.update(OWNER, "c1", title="Late", title_source="auto", pinned=True)
    assert (changed.title, changed.title_source, changed.pinned) == ("Manual", "manual", True)
    assert store.update(OWNER, "c1", title="Mine").title_source == "manual"


@pytest.mark.parametrize("name", ["id", "owner", "created_at", "updated_at", "trashed_at", "messages", "_by_id", "x"])
def test_what_update_does_not_change(store: ConversationStore, name: str) -> None:
    store.create(conversation("c1"))
    with pytest.raises(TypeError, match=name):
        store.update(OWNER, "c1", **{name: None})


@pytest.mark.parametrize("head", ["nobody", None])
def test_a_head_is_a_message(store: ConversationStore, head: str | None) -> None:
    kept = conversation("c1", message("q1"))
    store.create(kept)
    with pytest.raises(NotFound):
        store.update(OWNER, "c1", title="x", head=head)
    assert store.get(OWNER, "c1") == kept


# Trash and erase


def test_the_trash_gives_back_what_it_took(store: ConversationStore, clock: FakeClock, open_again: OpenAgain) -> None:
    kept = conversation("c1", message("q1"))
    store.create(kept)
    store.create(conversation("c2"))
    clock.now = at(4)
    store.trash(OWNER, "c1")
    clock.now = at(5)
    store.trash(OWNER, "c1")
    assert (ids(store.list(OWNER)), ids(store.list(OWNER, trashed=True))) == (["c2"], ["c1"])
    assert (store.count(OWNER), store.count(OWNER, trashed=True)) == (1, 1)
    assert open_again().get(OWNER, "c1") == dataclasses.replace(kept, trashed_at=at(4))
    store.restore(OWNER, "c1")
    assert open_again().get(OWNER, "c1") == kept
    assert store.list(OWNER, trashed=True) == ()


def test_erased_is_gone(store: ConversationStore, open_again: OpenAgain) -> None:
    store.create(conversation("c1", message("q1")))
    store.create(conversation("c2"))
    erase(store, OWNER, "c1")
    for verb in VERBS.values():
        with pytest.raises(NotFound):
            verb(store, OWNER, "c1")
    assert ids(store.list(OWNER)) == ids(open_again().list(OWNER)) == ["c2"]
    store.create(conversation("c1", title="New"))
    assert store.get(OWNER, "c1").title == "New"


# Owners

VERBS: dict[str, Callable[[ConversationStore, str, str], object]] = {
    "get": lambda store, owner, id: store.get(owner, id),
    "add_message": lambda store, owner, id: store.add_message(owner, id, message("new")),
    "update_message": lambda store, owner, id: store.update_message(owner, id, "q1", rating=1),
    "update_messages": lambda store, owner, id: store.update_messages(owner, id, ["q1"], left_out=True),
    "update": lambda store, owner, id: store.update(owner, id, title="Stolen"),
    "trash": lambda store, owner, id: store.trash(owner, id),
    "restore": lambda store, owner, id: store.restore(owner, id),
    "erase": lambda store, owner, id: erase(store, owner, id),
}
STRANGERS = ["visitor-2", "PERSONAL", "personal ", "personal/", "../data/personal", "./personal", "personal\0"]


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("verb", VERBS)
def test_what_is_somebody_elses_does_not_exist(store: ConversationStore, verb: str, stranger: str) -> None:
    kept = conversation("c1", message("q1"), trashed_at=at(1))
    store.create(kept)
    with pytest.raises(NotFound):
        VERBS[verb](store, stranger, "c1")
    assert store.get(OWNER, "c1") == kept


@pytest.mark.parametrize("stranger", STRANGERS)
def test_lists_and_orphans_are_each_owners_own(store: ConversationStore, stranger: str) -> None:
    orphan = message("a1", "q1", "assistant", status="streaming", process="0" * 32)
    store.create(conversation("c1", message("q1"), orphan))
    store.create(conversation("c2", trashed_at=at(1)))
    seen = (store.list(stranger), store.list(stranger, trashed=True), store.count(stranger), store.damaged(stranger))
    assert seen == ((), (), 0, ())
    assert store.interrupt_orphans(stranger) == 0
    store.create(conversation("c1", title="Theirs", owner=stranger))
    assert [each.title for each in store.list(stranger)] == ["Theirs"]
    assert store.get(stranger, "c1").owner == stranger
    assert store.get(OWNER, "c1").message("a1") == orphan


def test_every_verb_of_the_protocol_is_tried_above() -> None:
    taken_care_of = {
        *VERBS,
        "list",
        "count",
        "search",
        "facets",
        "holding",
        "damaged",
        "interrupt_orphans",
        "erase_many",
        "erase_expired",
        "preferences",
        "set_preferences",
        "create",
        "merge",
        "merge_many",
    }
    of_no_owner = {"process", "is_alive", "rebuilding", "wait_until_ready", "keeping", "close"}
    # These take the owner in their own verbs: tests/store/owners, tests/store/line.
    of_no_owner |= {"read_only", "list_trouble", "people", "codes", "shares", "spending", "line"}
    verbs = {name for name in vars(ConversationStore) if not name.startswith("_")}
    assert verbs == taken_care_of | of_no_owner


def test_an_owner_is_never_empty(store: ConversationStore) -> None:
    store.create(conversation("c1"))
    for verb in (
        *VERBS.values(),
        lambda store, owner, _: store.list(owner),
        lambda store, owner, _: store.count(owner),
    ):
        with pytest.raises(ValueError, match="owner"):
            verb(store, "", "c1")
    with pytest.raises(ValueError, match="owner"):
        store.create(conversation("c2", owner=""))


# Answers whose process is gone


def test_only_the_answers_of_the_dead_are_interrupted(
    store: ConversationStore, open_again: OpenAgain, clock: FakeClock
) -> None:
    gone = open_again()
    dead = gone.process
    assert store.is_alive(dead)
    gone.close()
    assert not store.is_alive(dead)
    answers = (
        message("dead", "q1", "assistant", content="Half a sen", status="streaming", process=dead),
        message("alive", "q1", "assistant", status="streaming", process=store.process),
        message("nobody", "q1", "assistant", status="streaming"),
        message("done", "q1", "assistant", status="stopped"),
    )
    store.create(conversation("c1", message("q1"), *answers))
    store.create(conversation("c2", message("q1"), answers[1]))
    store.create(conversation("c3", message("q1"), answers[0], owner="visitor-1"))
    clock.now = at(9)
    assert store.interrupt_orphans(OWNER) == 2
    interrupted = dataclasses.replace(answers[0], status="interrupted", process=None)
    assert store.get(OWNER, "c1") == conversation(
        "c1",
        message("q1"),
        interrupted,
        answers[1],
        dataclasses.replace(answers[2], status="interrupted"),
        answers[3],
    )
    assert store.get("visitor-1", "c3").message("dead") == answers[0]
    assert store.interrupt_orphans() == 1
    assert store.get("visitor-1", "c3").message("dead") == interrupted
    assert store.interrupt_orphans() == 0
    assert [each.streaming for each in store.list("visitor-1")] == [False]


@pytest.mark.parametrize("name", ["", "nobody", "../x", "0" * 32])
def test_nobody_is_not_alive(store: ConversationStore, name: str) -> None:
    assert store.is_alive(store.process)
    assert not store.is_alive(name)


# Words


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=())), role=st.sampled_from(["user", "assistant"]))
@example(text="\ud83d\ude00 and \ude00\ud83d", role="user")
@example(text="\0", role="assistant")
def test_any_text_comes_back(store: ConversationStore, open_again: OpenAgain, text: str, role: Any) -> None:
    kept = Conversation(new_id(), OWNER, text, START, START, tags=(text,))
    store.create(kept)
    added = Message(new_id(), None, role, text, utc_now(), reasoning=text, error=text, model=text)
    after = store.add_message(OWNER, kept.id, added)
    whole = joined_surrogates(text)
    expected = dataclasses.replace(added, content=whole, reasoning=whole, error=whole, model=whole)
    assert after.messages == (expected,)
    assert (after.title, after.tags) == (whole, (whole,))
    again = open_again()
    try:
        assert again.get(OWNER, kept.id) == store.get(OWNER, kept.id) == after
        (found,) = [each for each in again.list(OWNER, limit=None) if each.id == kept.id]
        assert (found.title, found.model) == (whole, whole)
    finally:
        again.close()
        erase(store, OWNER, kept.id)


def test_two_who_open_one_store_see_each_others_changes(store: ConversationStore, open_again: OpenAgain) -> None:
    other = open_again()
    store.create(conversation("c1"))
    for number in range(10):
        writer, reader = (store, other) if number % 2 else (other, store)
        after = writer.add_message(OWNER, "c1", message(f"m{number}", f"m{number - 1}" if number else None))
        assert reader.get(OWNER, "c1") == after
        assert reader.list(OWNER)[0].message_count == number + 1
    erase(other, OWNER, "c1")
    assert store.list(OWNER) == ()
    with pytest.raises(NotFound):
        store.get(OWNER, "c1")


def test_what_comes_from_elsewhere_is_added_and_never_overwrites(store: ConversationStore, clock: FakeClock) -> None:
    question, answer = message("m1"), message("m2", "m1", "assistant", model="openai/a")
    begun = conversation("c1", question, answer, title="As it came")
    assert store.merge(begun) == 2
    assert store.get(OWNER, "c1") == begun
    assert store.merge(begun) == 0

    store.update(OWNER, "c1", title="Renamed", title_source="manual")
    store.update_message(OWNER, "c1", "m2", rating=1)
    more = (message("m3", "m2"), message("m4", "m3", "assistant"))
    grown = conversation(
        "c1", dataclasses.replace(question, content="other words"), answer, *more, title="Other", updated_at=at(9)
    )
    assert store.merge(grown) == 2
    kept = store.get(OWNER, "c1")
    assert kept == dataclasses.replace(
        begun,
        title="Renamed",
        title_source="manual",
        head="m4",
        updated_at=at(9),
        messages=(question, dataclasses.replace(answer, rating=1), *more),
    )


def test_the_head_stays_where_what_comes_from_elsewhere_is_another_branch(store: ConversationStore) -> None:
    begun = conversation("c1", message("m1"), message("m2", "m1", "assistant"), message("m3", "m2"))
    store.create(begun)
    assert store.merge(conversation("c1", message("m1"), message("n2", "m1", "assistant"))) == 1
    assert store.get(OWNER, "c1").head == "m3"


def test_what_hangs_on_nothing_is_not_taken(store: ConversationStore) -> None:
    begun = conversation("c1", message("m1"))
    store.create(begun)
    with pytest.raises(NotFound):
        store.merge(conversation("c1", message("m2", "m1", "assistant"), message("m9", "m8")))
    assert store.get(OWNER, "c1") == begun


# Erasing


def test_what_is_not_in_the_trash_is_not_erased(store: ConversationStore) -> None:
    for number in range(4):
        store.create(conversation(f"c{number}", message("q1")))
    with pytest.raises(NotInTrash) as caught:
        store.erase(OWNER, "c0")
    assert str(caught.value) == (
        "This conversation is not in the trash, so it was not erased. Delete it first, then erase it."
    )
    store.trash(OWNER, "c1")
    store.trash(OWNER, "c2")
    store.restore(OWNER, "c2")
    store.set_preferences(OWNER, trash_days=1)
    assert store.erase_many(OWNER, ["c0", "c1", "c2", "c3"]) == 1
    assert store.erase_expired() == 0
    assert sorted(ids(store.list(OWNER))) == ["c0", "c2", "c3"]
    assert store.count(OWNER, trashed=True) == 0
    with pytest.raises(NotFound):
        store.erase(OWNER, "c1")


# A head that names nothing


@pytest.mark.parametrize("head", ["nobody", None])
def test_a_head_that_names_nothing_is_the_newest_leaf(store: ConversationStore, head: str | None) -> None:
    said = (
        message("q1"),
        message("a1", "q1", "assistant"),
        message("q2", "a1"),
        message("gone", "a1", trashed=True),
    )
    kept = conversation("c1", *said, head=head)
    assert kept.shown_head == "q2"
    assert [each.id for each in kept.path()] == ["q1", "a1", "q2"]
    assert kept.line("nobody") == ()
    store.create(kept)
    assert store.get(OWNER, "c1").head == "q2"
    assert [each.kind for each in store.keeping.check().problems] == ["head"]
    assert store.add_message(OWNER, "c1", message("a2", "q2", "assistant")).head == "a2"
    assert store.keeping.check().problems == ()
    assert conversation("c2").path() == ()
    only = message("q1", trashed=True)
    assert (conversation("c3", only, head="x").shown_head, conversation("c3", only, head="x").path()) == ("q1", ())

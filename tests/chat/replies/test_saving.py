"""Words are kept whatever is wrong with the rest; what can never be kept is said once, and nothing waits for it."""

import threading
from dataclasses import replace
from itertools import islice

import pytest

from chat.conversation import Conversation, Message, Part, Usage, new_id, utc_now
from chat.providers.base import Chunk
from chat.records import BadRecord
from chat.replies import replies as replies_module
from chat.replies.limits import Limits
from chat.replies.replies import Replies
from chat.replies.reply import Outcome, Reply
from chat.replies.saving import is_wanted, save
from store import open_store
from store.conversations import NotFound, WordsAreKept
from tests.support.fakes.answers import MOMENT, QUICK, REQUEST, FakeKeeper, FakeProvider, start

ODD_COUNTS = [True, -1, 10**30, 1e300, float("nan"), float("inf"), "7", None, [], 2.5]
NEVER = [
    BadRecord("usage has the wrong type"),
    TypeError("no such field"),
    WordsAreKept("kept"),
    ValueError("odd"),
    AttributeError("no such attribute"),
    OverflowError("too large"),
    AssertionError("odd"),
]


@pytest.fixture
def store(tmp_path):
    opened = open_store(f"tinydb:///{tmp_path}/data")
    yield opened
    opened.close()


def asked(store):
    """Keep a conversation with a question that waits for its answer."""
    now = utc_now()
    question = Message(new_id(), None, "user", "Hello?", now)
    conversation = Conversation(new_id(), "personal", "Hello", now, now, head=question.id, messages=(question,))
    store.create(conversation)
    return conversation


def answer(store, conversation):
    return store.get("personal", conversation.id).path()[-1]


def begin(store, background, conversation, *steps, begun=None):
    replies = Replies(store, background, QUICK)
    provider = FakeProvider(list(steps))
    reply = replies.start("personal", conversation.id, conversation.head, REQUEST, lambda: provider, begun=begun)
    return replies, reply


@pytest.mark.parametrize("odd", ODD_COUNTS, ids=repr)
@pytest.mark.parametrize("place", ["prompt", "completion"])
def test_an_odd_count_never_costs_the_words(store, background, odd, place):
    conversation = asked(store)
    usage = Usage(odd, 2) if place == "prompt" else Usage(5, odd)
    chunks = [Chunk(text="Whole "), Chunk(text="answer", finish_reason="stop"), Chunk(usage=usage)]
    replies, reply = begin(store, background, conversation, *chunks)
    assert reply.wait_until_ended(10)
    kept = answer(store, conversation)
    assert (kept.content, kept.status, kept.usage, kept.error) == ("Whole answer", "complete", None, None)
    assert replies.active() == ()


def test_an_odd_count_does_not_take_the_place_of_a_good_one(store, background):
    conversation = asked(store)
    chunks = [Chunk(text="x", usage=Usage(5, 2)), Chunk(usage=Usage(5, True), finish_reason="stop")]
    _, reply = begin(store, background, conversation, *chunks)
    assert reply.wait_until_ended(10)
    assert answer(store, conversation).usage == Usage(5, 2)


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        (True, None),
        (5, None),
        (["stop"], None),
        ("  ", None),
        ("a" * 5000, "a" * 100),
        ("cut\n short", "cut short"),
        ("half \ud83d", "half \ufffd"),
    ],
    ids=["bool", "number", "list", "blank", "long", "lines", "surrogate"],
)
def test_an_odd_reason_never_costs_the_words(store, background, odd, kept):
    conversation = asked(store)
    _, reply = begin(store, background, conversation, Chunk(text="Words", finish_reason=odd))
    assert reply.wait_until_ended(10)
    assert (answer(store, conversation).content, answer(store, conversation).finish_reason) == ("Words", kept)


@pytest.mark.parametrize("odd", [None, 5, ["x"], {"text": "x"}], ids=repr)
def test_text_that_is_none_is_passed_over(store, background, odd):
    conversation = asked(store)
    _, reply = begin(store, background, conversation, Chunk(text="Words"), Chunk(text=odd, reasoning=odd, usage=odd))
    assert reply.wait_until_ended(10)
    kept = answer(store, conversation)
    assert (kept.content, kept.reasoning, kept.status) == ("Words", "", "complete")


@pytest.mark.parametrize("error", NEVER, ids=lambda error: type(error).__name__)
def test_words_are_kept_without_what_is_refused_beside_them(keeper, background, error):
    def refuse(changes):
        if changes.get("usage") is not None:
            raise error

    keeper.refuse = refuse
    gate = threading.Event()
    steps = [Chunk(text="Half", usage=Usage(5, 2)), gate, Chunk(text=" and half", finish_reason="stop")]
    _, reply = start(keeper, background, FakeProvider(steps))
    keeper.wait_for(lambda kept: kept.saved)  # while it grows, too
    assert keeper.last == {"content": "Half", "reasoning": ""}
    gate.set()
    assert reply.wait_until_ended(10)
    assert keeper.last == {
        "content": "Half and half",
        "reasoning": "",
        "status": "complete",
        "error": None,
        "process": None,
    }
    assert reply.snapshot().unsaved is None


@pytest.mark.parametrize("error", [*NEVER, NotFound("not in the conversation")], ids=lambda error: type(error).__name__)
def test_words_that_are_refused_in_their_place_are_kept_beside_it(keeper, background, error):
    def refuse(changes):
        if "status" in changes:
            raise error

    keeper.refuse = refuse
    replies, reply = start(keeper, background, FakeProvider([Chunk(text="Precious", finish_reason="stop")]))
    assert reply.wait_until_ended(10)
    beside = keeper.added[-1]
    assert beside.id != reply.message.id
    assert (beside.parent_id, beside.role, beside.content, beside.status, beside.process, beside.model) == (
        "q1",
        "assistant",
        "Precious",
        "complete",
        None,
        "fake/model",
    )
    assert replies.active() == ()


@pytest.mark.parametrize("error", NEVER, ids=lambda error: type(error).__name__)
def test_a_save_that_can_never_succeed_ends_with_a_sentence(keeper, background, error):
    gate = threading.Event()
    replies, reply = start(keeper, background, FakeProvider([gate, Chunk(text="Words", finish_reason="stop")]))

    def refuse(changes):
        raise error

    keeper.refuse = refuse
    gate.set()
    assert reply.wait_until_ended(10)
    assert reply.snapshot().unsaved == (
        "The last words of this answer could not be saved, and trying again cannot help. What was saved is kept."
    )
    assert replies.active() == ()
    keeper.refuse = lambda changes: None  # the next one is accepted
    after = replies.start("personal", "c1", "q2", REQUEST, lambda: FakeProvider([Chunk(text="Next")]))
    assert after.wait_until_ended(10)
    assert keeper.messages[after.message.id].content == "Next"


def test_an_answer_whose_conversation_is_gone_ends_without_a_word(keeper, background):
    gate = threading.Event()
    replies, reply = start(keeper, background, FakeProvider([gate, Chunk(text="Words")]))

    def refuse(changes):
        raise NotFound("erased")

    keeper.refuse = refuse
    gate.set()
    assert reply.wait_until_ended(10)
    assert reply.snapshot().unsaved is None
    assert replies.active() == ()


def test_a_stop_while_the_disk_is_full_lets_the_page_go_on_and_the_words_are_kept_later(keeper, background):
    full = threading.Event()
    full.set()

    def refuse(changes):
        if full.is_set() and "status" in changes:
            raise OSError("The disk is full.")

    keeper.refuse = refuse
    replies, reply = start(keeper, background, FakeProvider([Chunk(text="Precious", finish_reason="stop")]))
    seen = reply.snapshot()
    while seen.unsaved is None:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    assert seen.unsaved == "The disk is full."
    reply.stop()
    assert reply.wait_until_ended(10)
    assert replies.active() == ()
    full.clear()
    keeper.wait_for(lambda kept: kept.messages[reply.message.id].status == "complete")
    assert keeper.messages[reply.message.id].content == "Precious"


def test_after_a_stop_a_full_disk_is_waited_for_as_before(keeper, background, monkeypatch):
    waits, wait = [], replies_module._wait
    stopped, waited = threading.Event(), threading.Event()

    async def counted(event, seconds):
        if seconds != limits.save_every:
            waits.append((seconds, "over at once" if event.is_set() else "waited"))
            if len(waits) == 1:
                reply.stop()
                stopped.set()
            elif len(waits) == 4:
                waited.set()
        await wait(event, seconds)

    def refuse(changes):
        if "status" in changes and not waited.is_set():
            raise OSError("The disk is full.")

    monkeypatch.setattr(replies_module, "_wait", counted)
    keeper.refuse = refuse
    gate = threading.Event()
    limits = replace(QUICK, save_every=0.015)
    _, reply = start(keeper, background, FakeProvider([gate, Chunk(text="Precious", finish_reason="stop")]), limits)
    gate.set()
    assert stopped.wait(10)
    assert waited.wait(10)
    keeper.wait_for(lambda kept: kept.messages[reply.message.id].status == "complete")
    assert waits == [(0.01, "waited"), (0.02, "waited"), (0.04, "waited"), (0.08, "waited")]


def test_a_disk_that_is_full_for_long_is_tried_until_it_has_room(keeper, background):
    refused = iter([True] * 30)

    def refuse(changes):
        if "status" in changes and next(refused, False):
            raise OSError("The disk is full.")

    keeper.refuse = refuse
    limits = replace(QUICK, unsaved_retry=0.001, unsaved_longest=0.004)
    replies, reply = start(keeper, background, FakeProvider([Chunk(text="Precious", finish_reason="stop")]), limits)
    assert reply.wait_until_ended(10)
    assert next(refused, None) is None
    assert (keeper.last["content"], keeper.last["status"]) == ("Precious", "complete")
    assert replies.active() == ()


def test_waits_for_a_disk_grow_up_to_a_minute():
    assert list(islice(Limits().unsaved_waits(), 7)) == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_another_process_that_completed_the_answer_keeps_its_words_and_ours_are_beside_them(store, background):
    conversation = asked(store)
    gate = threading.Event()
    _, reply = begin(store, background, conversation, Chunk(text="Ours"), gate, Chunk(text=" too"))
    store.update_message("personal", conversation.id, reply.message.id, content="Theirs", status="complete")
    gate.set()
    assert reply.wait_until_ended(10)
    kept = store.get("personal", conversation.id)
    assert [(each.content, each.status) for each in kept.siblings(reply.message.id)] == [
        ("Theirs", "complete"),
        ("Ours too", "complete"),
    ]


def test_every_number_of_a_message_that_is_kept_comes_back_or_is_passed_over(store):
    conversation = asked(store)
    for odd in ODD_COUNTS:
        changes = {"usage": Usage(odd, odd), "first_token_ms": odd, "total_ms": odd, "error": odd, "finish_reason": odd}
        kept = store.update_message("personal", conversation.id, conversation.head, **changes).message(
            conversation.head
        )
        assert (kept.content, kept.usage, kept.first_token_ms, kept.total_ms) == ("Hello?", None, None, None)
        assert store.get("personal", conversation.id).message(conversation.head) == kept


@pytest.mark.parametrize(("name", "odd"), [("rating", "good"), ("rating", True), ("left_out", 1), ("rating_note", 5)])
def test_what_a_person_sets_is_refused_where_it_is_odd(store, name, odd):
    conversation = asked(store)
    with pytest.raises(ValueError, match=f"{name} of a message cannot be"):
        store.update_message("personal", conversation.id, conversation.head, **{name: odd})


def test_answer_that_ends_while_a_save_of_it_is_refused_is_kept_beside_once(keeper):
    growing = Message("a1", "q1", "assistant", "", MOMENT, status="streaming")
    reply = Reply("personal", "c1", growing)
    reply.receive(Chunk(text="Ours"), 1)

    def refuse(changes):
        if "id" not in changes:
            reply.finish(Outcome("complete"))  # in this moment, as the loop does while a thread saves
            raise WordsAreKept("kept")

    keeper.refuse = refuse
    with pytest.raises(WordsAreKept):
        save(keeper, reply)
    assert keeper.added == []
    save(keeper, reply)
    assert [(each.content, each.status, each.process) for each in keeper.added] == [("Ours", "complete", None)]


BEGUN = Message("a1", "q1", "assistant", "One, two", MOMENT, model="fake/first", status="streaming", usage=Usage(10, 4))


def continued(keeper: FakeKeeper) -> Reply:
    """Return an answer with which another model has gone on and that is stopped now."""
    keeper.messages["a1"] = BEGUN
    reply = Reply("personal", "c1", BEGUN, model="fake/second")
    reply.receive(Chunk(text=", three", usage=Usage(20, 3)), 1)
    reply.finish(Outcome("stopped", total_ms=5))
    return reply


BY_BOTH = replace(
    BEGUN,
    content="One, two, three",
    status="stopped",
    model="fake/second",
    parts=(Part("fake/first", 0), Part("fake/second", 8)),
)


def test_words_that_are_kept_without_their_counts_say_who_wrote_which(keeper):
    def refuse(changes):
        if "usage" in changes:
            raise BadRecord("usage has the wrong type")

    keeper.refuse = refuse
    saved = save(keeper, continued(keeper))
    assert keeper.messages == {"a1": BY_BOTH}
    assert saved.messages == (BY_BOTH,)


def test_words_that_are_kept_beside_say_who_wrote_which(keeper):
    def refuse(changes):
        if "id" not in changes:
            raise WordsAreKept("kept")

    keeper.refuse = refuse
    saved = save(keeper, continued(keeper))
    (beside,) = keeper.added
    assert beside == replace(BY_BOTH, id=beside.id, usage=None)
    assert keeper.messages == {"a1": BEGUN, beside.id: beside}
    assert saved.messages == (BEGUN, beside)


@pytest.mark.parametrize(
    ("messages", "trashed_at", "wanted"),
    [
        ((BEGUN,), None, True),
        ((BEGUN,), MOMENT, False),
        ((replace(BEGUN, trashed=True),), None, False),
        ((replace(BEGUN, id="beside"),), None, True),
        ((replace(BEGUN, id="beside", trashed=True),), None, True),
    ],
    ids=["there", "in the trash", "its turn deleted", "kept beside", "another deleted"],
)
def test_answer_is_wanted_as_long_as_somebody_can_see_it(messages, trashed_at, wanted):
    seen = Conversation("c1", "personal", "", MOMENT, MOMENT, trashed_at=trashed_at, messages=messages)
    assert is_wanted(seen, Reply("personal", "c1", BEGUN)) is wanted

"""The send-loop: what is kept while an answer arrives and when it ends, in every way it can end."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import pytest

from chat import retrying
from chat.conversation import Message, Usage
from chat.endings import BY_REASON, NO_TOOLS, NO_WORDS, sentence_of
from chat.errors import CutOff, NotNow, RateLimited, ServerError, WrongKey
from chat.limits import Limits
from chat.providers.base import Chunk, Progress
from chat.replies import CLOSING, HAS_CHANGED, STILL_WRITTEN, UNEXPECTED, Replies
from chat.reply import Reply
from store.conversations import NotFound
from tests.support.fakes.answers import QUICK, REQUEST, FakeProvider, start


def test_text_that_turns_out_to_be_thinking_moves_to_it(keeper, background):
    chunks = [Chunk(text="Hm. "), Chunk(text="So"), Chunk(text="Yes.", reasoning=".", was_thinking=True)]
    begun = Message("a1", "q1", "assistant", "Kept. ", datetime.now(UTC), status="stopped", reasoning="Before. ")
    keeper.messages["a1"] = begun
    replies = Replies(keeper, background, QUICK)
    reply = replies.start("personal", "c1", "q1", REQUEST, lambda: FakeProvider(chunks), begun=begun)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["reasoning"]) == ("Kept. Yes.", "Before. Hm. So.")


def test_what_is_said_of_an_answer_is_kept_beside_it(keeper, background):
    chunks = [Chunk(note="Answered without it."), Chunk(text="Yes."), Chunk(finish_reason="stop")]
    _, reply = start(keeper, background, FakeProvider(chunks))
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["note"], keeper.last["error"]) == ("Yes.", "Answered without it.", None)


def test_what_was_said_of_the_first_part_of_an_answer_stays(keeper, background):
    begun = Message("a1", "q1", "assistant", "One", datetime.now(UTC), status="stopped", note="Answered without it.")
    keeper.add_message("personal", "c1", begun)
    replies = Replies(keeper, background, QUICK)
    provider = FakeProvider([Chunk(text=", two.", finish_reason="stop")])
    reply = replies.start("personal", "c1", "q1", REQUEST, lambda: provider, begun=begun)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["note"]) == ("One, two.", "Answered without it.")


def test_answer_is_kept_whole_with_all_that_is_known_of_it(keeper, background):
    provider = FakeProvider(
        [
            Chunk(reasoning="Greeting. "),
            Chunk(reasoning="Be short."),
            Chunk(text="Hello "),
            Chunk(text="world", finish_reason="stop"),
            Chunk(usage=Usage(5, 2)),
        ]
    )
    replies, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)

    assert provider.request is REQUEST
    (kept,) = keeper.added
    assert (kept.role, kept.parent_id, kept.model, kept.status, kept.content, kept.process) == (
        "assistant",
        "q1",
        "fake/model",
        "streaming",
        "",
        "this-process",
    )
    assert isinstance(keeper.last.pop("first_token_ms"), int)
    assert isinstance(keeper.last.pop("total_ms"), int)
    assert keeper.last == {
        "content": "Hello world",
        "reasoning": "Greeting. Be short.",
        "usage": Usage(5, 2),
        "finish_reason": "stop",
        "note": None,
        "status": "complete",
        "error": None,
        "process": None,
    }
    assert replies.active() == ()
    assert replies.get("personal", reply.message.id) is None


def test_growing_answer_is_kept_before_it_ends(keeper, background):
    gate = threading.Event()
    _, reply = start(keeper, background, FakeProvider([Chunk(text="first half"), gate, Chunk(text=", second half")]))
    keeper.wait_for(lambda kept: kept.saved)
    assert keeper.saved[0]["content"] == "first half"
    assert "status" not in keeper.saved[0]
    gate.set()
    assert reply.wait_until_ended(10)
    assert keeper.last["content"] == "first half, second half"


def test_pages_see_words_as_they_arrive_and_the_end_after_the_last_save(keeper, background):
    gate = threading.Event()
    _, reply = start(keeper, background, FakeProvider([Chunk(text="Hel"), gate, Chunk(text="lo")]))
    seen = reply.snapshot()
    while not seen.text:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    assert (seen.text, seen.ended) == ("Hel", False)
    gate.set()
    assert reply.wait_until_ended(10)
    assert (reply.snapshot().text, reply.snapshot().ended) == ("Hello", True)
    assert keeper.last["status"] == "complete"


def test_stop_ends_the_stream_at_once_and_keeps_what_arrived(keeper, background):
    provider = FakeProvider([Chunk(text="One, two"), threading.Event()])
    _, reply = start(keeper, background, provider)
    keeper.wait_for(lambda kept: kept.saved)
    reply.stop()
    reply.stop()
    assert reply.wait_until_ended(10)
    assert provider.closed.is_set()
    assert (keeper.last["content"], keeper.last["status"], keeper.last["error"]) == ("One, two", "stopped", None)


def test_stop_before_the_first_step_counts(keeper, background):
    held = threading.Event()
    background.loop.call_soon_threadsafe(held.wait)
    _, reply = start(keeper, background, FakeProvider([Chunk(text="never asked for")]))
    reply.stop()
    held.set()
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("", "stopped")


def test_failure_in_mid_answer_keeps_the_words_and_is_not_tried_again(keeper, background):
    provider = FakeProvider([Chunk(text="Half an ans"), CutOff("The connection broke.")])
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"], keeper.last["error"]) == (
        "Half an ans",
        "failed",
        "The connection broke.",
    )


def test_failure_that_passes_is_tried_again_before_the_first_word(keeper, background):
    provider = FakeProvider(
        [ServerError("The server failed.")],
        [RateLimited("Too many requests.", retry_after=0.01)],
        [Chunk(text="There", finish_reason="stop")],
    )
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("There", "complete")


@pytest.mark.parametrize("first", [Chunk(text="Half"), Chunk(reasoning="Hm")], ids=["words", "thinking"])
@pytest.mark.parametrize("error", [ServerError("It failed."), RateLimited("Too many.", retry_after=0.0)], ids=str)
def test_no_second_try_is_made_once_a_word_has_arrived(keeper, background, first, error):
    provider = FakeProvider([first, error], [Chunk(text="Another answer", finish_reason="stop")])
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert provider.asked == 1
    assert (keeper.last["content"], keeper.last["reasoning"]) == (first.text, first.reasoning)
    assert (keeper.last["status"], keeper.last["error"]) == ("failed", str(error))


def test_what_arrived_without_a_word_is_no_reason_not_to_try_again(keeper, background):
    tries = [Chunk(progress=Progress("Getting ready")), ServerError("It failed.")], [Chunk(text="There")]
    provider = FakeProvider(*tries)
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert (provider.asked, keeper.last["content"], keeper.last["status"]) == (2, "There", "complete")


def test_only_the_first_stop_counts(keeper, background):
    _, reply = start(keeper, background, FakeProvider([Chunk(text="One"), Event()]))
    keeper.wait_for(lambda kept: kept.saved)
    reply.end_early("interrupted")
    reply.stop()
    reply.end_early("failed")
    assert reply.ended_early_as == "interrupted"
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("One", "interrupted")
    reply.stop()
    assert reply.ended_early_as == "interrupted"


def test_wait_before_another_try_is_shown_and_can_be_stopped(keeper, background):
    slow = Limits(retry_waits=(600.0,), save_every=0.02)
    provider = FakeProvider([ServerError("The server failed.")])
    _, reply = start(keeper, background, provider, slow)
    seen = reply.snapshot()
    while seen.progress is None:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    assert seen.progress == Progress("The server failed. Trying again in 600 s.")
    reply.stop()
    assert reply.wait_until_ended(10)
    assert keeper.last["status"] == "stopped"


@pytest.mark.parametrize(
    "error",
    [WrongKey("The key is wrong."), RateLimited("Come back later.", retry_after=3600.0)],
    ids=["not transient", "asks for too long a wait"],
)
def test_failure_that_does_not_pass_is_said_at_once(keeper, background, error):
    _, reply = start(keeper, background, FakeProvider([error]))
    assert reply.wait_until_ended(10)
    assert (keeper.last["status"], keeper.last["error"]) == ("failed", str(error))


def test_tries_come_to_an_end(keeper, background):
    provider = FakeProvider(*[[ServerError(f"Failure {count}.")] for count in (1, 2, 3, 4)])
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert keeper.last["error"] == "Failure 3."


def test_silence_before_the_first_word(keeper, background):
    _, reply = start(keeper, background, FakeProvider([threading.Event()]), Limits(first_token=0.05))
    assert reply.wait_until_ended(10)
    assert keeper.last["error"] == "The model said nothing for 0 seconds: try again, or choose another model."


def test_silence_after_it(keeper, background):
    provider = FakeProvider([Chunk(text="Then"), threading.Event()])
    _, reply = start(keeper, background, provider, Limits(stall=0.05))
    assert reply.wait_until_ended(10)
    assert keeper.last["content"] == "Then"
    assert keeper.last["error"] == (
        "Nothing more came for 0 seconds, so the answer was ended. What arrived is kept: try again."
    )
    assert provider.closed.is_set()


def test_whole_answer_has_a_deadline(keeper, background):
    provider = FakeProvider([Chunk(text="Endless"), threading.Event()])
    _, reply = start(keeper, background, provider, Limits(total=0.05))
    assert reply.wait_until_ended(10)
    assert keeper.last["error"] == (
        "The answer was not finished after 0 minutes, so it was ended here. "
        "What arrived is kept: try again, or ask for less at once."
    )


@pytest.mark.parametrize("reason", [None, *BY_REASON, "because", "STOP"])
def test_answer_without_a_word_says_why(keeper, background, reason):
    _, reply = start(keeper, background, FakeProvider([Chunk(reasoning="Hm.", finish_reason=reason), Chunk(text=" ")]))
    assert reply.wait_until_ended(10)
    assert sentence_of(keeper.messages[reply.message.id])
    if reason is None or BY_REASON.get(reason.casefold(), NO_WORDS) is None:
        tools = reason in ("tool_calls", "tool_use", "function_call")
        assert (keeper.last["status"], keeper.last["error"]) == ("failed", NO_TOOLS if tools else NO_WORDS)
    else:
        assert (keeper.last["status"], keeper.last["error"]) == ("complete", None)


def test_what_nobody_foresaw_is_said_without_its_details(keeper, background):
    _, reply = start(keeper, background, FakeProvider([Chunk(text="So far"), ZeroDivisionError("/secret/path")]))
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"], keeper.last["error"]) == ("So far", "failed", UNEXPECTED)


def test_emoji_that_comes_in_two_halves_is_one(keeper, background):
    provider = FakeProvider([Chunk(text="a \ud83d"), Chunk(text="\ude00 b"), Chunk(text=" \ud83d")])
    _, reply = start(keeper, background, provider)
    assert reply.wait_until_ended(10)
    assert keeper.last["content"] == "a 😀 b �"


def test_full_disk_is_said_and_the_words_are_kept_once_there_is_room(keeper, background):
    gate = threading.Event()
    _, reply = start(keeper, background, FakeProvider([Chunk(text="Precious"), gate, Chunk(text=" words")]))
    keeper.refusals = 3
    seen = reply.snapshot()
    while seen.unsaved is None:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    assert seen.unsaved == "The disk is full."
    gate.set()
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("Precious words", "complete")


def test_other_owners_have_no_such_reply(keeper, background):
    replies, reply = start(keeper, background, FakeProvider([threading.Event()]))
    assert replies.get("visitor-1", reply.message.id) is None
    assert replies.get("personal", reply.message.id) is reply
    reply.stop()
    assert reply.wait_until_ended(10)


def test_closing_keeps_running_answers_as_interrupted(keeper, background):
    replies, reply = start(keeper, background, FakeProvider([Chunk(text="Half"), threading.Event()]))
    keeper.wait_for(lambda kept: kept.saved)
    replies.close()
    assert (keeper.last["content"], keeper.last["status"]) == ("Half", "interrupted")
    assert reply.snapshot().ended


class FakeProviderThatGoesOn(FakeProvider):
    """Does not end when it is told to."""

    async def stream(self, request):
        yield Chunk(text="Half")
        while not self.closed.is_set():
            try:
                await asyncio.sleep(0.005)
            except asyncio.CancelledError:
                continue


class FakeTime:
    """A clock that only goes on while somebody waits for a reply."""

    def __init__(self):
        self.now = 100.0
        self.waited = []

    def monotonic(self):
        return self.now

    time = monotonic

    def wait_until_ended(self, reply, timeout):
        self.waited.append(timeout)
        self.now += timeout
        return False


def test_closing_has_one_deadline_for_all_answers_and_keeps_the_words_of_each(keeper, background, monkeypatch):
    replies, providers = Replies(keeper, background, QUICK), [FakeProviderThatGoesOn() for _ in range(4)]
    running = [
        replies.start("personal", "c1", "q1", REQUEST, lambda provider=provider: provider) for provider in providers
    ]
    keeper.wait_for(lambda kept: [each.content for each in kept.messages.values()] == ["Half"] * 4)
    clock = FakeTime()
    monkeypatch.setattr("chat.replies.time", clock)
    monkeypatch.setattr(Reply, "wait_until_ended", lambda reply, timeout: clock.wait_until_ended(reply, timeout))
    replies.close()
    assert clock.waited == [3.0, 0.0, 0.0, 0.0]
    assert [
        (keeper.messages[reply.message.id].content, keeper.messages[reply.message.id].status) for reply in running
    ] == [("Half", "interrupted")] * 4
    assert all(reply.snapshot().ended for reply in running)
    for provider in providers:
        provider.closed.set()


@pytest.mark.parametrize(
    "error", [NotFound("erased"), OSError("full"), ValueError("odd")], ids=lambda e: type(e).__name__
)
def test_closing_keeps_every_other_answer_where_one_cannot_be_saved(keeper, background, error):
    replies = Replies(keeper, background, replace(QUICK, closing=0.2))
    running = [
        replies.start("personal", "c1", "q1", REQUEST, lambda text=text: FakeProvider([Chunk(text=text), Event()]))
        for text in ("one", "bad", "two")
    ]
    keeper.wait_for(lambda kept: sorted(each.content for each in kept.messages.values()) == ["bad", "one", "two"])

    def refuse(changes):
        if changes.get("content") == "bad" or "id" in changes:
            raise error

    keeper.refuse = refuse
    replies.close()
    replies.close()
    assert sorted((each.content, each.status) for each in keeper.messages.values()) == [
        ("bad", "streaming"),
        ("one", "interrupted"),
        ("two", "interrupted"),
    ]
    assert all(reply.snapshot().ended for reply in running)
    assert replies.active() == ()


def test_closing_keeps_answers_when_no_helper_thread_can_be_had_any_more(keeper, background, monkeypatch):
    replies, _ = start(keeper, background, FakeProvider([Chunk(text="Half"), Event()]))
    keeper.wait_for(lambda kept: kept.saved)

    async def refuse(work):
        raise RuntimeError("cannot schedule new futures after shutdown")

    monkeypatch.setattr("chat.replies.asyncio.to_thread", refuse)
    replies.close()
    assert (keeper.last["content"], keeper.last["status"]) == ("Half", "interrupted")


def test_closing_keeps_an_answer_that_waits_for_a_full_disk_as_it_ended(keeper, background):
    full = Event()
    full.set()

    def refuse(changes):
        if full.is_set() and "status" in changes:
            raise OSError("The disk is full.")

    keeper.refuse = refuse
    slow = replace(QUICK, unsaved_retry=600.0)
    replies, reply = start(keeper, background, FakeProvider([Chunk(text="Whole", finish_reason="stop")]), slow)
    seen = reply.snapshot()
    while seen.unsaved is None:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    full.clear()
    replies.close()
    assert (keeper.last["content"], keeper.last["status"]) == ("Whole", "complete")


def test_no_answer_is_begun_once_the_app_is_being_closed(keeper, background):
    replies = Replies(keeper, background, QUICK)
    replies.close()
    with pytest.raises(NotNow) as refused:
        replies.start("personal", "c1", "q1", REQUEST, lambda: FakeProvider([Chunk(text="x")]))
    assert str(refused.value) == CLOSING
    assert keeper.added == []


STOPPED = Message("a1", "q1", "assistant", "One, two", datetime(2026, 1, 1, tzinfo=UTC), status="stopped")


def go_on(replies, provider, begun=STOPPED):
    return replies.start("personal", "c1", "q1", REQUEST, lambda: provider, begun=begun)


def test_second_continue_of_one_answer_is_told_to_wait_and_the_first_ends(keeper, background):
    keeper.messages["a1"] = STOPPED
    gate = Event()
    replies = Replies(keeper, background, QUICK)
    first = go_on(replies, FakeProvider([Chunk(text=", three"), gate, Chunk(text=", four")]))
    second = FakeProvider([Chunk(text="never asked")])
    for begun in (STOPPED, keeper.messages["a1"]):  # as a tab has it that saw nothing, and as it is kept now
        with pytest.raises(NotNow) as refused:
            go_on(replies, second, begun)
        assert str(refused.value) == STILL_WRITTEN
    gate.set()
    assert first.wait_until_ended(10)
    assert (keeper.messages["a1"].content, keeper.messages["a1"].status) == ("One, two, three, four", "complete")
    assert second.asked == 0
    assert replies.active() == ()


def test_continue_of_two_threads_at_once_is_one(keeper, background):
    keeper.messages["a1"] = STOPPED
    replies = Replies(keeper, background, QUICK)
    gate, together, refused = Event(), threading.Barrier(8), []

    def try_it():
        together.wait(10)
        try:
            go_on(replies, FakeProvider([gate, Chunk(text=", three")]))
        except NotNow:
            refused.append(1)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(refused) == 7
    gate.set()
    for reply in replies.active():
        assert reply.wait_until_ended(10)
    assert keeper.messages["a1"].content == "One, two, three"


def test_continue_from_words_that_are_not_there_any_more_is_refused_and_changes_nothing(keeper, background):
    kept = replace(STOPPED, content="One, two, three", error="Cut off.", status="failed")
    keeper.messages["a1"] = kept
    replies = Replies(keeper, background, QUICK)
    with pytest.raises(NotNow) as refused:
        go_on(replies, FakeProvider([Chunk(text="never asked")]))
    assert str(refused.value) == HAS_CHANGED
    assert keeper.messages["a1"].content == "One, two, three"
    assert keeper.messages["a1"].status != "streaming"
    assert replies.active() == ()


def test_start_that_cannot_be_kept_leaves_nothing_behind(keeper, background):
    def refuse(changes):
        raise OSError("The disk is full.")

    keeper.refuse = refuse
    replies = Replies(keeper, background, QUICK)
    provider = FakeProvider([Chunk(text="x")])
    with pytest.raises(OSError, match=r"The disk is full\."):
        replies.start("personal", "c1", "q1", REQUEST, lambda: provider)
    assert replies.active() == ()
    assert provider.asked == 0


def test_a_hundred_at_once_are_all_kept(keeper, background):
    replies = Replies(keeper, background, QUICK)
    gate = threading.Event()
    running = [
        replies.start(
            "personal",
            f"c{number}",
            "q",
            REQUEST,
            lambda number=number: FakeProvider([Chunk(text=f"{number}:"), gate, Chunk(text="end")]),
        )
        for number in range(100)
    ]
    assert len(replies.active()) == 100
    gate.set()
    assert all(reply.wait_until_ended(20) for reply in running)
    finished = [changes["content"] for changes in keeper.saved if "status" in changes]
    assert sorted(finished) == sorted(f"{number}:end" for number in range(100))


def test_message_is_stamped_with_an_aware_time(keeper, background):
    before = datetime.now(UTC)
    _, reply = start(keeper, background, FakeProvider([Chunk(text="x")]))
    assert reply.wait_until_ended(10)
    assert before <= keeper.messages[reply.message.id].created_at <= datetime.now(UTC)


def test_only_what_is_written_in_that_conversation_of_that_owner_is_stopped(keeper, background):
    replies = Replies(keeper, background, QUICK)
    gate = Event()
    running = {
        name: replies.start("personal", name, "q1", REQUEST, lambda: FakeProvider([gate, Chunk(text="x")]))
        for name in ("c1", "c2")
    }
    replies.stop_all_in("visitor-1", "c1")
    replies.stop_all_in("personal", "c2")
    assert running["c2"].wait_until_ended(10)
    assert keeper.messages[running["c2"].message.id].status == "stopped"
    gate.set()
    assert running["c1"].wait_until_ended(10)
    assert keeper.messages[running["c1"].message.id].status == "complete"


def test_answer_in_a_conversation_that_another_process_trashed_ends_with_its_next_words(keeper, background):
    gate = Event()
    provider = FakeProvider([Chunk(text="One"), gate, Chunk(text=", two"), Event()])
    _, reply = start(keeper, background, provider)
    keeper.wait_for(lambda kept: kept.saved)
    keeper.trashed_at = datetime(2026, 1, 1, tzinfo=UTC)
    gate.set()
    assert reply.wait_until_ended(10)
    assert provider.closed.is_set()
    assert (keeper.last["content"], keeper.last["status"]) == ("One, two", "stopped")


def test_answer_whose_turn_another_process_deleted_ends_with_its_next_words(keeper, background):
    gate = Event()
    _, reply = start(keeper, background, FakeProvider([Chunk(text="One"), gate, Chunk(text=", two"), Event()]))
    keeper.wait_for(lambda kept: kept.saved)
    keeper.messages[reply.message.id] = replace(keeper.messages[reply.message.id], trashed=True)
    gate.set()
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("One, two", "stopped")


def test_answer_whose_conversation_is_erased_ends_with_its_next_words(keeper, background):
    gate = Event()
    provider = FakeProvider([Chunk(text="One"), gate, Chunk(text=", two"), Event()])
    _, reply = start(keeper, background, provider)
    keeper.wait_for(lambda kept: kept.saved)

    def refuse(changes):
        raise NotFound("erased")

    keeper.refuse = refuse
    gate.set()
    assert reply.wait_until_ended(10)
    assert provider.closed.is_set()
    assert reply.snapshot().unsaved is None


def test_trouble_with_saving_is_said_until_it_is_over(keeper, background):
    gate, full = Event(), Event()
    full.set()

    def refuse(changes):
        if full.is_set():
            raise OSError("The disk is full.")

    steps = [Chunk(text="One"), gate, Chunk(text=", two")]
    _, reply = start(keeper, background, FakeProvider(steps))
    keeper.refuse = refuse
    seen = reply.snapshot()
    while seen.unsaved is None:
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    full.clear()
    while seen.unsaved is not None:  # tried again by itself, though no new word has come
        assert reply.wait(seen.version, 10)
        seen = reply.snapshot()
    assert not seen.ended
    gate.set()
    assert reply.wait_until_ended(10)


def pause(wait, *, retry_after=None, longest=30.0, error=RateLimited):
    return retrying._pause(error("Too many.", retry_after=retry_after), wait, longest)


def test_wait_before_another_try_is_what_the_provider_asks_for_within_reason():
    assert pause(3.0) == 3.0
    assert pause(3.0, retry_after=0.5) == 0.5
    assert pause(3.0, retry_after=-5.0) == 0.0
    assert pause(3.0, retry_after=30.0) == 30.0
    assert pause(3.0, retry_after=30.1) is None
    assert pause(3.0, retry_after=float("nan")) is None
    assert pause(3.0, retry_after=float("inf")) is None
    assert pause(None, retry_after=0.5) is None
    assert pause(3.0, error=WrongKey) is None


def test_wait_is_counted_down_by_the_second(monkeypatch):
    clock, slept, said = FakeTime(), [], []

    async def sleep(seconds):
        slept.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(retrying.asyncio, "sleep", sleep)
    monkeypatch.setattr(retrying.asyncio, "get_running_loop", lambda: clock)
    reply = Reply("personal", "c1", STOPPED)
    monkeypatch.setattr(reply, "report", said.append)
    counting = retrying._count_down(reply, "Too many.", 2.75)
    with pytest.raises(StopIteration):  # run by hand: the loop's own clock and sleep are taken
        counting.send(None)
    assert slept == [1.0, 1.0, 0.75]
    assert said == [*(Progress(f"Too many. Trying again in {seconds} s.") for seconds in (3, 2, 1)), None]

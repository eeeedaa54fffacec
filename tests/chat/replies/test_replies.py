"""The send-loop: what is kept while an answer arrives and when it ends, in every way it can end."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import pytest

from chat.conversation import Message, Usage
from chat.endings import BY_REASON, NO_TOOLS, NO_WORDS, sentence_of
from chat.errors import NotNow
from chat.providers.base import Chunk
from chat.replies import replies as replies_module
from chat.replies.replies import HAS_CHANGED, STILL_WRITTEN, UNEXPECTED, Replies
from store.conversations import NotFound
from tests.support.fakes.answers import QUICK, REQUEST, FakeProvider, FakeTime, start


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
        "error_details": None,
        "process": None,
    }
    assert replies.active() == ()
    assert replies.get("personal", reply.message.id) is None
    assert keeper.threads
    assert "chatkeep-loop" not in keeper.threads  # nothing that waits for a disk holds other answers up


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


def test_receiving_that_something_else_cancels_is_interrupted(keeper, background):
    _, reply = start(keeper, background, FakeProvider([Chunk(text="Half"), Event()]))
    keeper.wait_for(lambda kept: kept.saved)

    async def cancel():
        for task in asyncio.all_tasks():
            if task.get_coro().__name__ == "_receive":
                task.cancel()

    background.submit(cancel()).result(10)
    assert reply.wait_until_ended(10)
    assert (keeper.last["content"], keeper.last["status"]) == ("Half", "interrupted")


def test_whole_answer_is_timed_from_the_request_on(keeper, background, monkeypatch):
    clock = FakeTime()
    monkeypatch.setattr("chat.replies.replies.time", clock)

    class FakeProviderThatTakesTime(FakeProvider):
        async def stream(self, request):
            clock.now += 0.75
            yield Chunk(text="There")

    _, reply = start(keeper, background, FakeProviderThatTakesTime())
    assert reply.wait_until_ended(10)
    assert keeper.last["total_ms"] == 750


def test_nothing_is_saved_as_long_as_nothing_changes(keeper, background, monkeypatch):
    wait, looks = replies_module._wait, []

    async def counted(event, seconds):
        looks.append(seconds)
        await wait(event, seconds)

    def look_again(times):
        until = len(looks) + times
        while len(looks) < until:
            reply.wait(reply.snapshot().version, QUICK.save_every)

    monkeypatch.setattr(replies_module, "_wait", counted)
    gate = Event()
    _, reply = start(keeper, background, FakeProvider([gate, Chunk(text="One"), Event()]))
    look_again(3)
    assert keeper.saved == []
    gate.set()
    keeper.wait_for(lambda kept: kept.saved)
    look_again(3)
    assert len(keeper.saved) == 1
    reply.stop()
    assert reply.wait_until_ended(10)


def test_answer_that_another_process_writes_is_not_continued_here(keeper, background):
    elsewhere = replace(STOPPED, status="streaming", process="another-process")
    keeper.messages["a1"] = elsewhere
    with pytest.raises(NotNow) as refused:
        go_on(Replies(keeper, background, QUICK), FakeProvider([Chunk(text="never asked")]), elsewhere)
    assert str(refused.value) == STILL_WRITTEN
    assert (keeper.saved, keeper.messages["a1"]) == ([], elsewhere)


def test_continued_answer_is_known_as_one_that_is_written_here(keeper, background):
    begun = replace(STOPPED, status="failed", error="Cut off.", finish_reason="error")
    keeper.messages["a1"] = begun
    reply = go_on(Replies(keeper, background, QUICK), FakeProvider([Chunk(text=", three")]), begun)
    assert reply.message == replace(STOPPED, status="streaming", process="this-process")
    assert reply.wait_until_ended(10)


def test_last_save_waits_for_one_that_is_on_its_way(keeper, background, monkeypatch):
    gate, on_its_way, arrives = Event(), Event(), Event()
    update = keeper.update_message

    def slow(*place, **changes):
        if "status" not in changes:
            on_its_way.set()
            assert arrives.wait(10)
        return update(*place, **changes)

    monkeypatch.setattr(keeper, "update_message", slow)
    provider = FakeProvider([Chunk(text="One"), gate, Chunk(text=", two", finish_reason="stop")])
    _, reply = start(keeper, background, provider)
    assert on_its_way.wait(10)
    gate.set()
    assert provider.closed.wait(10)
    assert not reply.wait_until_ended(0.1)
    arrives.set()
    assert reply.wait_until_ended(10)
    assert [changes["content"] for changes in keeper.saved] == ["One", "One, two"]
    assert (keeper.messages[reply.message.id].content, keeper.last["status"]) == ("One, two", "complete")

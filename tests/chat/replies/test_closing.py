"""The end of the process: every answer is kept, in one time for all, whatever one of them or the loop meets."""

import asyncio
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from chat.errors import NotNow
from chat.providers.base import Chunk
from chat.replies.background import Background
from chat.replies.replies import CLOSING, Replies
from chat.replies.reply import Reply
from store import open_store
from store.conversations import NotFound
from tests.support.fakes.answers import QUICK, REQUEST, FakeProvider, FakeTime, start


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


def test_closing_has_one_deadline_for_all_answers_and_keeps_the_words_of_each(keeper, background, monkeypatch):
    replies, providers = Replies(keeper, background, QUICK), [FakeProviderThatGoesOn() for _ in range(4)]
    running = [
        replies.start("personal", "c1", "q1", REQUEST, lambda provider=provider: provider) for provider in providers
    ]
    keeper.wait_for(lambda kept: [each.content for each in kept.messages.values()] == ["Half"] * 4)
    clock = FakeTime()
    monkeypatch.setattr("chat.replies.replies.time", clock)
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

    monkeypatch.setattr("chat.replies.replies.asyncio.to_thread", refuse)
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


def test_closing_saves_nothing_that_has_ended(keeper, background):
    replies, reply = start(keeper, background, FakeProvider([Chunk(text="Whole")]))
    assert reply.wait_until_ended(10)
    keeper.wait_for(lambda kept: kept.last["status"] == "complete")
    background.close()
    saves = len(keeper.saved)
    replies.close()
    assert len(keeper.saved) == saves


def test_what_still_runs_is_cancelled_and_closing_twice_is_safe():
    background, ended, begun = Background(), threading.Event(), threading.Event()

    async def work():
        begun.set()
        try:
            await asyncio.sleep(600)
        finally:
            ended.set()

    background.submit(work())
    assert begun.wait(10)
    background.close()
    background.close()
    assert ended.is_set()
    assert background.loop.is_closed()


def test_a_loop_that_does_not_answer_holds_nothing_up(monkeypatch):
    monkeypatch.setattr("chat.replies.background.CLOSING_SECONDS", 0.02)
    background, gate = Background(), threading.Event()
    background.loop.call_soon_threadsafe(gate.wait)
    background.close()
    assert not background.loop.is_closed()
    gate.set()
    background._thread.join(10)
    background.close()
    assert background.loop.is_closed()


ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import atexit, sys, threading
from chat.replies.background import Background
from chat.conversation import Conversation, Message, new_id, utc_now
from chat.providers.base import Chunk
from chat.replies.replies import Replies
from store import open_store
from tests.support.fakes.answers import REQUEST, FakeProvider

store, background = open_store(sys.argv[1]), Background()
replies = Replies(store, background)
atexit.register(lambda: (replies.close(), background.close(), store.close(), print("closed", flush=True)))
running = []
for number in range(4):
    now = utc_now()
    question = Message(new_id(), None, "user", f"Question {number}", now)
    store.create(Conversation(f"c{number}", "personal", "x", now, now, head=question.id, messages=(question,)))
    provider = FakeProvider([Chunk(text=f"Half of {number}"), threading.Event()])
    running.append(replies.start("personal", f"c{number}", question.id, REQUEST, lambda provider=provider: provider))
for reply in running:
    while not reply.snapshot().text:
        reply.wait(reply.snapshot().version, 10)
store.trash("personal", "c1")
store.erase("personal", "c1")
"""


def test_a_process_that_ends_keeps_every_answer(tmp_path):
    url = f"tinydb:///{tmp_path}/data"
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, url], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "closed\n"), ended.stderr
    store = open_store(url)
    kept = [store.get("personal", f"c{number}").path()[-1] for number in (0, 2, 3)]
    store.close()
    assert [(each.content, each.status, each.process) for each in kept] == [
        (f"Half of {number}", "interrupted", None) for number in (0, 2, 3)
    ]

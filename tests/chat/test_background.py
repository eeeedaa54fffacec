"""The one loop of the process comes to an end, whatever runs on it."""

import asyncio
import threading

from chat.background import Background


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
    monkeypatch.setattr("chat.background.CLOSING_SECONDS", 0.02)
    background, gate = Background(), threading.Event()
    background.loop.call_soon_threadsafe(gate.wait)
    background.close()
    assert not background.loop.is_closed()
    gate.set()
    background._thread.join(10)
    background.close()
    assert background.loop.is_closed()

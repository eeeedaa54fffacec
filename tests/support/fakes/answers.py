"""A store and a provider that do what a test says, for the send-loop."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime

from chat.conversation import Conversation
from chat.providers.base import PromptMessage, Request
from chat.replies.limits import Limits
from chat.replies.replies import Replies

REQUEST = Request("fake/model", (PromptMessage("user", "Hello"),))
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
QUICK = Limits(first_token=5, stall=5, total=20, save_every=0.02, retry_waits=(0.01, 0.01), unsaved_retry=0.01)


class FakeKeeper:
    """Keeps messages of one owner in a dict. Refuses to write as a full disk does, or what a test says it refuses."""

    process = "this-process"

    def __init__(self):
        self.added = []
        self.messages = {}
        self.saved = []
        self.threads = set()
        self.refusals = 0
        self.refuse = lambda changes: None
        self.trashed_at = None
        self._changed = threading.Condition()

    def add_message(self, owner, conversation_id, message):
        assert owner == "personal"
        self.refuse({"id": message.id})
        self.added.append(message)
        self.messages[message.id] = message
        return self.conversation(owner, conversation_id)

    def update_message(self, owner, conversation_id, message_id, **changes):
        assert (owner, conversation_id[:1]) == ("personal", "c")
        self.threads.add(threading.current_thread().name)
        with self._changed:
            if self.refusals:
                self.refusals -= 1
                raise OSError("The disk is full.")
            self.refuse(changes)
            self.saved.append(changes)
            self.messages[message_id] = replace(self.messages[message_id], **changes)
            self._changed.notify_all()
            return self.conversation(owner, conversation_id)

    def conversation(self, owner, id):
        messages = tuple(self.messages.values())
        return Conversation(id, owner, "", MOMENT, MOMENT, trashed_at=self.trashed_at, messages=messages)

    def wait_for(self, condition):
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), 10)

    @property
    def last(self):
        return self.saved[-1]


class FakeProvider:
    """Plays steps: a chunk is given, an error raised, an Event waited for. Each try takes the next list of steps."""

    def __init__(self, *tries):
        self.asked = 0
        self.request = None
        self.tries = list(tries)
        self.closed = threading.Event()

    async def stream(self, request):
        self.asked += 1
        self.request = request
        try:
            for step in self.tries.pop(0):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, threading.Event):
                    while not step.is_set():  # noqa: ASYNC110 - a thread's event, and no wall time is asserted
                        await asyncio.sleep(0.005)
                else:
                    yield step
        finally:
            self.closed.set()


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


def start(keeper, background, provider, limits=QUICK):
    replies = Replies(keeper, background, limits)
    return replies, replies.start("personal", "c1", "q1", REQUEST, lambda: provider)

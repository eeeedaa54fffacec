"""Answers made in the background, kept while they grow, and followed by any number of pages.

This is the only send-loop: send, retry and whatever else makes an answer all come through `Replies.start`. A reply
belongs to no page. When nobody follows it, it goes on; when its process ends, its words are in the store. The last
save comes before the status changes, so whoever sees a reply end finds all of it in the store.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from chat.conversation import ErrorDetails, Message, Status, new_id, utc_now
from chat.endings import ending_by, why_empty
from chat.errors import ChatError, NotNow, TooManyAtOnce
from chat.providers.base import Provider, Request
from chat.replies.background import Background
from chat.replies.limits import Limits
from chat.replies.reply import Outcome, Reply
from chat.replies.retrying import receive
from chat.replies.saving import NEVER_PASSES, UNSAVABLE, Keeper, is_wanted, save

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Settle = Callable[[Reply], object]
"""Counts what an answer took, now that it has ended. Called in a thread; what it raises ends nothing."""

UNEXPECTED = "Something unexpected went wrong while the answer was made. What arrived is kept: try again."
STILL_WRITTEN = "This answer is still being written: wait for its end, or stop it first."
HAS_CHANGED = "This answer has changed meanwhile: look at what it says now, then try again."
CLOSING = "Chatkeep is being closed: what you wrote is kept, and can be answered when it runs again."


class Replies:
    """The answers in the making of one process. Safe from any thread."""

    def __init__(self, store: Keeper, background: Background, limits: Limits | None = None) -> None:
        self._store = store
        self._background = background
        self._limits = limits or Limits()
        self._replies: dict[tuple[str, str], Reply] = {}
        self._unsaved: set[Reply] = set()
        self._closing = False
        self._lock = threading.Lock()

    def start(
        self,
        owner: str,
        conversation_id: str,
        parent_id: str,
        request: Request,
        provider: Callable[[], Provider],
        *,
        begun: Message | None = None,
        seam: bool = False,
        at_once: int | None = None,
        spend: Callable[[], Settle] | None = None,
    ) -> Reply:
        """Keep an answer to `parent_id`, have the model fill it in the background, and return at once.

        `begun` is an answer that ended early, to go on with: it is this message that grows, or, where it is complete
        (at a limit of tokens) and so keeps its words, a sibling that starts with them. `seam` says that the provider
        may repeat some of them. `provider` is called on the loop, where providers are made. `spend` counts the answer
        before anything is kept or sent, and what it returns is called when the answer has ended.

        Raises `NotNow` where that message is being written already, `TooManyAtOnce` where `at_once` answers of this
        owner are, what `spend` raises, and what the store raises when the answer could not be kept; then nothing was
        sent.
        """
        if begun is None or begun.status == "complete":
            message = self._new_message(parent_id, request.model, begun)
        elif begun.status == "streaming":
            raise NotNow(STILL_WRITTEN)
        else:
            message = replace(
                begun,
                status="streaming",
                error=None,
                error_details=None,
                finish_reason=None,
                process=self._store.process,
            )
        reply = Reply(owner, conversation_id, message, model=request.model, seam=seam)
        self._admit(reply, at_once)
        try:
            settle = None if spend is None else spend()
        except BaseException:
            self._dismiss(reply)
            raise
        work = self._make(reply, request, provider, settle)
        try:
            if begun is None or message.id != begun.id:
                self._store.add_message(owner, conversation_id, message)
            else:
                self._go_on(reply, begun)
            self._background.submit(work)
        except BaseException:
            work.close()
            self._dismiss(reply)
            raise
        return reply

    def _new_message(self, parent_id: str, model: str, begun: Message | None) -> Message:
        message = Message(
            id=new_id(),
            parent_id=parent_id,
            role="assistant",
            content="",
            created_at=utc_now(),
            model=model,
            status="streaming",
            process=self._store.process,
        )
        if begun is None:
            return message
        return replace(message, content=begun.content, reasoning=begun.reasoning, model=begun.model, parts=begun.parts)

    def _admit(self, reply: Reply, at_once: int | None) -> None:
        """Enter the reply, before the store is asked: of two that would write one message, the second is refused."""
        with self._lock:
            if self._closing:
                raise NotNow(CLOSING)
            if (reply.owner, reply.message.id) in self._replies:
                raise NotNow(STILL_WRITTEN)
            others = tuple(each.conversation_id for each in self._replies.values() if each.owner == reply.owner)
            if at_once is not None and len(others) >= at_once:
                raise TooManyAtOnce(others)
            self._replies[reply.owner, reply.message.id] = reply
            self._unsaved.add(reply)

    def _dismiss(self, reply: Reply) -> None:
        with self._lock:
            self._unsaved.discard(reply)
        self._let_go(reply)

    def _let_go(self, reply: Reply) -> None:
        """Let pages see the reply as ended."""
        with self._lock:
            if self._replies.get((reply.owner, reply.message.id)) is reply:
                del self._replies[reply.owner, reply.message.id]
        reply.end()

    def _go_on(self, reply: Reply, begun: Message) -> None:
        """Have the store know that the message is being written again, from the words that it has there."""
        begin = {
            "status": "streaming",
            "error": None,
            "error_details": None,
            "finish_reason": None,
            "process": self._store.process,
        }
        kept = self._store.update_message(reply.owner, reply.conversation_id, begun.id, **begin).message(begun.id)
        if kept is not None and kept.content != begun.content:
            end = {
                "status": begun.status,
                "error": begun.error,
                "error_details": begun.error_details,
                "finish_reason": begun.finish_reason,
                "process": None,
            }
            self._store.update_message(reply.owner, reply.conversation_id, begun.id, **end)
            raise NotNow(HAS_CHANGED)

    def get(self, owner: str, message_id: str) -> Reply | None:
        """Return this owner's reply that is becoming the message of that id, or None where it has ended."""
        with self._lock:
            return self._replies.get((owner, message_id))

    def active(self) -> tuple[Reply, ...]:
        """Return every reply that has not ended."""
        with self._lock:
            return tuple(self._replies.values())

    def stop_all_in(self, owner: str, conversation_id: str) -> None:
        """Stop what is being written in this conversation: nobody sees it any more."""
        for reply in self.active():
            if (reply.owner, reply.conversation_id) == (owner, conversation_id):
                reply.stop()

    def close(self) -> None:
        """End every reply as interrupted, its words kept. For the end of the process; called on the main thread.

        All of them together have `Limits.closing` seconds. What the loop could not save by then is saved from here,
        each on its own.
        """
        with self._lock:
            self._closing = True
        deadline = time.monotonic() + self._limits.closing
        for reply in self.active():
            reply.end_early("interrupted")
        for reply in self.active():
            reply.wait_until_ended(max(0.0, deadline - time.monotonic()))
        with self._lock:
            unsaved = tuple(self._unsaved)
        for reply in unsaved:
            reply.finish(Outcome("interrupted"))
            try:
                save(self._store, reply)
            except Exception as error:
                log.warning("An answer could not be saved at the end: %s", error)
            self._dismiss(reply)

    async def _make(
        self, reply: Reply, request: Request, provider: Callable[[], Provider], settle: Settle | None
    ) -> None:
        # Receiving is a task of its own, so that a stop ends it and cannot break the saving that follows.
        receiving = asyncio.create_task(self._receive(reply, request, provider))
        reply.stops_with(lambda: self._background.loop.call_soon_threadsafe(receiving.cancel))
        received = asyncio.Event()
        saver = asyncio.create_task(self._save_while_growing(reply, received))
        try:
            try:
                outcome = await receiving
            except asyncio.CancelledError:
                outcome = Outcome(reply.ended_early_as or "interrupted")
            reply.finish(outcome)
            received.set()
            await saver
            await self._save_for_good(reply)
            if settle is not None:
                await self._settle(reply, settle)
        finally:
            self._dismiss(reply)

    async def _receive(self, reply: Reply, request: Request, provider: Callable[[], Provider]) -> Outcome:
        if reply.ended_early_as is not None:  # stopped before the first step: nothing is asked for
            return Outcome(reply.ended_early_as)
        started = time.monotonic()

        def after(status: Status, error: str | None = None, details: ErrorDetails | None = None) -> Outcome:
            return Outcome(status, error, round((time.monotonic() - started) * 1000), details)

        try:
            await receive(reply, request, provider, self._limits, started)
        except ChatError as error:
            return after("failed", str(error), error.details)
        except Exception:
            log.exception("A reply failed in a way nobody foresaw")
            return after("failed", UNEXPECTED)
        if reply.has_words or ending_by(reply.finish_reason) is not None:
            return after("complete")
        return after("failed", why_empty(reply.finish_reason))

    async def _save_while_growing(self, reply: Reply, received: asyncio.Event) -> None:
        saved = 0
        while True:
            await _wait(received, self._limits.save_every)
            if received.is_set():
                return
            if reply.version == saved:
                continue
            saved = reply.version
            try:
                conversation = await self._aside(lambda: save(self._store, reply))
            except LookupError:
                reply.stop()  # erased: nobody can read on
                return
            except Exception as error:
                log.warning("A growing answer could not be saved: %s", error)
                reply.trouble(str(error))
                continue
            reply.trouble(None)
            if not is_wanted(conversation, reply):
                reply.stop()

    async def _save_for_good(self, reply: Reply) -> None:
        let_go = asyncio.Event()
        reply.then_stops_with(lambda: self._background.loop.call_soon_threadsafe(let_go.set))
        for wait in self._limits.unsaved_waits():
            try:
                await self._aside(lambda: save(self._store, reply))
                return
            except LookupError:
                log.info("An answer ended after its conversation was erased")
                return
            except NEVER_PASSES:
                log.exception("An answer can never be saved")
                reply.trouble(UNSAVABLE)
                return
            except Exception as error:
                log.warning("An answer could not be saved: %s", error)
                reply.trouble(str(error))
            await _wait(let_go, wait)
            if let_go.is_set():  # stopped: pages go on without it, and its words are still saved once they can be
                let_go.clear()
                self._let_go(reply)

    async def _settle(self, reply: Reply, settle: Settle) -> None:
        try:
            await self._aside(lambda: settle(reply))
        except Exception as error:
            log.warning("What an answer took could not be counted (%s): what was reserved for it counts", error)

    async def _aside(self, work: Callable[[], Result]) -> Result:
        """Do what writes to a disk in a thread of its own; at the end of the process there may be none any more."""
        return work() if self._closing else await asyncio.to_thread(work)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)

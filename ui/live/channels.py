"""The channels by which pages hear what arrives: one for each page, known to that page alone.

A channel's name is 128 random bits, told to the page it was made for; it opens for the browser only whose session that
page belongs to, for as long as the session is there. What is named otherwise, or belongs to another browser, does not
exist (`route.py`).
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from chat.replies.reply import Reply
from ui import state
from ui.live.feed import Feed, Listener
from ui.markdown.settling import standing
from ui.web.binding import USER_KEY

PING_SECONDS = 1.0
"""Between two questions whether a page hears, while an answer is on its way to it."""
DEAF_SECONDS = 2.0
"""Without an answer to one of them, after which a page is taken not to hear."""
KEPT_SECONDS = 600.0
"""That a channel is kept without its session, which may come back."""


@dataclass(eq=False)
class Drawn:
    """How far one page has drawn a reply."""

    kind: str
    """`text`, or `thinking` where there is no word of the answer yet."""
    settled: int
    """Characters of that kind that are drawn; the page shows by itself what comes after them."""
    by_push: bool
    """False once the page was found not to hear: it is not changed back under a reader's eyes."""

    @classmethod
    def of(cls, reply: Reply, *, by_push: bool) -> Drawn:
        snapshot = reply.snapshot()
        kind, text = ("text", snapshot.text) if snapshot.text else ("thinking", snapshot.reasoning)
        return cls(kind, standing(text).place, by_push)


@dataclass(eq=False)
class Channel:
    """Where one page hears of the replies that it shows. Safe from any thread."""

    name: str = field(repr=False)
    session_id: str
    browser: str | None
    """What the session is bound to (`ui/web/binding.py`)."""
    replies: dict[str, Reply] = field(default_factory=dict)
    """Those that it shows and that have not ended, by their message's id."""
    drawn: dict[str, Drawn] = field(default_factory=dict)
    """How far the page has drawn each of them."""
    is_lost: bool = False
    """Whether the page was found not to hear, and has not said since that it does."""
    heard_at: float | None = None
    """When the page last said that it hears, in seconds of `time.monotonic`; None where it has not on this connection.
    """
    seen_at: float = field(default_factory=time.monotonic)
    wake: Callable[[], None] | None = None
    """Has the route look at `replies` again; None while no page is connected."""

    def follow(self, reply: Reply) -> Drawn:
        """Say what comes of this reply, from its beginning. Return how far the page has drawn it."""
        message_id = reply.message.id
        if self.replies.get(message_id) is not reply:
            self.drawn[message_id] = Drawn.of(reply, by_push=not self.is_lost)
            self.replies[message_id] = reply
            if (wake := self.wake) is not None:
                wake()
        return self.drawn[message_id]

    def forget(self, reply: Reply) -> None:
        """Say no more of a reply, which has ended."""
        if self.replies.get(reply.message.id) is reply:
            del self.replies[reply.message.id]
            self.drawn.pop(reply.message.id, None)

    def hear(self) -> None:
        """Take in that the page says that it hears."""
        self.heard_at = time.monotonic()
        self.is_lost = False

    def lose(self) -> None:
        """Take the page not to hear, as it says or as its answers stay away, until it says that it does."""
        self.is_lost = True

    def is_open(self) -> bool:
        """Whether its session is there, and connected."""
        return runtime.exists() and runtime.get_instance().is_active_session(self.session_id)


class Channels:
    """All of them in this process, and the feeds that they share."""

    def __init__(self) -> None:
        self.are_served = False
        """Whether the server has the route: in plain mode there is none."""
        self._channels: dict[str, Channel] = {}
        self._lock = threading.Lock()
        self._feeds: dict[Reply, Feed] = {}
        """On the server's loop alone, as the tasks."""
        self._tasks: set[asyncio.Task[None]] = set()

    def make(self, session_id: str, browser: str | None) -> Channel:
        """Return a new channel for this session; any other that it had is no more."""
        channel = Channel(secrets.token_urlsafe(16), session_id, browser)
        now = time.monotonic()
        with self._lock:
            for each in tuple(self._channels.values()):
                if each.is_open():
                    each.seen_at = now
                if each.session_id == session_id or now - each.seen_at > KEPT_SECONDS:
                    del self._channels[each.name]
            self._channels[channel.name] = channel
        return channel

    def get(self, name: str) -> Channel | None:
        with self._lock:
            return self._channels.get(name)

    def join(self, reply: Reply, listener: Listener, drawn: Drawn) -> None:
        """Have this listener told of a reply, of which its page has drawn so much. On the server's loop."""
        feed = self._feeds.get(reply)
        if feed is None:
            feed = self._feeds[reply] = Feed(reply)
            feed.join(listener, (drawn.kind, drawn.settled))
            task = asyncio.ensure_future(self._run(reply, feed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            feed.join(listener, (drawn.kind, drawn.settled))

    def leave(self, listener: Listener) -> None:
        """Tell this listener no more. On the server's loop."""
        for feed in self._feeds.values():
            feed.leave(listener)

    async def _run(self, reply: Reply, feed: Feed) -> None:
        try:
            await feed.run()
        finally:
            if self._feeds.get(reply) is feed:
                del self._feeds[reply]


@st.cache_resource(show_spinner=False)
def channels() -> Channels:
    """Return the channels of this process."""
    return Channels()


def channel_here() -> Channel | None:
    """Return the channel of the page that is drawn, made at the first call of its session; None in plain mode."""
    shared, context = channels(), get_script_run_ctx()
    if not shared.are_served or context is None:
        return None
    channel = shared.get(state.page.channel_name())
    if channel is None or channel.session_id != context.session_id:
        browser = st.user.get(USER_KEY)
        channel = shared.make(context.session_id, browser if isinstance(browser, str) else None)
        state.page.set_channel_name(channel.name)
    return channel

"""The route by which a page hears what arrives: a WebSocket, of which a browser opens as many as it has tabs.

The channel's name is said as the socket's protocol, so that it is in no address and no log. A page of this very
address alone may open it, in the browser that the channel is of; everything else is answered as what does not exist.
What the page says is `here`, for each empty frame, and nothing else is listened to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from chat.replies.reply import Reply
from ui.live.channels import DEAF_SECONDS, PING_SECONDS, Channel, channels
from ui.web.binding import bindings_of
from ui.web.places import is_same_origin

LIVE = "chatkeep/live"
"""Where it is below the app's own address."""
IDLE_SECONDS = 20.0
"""Between two questions whether a page hears while nothing is on its way: proxies end a socket that says nothing."""
PING = "{}"
MOST_WAITING = 2_000
"""Frames that wait for a page that takes them too slowly; it then connects anew, and gets all at once."""


async def _serve(socket: WebSocket) -> None:
    channel = _channel_of(socket)
    if channel is None:
        await socket.close()  # before it is accepted: an answer of 403, whatever the reason
        return
    await socket.accept(subprotocol=channel.name)
    outbox = _Outbox()
    channel.heard_at = None
    channel.wake = _waker(outbox)
    wake = channel.wake
    hearing = asyncio.ensure_future(_hear(socket, channel))
    hearing.add_done_callback(lambda _: outbox.something.set())
    try:
        await _say(socket, channel, outbox, hearing)
    finally:
        hearing.cancel()
        channels().leave(outbox.put)
        if channel.wake is wake:  # no later page of the session has taken its place
            channel.wake, channel.heard_at = None, None
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close()


class _Outbox:
    """The frames that wait to be sent to one page."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.something = asyncio.Event()
        self.joined: set[Reply] = set()
        """The replies that it hears of."""

    def put(self, frame: str) -> None:
        self.frames.append(frame)
        self.something.set()


def _waker(outbox: _Outbox) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(outbox.something.set)

    return wake


def _channel_of(socket: WebSocket) -> Channel | None:
    names = socket.scope.get("subprotocols") or []
    if len(names) != 1 or not is_same_origin(socket.scope):
        return None
    channel = channels().get(names[0])
    ours: set[str | None] = {*bindings_of(socket.scope)} or {None}
    if channel is None or channel.browser not in ours or not channel.is_open():
        return None
    return channel


async def _say(socket: WebSocket, channel: Channel, outbox: _Outbox, hearing: asyncio.Future[None]) -> None:
    wake, asked_at = channel.wake, 0.0
    while not hearing.done() and channel.wake is wake and channel.is_open():
        for reply in tuple(channel.replies.values()):
            if reply not in outbox.joined:
                outbox.joined.add(reply)
                channels().join(reply, outbox.put, channel.drawn[reply.message.id])
            elif reply.ended:
                outbox.joined.discard(reply)
                channel.forget(reply)
        frames, outbox.frames = outbox.frames, []
        outbox.something.clear()
        if len(frames) > MOST_WAITING:
            return
        every = PING_SECONDS if channel.replies else IDLE_SECONDS
        now = time.monotonic()
        if now - asked_at >= every:
            if channel.heard_at is not None and asked_at - channel.heard_at > DEAF_SECONDS:
                channel.lose()
            asked_at = now
            frames.append(PING)
        if frames:
            await socket.send_text(f"[{','.join(frames)}]")
        with suppress(TimeoutError):
            await asyncio.wait_for(outbox.something.wait(), every)


async def _hear(socket: WebSocket, channel: Channel) -> None:
    with suppress(WebSocketDisconnect, RuntimeError, KeyError):
        while True:
            if await socket.receive_text() == "here":
                channel.hear()


ROUTES: tuple[BaseRoute, ...] = tuple(WebSocketRoute(f"{prefix}/{LIVE}", _serve) for prefix in ("", "/{prefix:path}"))

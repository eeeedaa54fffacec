"""Who hears a channel: the page it was made for, and nobody else."""

import asyncio
import json

import pytest
from starlette.routing import Router

from chat.conversation import Message, utc_now
from chat.owner import visitor_of
from chat.providers.base import Chunk
from chat.replies.reply import Outcome, Reply
from ui.live import channels as channels_module
from ui.live import route
from ui.live.channels import Channel, Channels

TOKEN, OTHER_TOKEN = "A" * 43, "B" * 43
SESSION = "a-session"


@pytest.fixture
def shared(monkeypatch) -> Channels:
    made = Channels()
    monkeypatch.setattr(route, "channels", lambda: made)
    monkeypatch.setattr(Channel, "is_open", lambda channel: channel.session_id == SESSION)
    return made


class FakeBrowser:
    """One socket of a browser, as the server sees it."""

    def __init__(self, name, *, token=TOKEN, origin="http://chat.example", path="/chatkeep/live", names=None):
        self.scope = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "subprotocols": [name] if names is None else names,
            "headers": [
                (b"host", b"chat.example"),
                *([(b"origin", origin.encode())] if origin else []),
                *([(b"cookie", f"chatkeep={token}".encode())] if token else []),
            ],
        }
        self.sent: list[dict] = []
        self.says: asyncio.Queue[dict] = asyncio.Queue()
        self.says.put_nowait({"type": "websocket.connect"})

    async def send(self, message):
        self.sent.append(message)
        if message["type"] == "websocket.send" and "{}" in message["text"]:
            self.says.put_nowait({"type": "websocket.receive", "text": "here"})

    async def open(self):
        await Router(route.ROUTES)(self.scope, self.says.get, self.send)

    def leave(self):
        self.says.put_nowait({"type": "websocket.disconnect", "code": 1001})

    @property
    def frames(self):
        texts = (json.loads(each["text"]) for each in self.sent if each["type"] == "websocket.send")
        return [frame for text in texts for frame in text]


def a_reply() -> Reply:
    return Reply("personal", "c1", Message("a1", "q1", "assistant", "", utc_now(), status="streaming"))


async def until(condition):
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("this never happened")


@pytest.mark.parametrize("path", ["/chatkeep/live", "/~/+/chatkeep/live", "/a/b/chatkeep/live"])
def test_page_hears_what_it_shows_from_its_beginning_to_its_end(shared, path):
    async def listen():
        channel = shared.make(SESSION, visitor_of(TOKEN).id)
        browser, reply = FakeBrowser(channel.name, path=path), a_reply()
        reply.receive(Chunk(text="One "), 1)
        opening = asyncio.ensure_future(browser.open())
        await until(lambda: channel.heard_at is not None)
        channel.follow(reply)
        reply.receive(Chunk(text="two."), 1)
        reply.finish(Outcome("complete"))
        reply.end()
        await until(lambda: any("end" in each for each in browser.frames))
        await until(lambda: channel.replies == {})
        browser.leave()
        await asyncio.wait_for(opening, 10)
        assert (channel.wake, channel.heard_at) == (None, None)
        assert browser.sent[0] == {"type": "websocket.accept", "subprotocol": channel.name, "headers": []}
        assert "".join(frame[3] for frame in browser.frames if isinstance(frame, list)) == "One two."

    asyncio.run(listen())


REFUSED = {
    "a guessed name": {"name": "guessed"},
    "no name": {"names": []},
    "two names": {"names": ["one", "two"]},
    "another visitor's browser": {"token": OTHER_TOKEN},
    "a browser without a cookie": {"token": None},
    "a page of another site": {"origin": "http://other.example"},
    "no page": {"origin": None},
}


@pytest.mark.parametrize("how", REFUSED.values(), ids=REFUSED)
def test_nobody_else_is_told_anything(shared, how):
    channel = shared.make(SESSION, visitor_of(TOKEN).id)
    browser = FakeBrowser(**{"name": channel.name, **how})
    asyncio.run(asyncio.wait_for(browser.open(), 10))
    assert [message["type"] for message in browser.sent] == ["websocket.close"]
    assert channel.wake is None


def test_channel_ends_with_its_session_and_with_the_next_one_of_that_session(shared):
    gone = shared.make("another-session", visitor_of(TOKEN).id)
    first = shared.make(SESSION, visitor_of(TOKEN).id)
    second = shared.make(SESSION, visitor_of(TOKEN).id)
    assert first.name != second.name
    assert len(first.name) >= 22  # 128 bits, in 64 signs
    for name in (gone.name, first.name):
        browser = FakeBrowser(name)
        asyncio.run(asyncio.wait_for(browser.open(), 10))
        assert [message["type"] for message in browser.sent] == ["websocket.close"]


def test_page_that_says_nothing_is_taken_not_to_hear(shared, monkeypatch):
    monkeypatch.setattr(route, "PING_SECONDS", 0.01)
    monkeypatch.setattr(route, "DEAF_SECONDS", 0.05)

    async def listen():
        channel = shared.make(SESSION, visitor_of(TOKEN).id)
        channel.follow(a_reply())
        browser = FakeBrowser(channel.name)
        opening = asyncio.ensure_future(browser.open())
        await until(lambda: channel.heard_at is not None)
        browser.says = FakeSilence(browser.says)
        await until(lambda: channel.is_lost)
        assert not channel.follow(a_reply()).by_push
        opening.cancel()

    asyncio.run(listen())


class FakeSilence(asyncio.Queue):
    """What a browser says that says no more: nothing new."""

    def __init__(self, said):
        super().__init__()

    def put_nowait(self, item):
        pass


def test_channels_without_a_session_are_kept_for_a_while_alone(shared, monkeypatch):
    gone = shared.make("another-session", None)
    shared.make(SESSION, None)
    assert shared.get(gone.name) is gone
    monkeypatch.setattr(channels_module, "KEPT_SECONDS", -1)
    shared.make("a-third-session", None)
    assert shared.get(gone.name) is None

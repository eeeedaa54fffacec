"""Answers arrive by push, in as many tabs as there are, and whole to the letter whatever becomes of the channel."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.browser import Runs, browser, console_of, page, until, when_drawn  # noqa: F401
from tests.support.chatkeep_app import PLAIN, button, chatkeep, message_box, say
from tests.support.fakes.fake_server import FakeModelServer, Think
from tests.support.shared_app import (
    SharedApp,
    answered,
    app,  # noqa: F401
    assert_it_only_grew,
    counting,
    last_words,
    shared_app,
    squeezed,
    text_of,
    watch_the_answer,
)
from ui.live.route import PING

running = shared_app("by-script")
LIVE = re.compile("chatkeep/live$")
TABS = 10


class Channel:
    """The channel of a page as it is on its way: all of it can be lost, or all but its pings, and it can be cut."""

    def __init__(self, page: Page) -> None:  # noqa: F811
        self.is_held = False
        self.is_refused = False
        self.says_nothing = False
        self.opened = 0
        self._sides: tuple[WebSocketRoute, WebSocketRoute] | None = None
        page.route_web_socket(LIVE, self._connect)

    def cut(self) -> None:
        assert self._sides is not None
        for side in self._sides:
            side.close(code=1011)

    def _connect(self, socket: WebSocketRoute) -> None:
        self.opened += 1
        if self.is_refused:
            socket.close(code=1011)
            return
        server = socket.connect_to_server()
        self._sides = socket, server
        socket.on_message(server.send)
        server.on_message(lambda frame: None if self._is_lost(frame) else socket.send(frame))

    def _is_lost(self, frame: str | bytes) -> bool:
        return self.is_held or (self.says_nothing and frame != f"[{PING}]")


class Drawing:
    """What Streamlit sends to a page, as it is on its way: it can be held back."""

    def __init__(self, page: Page) -> None:  # noqa: F811
        self.is_held = False
        self._held: list[str | bytes] = []
        self._page = page
        self._page_side: WebSocketRoute | None = None
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)

    def holds(self, words: str) -> bool:
        """Return whether a run that draws these words is held back, with its end."""
        return self._end_of(words) is not None

    def let_through(self, words: str) -> None:
        """Let the runs up to the one that draws these words through, and wait until a person could see them."""
        end = self._end_of(words)
        assert end is not None
        self._send(end)
        when_drawn(self._page)

    def let_through_in_pieces(self, words: str) -> list[int]:
        """Let the runs up to the one that draws these words through, and each piece be seen by itself. Return how long
        the page was, before and after each, in pixels."""
        lengths = [self._length()]
        end = self._end_of(words)
        assert end is not None
        for _ in range(end):
            self._send(1)
            when_drawn(self._page)
            lengths.append(self._length())
        return lengths

    def _length(self) -> int:
        return int(self._page.evaluate("document.querySelector('main').scrollHeight"))

    def let_all_through(self) -> None:
        self.is_held = False
        self._send(len(self._held))

    def _send(self, count: int) -> None:
        assert self._page_side is not None
        for frame in self._held[:count]:
            self._page_side.send(frame)
        del self._held[:count]

    def _end_of(self, words: str) -> int | None:
        has_drawn = False
        for number, frame in enumerate(self._held, 1):
            message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else b"")
            has_drawn = has_drawn or words in message.delta.new_element.markdown.body
            if has_drawn and message.HasField("script_finished"):
                return number
        return None

    def _connect(self, socket: WebSocketRoute) -> None:
        self._page_side = socket
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda frame: self._held.append(frame) if self.is_held else socket.send(frame))


def open_chat(page: Page, app: SharedApp) -> None:  # noqa: F811
    page.goto(app.url)
    expect(message_box(page)).to_be_enabled()


def assert_whole(app: SharedApp, page: Page, whole: str) -> None:  # noqa: F811
    """Check that the page shows what is stored, and that this is what was sent, to the letter."""
    answered(page, 2)
    assert app.open_conversation(page).path()[-1].content == whole
    assert last_words(page).startswith(squeezed(whole))


def test_words_come_without_a_run_of_anything_and_ten_tabs_hear_them(page, app, browser):  # noqa: F811
    runs, gate, last = Runs(page), app.models.gate(), app.models.gate()
    app.models.script = [*counting(1, 3), gate, *counting(4, 9), last, *counting(10, 30)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Tell all.")
    expect(page.get_by_text("word3")).to_be_visible()
    address = page.evaluate("location.href")
    tabs = [page.context.new_page() for _ in range(TABS - 1)]
    for each in tabs:
        each.goto(address)
        expect(each.get_by_text("word3")).to_be_visible()
    expect(page.locator(".chatkeep-open-text > div")).to_be_visible()
    runs.forget()
    gate.open()
    for each in (page, *tabs):
        expect(each.get_by_text("word9")).to_be_visible()
    assert runs.of_page == 0
    assert runs.of_parts <= 3  # the look at other tabs, every three seconds
    last.open()
    for each in (page, *tabs):
        assert_whole(app, each, whole)
        assert_it_only_grew(each, whole)
    assert runs.of_page == 0
    assert console_of(page.context) == []


def test_channel_that_is_cut_goes_on_from_where_it_was(page, app):  # noqa: F811
    channel = Channel(page)
    first, second = app.models.gate(), app.models.gate()
    app.models.script = [*counting(1, 15), first, *counting(16, 25), second, *counting(26, 40)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Cut this.")
    expect(page.get_by_text("word15")).to_be_visible()
    channel.cut()
    first.open()
    expect(page.get_by_text("word25")).to_be_visible()
    page.wait_for_function("() => window.chatkeepLive.socket?.readyState === 1")
    assert channel.opened == 2
    second.open()
    assert_whole(app, page, whole)
    assert_it_only_grew(page, whole)


def test_answer_that_ends_while_its_channel_is_cut_takes_the_place_of_its_words_in_pieces(page, app):  # noqa: F811
    """Where nobody else listens what is said begins anew, and knows nothing of what the page has drawn."""
    channel, drawing, gate = Channel(page), Drawing(page), app.models.gate()
    app.models.script = [*counting(1, 15), gate, *counting(16, 60, 0)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Cut this.")
    expect(page.get_by_role("paragraph").filter(has_text="word10")).to_be_visible()
    channel.is_refused = True
    channel.cut()
    until(page, lambda: channel.opened == 2)
    drawing.is_held = True
    gate.open()
    app.models.wait_for(lambda: app.models.asked[-1].done)
    channel.is_refused = False
    until(page, lambda: drawing.holds("word60"))
    drawing.let_through_in_pieces("word60")
    drawing.let_all_through()
    assert_whole(app, page, whole)
    assert channel.opened == 3
    assert_it_only_grew(page, whole)


def test_no_word_goes_away_where_an_answer_ends_before_its_last_block_is_drawn(page, app):  # noqa: F811
    drawing, block, last = Drawing(page), app.models.gate(), app.models.gate()
    app.models.script = [*counting(1, 15), block, *counting(16, 25), last, *counting(26, 38)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Go on.")
    expect(page.get_by_role("paragraph").filter(has_text="word10")).to_be_visible()
    drawing.is_held = True
    block.open()
    until(page, lambda: drawing.holds("word20"))
    last.open()
    page.wait_for_function("() => [...chatkeepLive.texts.values()].some(each => each.look?.kind === 'end')")
    drawing.let_through("word20")
    drawing.let_all_through()
    assert_whole(app, page, whole)
    assert_it_only_grew(page, whole)


def test_words_stand_where_they_are_while_they_are_drawn_in_pieces(page, app):  # noqa: F811
    drawing, more, last = Drawing(page), app.models.gate(), app.models.gate()
    # Long and short ones: a part of the page grows, others come, and the last one is open.
    first, second, third = (counting(*numbers, 0) for numbers in ((1, 130), (131, 560), (561, 700)))
    app.models.script = [*first, more, *second, last, *third]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "In pieces.")
    expect(page.get_by_role("paragraph").filter(has_text="word120")).to_be_visible()
    drawing.is_held = True
    more.open()
    until(page, lambda: drawing.holds("word550"))
    lengths = drawing.let_through_in_pieces("word550")
    last.open()
    until(page, lambda: drawing.holds("word700"))
    lengths += drawing.let_through_in_pieces("word700")
    drawing.let_all_through()
    assert_whole(app, page, whole)
    assert_it_only_grew(page, whole)
    assert lengths == sorted(lengths)


def test_page_whose_channel_is_held_back_follows_as_it_does_without_one(page, app):  # noqa: F811
    channel = Channel(page)
    gate = app.models.gate()
    app.models.script = [*counting(1, 15), gate, *counting(16, 40)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Hold this back.")
    expect(page.get_by_text("word15")).to_be_visible()
    channel.is_held = True
    gate.open()
    expect(page.get_by_text("word30")).to_be_visible()
    assert_whole(app, page, whole)
    assert_it_only_grew(page, whole)


def test_end_that_a_page_has_not_heard_of_is_drawn_over_its_words_in_pieces(page, app):  # noqa: F811
    channel, drawing, gate = Channel(page), Drawing(page), app.models.gate()
    app.models.script = [*counting(1, 15), gate, *counting(16, 700, 0)]  # some parts, each of several paragraphs
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Say no more.")
    expect(page.get_by_role("paragraph").filter(has_text="word10")).to_be_visible()
    channel.says_nothing = True
    drawing.is_held = True
    gate.open()
    while not page.get_by_role("paragraph").filter(has_text="word700").is_visible():
        until(page, lambda: drawing.holds("word10"))  # with the look at other tabs, every three seconds
        drawing.let_through_in_pieces("word10")
    drawing.let_all_through()
    assert_whole(app, page, whole)
    assert_it_only_grew(page, whole)


def test_page_that_is_deaf_goes_on_without_its_channel_in_pieces(page, app):  # noqa: F811
    channel, drawing, gate, last = Channel(page), Drawing(page), app.models.gate(), app.models.gate()
    app.models.script = [*counting(1, 15), gate, *counting(16, 695, 0), last, *counting(696, 700)]
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Be deaf.")
    expect(page.get_by_role("paragraph").filter(has_text="word10")).to_be_visible()
    channel.is_held = True
    drawing.is_held = True
    gate.open()
    while not page.get_by_role("paragraph").filter(has_text="word695").is_visible():
        until(page, lambda: drawing.holds("word10"))  # as the page asks to be drawn without a channel
        drawing.let_through_in_pieces("word10")
    last.open()
    drawing.let_all_through()
    assert_whole(app, page, whole)
    assert_it_only_grew(page, whole)


def test_proxy_that_holds_all_back_leaves_the_page_as_it_is_without_a_channel(page, app):  # noqa: F811
    channel = Channel(page)
    channel.is_held = True
    app.models.script = counting(1, 120)
    whole = text_of(app.models.script)
    watch_the_answer(page.context)
    open_chat(page, app)
    say(page, "Nothing comes.")
    assert_whole(app, page, whole)
    assert assert_it_only_grew(page, whole) > 1
    assert channel.opened == 1


def test_thoughts_and_what_is_waited_for_are_shown_as_they_come(page, app):  # noqa: F811
    thinking, answering = app.models.gate(), app.models.gate()
    thoughts = [Think(f"thought{number} ") for number in range(1, 9)]
    app.models.script = [*thoughts, thinking, *counting(1, 9), answering, *counting(10, 20)]
    open_chat(page, app)
    say(page, "Think first.")
    expect(page.get_by_text("thought8")).to_be_visible()
    thinking.open()
    expect(page.get_by_text("word9")).to_be_visible()
    expect(page.get_by_text("thought8")).not_to_be_visible()
    expect(page.get_by_text("Thought before answering")).to_be_visible()
    answering.open()
    answered(page, 2)
    kept = app.open_conversation(page).path()[-1]
    assert kept.reasoning == "".join(f"thought{number} " for number in range(1, 9))
    assert kept.content == text_of(app.models.script)
    assert squeezed(kept.content) in last_words(page)


OPEN = """async ([address, name]) => {
  const socket = new WebSocket(address, [name]);
  let said = 0;
  socket.onmessage = () => { said += 1; };
  const opened = await new Promise(done => {
    socket.onopen = () => done(true);
    socket.onclose = () => done(false);
  });
  return [opened, said];
}"""


def test_guessed_channel_and_that_of_another_browser_open_to_nobody(page, app, browser):  # noqa: F811
    names: list[str] = []
    page.on("websocket", lambda socket: names.append(socket.url) if LIVE.search(socket.url) else None)
    page.add_init_script(
        """const Real = WebSocket; window.channels = [];
        window.WebSocket = function (address, names) {
          if (String(address).endsWith('chatkeep/live')) window.channels.push(names[0]);
          return new Real(address, names);
        }"""
    )
    open_chat(page, app)
    page.wait_for_function("() => window.channels.length > 0")
    (address,) = names
    (name,) = page.evaluate("window.channels")
    assert name not in page.content()
    other: BrowserContext = browser.new_context()
    try:
        stranger = other.new_page()
        stranger.goto(app.url)
        expect(message_box(stranger)).to_be_enabled()
        assert stranger.evaluate(OPEN, [address, name]) == [False, 0]
        assert page.evaluate(OPEN, [address, "A" * 22]) == [False, 0]
    finally:
        other.close()


def test_plain_mode_shows_the_whole_answer_and_asks_for_no_channel(page, tmp_path):  # noqa: F811
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    with FakeModelServer() as models, chatkeep(tmp_path / "data", models, "by-script", run=PLAIN) as server:
        plain = SharedApp(server.url, tmp_path / "data", models)
        models.script = counting(1, 40)
        watch_the_answer(page.context)
        open_chat(page, plain)
        say(page, "Plainly.")
        assert_whole(plain, page, text_of(models.script))
        assert assert_it_only_grew(page, text_of(models.script)) > 1
        assert [each for each in sockets if "_stcore/stream" not in each] == []
        assert console_of(page.context) == []


def test_server_below_a_prefix_that_starts_again_is_heard_again(page, tmp_path):  # noqa: F811
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    settings = {"STREAMLIT_SERVER_BASE_URL_PATH": "chat"}
    with FakeModelServer() as models:
        gate = models.gate()
        models.script = [*counting(1, 12), gate, *counting(13, 20)]
        with chatkeep(tmp_path / "data", models, "by-script", **settings) as server:
            app = SharedApp(server.url, tmp_path / "data", models)
            port = server.port
            open_chat(page, app)
            say(page, "Start again.")
            expect(page.get_by_text("word12")).to_be_visible()
            assert f"{app.url.replace('http', 'ws')}/chatkeep/live" in sockets
        gate.open()
        again = chatkeep(tmp_path / "data", models, "by-script", **settings)
        again.port, again.url = port, server.url
        sockets.clear()
        with again:
            expect(button(page, "Continue")).to_be_visible()
            kept = app.open_conversation(page).path()[-1]
            assert (kept.status, kept.content) == ("interrupted", text_of(counting(1, 12)))
            models.script = counting(13, 20)
            button(page, "Continue").click()
            expect(page.get_by_text("word20")).to_be_visible()
            answered(page, 2)
            assert app.open_conversation(page).path()[-1].content == text_of(counting(1, 20))
            assert f"{app.url.replace('http', 'ws')}/chatkeep/live" in sockets

"""A window stays until a person closes it, whatever has the page drawn anew, and what is done in it is done."""

import re
from itertools import cycle
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from store import open_store
from tests.support.browser import browser, console_of, until, when_drawn  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import DOWNLOAD_MANY, DOWNLOAD_SELECTED, button, message_box, pick
from tests.support.shared_app import OWNER, SharedApp, answered, app, shared_app  # noqa: F401

running = shared_app("by-script")

WINDOWS = {
    "/": [
        (["Conversation"], "Conversation"),
        (["Edit"], "Edit"),
        (["More", "Regenerate with another model"], "Regenerate"),
        (["More", "Add a note"], "Note"),
    ],
    "/History": [
        (["Import"], "Import"),
        (["Preview"], "Preview"),
        (["More"], "Conversation"),
        ([DOWNLOAD_MANY], "Download"),
        (["Select page", DOWNLOAD_SELECTED], "Download"),
        (["Select page", "Tag"], "Tag"),
    ],
    "/History?q=in:trash": [(["Select page", "Erase"], "Erase")],
    "/Settings": [(["Restore"], "Restore"), (["Back up now", "Delete"], "Delete backup")],
}
"""The windows of each page: what is clicked to open one, and its name."""
PAGES = {"chat": "/", "History": "/History", "trash": "/History?q=in:trash", "Settings": "/Settings"}


class LateRequests:
    """Asks the server for a run of the whole page whenever a test says so, with what the widgets hold.

    As a browser does whose connection was gone for a moment.
    """

    def __init__(self, page: Page) -> None:  # noqa: F811
        self.together_with: bytes | None = None
        """What is in a request right behind which the late one is sent too."""
        self.drawn: set[str] = set()
        """What was drawn since the start, each by what names it where the browser says that it has it."""
        self.references = 0
        """How often the server has sent, for what was drawn, no more than its name."""
        self._page = page
        self._last = BackMsg()
        self._timers: dict[str, None] = {}
        self._finished = 0
        self._parts_finished = 0
        self._server: WebSocketRoute | None = None
        page.route_web_socket("**/_stcore/stream", self._connect)

    def last(self) -> BackMsg:
        """Return what the browser asked for last."""
        return BackMsg.FromString(self._last.SerializeToString())

    def ask(self, asked: BackMsg | None = None) -> None:
        """Ask now, for what was asked for last or earlier, and wait until the browser has drawn the answer."""
        before = self._finished
        self._send(asked)
        until(self._page, lambda: self._finished > before)
        when_drawn(self._page)

    def ask_as_timers_do(self) -> None:
        """Ask for each part that has ever had a timer on the page, and wait until the browser has got the answers."""
        assert self._server is not None
        for fragment in self._timers:
            before = self._parts_finished
            asked = self.last()
            asked.rerun_script.fragment_id = fragment
            asked.rerun_script.is_auto_rerun = True
            self._server.send(asked.SerializeToString())
            until(self._page, lambda before=before: self._parts_finished > before)
        when_drawn(self._page)

    def _send(self, asked: BackMsg | None = None) -> None:
        assert self._server is not None
        late = asked or self.last()
        late.rerun_script.ClearField("fragment_id")
        late.rerun_script.ClearField("is_auto_rerun")
        held = [
            each
            for each in late.rerun_script.widget_states.widgets
            if "trigger" not in (each.WhichOneof("value") or "")
        ]
        late.rerun_script.widget_states.ClearField("widgets")
        late.rerun_script.widget_states.widgets.extend(held)
        self._server.send(late.SerializeToString())

    def _connect(self, socket: WebSocketRoute) -> None:
        server = self._server = socket.connect_to_server()

        def to_server(frame: str | bytes) -> None:
            server.send(frame)
            message = BackMsg.FromString(frame if isinstance(frame, bytes) else b"")
            if message.HasField("rerun_script"):
                self._last = message
                if self.together_with is not None and self.together_with in frame:
                    self._send()

        def to_browser(frame: str | bytes) -> None:
            socket.send(frame)
            message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else b"")
            self.references += message.HasField("ref_hash")
            if message.HasField("delta"):
                self.drawn.add(message.hash)
            if message.HasField("auto_rerun"):
                self._timers[message.auto_rerun.fragment_id] = None
            if not message.HasField("script_finished"):
                return
            if message.metadata.run.fragment_ids:
                self._parts_finished += message.script_finished == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
            else:
                self._finished += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY

        socket.on_message(to_server)
        server.on_message(to_browser)


@pytest.fixture
def late(page: Page) -> LateRequests:  # noqa: F811
    return LateRequests(page)


def keep(app: SharedApp, *, trashed: bool = False) -> str:  # noqa: F811
    kept = app.begun("Where is it?", "Here.", "openai/by-script")
    if trashed:
        store = open_store(f"tinydb:///{app.data}")
        store.trash(OWNER, kept.id)
        store.close()
    return kept.id


def go_to(page: Page, app: SharedApp, where: str) -> None:  # noqa: F811
    conversation_id = keep(app, trashed="trash" in where)
    page.goto(app.url + (f"/?c={quote(conversation_id)}" if where == "/" else where))
    if where == "/":
        answered(page, 2)  # the last More is that of the answer


def open_window(page: Page, clicks: list[str | re.Pattern[str]], name: str) -> Locator:  # noqa: F811
    for each in clicks:
        button(page, each).or_(page.get_by_role("menuitem", name=each, exact=True)).last.click()
    window = page.get_by_role("dialog", name=name)
    expect(window).to_be_visible()
    return window


def by_key(window: Locator) -> None:
    window.page.keyboard.press("Escape")


def by_button(window: Locator) -> None:
    window.get_by_role("button", name="Close").click()


@pytest.mark.parametrize("where", PAGES.values(), ids=PAGES)
def test_windows_of_a_page_stay_until_they_are_closed_and_then_are_gone(page, app, late, where):  # noqa: F811
    go_to(page, app, where)
    for (clicks, name), close in zip(WINDOWS[where], cycle([by_key, by_button]), strict=False):
        window = open_window(page, clicks, name)
        late.ask()
        expect(window).to_be_visible()
        close(window)
        expect(window).to_have_count(0)
        late.ask()
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_escape_closes_a_window_that_has_not_got_the_focus_yet(page, app):  # noqa: F811
    """A person may press it as soon as they see the window, and that is a moment sooner."""
    page.goto(f"{app.url}/History")
    button(page, "Import").click()
    expect(page.get_by_role("dialog", name="Import")).to_be_visible()
    page.evaluate(
        """() => {
          document.activeElement.blur();
          document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}));
        }"""
    )
    expect(page.get_by_role("dialog")).to_have_count(0)
    button(page, "Import").click()
    expect(page.get_by_role("dialog", name="Import")).to_be_visible()
    button(page, "Close").focus()
    page.keyboard.press("Escape")  # with the focus in it, as ever
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_page_stands_as_timers_of_a_closed_window_ask_and_what_is_typed_in_it_later_is_saved(page, app, late):  # noqa: F811
    go_to(page, app, "/")
    window = open_window(page, ["Conversation"], "Conversation")
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    late.ask_as_timers_do()
    expect(message_box(page)).to_be_visible()
    assert [line for line in console_of(page.context) if line.startswith("uncaught")] == []

    open_window(page, ["Conversation"], "Conversation")
    window.get_by_role("textbox", name="Title").fill("By another name")
    late.ask()
    expect(window.get_by_role("textbox", name="Title")).to_have_value("By another name")
    window.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="By another name", exact=True)).to_be_visible()
    expect(window).to_have_count(0)


def test_window_opened_as_a_run_is_asked_for_is_there_and_not_after_a_reload_nor_on_another_page(page, app, late):  # noqa: F811
    go_to(page, app, "/History")
    late.together_with = b"preview-"
    window = open_window(page, ["Preview"], "Preview")
    late.ask()
    expect(window).to_be_visible()
    late.together_with = None

    page.reload()
    expect(button(page, "Select page")).to_be_visible()
    late.ask()
    expect(window).to_have_count(0)
    open_window(page, ["Preview"], "Preview")
    page.goto(app.url)
    expect(message_box(page)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_file_and_format_chosen_as_a_run_of_the_whole_page_is_asked_for_are_taken(page, app, late):  # noqa: F811
    go_to(page, app, "/History")
    window = open_window(page, ["Import"], "Import")
    late.together_with = b"wrong.json"
    file = {"name": "wrong.json", "mimeType": "application/json", "buffer": b"no export at all"}
    window.locator("input[type=file]").set_input_files(file)
    expect(window.get_by_role("alert")).to_be_visible()
    window.get_by_role("button", name="Choose another file").click()
    expect(window.locator("input[type=file]")).to_be_attached()
    window.get_by_role("button", name="Close").click()  # the keyboard has nothing there for a moment
    expect(window).to_have_count(0)

    window = open_window(page, ["Select page", DOWNLOAD_SELECTED], "Download")
    late.together_with = b"Chatkeep JSON"
    pick(page, "Format", "Chatkeep JSON")
    expect(window.get_by_text("Everything: all branches")).to_be_visible()


def test_button_that_closes_its_window_acts_once_as_a_run_of_the_whole_page_is_asked_for(page, app, late):  # noqa: F811
    go_to(page, app, "/")
    window = open_window(page, ["Conversation"], "Conversation")
    late.together_with = b"fork"
    window.get_by_role("button", name="Fork", exact=True).dblclick()
    expect(window).to_have_count(0)
    late.ask()
    store = open_store(f"tinydb:///{app.data}")
    forks = [each.source for each in (store.get(OWNER, each.id) for each in store.list(OWNER)) if each.source]
    store.close()
    assert len(forks) == 1


def test_page_is_there_that_was_asked_for_before_the_browser_forgot_what_it_had_of_it(page, app, late):  # noqa: F811
    """As one that is left and come back to so fast that the second request is on its way before the first is served."""
    left = app.begun("Where is it?", "It is at the harbour. " * 40, "openai/by-script")
    entered = app.begun("And then?", "Then it goes home. " * 40, "openai/by-script")
    page.goto(f"{app.url}/?c={left.id}")
    expect(page.get_by_text("It is at the harbour.")).to_be_visible()
    asked = late.last()
    asked.rerun_script.cached_message_hashes.extend(late.drawn)
    page.get_by_role("link", name="And then?", exact=True).click()
    expect(page.get_by_text("Then it goes home.")).to_be_visible()
    for _ in range(4):  # from the third run on without a word of it, the browser has it no more
        late.ask()
    expect(page).to_have_url(f"{app.url}/?c={entered.id}")
    late.ask(asked)
    assert late.references == 0
    expect(page.get_by_text("It is at the harbour.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)

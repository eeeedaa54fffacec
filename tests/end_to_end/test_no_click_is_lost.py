"""What is clicked or sent while a page is at work has its effect, whatever else happens at that moment."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, WebSocketRoute, expect

from chat.conversation import Conversation, Message, new_id, utc_now
from store import open_store
from tests.support.browser import HEADLESS, TEST_OPTIONS, browser  # noqa: F401
from tests.support.browser import same_page as page  # noqa: F401
from tests.support.chatkeep_app import DOWNLOAD_MANY, DOWNLOAD_SELECTED, button, chatkeep, message_box, pick, say, words
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.processes import wait_for
from tests.support.shared_app import SharedApp, answered, counting

WORST_MOMENT = Path(__file__).resolve().parents[1] / "support" / "worst_moment"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SharedApp, Path]]:
    folder = tmp_path_factory.mktemp("moments")
    with FakeModelServer() as models:
        held = {"WORST_MOMENT": str(folder), "PYTHONPATH": str(WORST_MOMENT)}
        with chatkeep(folder / "data", models, "by-script", **held) as server:
            yield SharedApp(server.url, folder / "data", models), folder


@pytest.fixture
def app(running: tuple[SharedApp, Path]) -> SharedApp:
    app, _ = running
    app.models.requests.clear()
    return app


@pytest.fixture
def hold(running: tuple[SharedApp, Path]) -> Path:
    """Return the file that has the next run of a page held at its end; it goes as soon as one is."""
    _, folder = running
    return folder / "hold"


def wait_until_held(hold: Path) -> None:
    wait_for(lambda: not hold.exists(), "a run of the page ends")


def test_stop_at_the_end_of_a_look_at_the_answer_and_though_something_else_is_clicked_at_once(page, app, hold):  # noqa: F811
    app.models.script = counting(1, 2000)
    page.goto(app.url)
    say(page, "Count.")
    expect(page.get_by_text("word20 ")).to_be_visible()
    hold.touch()
    wait_until_held(hold)
    button(page, "Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    app.models.wait_for(lambda: app.models.asked[-1].closed_early)

    button(page, "New chat").click()
    expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
    say(page, "Count again.")
    expect(page.get_by_text("word20 ")).to_be_visible()
    next_click = hold.with_name("next before")
    next_click.touch()
    button(page, "Stop").click()
    wait_until_held(next_click)
    button(page, "New chat").click()
    expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
    app.models.wait_for(lambda: len(app.models.asked) == 2 and app.models.asked[-1].closed_early)


def test_message_at_the_end_of_a_look_at_what_other_tabs_did(page: Page, app: SharedApp, hold: Path):  # noqa: F811
    app.models.script = ["One."]
    page.goto(app.url)
    say(page, "The first.")
    answered(page, 2)
    hold.touch()
    wait_until_held(hold)
    app.models.script = ["Two."]
    say(page, "The second.")
    answered(page, 4)
    assert words(page) == ["The first.", "One.", "The second.", "Two."]


def test_erase_at_the_end_of_the_selecting(page: Page, app: SharedApp, hold: Path):  # noqa: F811
    app.begun("Where is it?", "Here.", "openai/by-script")  # else the page would be another one once all is erased
    in_trash(app, "Past")
    page.goto(f"{app.url}/History?q=in:trash")
    expect(page.get_by_text("1 conversation in the trash")).to_be_visible()
    hold.touch()
    button(page, "Select page").click()
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
    wait_until_held(hold)
    button(page, "Erase").click()
    expect(page.get_by_text("Erase 1 conversation for good?")).to_be_visible()
    button(page, "Erase for good").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()


def test_enter_that_reaches_the_server_twice_is_kept_and_asked_once(page: Page, app: SharedApp):  # noqa: F811
    tab = page.context.new_page()  # what is routed stays so

    def send_twice(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            for _ in range(2 if isinstance(frame, bytes) and b"Only once" in frame else 1):
                server.send(frame)

        socket.on_message(pass_on)

    tab.route_web_socket(re.compile("_stcore/stream"), send_twice)
    app.models.script = ["Answered."]
    tab.goto(app.url)
    for number in (1, 2):
        say(tab, f"Only once, {number}.")
        answered(tab, 2 * number)
    expect(message_box(tab)).to_have_value("")
    said = ["Only once, 1.", "Answered.", "Only once, 2.", "Answered."]
    assert words(tab) == said
    assert [message.content for message in app.open_conversation(tab).messages] == said
    assert len(app.models.asked) == 2


@pytest.mark.parametrize("trash", [False, True], ids=["list", "trash"])
def test_nothing_moves_as_something_is_selected(with_bars: Browser, app: SharedApp, trash: bool):
    for number in range(2):
        in_trash(app, f"Past {number}") if trash else app.begun(f"Where is {number}?", "Here.", "openai/by-script")
    page = with_bars.new_page()  # noqa: F811
    page.goto(f"{app.url}/History" + "?q=in:trash" * trash)
    previews = button(page, "Preview")
    places = [button(page, "Select page"), button(page, DOWNLOAD_MANY), previews.first, previews.last]
    last = button(page, "Erase" if trash else "Unpin")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        for each in (page.get_by_role("searchbox", name="Search", exact=True), button(page, "Filters"), *places, last):
            expect(each).to_be_visible()  # what is above may come later than what is below
        expect(last).to_be_disabled()
        before = at_rest(places)
        button(page, "Select page").click()
        expect(last).to_be_enabled()
        assert at_rest(places) == before
        button(page, "Select none").click()
        expect(last).to_be_disabled()
        assert at_rest(places) == before


@pytest.fixture(scope="module")
def with_bars(browser: Browser) -> Iterator[Browser]:  # noqa: F811
    """A browser whose scroll bars take room, as on a desktop: a test's browser has none otherwise."""
    bars = browser.browser_type.launch(
        executable_path=str(HEADLESS), args=TEST_OPTIONS, ignore_default_args=["--hide-scrollbars"]
    )
    yield bars
    bars.close()


def at_rest(places: list[Locator]) -> list[FloatRect | None]:
    """Return where these are once that no longer changes: a page that just came may still be laid out."""
    seen: list[list[FloatRect | None]] = [[]]

    def is_at_rest() -> bool:
        seen.append([place.bounding_box() for place in places])
        return seen[-1] == seen[-2]

    wait_for(is_at_rest, "the page rests")
    return seen[-1]


def in_trash(app: SharedApp, title: str) -> None:
    now = utc_now()
    asked = Message(new_id(), None, "user", "Long ago", now)
    kept = Conversation(new_id(), "personal", title, now, now, head=asked.id, messages=(asked,))
    store = open_store(f"tinydb:///{app.data}")
    store.create(kept)
    store.trash("personal", kept.id)
    store.close()


def test_file_and_format_chosen_at_the_end_of_opening_the_window_are_taken(page: Page, app: SharedApp, hold: Path):  # noqa: F811
    app.begun("Where is it?", "Here.", "openai/by-script")
    page.goto(f"{app.url}/History")
    expect(button(page, "Select page")).to_be_visible()
    at_rest([button(page, "Import")])
    hold.touch()
    button(page, "Import").click()
    wait_until_held(hold)
    page.get_by_role("dialog").locator("input[type=file]").set_input_files(
        {"name": "wrong.json", "mimeType": "application/json", "buffer": b""}
    )
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    button(page, "Select page").click()
    at_rest([button(page, DOWNLOAD_SELECTED)])
    hold.touch()
    button(page, DOWNLOAD_SELECTED).click()
    wait_until_held(hold)
    pick(page, "Format", "Chatkeep JSON")
    expect(page.get_by_role("dialog").get_by_text("Everything: all branches")).to_be_visible()


def test_choice_whose_run_ends_as_the_next_request_comes_is_shown(page: Page, app: SharedApp, hold: Path):  # noqa: F811
    app.begun("Where is it?", "Here.", "openai/by-script")
    page.goto(f"{app.url}/History")
    button(page, "Select page").click()
    button(page, DOWNLOAD_SELECTED).click()
    expect(page.get_by_role("combobox", name="Format")).to_be_visible()
    overtake = hold.with_name("overtake")
    overtake.touch()
    pick(page, "Format", "Chatkeep JSON")
    wait_until_held(overtake)
    expect(page.get_by_role("dialog").get_by_text("Everything: all branches")).to_be_visible()


def test_message_is_sent_though_something_else_is_clicked_at_once(page: Page, app: SharedApp, hold: Path):  # noqa: F811
    page.goto(app.url)
    for number, moment in enumerate(["before", "amid"], start=1):
        app.models.script = ["One."]
        say(page, f"The first, {moment}.")
        answered(page, 2)
        app.models.script = ["Two."]
        next_click = hold.with_name(f"next {moment}")
        next_click.touch()
        say(page, f"The second, {moment}.")
        wait_until_held(next_click)
        button(page, "New chat").click()
        expect(page.get_by_text("Send a message to get a reply from")).to_be_visible()
        app.models.wait_for(lambda number=number: len(app.models.asked) == 2 * number)
        last = app.models.asked[-1].body["messages"][-1]
        assert last == {"role": "user", "content": f"The second, {moment}."}


@pytest.mark.parametrize("moment", ["before", "amid"])
def test_many_are_changed_though_something_else_is_clicked_at_once(
    page: Page,  # noqa: F811
    app: SharedApp,
    hold: Path,
    moment: str,
):
    kept = app.begun(f"Where {moment}?", "Here.", "openai/by-script")
    page.goto(f"{app.url}/History?q=" + quote(f'"Where {moment}"'))
    for name in ("Pin", "Unpin", "Delete"):
        button(page, "Select page").click()
        next_click = hold.with_name(f"next {moment}")
        expect(page.get_by_text("1 selected", exact=True)).to_be_visible()
        next_click.touch()
        button(page, name).click()
        wait_until_held(next_click)
        button(page, "Import").click()
        expect(page.get_by_role("dialog", name="Import")).to_be_visible()
        assert is_changed(app, kept.id, name)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_backup_is_made_though_something_else_is_clicked_at_once(page: Page, app: SharedApp, hold: Path):  # noqa: F811
    app.begun("Where is it?", "Here.", "openai/by-script")
    page.goto(f"{app.url}/Settings")
    for number, moment in enumerate(["before", "amid"], start=1):
        expect(button(page, "Back up now")).to_be_visible()
        next_click = hold.with_name(f"next {moment}")
        next_click.touch()
        button(page, "Back up now").click()
        wait_until_held(next_click)
        button(page, "Restore").click()
        expect(page.get_by_role("dialog", name="Restore")).to_be_visible()
        expect(page.get_by_text("Backed up: ").last).to_be_visible()
        expect(page.get_by_text("Backup of ")).to_have_count(number)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def is_changed(app: SharedApp, conversation_id: str, name: str) -> bool:
    store = open_store(f"tinydb:///{app.data}")
    try:
        kept = store.get("personal", conversation_id)
    finally:
        store.close()
    return {"Delete": kept.trashed_at is not None, "Pin": kept.pinned, "Unpin": not kept.pinned}[name]


SENT_LATE = """
const inTime = window.setTimeout;
window.setTimeout = (what, after, ...rest) => inTime(what, after || (window.sendLate ? 4000 : 0), ...rest);
"""


def test_click_that_a_timer_brings_along_counts_once(page: Page, app: SharedApp):  # noqa: F811
    kept = app.begun("Count.", "word1", "openai/by-script", status="stopped")
    app.models.script = counting(2, 2000)
    page.add_init_script(SENT_LATE)
    page.goto(f"{app.url}/?c={kept.id}")
    expect(button(page, "Continue")).to_be_visible()
    page.evaluate("window.sendLate = true")
    button(page, "Continue").click()
    page.evaluate("window.sendLate = false")
    expect(page.get_by_text("word150")).to_be_visible()  # some seconds on: what was sent late has been answered too
    expect(page.get_by_role("alert")).to_have_count(0)
    button(page, "Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()

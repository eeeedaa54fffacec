"""What is done with many conversations on the History page: only with those that it shows as selected now."""

import json
import threading

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from chat.conversation import utc_now
from store.conversations import NotFound, StoreError
from store.files.store import TinyDBFiles
from store.queries import Query
from tests.support.pages import app, click, entries, keep, page, rows, said, tick  # noqa: F401
from ui.services import services
from ui.work import work
from ui.work.many import Stopped, try_each


def search(at: AppTest, words: str) -> None:
    at.text_input(key="q").set_value(words).run()


def kept(*, trashed: bool = False) -> set[str]:
    return {summary.id for summary in services().store.list("personal", limit=None, trashed=trashed)}


def buttons(at: AppTest) -> set[str]:
    """Return the keys of what can be done with many now."""
    there = [each for each in at.main.button if each.key and each.key.endswith(("_selected", "_none", "_many"))]
    return {each.key for each in there if not each.disabled}


def refuse(monkeypatch, verb: str, conversation_id: str, error: StoreError) -> None:
    """Have the store refuse one verb for one conversation."""
    plain = getattr(TinyDBFiles, verb)

    def refusing(store, owner, each, *arguments, **changes):
        if each == conversation_id:
            raise error
        return plain(store, owner, each, *arguments, **changes)

    monkeypatch.setattr(TinyDBFiles, verb, refusing)


def test_what_was_selected_elsewhere_is_named_apart_and_never_erased():
    living, trashed = keep(1, "Living"), keep(2, "Trashed", trashed_at=utc_now())
    at = page("pages/1_History.py")
    tick(at, living)
    search(at, "in:trash")
    assert "1 selected elsewhere" in said(at)
    assert "**1 selected**" not in said(at)
    assert buttons(at) == {"select_none", "download_many"}
    tick(at, trashed)
    assert "**1 selected**" in said(at)
    assert "1 more selected elsewhere" in said(at)
    at.button(key="erase_selected").click().run()
    assert "Erase 1 conversation for good? This cannot be undone." in said(at)
    assert "- Trashed" in said(at)
    assert "- Living" not in said(at)


@pytest.mark.parametrize(
    ("query", "action"),
    [
        ("porto", "delete_selected"),
        ("porto", "pin_selected"),
        ("porto", "unpin_selected"),
        ("in:trash", "restore_selected"),
    ],
)
def test_action_is_for_the_selected_in_the_present_result_only(query, action):
    here = keep(1, "Porto", pinned=action == "unpin_selected", trashed_at=utc_now() if query == "in:trash" else None)
    elsewhere = keep(2, "Lisbon", pinned=action == "unpin_selected")
    before = services().store.get("personal", elsewhere.id)
    at = page("pages/1_History.py")
    tick(at, elsewhere)
    search(at, query)
    tick(at, here)
    assert "1 more selected elsewhere" in said(at)
    at.button(key=action).click().run()
    assert not at.exception
    assert services().store.get("personal", elsewhere.id) == before
    after = services().store.get("personal", here.id)
    assert (after.trashed_at is not None, after.pinned) == {
        "delete_selected": (True, False),
        "pin_selected": (False, True),
        "unpin_selected": (False, False),
        "restore_selected": (False, False),
    }[action]
    search(at, "lisbon")
    assert "**1 selected**" in said(at)


@pytest.mark.parametrize("action", ["download_many", "tag_selected"])
def test_windows_are_for_the_selected_in_the_present_result_only(action):
    here, elsewhere = keep(1, "Porto"), keep(2, "Lisbon")
    at = page("pages/1_History.py")
    tick(at, elsewhere)
    search(at, "porto")
    tick(at, here)
    at.button(key=action).click().run()
    assert not at.exception
    assert "1 conversation." in said(at)


def test_everything_found_is_selected_beside_what_is_selected_already():
    for number in range(30):
        keep(number, "Lisbon" if number % 2 else "Porto")
    at = page("pages/1_History.py")
    at.button(key="select_all").click().run()
    search(at, "porto")
    assert "**15 selected**" in said(at)
    assert "15 more selected elsewhere" in said(at)
    at.button(key="select_none").click().run()
    assert buttons(at) == {"download_many"}
    at.button(key="select_page").click().run()
    search(at, "lisbon")
    at.button(key="select_page").click().run()
    search(at, "")
    assert "**30 selected**" in said(at)


def test_selected_elsewhere_is_said_where_nothing_is_found_and_forgotten_when_it_is_erased():
    one, other = keep(1), keep(2)
    at = page("pages/1_History.py")
    tick(at, one), tick(at, other)
    search(at, "no such words")
    assert "2 selected elsewhere" in said(at)
    services().store.trash("personal", one.id)
    services().store.erase("personal", one.id)
    at.run()
    assert "1 selected elsewhere" in said(at)
    at.button(key="select_none").click().run()
    assert buttons(at) == set()


def test_erase_takes_only_what_is_in_the_trash_by_then():
    living, trashed = keep(1), keep(2, trashed_at=utc_now())

    def script(ids: tuple[str, ...]) -> None:
        from chat.owner import PERSONAL
        from ui.history_page.bulk import erase
        from ui.services import services
        from ui.visit import Visit

        erase(Visit(PERSONAL, services(), ()), ids)

    at = AppTest.from_function(script, args=((living.id, trashed.id),), default_timeout=60).run()
    assert not at.exception
    assert (kept(), kept(trashed=True)) == ({living.id}, set())
    (notice,) = at.session_state["notices"]
    assert notice.text == "Erased 1 conversation. 1 conversation is not in the trash any more."


def test_one_that_cannot_be_deleted_stops_no_other(monkeypatch):
    each = [keep(number) for number in range(4)]
    refuse(monkeypatch, "trash", each[1].id, StoreError("The disk is full."))
    refuse(monkeypatch, "trash", each[2].id, NotFound("Gone."))
    at = page("pages/1_History.py")
    at.button(key="select_page").click().run()
    at.button(key="delete_selected").click().run()
    assert (
        "Deleted 2 conversations. 1 conversation was not here any more. "
        "1 conversation stayed as it was: The disk is full." in said(at)
    )
    assert "Deleted 2 conversations." in said(at)  # what Undo would give back
    assert kept(trashed=True) == {each[0].id, each[3].id}
    assert "**1 selected**" in said(at)  # what failed can be tried again


@pytest.mark.parametrize("action", ["pin_selected", "unpin_selected"])
def test_one_that_cannot_be_changed_stops_no_other(monkeypatch, action):
    each = [keep(number, pinned=action == "unpin_selected") for number in range(3)]
    refuse(monkeypatch, "update", each[0].id, StoreError("The disk is full."))
    at = page("pages/1_History.py")
    at.button(key="select_page").click().run()
    at.button(key=action).click().run()
    pinned = services().store.search("personal", Query(pinned=True), limit=None)
    assert pinned.total == {"pin_selected": 2, "unpin_selected": 1}[action]
    said_so = "2 conversations. 1 conversation stayed as it was: The disk is full."
    assert any(said_so in each for each in said(at))


def test_undo_of_many_gives_back_all_but_what_is_gone(monkeypatch):
    each = [keep(number) for number in range(4)]
    at = page("pages/1_History.py")
    at.button(key="select_page").click().run()
    at.button(key="delete_selected").click().run()
    services().store.erase("personal", each[0].id)
    with monkeypatch.context() as changed:
        refuse(changed, "restore", each[2].id, StoreError("The disk is full."))
        at.button(key="undo_delete").click().run()
    assert (
        "Gave back 2 conversations. 1 conversation was not here any more. "
        "1 conversation stayed as it was: The disk is full." in said(at)
    )
    assert kept() == {each[1].id, each[3].id}
    assert "Deleted 1 conversation." in said(at)
    at.button(key="undo_delete").click().run()
    assert kept() == {each[1].id, each[2].id, each[3].id}
    assert not [text for text in said(at) if text.startswith("Deleted")]
    assert rows(at) == [f"Conversation {number}" for number in (1, 2, 3)]


def test_one_download_says_of_what():
    first, _, gone = keep(1, "Porto"), keep(2, "Lisbon"), keep(3, "Gone", trashed_at=utc_now())
    at = page("pages/1_History.py")
    label = at.button(key="download_many").label
    assert label == "Download all 2"
    tick(at, first)
    assert at.button(key="download_many").label == "Download 1 selected"
    search(at, "lisbon")
    assert at.button(key="download_many").label == "Download 1 found"
    search(at, "nothing like it")
    assert (at.button(key="download_many").label, at.button(key="download_many").disabled) == ("Download", True)
    search(at, "in:trash")
    assert at.button(key="download_many").label == "Download 1 in trash"
    tick(at, gone)
    assert at.button(key="download_many").label == "Download 1 selected"


@pytest.mark.parametrize(
    ("verb", "trashed", "action"), [("trash", False, "delete_selected"), ("restore", True, "restore_selected")]
)
def test_what_leaves_a_list_is_not_selected_in_the_other_while_the_work_goes_on(monkeypatch, verb, trashed, action):
    each = [keep(number, trashed_at=utc_now() if trashed else None) for number in range(2)]
    plain, go_on, held = getattr(TinyDBFiles, verb), threading.Event(), threading.Event()

    def hold(store, owner, conversation_id):
        plain(store, owner, conversation_id)
        if conversation_id == each[-1].id:
            held.set()
            assert go_on.wait(20)

    monkeypatch.setattr(TinyDBFiles, verb, hold)
    monkeypatch.setattr(work, "AT_ONCE_SECONDS", 0)
    at = page("pages/1_History.py")
    search(at, "in:trash" if trashed else "")
    for one in each:
        tick(at, one)
    assert "**2 selected**" in said(at)
    at.button(key=action).click().run()
    try:
        assert held.wait(20)
        search(at, "" if trashed else "in:trash")
        assert len(rows(at)) == 2
        assert not [text for text in said(at) if "selected" in text]
        assert buttons(at) == {"download_many"}
    finally:
        go_on.set()
    assert at.session_state["work"].wait(20)
    at.run()
    assert not at.exception
    assert kept(trashed=not trashed) == {one.id for one in each}


def test_trash_is_a_view_of_its_own():
    keep(1, "Porto")
    gone = keep(2, "Gone", trashed_at=utc_now())
    at = page("pages/1_History.py")
    assert rows(at) == ["Porto"]
    at.radio(key="history_view").set_value("Trash").run()
    assert not at.exception
    assert rows(at) == ["Gone"]
    assert "1 conversation in the trash" in said(at)
    ((_, (row,)),) = entries(at, "history")
    assert (row["is_link"], row["buttons"]) == (False, [["preview", "Preview"], ["restore", "Restore"]])
    assert (row["when"], row["when_whole"][:8]) == ("deleted just now", "deleted ")
    click(at, gone, "restore", key="history")
    assert "The trash is empty." in said(at)
    at.radio(key="history_view").set_value("Conversations").run()
    assert rows(at) == ["Porto", "Gone"]


def test_undo_offers_only_what_is_still_in_the_trash():
    each = [keep(number) for number in range(3)]
    at = page("pages/1_History.py")
    at.button(key="select_page").click().run()
    at.button(key="delete_selected").click().run()
    assert "Deleted 3 conversations." in said(at)
    search(at, "in:trash")
    click(at, each[0], "restore", key="history")
    assert "Deleted 2 conversations." in said(at)
    tick(at, each[1])
    at.button(key="restore_selected").click().run()
    assert "Deleted 1 conversation." in said(at)
    tick(at, each[2])
    at.button(key="erase_selected").click().run()
    at.button(key="erase_for_good").click().run()
    assert not [text for text in said(at) if text.startswith("Deleted")]
    assert kept() == {each[0].id, each[1].id}


def test_what_was_pinned_stays_selected_for_the_next_thing():
    first, _ = keep(1), keep(2)
    at = page("pages/1_History.py")
    tick(at, first)
    at.button(key="pin_selected").click().run()
    assert services().store.get("personal", first.id).pinned
    assert "**1 selected**" in said(at)


def test_undo_of_one_that_is_gone_says_so_and_is_not_offered_again():
    only, _ = keep(1), keep(2)
    at = page("pages/1_History.py")
    tick(at, only)
    at.button(key="delete_selected").click().run()
    services().store.erase("personal", only.id)
    at.button(key="undo_delete").click().run()
    assert not at.exception
    assert "1 conversation was not here any more." in said(at)
    assert not [button for button in at.button if button.key == "undo_delete"]


def test_what_nobody_foresaw_stops_no_other():
    def work(each: str) -> None:
        if each == "b":
            raise RuntimeError("a bug")

    tried = try_each("abc", work)
    assert (tried.done, tried.failed) == (["a", "c"], ["b"])
    assert tried.in_words("Pinned") == (
        "Pinned 2 conversations. 1 conversation stayed as it was: something unexpected went wrong"
    )


def test_many_that_are_stopped_leave_the_rest_as_they_were():
    def step(number: int) -> None:
        if number == 2:
            raise Stopped

    tried = try_each("abcd", lambda each: None, step)
    assert (tried.done, tried.in_words("Pinned")) == (["a", "b"], "")


def test_click_from_a_browser_that_has_not_drawn_the_selection_yet_changes_nothing_of_it():
    first, _ = keep(1), keep(2)
    at = page("pages/1_History.py")
    tick(at, first)
    at.button(key="select_none").click().run()
    at.button(key="select_page").click().run()
    # The browser has not been told yet that its click on the first box was taken, and says it along with the next.
    said_again = [{"number": 1, "id": first.id, "what": "unselect"}]
    widgets = at._tree.get_widget_states()
    (proto,) = [each.proto for each in at.get("bidi_component") if each.proto.id.endswith("-history")]
    widgets.widgets.append(WidgetState(id=proto.id, json_value=json.dumps({"clicks": said_again})))
    at._run(widget_state=widgets)
    assert "**2 selected**" in said(at)
    assert [row["checked"] for _, listed in entries(at, "history") for row in listed] == [True, True]


def test_click_in_the_run_that_finds_the_list_ready_is_not_lost(monkeypatch):
    keep(1)
    at = page("pages/1_History.py")
    progress = iter([(1, 2)])
    monkeypatch.setattr(TinyDBFiles, "rebuilding", lambda store: next(progress, None))
    at.button(key="download_many").click().run()
    assert "1 conversation." in said(at)

"""What happened is said in sight: above the message box, or at the bottom of the window; by key, whatever fails."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from store.conversations import StoreError
from tests.support.pages import ROOT, app, keep, page, said, tick  # noqa: F401
from ui.markdown.safe import as_label
from ui.notices import Notice, Undo
from ui.services import services


def undo_buttons(part: object) -> list[str]:
    return [each.key for each in part.button if each.key in ("undo_delete", "dismiss_undo")]  # type: ignore[attr-defined]


def test_deletion_is_said_above_the_message_box_until_it_is_dismissed():
    conversation = keep(1)
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation.id
    at.session_state["undo"] = Undo(conversation.id, "1 turn", ("a1",))
    at.run()
    assert undo_buttons(at.main) == []
    assert undo_buttons(at) == ["undo_delete", "dismiss_undo"]
    at.run()
    assert "Deleted 1 turn." in said(at)
    at.button(key="dismiss_undo").click().run()
    assert "Deleted 1 turn." not in said(at)


def test_what_could_not_be_done_is_said_though_the_page_fails_too(monkeypatch):
    keep(1)
    at = page("pages/1_History.py")
    tick(at, services().store.get("personal", f"{1:032x}"))

    def broken(words):
        def fail(*arguments, **named):
            raise StoreError(words)

        return fail

    monkeypatch.setattr("ui.visit.Visit.trash", broken("The disk is gone."))
    monkeypatch.setattr("ui.history_page.rows.found", broken("The list is gone."))
    at.button(key="delete_selected").click().run()
    for words in ("The disk is gone.", "The list is gone."):
        assert any(words in each for each in said(at)), words


def script() -> None:
    import streamlit as st

    from ui import what_happened
    from ui.identity.identify import THIS_MACHINE
    from ui.services import services
    from ui.visit import Visit

    visit = Visit(THIS_MACHINE.owner, services(), ())
    st.session_state["sign"] = what_happened.sign()
    what_happened.draw_in_sight(visit)


def happened(**session: object) -> AppTest:
    at = AppTest.from_function(script, default_timeout=20)
    for key, value in session.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception
    return at


def test_nothing_is_drawn_where_nothing_has_happened():
    at = happened()
    assert (said(at), [each.key for each in at.button], len(at.main)) == ([], [], 0)


def test_what_was_done_and_what_was_not_are_told_apart_and_read_as_they_are():
    done, failed = Notice("Brought along: *1* conversation."), Notice("The disk is full.", is_error=True)
    elsewhere = Notice("Beside a box.", place="beside")
    at = happened(notices=(done, failed, elsewhere))
    assert [each.value for each in at.info] == [as_label(done.text)]
    assert [each.value for each in at.error] == [as_label(failed.text)]


def test_sign_is_another_one_with_each_notice_and_each_thing_to_undo():
    undo, other = Undo("c1", "“Tea”"), Undo("c2", "“Tea”")
    sessions = ({}, {"notices": (Notice("Done."),)}, {"notices": (Notice("Done.", is_error=True),)}, {"undo": undo})
    signs = [happened(**session).session_state["sign"] for session in (*sessions, {"undo": other})]
    assert [signs.index(each) for each in signs] == [0, 1, 2, 3, 4]
    assert happened(undo=undo).session_state["sign"] == signs[3]


def test_undo_gives_back_and_goes():
    kept = keep(1)
    services().store.trash("personal", kept.id)
    at = happened(undo=Undo(kept.id, "“Tea: *green*”"))
    assert said(at) == ["Deleted “Tea: \\*green\\*”."]
    at.button(key="undo_delete").click().run()
    assert services().store.get("personal", kept.id).trashed_at is None
    assert at.session_state["undo"] is None
    assert undo_buttons(at.run()) == []

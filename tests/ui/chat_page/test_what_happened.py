"""What happened is said in sight: above the message box, or at the bottom of the window; by key, whatever fails."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from store.conversations import StoreError
from tests.support.pages import ROOT, app, keep, page, said, tick  # noqa: F401
from ui.notices import Undo
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

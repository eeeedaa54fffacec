"""The window of keyboard shortcuts, and the places that the keys lead to, without a browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.support.pages import app, keep, page, said  # noqa: F401
from ui.browser.keys import SHORTCUTS, written


def test_shortcuts_are_written_as_a_person_reads_them():
    assert [(written(each), each.does) for each in SHORTCUTS] == [
        ("Ctrl+K", "Search conversations"),
        ("Ctrl+Shift+O", "New chat"),
        ("Esc", "Stop the answer"),
        ("Ctrl+/", "Show all shortcuts"),
        ("?", "Show all shortcuts"),
    ]


def test_every_key_has_something_of_its_name_to_press():
    keep(1)
    at = page("Home.py")
    names = {each.label for each in (*at.button, *at.text_input)} | {"Stop"}  # is there while an answer arrives
    assert {each.target for each in SHORTCUTS if each.target} <= names


def test_window_shows_every_key():
    def window() -> None:
        from ui import state
        from ui.dialogs import draw_open_window
        from ui.shortcuts import shortcuts_dialog

        state.page.show_page("Chat")
        shortcuts_dialog()
        draw_open_window()

    (table,) = [words for words in said(AppTest.from_function(window, default_timeout=60).run()) if "| Keys |" in words]
    assert [line.split("|")[1].strip() for line in table.splitlines()[2:]] == [
        "`Ctrl+K`",
        "`Ctrl+Shift+O`",
        "`Esc`",
        "`Ctrl+/`",
        "`?`",
        "`Alt+Shift+←`",
        "`Alt+Shift+→`",
        "`Enter`",
        "`Shift+Enter`",
        "`Page Up`",
        "`Page Down`",
    ]

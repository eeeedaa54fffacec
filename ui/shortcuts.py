"""The window that shows every keyboard shortcut."""

from __future__ import annotations

import streamlit as st

from ui.browser.keys import SHORTCUTS, written
from ui.dialogs import dialog

OF_THE_PAGE = (
    ("Alt+Shift+←", "Previous version of the last message that has several"),
    ("Alt+Shift+→", "Next version"),
    ("Enter", "Send the message"),
    ("Shift+Enter", "New line in the message"),
    ("Page Up", "Read further up, also from the message box"),
    ("Page Down", "Read further down, also from the message box"),
)
"""What a page does of itself."""


@dialog("Keyboard shortcuts", icon=":material/keyboard:")
def shortcuts_dialog() -> None:
    """Show what each key does."""
    st.markdown(table())


def table() -> str:
    """Return what each key does, as a table in markdown."""
    ours = tuple((written(shortcut), shortcut.does) for shortcut in SHORTCUTS)
    rows = "\n".join(f"| `{keys}` | {does} |" for keys, does in (*ours, *OF_THE_PAGE))
    return f"| Keys | What they do |\n|---|---|\n{rows}"

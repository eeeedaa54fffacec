"""What any page wants back after a rerun: what it is to say, take back or show whole; what was dismissed or chosen."""

from __future__ import annotations

import streamlit as st

from ui.notices import Notice, Undo
from ui.state.session import kept, read, taken

_UNDO = "undo"
_NOTICES = "notices"
_DISMISSED = "dismissed"
_DIALOG = "dialog_is_open"
_WHOLE = "whole_texts"
_FORMAT = "export_format"


def dialog_is_open() -> bool:
    """Return whether a dialog is open in this tab; a rerun of the whole page would close it."""
    return read(_DIALOG, False)


def set_dialog_open(is_open: bool) -> None:
    st.session_state[_DIALOG] = is_open


def _whole() -> set[str]:
    return kept(_WHOLE, set())


def is_whole(key: str) -> bool:
    """Return whether all of this text is to be shown, however long it is."""
    return key in _whole()


def show_whole(key: str) -> None:
    """Show all of this text. A callback."""
    _whole().add(key)


def offer_undo(undo: Undo | None) -> None:
    st.session_state[_UNDO] = undo


def undo() -> Undo | None:
    return read(_UNDO, None)


def notify(text: str, *, is_error: bool = False) -> None:
    """Have the page say something, once, on its next run."""
    st.session_state[_NOTICES] = (*read(_NOTICES, ()), Notice(text, is_error))


def take_notices() -> tuple[Notice, ...]:
    return taken(_NOTICES, ())


def dismissed() -> set[str]:
    """Return what the user dismissed in this session: names of damaged files, and of notes."""
    return kept(_DISMISSED, set())


def export_format() -> str:
    """Return the name of the format that was last chosen for a download."""
    return read(_FORMAT, "history")


def set_export_format(name: str) -> None:
    st.session_state[_FORMAT] = name

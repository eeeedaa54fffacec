"""What any page wants back after a rerun: what it is to say, take back or show whole; what was dismissed or chosen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from ui.notices import Notice, Undo
from ui.state import chat, sidebar
from ui.state.session import kept, read

FIRST_PAGE = "Chat"

_UNDO = "undo"
_NOTICES = "notices"
_WORK = "work"
_DISMISSED = "dismissed"
_SHOWN_PAGE = "shown_page"
_WINDOW = "open_window"
_WINDOWS = "opened_windows"
_PARTS = "parts"
_CHANNEL = "channel"
_WHOLE = "whole_texts"
_FORMAT = "export_format"

IN_SIGHT = ""
"""The place of a notice that is seen wherever the page is scrolled to."""
SAID_SECONDS = 5.0
"""How long a page says something at least, however often it is drawn meanwhile."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A window that is open, and where: on another page, or over another conversation, it is no more."""

    draw: Callable[[], None]
    page: str
    conversation_id: str | None


def show_page(title: str) -> None:
    """Say which page is drawn from here on. The chat page shows what its URL names, the sidebar beside it included."""
    if title == FIRST_PAGE:
        chat.follow_url()
    if read(_SHOWN_PAGE, title) != title:
        sidebar.choose()
        st.session_state[_NOTICES] = tuple(notice for notice in _notices() if notice.said_at is None)
    st.session_state[_SHOWN_PAGE] = title


def page_path() -> str:
    """Return what names the shown page in its URL; nothing for the chat, which is the app's own address."""
    title = read(_SHOWN_PAGE, FIRST_PAGE)
    return "" if title == FIRST_PAGE else title


def shown_page() -> str:
    """Return which page was drawn last."""
    return read(_SHOWN_PAGE, "")


def open_window(draw: Callable[[], None]) -> None:
    """Have the present page draw this window, in this run and every later one. A callback."""
    st.session_state[_WINDOW] = _Window(draw, read(_SHOWN_PAGE, ""), chat.open_id())
    st.session_state[_WINDOWS] = read(_WINDOWS, 0) + 1


def open_window_here() -> Callable[[], None] | None:
    """Return what draws the window that is open over what is shown now; any other is closed by that."""
    window: _Window | None = read(_WINDOW, None)
    if window is None:
        return None
    if (window.page, window.conversation_id) != (read(_SHOWN_PAGE, ""), chat.open_id()):
        close_window()
        return None
    return window.draw


def close_window() -> None:
    """Have no window open. A callback."""
    st.session_state.pop(_WINDOW, None)


def window_number() -> int:
    """Return which window of this session is open, 0 where none is."""
    return read(_WINDOWS, 0) if dialog_is_open() else 0


def dialog_is_open() -> bool:
    """Return whether a window is open in this tab: what is typed there must not be disturbed by a run of the page."""
    window: _Window | None = read(_WINDOW, None)
    return window is not None


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


def notify(text: str, *, is_error: bool = False, place: str = IN_SIGHT) -> None:
    """Have the page say something from its next run on, until it has stood for a while; in this place, where that is
    drawn."""
    others = (notice for notice in _notices() if (notice.text, notice.place) != (text, place))
    st.session_state[_NOTICES] = (*others, Notice(text, is_error, place))


def notices(place: str) -> tuple[Notice, ...]:
    """Return what is to be said in this place now. What has stood for `SAID_SECONDS` goes with the run that finds it:
    the next one may follow at once, whoever asked for it, and take away what nobody has read."""
    now = time.monotonic()
    st.session_state[_NOTICES] = tuple(
        replace(notice, said_at=now) if notice.place == place and notice.said_at is None else notice
        for notice in _notices()
        if notice.place != place or notice.said_at is None or now - notice.said_at < SAID_SECONDS
    )
    return tuple(notice for notice in _notices() if notice.place == place)


def _notices() -> tuple[Notice, ...]:
    return read(_NOTICES, ())


def parts() -> Any:
    """Return the parts of the page that is drawn (a `Parts`), or None."""
    return read(_PARTS, None)


def set_parts(parts: Any) -> None:
    st.session_state[_PARTS] = parts


def channel_name() -> str:
    """Return the name of this session's channel; empty where it has none yet."""
    return read(_CHANNEL, "")


def set_channel_name(name: str) -> None:
    st.session_state[_CHANNEL] = name


def work() -> Any:
    """Return what this session is at work on (a `Work`), or None."""
    return read(_WORK, None)


def set_work(work: Any) -> None:
    st.session_state[_WORK] = work


def dismissed() -> set[str]:
    """Return what the user dismissed in this session: names of damaged files, and of notes."""
    return kept(_DISMISSED, set())


def export_format() -> str:
    """Return the name of the format that was last chosen for a download."""
    return read(_FORMAT, "history")


def set_export_format(name: str) -> None:
    st.session_state[_FORMAT] = name

"""The quiet row under a message: copy, thumbs, versions, a menu, and who answered, in one element of the page.

A button of Streamlit's own is a tree of its components, and a page of thirty messages has two hundred of them. Here a
row is a few plain elements with the names and roles that a screen reader needs, drawn by one script that the page loads
once: what travels with each row is its data alone. The menu is a popover: it takes no click of the page with it, and
stays beside its button while the page moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from chat.surrogates import printable

_HERE = Path(__file__).parent
_STYLE = (_HERE / "message_row.css").read_text("utf-8")

_mount_script = st.components.v2.component(
    "chatkeep_message_rows", html="<span></span>", js=(_HERE / "message_row.js").read_text("utf-8")
)
# Whatever comes first: the row waits for the script in a list, or is drawn by it at once. Its room is there meanwhile,
# else what stands around it would move under a pointer as it comes.
_mount_row = st.components.v2.component(
    "chatkeep_message_row",
    html='<div class="room" style="height: 2rem; margin: -0.5rem 0 -0.25rem"></div>',
    js="""
export default function (component) {
  (window.chatkeepMessageRows ??= []).push(component);
}
""",
)


@dataclass(frozen=True, slots=True)
class Button:
    """A button of the row, or a line of its menu."""

    name: str
    """What is done: the action that the callback is told. A button of the row has an icon of that name."""
    label: str
    tip: str = ""
    """What a pointer is told; the label where this is empty."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Which of how many versions of a message is shown, counted from 1."""

    place: int
    count: int
    shortcut: bool = False
    """Whether Alt+Shift and an arrow switch them. Of one message on a page at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a row offers. An empty part is not drawn."""

    label: str
    """For a screen reader: what the row belongs to."""
    text: str | None = ""
    """What Copy copies. None: it comes with the next run, once the action `copy` has asked for it."""
    buttons: tuple[Button, ...] = ()
    rating: int | None = None
    """+1 or -1, 0 where nobody rated it; None draws no thumbs."""
    versions: Versions | None = None
    menu: tuple[Button, ...] = ()
    facts: str = ""
    """Who answered, when, in how many tokens."""
    when: str = ""
    """The whole moment, for a pointer."""


def load_rows() -> None:
    """Have the browser load what draws the rows. Once on a page."""
    _mount_script(key="rows", data={"css": _STYLE}, height=1)


def message_row(row: Row, key: str, on_action: Callable[[str, int], None]) -> None:
    """Draw a row. `on_action` is a callback: it is told the name of what was pressed, and for `rate` the rating."""

    def act() -> None:
        pressed = st.session_state[key].action
        on_action(pressed["name"], pressed["value"])

    data = asdict(row)
    if row.text is not None:
        data["text"] = printable(row.text)
    _mount_row(key=key, data=data, on_action_change=act)

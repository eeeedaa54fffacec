"""Rows of conversations, the sidebar's and the History page's: all of a list in one piece that the browser draws.

Of Streamlit's own links to the chat page none can be marked as the open one, no title is cut in two lines, and a menu
for each row costs every run of the page. Here a row is a real link, and its menu is made as it opens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from chat.surrogates import printable
from ui import state
from ui.browser.scripts import handed_over

Actions = tuple[tuple[str, str], ...]
"""What can be done with a row: the name that a `Click` says, and the label that a person reads."""


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation."""

    id: str
    title: str
    tip: str = ""
    """What a pointer that rests on the title reads; by itself the whole title."""
    icon: Literal["", "pinned", "answering"] = ""
    is_open: bool = False
    """The chat page shows it."""
    is_link: bool = True
    """Whether it can be opened."""
    facts: tuple[str, ...] = ()
    when: str = ""
    when_whole: str = ""
    """The same moment in full."""
    checked: bool | None = None
    """Whether its box is ticked; None: it has none."""
    message: str = ""
    """The message at which it is opened; nothing for its end."""
    passage: tuple[tuple[str, bool], ...] = ()
    """Words of a message in which something was found, and whether these are what was looked for."""
    buttons: Actions = ()
    menu: Actions = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Rows below a heading of their own; without a name there is none."""

    rows: Sequence[Row]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """What a person did with a row: `open`, `open_here`, `select`, `unselect`, or one of its actions."""

    id: str
    what: str


def _beside(ending: str) -> str:
    return Path(__file__).with_suffix(ending).read_text("utf-8")


_HTML = '<nav class="rows"></nav><div class="menu" role="menu" popover></div>'
SCRIPT = _beside(".js")
_mount = st.components.v2.component("chatkeep_list_rows", html=_HTML, css=_beside(".css"), js=handed_over("list_rows"))


def draw_rows(
    groups: Sequence[Group],
    on_click: Callable[[Click], None],
    *,
    key: str,
    name: str,
    look: Literal["list", "cards"],
    address: str,
) -> None:
    """Draw rows. `on_click` is a callback: it is given each click once, in their order.

    `name` is what a screen reader calls the list, `address` what a row's link begins with, before the id.
    """
    data = {
        "name": name,
        "look": look,
        "address": address,
        "place": f"&{state.chat.PLACE}=",
        "page": state.page.page_path(),
        "seen": state.rows.seen(key),
        "groups": [{"name": group.name, "rows": [_plain(row) for row in group.rows]} for group in groups],
    }

    def take() -> None:
        for click in _new_clicks(key, st.session_state[key].clicks):
            on_click(click)

    _mount(key=key, data=data, on_clicks_change=take)


def _plain(row: Row) -> dict[str, Any]:
    # By hand: `asdict` copies every value, which for twenty rows is most of what drawing them costs.
    return {
        "id": row.id,
        "title": printable(row.title),
        "tip": printable(row.tip),
        "icon": row.icon,
        "is_open": row.is_open,
        "is_link": row.is_link,
        "facts": [printable(text) for text in row.facts],
        "when": row.when,
        "when_whole": row.when_whole,
        "checked": row.checked,
        "message": row.message,
        "passage": [(printable(text), is_match) for text, is_match in row.passage],
        "buttons": row.buttons,
        "menu": row.menu,
    }


def _new_clicks(key: str, said: Any) -> list[Click]:
    """Return those clicks that were not taken before; the browser says each until it has been told that it was."""
    clicks: list[Click] = []
    for each in said if isinstance(said, list) else ():
        match each:
            case {"number": int(number), "id": str(id), "what": str(what)} if number > state.rows.seen(key):
                state.rows.note_seen(key, number)
                clicks.append(Click(id, what))
    return clicks

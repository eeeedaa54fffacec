"""The parts of a page that are drawn anew each by itself, so that what stands is drawn once.

A part is a fragment with a name and a sign, a value that changes with what the part would draw. Whatever has a part
run, a click in it or its timer, has every other part drawn along whose sign has changed by then, and no other
(`runs.py`). So a callback says nothing of what is to be drawn: it changes what is kept, wherever that is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from ui import state
from ui.guard import guarded

Sign = Callable[[], object]


@dataclass(slots=True)
class Parts:
    """Those that a page has, in the order in which they were drawn first."""

    page: Sign | None = None
    """Where its value changes, no part will do: all of the page is drawn. None: so it is where any part has changed."""
    page_drawn: object = None
    signs: dict[str, Sign] = field(default_factory=dict)
    drawn: dict[str, object] = field(default_factory=dict)
    """What the sign of each was when it was drawn last."""
    inside: list[str] = field(default_factory=list)
    """Those that are being drawn, the innermost last."""
    within: dict[str, list[str]] = field(default_factory=dict)
    """Those that each part drew in itself: drawn anew, it may not have them any more."""

    def begin(self, name: str) -> None:
        """Take in that this part is drawn from here on."""
        for each in self.within.pop(name, ()):
            self.signs.pop(each, None)
        # Before: what changes while it is drawn is drawn the next time.
        self.drawn[name] = _value(self.signs[name])
        self.inside.append(name)


def begin() -> None:
    """Have no parts yet: a page is drawn from its top.

    Its body is in no part, and may show whatever a part does: what is pinned in the sidebar, deleted there, or given
    back. So with any of them all of the page is drawn; see `page_is`.
    """
    state.page.set_parts(Parts())


def page_is(sign: Sign) -> None:
    """Say that all there is on this page is in parts, as long as this sign is what it is now.

    It is asked before those of the parts, once in each run of parts.
    """
    parts: Parts = state.page.parts()
    parts.page, parts.page_drawn = sign, _value(sign)


def part(name: str, sign: Sign, content: Callable[[], object]) -> None:
    """Draw a part of the page here, and have it drawn again once its sign is another one."""
    parts: Parts = state.page.parts()
    parts.signs[name] = sign
    if parts.inside:
        parts.within.setdefault(parts.inside[-1], []).append(name)

    @st.fragment(key=name)
    def draw() -> None:
        parts.begin(name)
        try:
            with guarded():
                content()
        finally:
            parts.inside.remove(name)

    draw()


def changed() -> tuple[str, ...] | None:
    """Return the names of the parts that would be drawn otherwise now, the last on the page first; None where all of
    the page would be."""
    parts: Parts | None = state.page.parts()
    if parts is None:
        return ()
    is_another_page = parts.page is not None and _value(parts.page) != parts.page_drawn
    may_draw_all = not state.page.dialog_is_open()
    if state.chat.has_jump() or (is_another_page and may_draw_all):
        return None
    names = tuple(name for name, sign in reversed(parts.signs.items()) if _value(sign) != parts.drawn.get(name))
    return None if names and parts.page is None and may_draw_all else names


def _value(sign: Sign) -> object:
    try:
        return sign()
    except Exception as error:  # what cannot be looked up is said where it is drawn
        return repr(error)

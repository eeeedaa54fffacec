"""Words on a page: a model's as markdown, a person's as typed, and never so much that the page could not bear it.

What is too much markup is shown as text, and what is too long is hidden until somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from ui import state
from ui.browser.direction import follow_direction
from ui.markdown.bounds import LONGEST_LOOKED_AT, LONGEST_TEXT, Bounded, Spent, bounded
from ui.markdown.direction import has_right_to_left
from ui.markdown.safe import as_typed, safe_markdown
from ui.markdown.settling import blocks_of

LONGEST_WHOLE = LONGEST_LOOKED_AT
"""Characters of one text that are shown where all are asked for; what is longer is for a download."""
AS_TEXT = "Shown as plain text, since it is too long or too deeply nested to be drawn:"


def markdown(text: str) -> None:
    """Draw safe markdown. A heading in an answer is words, and no link."""
    st.markdown(text, anchors=False)


def draw_markdown(text: str, key: str, spent: Spent | None = None, draw: Callable[[str], object] = markdown) -> None:
    """Draw all of a model's text; `key` is its own among all texts of the page, `spent` its start of `shares`."""
    most_text = LONGEST_WHOLE if state.page.is_whole(key) else LONGEST_TEXT
    # In a place of its own, the same while the words arrive and when they are all there.
    with st.container(), reading_direction(text, key):
        _, hidden = draw_blocks(blocks_of(text), spent or Spent(), draw, most_text)
    _draw_hidden(hidden, key)


def draw_blocks(
    blocks: Iterable[str], spent: Spent, draw: Callable[[str], object] = markdown, most_text: int = LONGEST_TEXT
) -> tuple[Spent, int]:
    """Draw the parts of a text one after the other; return what is used up, and how many characters are hidden."""
    hidden = 0
    for block in blocks:
        drawn = draw_part(block, spent, draw, most_text)
        spent = drawn.spent
        hidden += drawn.hidden
    return spent, hidden


@contextmanager
def reading_direction(text: str, key: str) -> Iterator[None]:
    """Have what is drawn inside read from right to left where its letters do."""
    if not has_right_to_left(text):
        yield
        return
    with st.container(gap="xxsmall"):
        with st.container():
            yield
        follow_direction(key)


def draw_part(
    text: str, spent: Spent, draw: Callable[[str], object] = markdown, most_text: int = LONGEST_TEXT
) -> Bounded:
    """Draw a part of a model's text, where the parts before it have used up `spent`."""
    shown = bounded(text, spent, most_text)
    for number, part in enumerate(shown.parts):
        if part.is_text:
            if number or spent is None or not spent.ends_as_text:
                st.caption(AS_TEXT)
            st.text(as_typed(part.text))
        elif part.text.strip():
            draw(safe_markdown(part.text))
    return shown


def draw_typed(text: str, key: str) -> None:
    """Draw a person's text letter by letter."""
    most = LONGEST_WHOLE if state.page.is_whole(key) else LONGEST_TEXT
    with reading_direction(text, key):
        st.text(as_typed(text[:most]), width="stretch")
    _draw_hidden(len(text) - most, key)


def _draw_hidden(hidden: int, key: str) -> None:
    if hidden <= 0:
        return
    if state.page.is_whole(key):
        st.caption(f"{hidden:,} more characters are too much for a page: download the conversation to read them.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{hidden:,} more characters are not shown, since they would hold the page up.", width="content")
        st.button("Show all", key=f"show-all-{key}", on_click=state.page.show_whole, args=(key,), type="tertiary")

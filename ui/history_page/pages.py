"""Which page of a list is shown: one that there is, whatever number the session remembers."""

from __future__ import annotations

from math import ceil

import streamlit as st

MOST_PAGES = 1_000_000
"""More than any list has; a store is never asked for what is behind it."""


def page_among(asked: object, pages: int) -> int:
    """Return the nearest page to the one that is asked for, from 1; the first where that is no whole number."""
    if isinstance(asked, bool) or not isinstance(asked, int):
        return 1
    return min(max(asked, 1), max(pages, 1))


def asked_page(key: str) -> int:
    """Return the page that the session remembers under this widget's key."""
    return page_among(st.session_state.get(key, 1), MOST_PAGES)


def draw_pages(key: str, length: int, on_a_page: int) -> int:
    """Draw the choice of pages where there are several; return the page that is shown."""
    pages = ceil(length / on_a_page)
    page = page_among(asked_page(key), pages)
    if st.session_state.get(key, page) != page:
        st.session_state[key] = page
    if pages > 1:
        st.pagination(pages, key=key)
    return page

"""The page keeps room for its scrollbar, so that nothing moves sideways as the page becomes longer than the window.

Streamlit has no word for it. Where scrollbars lie over the page, as on a phone, there is nothing to keep room for.
"""

from __future__ import annotations

import streamlit as st

_JS = """
export default function () {
  const main = document.querySelector('main');
  if (main) main.style.scrollbarGutter = 'stable';
}
"""

_mount = st.components.v2.component("chatkeep_steady", html="<span></span>", js=_JS)


def keep_steady() -> None:
    """Have the browser keep room for the page's scrollbar."""
    _mount(key="steady")

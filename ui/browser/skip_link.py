"""A button for the keyboard, first in the page: from it the message box is one press away, over all that is between.

Streamlit has a link that leads to the page's content, past the sidebar; this one is the first thing there.
"""

from __future__ import annotations

import streamlit as st

_HTML = '<button type="button">Skip to the message box</button>'
_CSS = """
button {
  position: fixed; top: 0.5rem; left: 50%; transform: translateX(-50%); z-index: 1000;
  padding: 0.4rem 0.9rem; border-radius: var(--st-button-radius, 0.5rem); border: 1px solid var(--st-primary-color);
  background: var(--st-background-color); color: var(--st-text-color); font-family: var(--st-font); font-size: 0.875rem;
}
button:not(:focus) { clip-path: inset(50%); overflow: hidden; width: 1px; height: 1px; padding: 0; }
"""
# What holds the button (Streamlit gives it a class by its key) leaves the page's flow: it would move the title down.
_JS = """
export default function ({ parentElement }) {
  (parentElement.host ?? parentElement).closest('.st-key-skip_link').style.position = 'absolute';
  parentElement.querySelector('button').onclick = () => {
    document.querySelector('textarea[aria-label="Message"]')?.focus();
  };
}
"""

_mount = st.components.v2.component("chatkeep_skip_link", html=_HTML, css=_CSS, js=_JS)


def skip_to_message_box() -> None:
    """Draw the button, which is seen while it has the focus."""
    _mount(key="skip_link")

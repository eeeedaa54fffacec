"""A button that copies a text to the clipboard, as it is: the markdown, not what is drawn of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from chat.surrogates import printable

_HTML = '<button type="button"><span>Copy</span></button>'
_CSS = """
button {
  all: unset; cursor: pointer; padding: 0.25rem 0.4rem; border-radius: var(--st-button-radius, 0.5rem);
  color: var(--st-text-color); font-family: var(--st-font); font-size: 0.875rem; line-height: 1.6;
}
button:hover { color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-link-color); }
"""
# A page that is not served over HTTPS or from this machine has no clipboard; there the old way works.
_JS = """
export default function ({ parentElement, data }) {
  const button = parentElement.querySelector('button');
  const label = button.querySelector('span');
  const say = words => {
    label.textContent = words;
    setTimeout(() => { label.textContent = 'Copy'; }, 1500);
  };
  const oldWay = () => {
    const area = document.createElement('textarea');
    area.value = data.text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  };
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(data.text);
      say('Copied');
    } catch {
      say(oldWay() ? 'Copied' : 'Not copied');
    }
  };
}
"""

_mount = st.components.v2.component("chatkeep_copy", html=_HTML, css=_CSS, js=_JS)


def copy_button(text: str, *, key: str) -> Any:
    """Draw a button that copies the text."""
    return _mount(key=key, data={"text": printable(text)}, width="content")

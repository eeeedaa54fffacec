"""Words that find nothing in a list go, with Enter, into the box that takes what is not listed.

Streamlit's list does nothing at that Enter, and goes on showing the words as if they were chosen.
"""

from __future__ import annotations

import streamlit as st

# Fields go by what they are called. A field of React's takes a text by its own setter, and hears of it by an event.
_JS = """
const FOUND = '[role="option"][aria-selected]'; // "No results" is an option too, but none to select
const nameOf = field => field.getAttribute('aria-label') ?? field.labels?.[0]?.textContent.trim() ?? '';
const write = (field, text) => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
  field.dispatchEvent(new Event('input', { bubbles: true }));
};

export default function ({ data }) {
  const listener = event => {
    const list = event.target;
    if (event.key !== 'Enter' || event.isComposing || !list.matches?.('input[role="combobox"]')) return;
    if (nameOf(list) !== data.list || !list.value.trim() || document.querySelector(FOUND)) return;
    const box = [...document.querySelectorAll('input')].find(each => nameOf(each) === data.box);
    if (!box || list.ariaExpanded !== 'true') return;
    event.preventDefault();
    event.stopPropagation();
    const text = list.value;
    write(list, '');
    box.focus();
    write(box, text);
  };
  window.addEventListener('keydown', listener, true); // before the list takes the key
  return () => window.removeEventListener('keydown', listener, true);
}
"""

_mount = st.components.v2.component("chatkeep_unlisted", html="<span></span>", js=_JS)


def carry_unlisted(list_name: str, box_name: str, key: str) -> None:
    """Have the browser carry words that the list of that name does not find into the box of that name, at Enter."""
    _mount(key=f"unlisted-{key}", data={"list": list_name, "box": box_name}, height=1)

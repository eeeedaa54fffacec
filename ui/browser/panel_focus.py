"""What has the focus in the panel of the model keeps it, though a choice there makes the panel another one.

Streamlit takes a panel with another label for another panel: it stays open (`state.chat.keep_model_panel`), but the
browser makes all that is in it anew, and a keyboard would begin at the page's top again.
"""

from __future__ import annotations

import streamlit as st

# Fields go by what they are called. What comes instead is drawn a moment later: tried again for a second.
_JS = """
const FIELDS = 'input, textarea, select';
const drawn = new WeakSet();
let last = '';

const nameOf = field => field.getAttribute('aria-label') ?? field.labels?.[0]?.textContent.trim() ?? '';

export default function ({ parentElement, data }) {
  const listener = event => {
    const field = event.target;
    last = field.matches?.(FIELDS) && data.names.includes(nameOf(field)) ? nameOf(field) : '';
  };
  window.addEventListener('focusin', listener);
  if (!drawn.has(parentElement)) {
    drawn.add(parentElement);
    giveBack(last, 10);
  }
  return () => window.removeEventListener('focusin', listener);
}

function giveBack(name, left) {
  const at = document.activeElement;
  if (!name || left === 0 || (at !== null && at !== document.body)) return;
  const field = [...document.querySelectorAll(FIELDS)].find(each => nameOf(each) === name);
  if (field) field.focus({ preventScroll: true });
  else setTimeout(() => giveBack(name, left - 1), 100);
}
"""

_mount = st.components.v2.component("chatkeep_panel_focus", html="<span></span>", js=_JS)


def keep_focus(names: tuple[str, ...]) -> None:
    """Have the browser give the focus back to the field of that name that had it. Drawn within the panel."""
    _mount(key="panel_focus", data={"names": names}, height=1)

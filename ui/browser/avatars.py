"""The pictures beside messages make way on a phone, where they would take an eighth of the width of the words.

Streamlit draws one beside each message, whatever is asked of it. They say nothing that the colour behind a question
does not, and are hidden from screen readers as it is. An observer hides a new one before the browser paints it, so
nothing moves; a wider screen has neither.
"""

from __future__ import annotations

import streamlit as st

_JS = """
const SMALL = matchMedia('(max-width: 500px)');
const WORDS = '[role="group"][aria-label^="Chat message from "]';

const follow = () => {
  for (const words of document.querySelectorAll(WORDS)) {
    const picture = words.previousElementSibling;
    if (picture?.ariaHidden === 'true') picture.style.display = SMALL.matches ? 'none' : '';
  }
};

export default function () {
  const growing = new MutationObserver(follow);
  const turn = () => {
    follow();
    if (SMALL.matches) growing.observe(document.body, { childList: true, subtree: true });
    else growing.disconnect();
  };
  turn();
  SMALL.addEventListener('change', turn);
  return () => {
    growing.disconnect();
    SMALL.removeEventListener('change', turn);
  };
}
"""

_mount = st.components.v2.component("chatkeep_avatars", html="<span></span>", js=_JS)


def hide_avatars_where_small() -> None:
    """Have the browser give the width of the pictures to the words, on a phone."""
    _mount(key="avatars")

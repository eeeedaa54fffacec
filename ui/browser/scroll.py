"""A place on a page that the browser goes to, once: Streamlit itself has no word for it."""

from __future__ import annotations

import streamlit as st

# The page goes on laying itself out after this is drawn: the browser is held here until it has stayed for five seconds
# by itself (a minute at most), or until a person takes over.
_JS = """
export default function ({ parentElement, data }) {
  if (window.chatkeepWentTo === data.token) return;
  const place = parentElement.host ?? parentElement;
  const end = performance.now() + 60000;
  let until = performance.now() + 5000;
  let taken = false;
  const take = () => { taken = true; };
  for (const name of ['wheel', 'touchstart', 'keydown', 'mousedown']) {
    window.addEventListener(name, take, { once: true, passive: true });
  }
  const go = () => {
    if (!place.isConnected) return; // drawn anew: that one goes on
    if (taken || performance.now() > until) {
      window.chatkeepWentTo = data.token;
      return;
    }
    const top = place.getBoundingClientRect().top;
    if (top < 0 || top > 200) {
      place.scrollIntoView({ block: 'start' });
      until = Math.min(end, performance.now() + 5000);
    }
    setTimeout(go, 100);
  };
  go();
}
"""

_mount = st.components.v2.component("chatkeep_scroll", html="<span></span>", js=_JS)


def scroll_here(token: str) -> None:
    """Have the browser scroll to this place; the same token does it only once."""
    _mount(key=f"scroll-{token}", data={"token": token}, height=1)

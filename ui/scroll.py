"""A place on a page that the browser goes to, once: Streamlit itself has no word for it."""

from __future__ import annotations

import streamlit as st

# The page goes on laying itself out after this is drawn, and a chat page goes to its end by itself: the browser is held
# here until all of that rests, or a person takes over.
_JS = """
export default function ({ parentElement, data }) {
  if (window.chatkeepWentTo === data.token) return;
  window.chatkeepWentTo = data.token;
  const place = parentElement.host ?? parentElement;
  const until = performance.now() + 4000;
  let rested = 0;
  let taken = false;
  const take = () => { taken = true; };
  for (const name of ['wheel', 'touchstart', 'keydown', 'mousedown']) {
    window.addEventListener(name, take, { once: true, passive: true });
  }
  const go = () => {
    if (taken || !place.isConnected) return;
    const top = place.getBoundingClientRect().top;
    rested = top >= 0 && top < 200 ? rested + 1 : 0;
    if (!rested) place.scrollIntoView({ block: 'start' });
    if (rested < 10 && performance.now() < until) setTimeout(go, 100);
  };
  go();
}
"""

_mount = st.components.v2.component("chatkeep_scroll", html="<span></span>", js=_JS)


def scroll_here(token: str) -> None:
    """Have the browser scroll to this place; the same token does it only once."""
    _mount(key=f"scroll-{token}", data={"token": token}, height=1)

"""A place on a page that the browser goes to, once: Streamlit itself has no word for it."""

from __future__ import annotations

import streamlit as st

# The page goes on laying itself out after this is drawn, so the browser is asked again until it rests.
_JS = """
export default function ({ parentElement, data }) {
  if (window.chatkeepWentTo === data.token) return;
  window.chatkeepWentTo = data.token;
  const place = parentElement.host ?? parentElement;
  let tries = 0;
  const go = () => {
    place.scrollIntoView({ block: 'start' });
    if (++tries < 8) setTimeout(go, 120);
  };
  go();
}
"""

_mount = st.components.v2.component("chatkeep_scroll", html="<span></span>", js=_JS)


def scroll_here(token: str) -> None:
    """Have the browser scroll to this place; the same token does it only once."""
    _mount(key=f"scroll-{token}", data={"token": token}, height=1)

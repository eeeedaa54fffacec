"""A sidebar that covers a small screen makes way once something in it was chosen, as Streamlit's own page list does.

Streamlit has no word for it, and remembers in the browser that the sidebar is open: so its own button is pressed.
Mounted after the first choice: a first visit loads nothing of it.
"""

from __future__ import annotations

import streamlit as st

# 768: from this width on Streamlit draws the sidebar beside the page (its theme's breakpoint `md`). Tried again for two
# seconds: while one page follows another, the button may not be there.
_JS = """
export default function ({ data }) {
  if (window.chatkeepMadeWay === data.choice) return;
  window.chatkeepMadeWay = data.choice;
  if (window.innerWidth >= 768) return;
  let left = 20;
  const close = () => {
    const sidebar = document.querySelector('[data-testid="stSidebar"]');
    if (window.chatkeepMadeWay !== data.choice || sidebar?.dataset.collapsed === 'true' || left-- === 0) return;
    document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
    setTimeout(close, 100);
  };
  close();
}
"""

_mount = st.components.v2.component("chatkeep_small_screen", html="<span></span>", js=_JS)


def close_where_small(choice: int) -> None:
    """Have the browser close the sidebar where it covers the page; the same choice does it only once."""
    _mount(key=f"small-screen-{choice}", data={"choice": choice}, height=1)

"""What makes way on a small screen: the sidebar once something in it was chosen, and the pictures beside messages.

Streamlit has no word for either. It closes the sidebar by its own button alone: so that is pressed, as after a choice
in Streamlit's own page list. Mounted after the first choice: a first visit loads nothing of it. And it remembers in the
browser that the sidebar is open, so that the next page would come up behind it: that is forgotten as a page is left.

It draws a picture beside each message, whatever is asked of it: an eighth of the width that words have on a phone.
They say nothing that the colour behind a question does not, and are hidden from screen readers as it is. An observer
hides a new one before the browser paints it, so nothing moves; a wider screen has neither.
"""

from __future__ import annotations

import streamlit as st

# 768: from this width on Streamlit draws the sidebar beside the page (its theme's breakpoint `md`). Tried again for two
# seconds: while one page follows another, the button may not be there.
_MAKE_WAY = """
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

_LEAVE_ROOM = """
const SMALL = matchMedia('(max-width: 500px)');
const SIDEBAR = 'stSidebarCollapsed-'; // how the names of Streamlit's keys for it begin
const WORDS = '[role="group"][aria-label^="Chat message from "]';

const follow = () => {
  for (const words of document.querySelectorAll(WORDS)) {
    const picture = words.previousElementSibling;
    if (picture?.ariaHidden === 'true') picture.style.display = SMALL.matches ? 'none' : '';
  }
};

const forgetSidebar = () => {
  if (window.innerWidth >= 768) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith(SIDEBAR)) localStorage.removeItem(key);
};

export default function () {
  window.addEventListener('pagehide', forgetSidebar);
  const growing = new MutationObserver(follow);
  const turn = () => {
    follow();
    if (SMALL.matches) growing.observe(document.body, { childList: true, subtree: true });
    else growing.disconnect();
  };
  turn();
  SMALL.addEventListener('change', turn);
  return () => {
    window.removeEventListener('pagehide', forgetSidebar);
    growing.disconnect();
    SMALL.removeEventListener('change', turn);
  };
}
"""

_sidebar = st.components.v2.component("chatkeep_small_screen", html="<span></span>", js=_MAKE_WAY)
_room = st.components.v2.component("chatkeep_room", html="<span></span>", js=_LEAVE_ROOM)


def close_where_small(choice: int) -> None:
    """Have the browser close the sidebar where it covers the page; the same choice does it only once."""
    _sidebar(key=f"small-screen-{choice}", data={"choice": choice}, height=1)


def leave_room_where_small() -> None:
    """Have the browser give the width of pictures to the words, and begin each page without the sidebar above it."""
    _room(key="room")

"""The end of the conversation: the page goes to it and follows it, until the reader looks elsewhere; then a small
button leads back.

Streamlit follows the end of a page by itself where the message box is drawn in the page's body, and pulls a reader back
who scrolls up while an answer arrives. So the box is drawn in `st.bottom` (`chat_page/message_box.py`), where Streamlit
leaves the page alone, and this component does all of it.
"""

from __future__ import annotations

import streamlit as st

from ui.browser.scripts import handed_over

_HTML = '<button type="button" hidden><span aria-hidden="true">↓</span> Newest</button>'
_CSS = """
button {
  position: absolute; bottom: 0.5rem; left: 50%; transform: translateX(-50%);
  cursor: pointer; padding: 0.3rem 0.9rem; border-radius: 1rem; border: 1px solid var(--st-border-color);
  background: var(--st-background-color); color: var(--st-text-color);
  font-family: var(--st-font); font-size: 0.875rem; line-height: 1.4; white-space: nowrap;
  box-shadow: 0 2px 8px rgb(0 0 0 / 20%);
}
button[hidden] { display: none; }
button:hover { border-color: var(--st-link-color); color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-link-color); outline-offset: 2px; }
"""
# What ends the following is what a person does (wheel, touch, drag, keys), the moment it is done: the scrolling that
# comes of it may come later, and an answer may have grown by then. What takes it up again is being at the end.
SCRIPT = """
const NEAR = 2; // pixels from the end that count as the end
const STEPS = { // in heights of the window
  PageUp: -0.85, PageDown: 0.85, ArrowUp: -0.06, ArrowDown: 0.06, Home: -Infinity, End: Infinity,
};
const followers = new WeakMap();

function main({ parentElement, data }) {
  const follower = followers.get(parentElement) ?? begin(parentElement);
  followers.set(parentElement, follower);
  follower.show(data);
  return follower.end;
}

function begin(parentElement) {
  const host = parentElement.host ?? parentElement;
  const button = parentElement.querySelector('button');
  const box = scroller(host);
  let place = null;
  let following = false;
  let pressed = null; // where the pointer went down, while it is down
  let finger = 0; // how far down it is
  let last = box.scrollTop;
  let held = 0; // where the reader is who does not follow
  let wish = { way: 0, at: -Infinity }; // which way a person wanted to scroll last (-1: up, 1: down), and when

  const atEnd = () => box.scrollHeight - box.clientHeight - box.scrollTop <= NEAR;
  const draw = () => { button.hidden = following || atEnd(); };
  const toEnd = () => {
    if (following && pressed === null && !atEnd()) box.scrollTop = box.scrollHeight;
    if (!following && box.scrollTop < held) box.scrollTop = held;
    last = box.scrollTop;
    draw();
  };
  const follow = () => { following = true; toEnd(); };
  const letGo = () => {
    if (following) held = box.scrollTop;
    following = false;
    draw();
  };
  const want = way => { wish = { way, at: performance.now() }; };
  const wanted = way => performance.now() - wish.at < 2000 && wish.way === way;
  const scrolled = () => {
    const top = box.scrollTop;
    // A page that was shorter for a moment, as a part of it was drawn anew, is scrolled by nobody; nor is one that the
    // browser moves along with what stands in sight, as something above it grows.
    if (following && top < last && !atEnd() && wanted(-1)) letGo();
    else if (top > last && atEnd() && wanted(1)) following = true;
    // Where a reader was who looks elsewhere, they are again once the page is as long as it was.
    if (!atEnd() || top > held) held = top;
    toEnd();
  };
  const wheeled = event => {
    want(Math.sign(event.deltaY));
    if (event.deltaY < 0) letGo();
  };
  const down = event => {
    const scrolls = event.button === 1 || event.target === box; // by the middle button, or by the scroll bar
    pressed = { x: event.clientX, y: event.clientY, at: event.clientY, scrolls };
    if (scrolls) letGo();
  };
  const moved = event => {
    if (!pressed) return;
    if (pressed.scrolls) want(Math.sign(event.clientY - pressed.at));
    pressed.at = event.clientY;
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 5) letGo();
  };
  const touching = event => { finger = event.touches[0].clientY; };
  const touched = event => {
    want(Math.sign(finger - event.touches[0].clientY));
    touching(event);
    letGo();
  };
  const lifted = () => {
    if (atEnd() && wish.way > 0) follow();
  };
  const up = () => { pressed = null; toEnd(); };
  const cancelled = () => { pressed = null; letGo(); }; // the browser scrolls by this finger from here on
  const keyed = event => {
    const at = event.composedPath()[0];
    const inField = at.matches?.('input, textarea, select, [contenteditable=true]');
    if (event.key === 'Tab' || (event.key === ' ' && !inField)) want(event.shiftKey ? -1 : 1);
    if ((event.ctrlKey || event.metaKey) && event.key === 'f') letGo(); // what the browser finds is to stay
    const way = STEPS[event.key];
    if (way === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!inField) want(Math.sign(way));
    if (at.matches?.('textarea[aria-label="Message"]')) {
      // The box has the focus nearly always, and these keys would do nothing in it.
      const pages = event.key.startsWith('Page');
      if (event.isComposing || (at.value && !(pages && at.scrollHeight <= at.clientHeight + NEAR))) return;
      event.preventDefault();
      want(Math.sign(way));
      if (way < 0) letGo();
      const step = way * box.clientHeight;
      box.scrollTop = Math.min(Math.max(box.scrollTop + step, 0), box.scrollHeight);
    } else if (way < 0 && !inField && !at.closest?.('[role=dialog], [role=listbox], [role=menu]')) {
      letGo();
    }
  };

  const sizes = new ResizeObserver(toEnd);
  const watch = () => { for (const each of box.children) sizes.observe(each); };
  const parts = new MutationObserver(watch);
  parts.observe(box, { childList: true });
  sizes.observe(box);
  watch();

  const passive = { passive: true };
  const listening = [
    [box, 'scroll', scrolled], [box, 'wheel', wheeled],
    [box, 'touchstart', touching], [box, 'touchmove', touched], [box, 'touchend', lifted],
    [box, 'pointerdown', down], [window, 'pointermove', moved],
    [window, 'pointerup', up], [window, 'pointercancel', cancelled],
  ];
  for (const [where, what, how] of listening) where.addEventListener(what, how, passive);
  window.addEventListener('keydown', keyed);
  button.onclick = () => {
    follow();
    box.focus({ preventScroll: true }); // the button goes, and so would the focus
  };

  return {
    show(data) {
      // Else the browser moves the page along with the end of the answer, for whoever sees that and does not follow it.
      box.style.overflowAnchor = data.answering ? 'none' : '';
      if (data.place === place) return;
      place = data.place;
      if (data.at_end) follow();
      else letGo();
      held = 0;
    },
    end() {
      box.style.overflowAnchor = '';
      sizes.disconnect();
      parts.disconnect();
      for (const [where, what, how] of listening) where.removeEventListener(what, how, passive);
      window.removeEventListener('keydown', keyed);
      followers.delete(parentElement);
    },
  };
}

function scroller(element) {
  for (let each = element.parentElement; each; each = each.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(each).overflowY)) return each;
  }
  return document.scrollingElement;
}
"""

_mount = st.components.v2.component("chatkeep_newest", html=_HTML, css=_CSS, js=handed_over("newest"))


def follow_newest(place: str, *, answering: bool, at_end: bool = True) -> None:
    """Have the browser follow the end of the page it is drawn in, from the first run with this `place` on.

    `answering`: an answer arrives there. `at_end`: go there at once; else only once the reader does.
    """
    _mount(key="newest", data={"place": place, "answering": answering, "at_end": at_end})

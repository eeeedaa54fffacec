"""The message box has the focus where nothing else wants it: on load, in a new chat, after an answer.

Streamlit has no word for it. Not on a phone, where a keyboard would come up over what there is to read.
"""

from __future__ import annotations

import streamlit as st

# Tried again for two seconds: the box may be drawn after this.
_JS = """
const seen = new WeakMap();

export default function ({ parentElement, data }) {
  const before = seen.get(parentElement) ?? {};
  seen.set(parentElement, data);
  const isNewPlace = data.place !== before.place;
  if (!isNewPlace && (data.answering === before.answering || data.answering)) return;
  if (matchMedia('(pointer: coarse), (max-width: 767px)').matches) return;
  let left = 20;
  const focus = () => {
    const box = document.querySelector('textarea[aria-label="Message"]');
    if (box && !box.disabled) {
      if (isFree(box, isNewPlace)) box.focus({ preventScroll: true });
    } else if (left-- > 0) {
      setTimeout(focus, 100);
    }
  };
  focus();
}

const WINDOWS = '[role=dialog], [role=alertdialog], [role=listbox], [role=menu], [aria-modal=true]';
const FIELDS = 'input, textarea, select, [contenteditable=true]';

function isFree(box, isNewPlace) {
  const at = document.activeElement;
  if ([...document.querySelectorAll(WINDOWS)].some(each => each.getClientRects().length > 0)) return false;
  if (at?.matches(FIELDS)) return false;
  // What was pressed to come to a new place has had its use; after an answer it may be pressed again.
  return isNewPlace || (getSelection().isCollapsed && (at === null || at === document.body || at.matches('main')));
}
"""

_mount = st.components.v2.component("chatkeep_message_box", html="<span></span>", js=_JS)


def focus_message_box(place: str, answering: str | None) -> None:
    """Have the browser put the cursor into the message box in each new place, and as an answer has ended.

    `answering` is the id of the answer that is on its way.
    """
    _mount(key="message_box", data={"place": place, "answering": answering})

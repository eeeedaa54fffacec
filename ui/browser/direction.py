"""Text from right to left reads so, paragraph by paragraph: Streamlit itself draws every text from left to right.

Mounted beside words that have such letters, and only there. It gives each block around its words the direction of its
own first letter, as `dir="auto"` would; a list, a table and a quote that of what they begin with; code and formulas
stay from left to right. Which elements those are is seen by how they are laid out, not by names of Streamlit's.
"""

from __future__ import annotations

import streamlit as st

_JS = """
const LETTER = /\\p{L}/u;
const RTL = new RegExp(['Arabic', 'Hebrew', 'Syriac', 'Thaana', 'Nko', 'Samaritan', 'Mandaic', 'Adlam',
  'Hanifi_Rohingya', 'Mende_Kikakui'].map(name => `\\\\p{Script=${name}}`).join('|'), 'u');
const LEFT_TO_RIGHT = 'code, pre, math';

const textsIn = function* (place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { currentNode } = walker;
    if (LETTER.test(currentNode.data) && !currentNode.parentElement.closest(LEFT_TO_RIGHT)) yield currentNode;
  }
};

// Room, lines and marks on the left belong on the right. What turns with the direction by itself is left alone.
const SIDES = ['margin', 'padding', 'border'];
const mirror = block => {
  const look = getComputedStyle(block);
  const before = look.paddingLeft + look.marginLeft;
  block.dir = 'rtl';
  if (look.paddingLeft + look.marginLeft !== before) return;
  const [left, right] = ['Left', 'Right'].map(side => SIDES.map(each => look[each + side]));
  SIDES.forEach((each, number) => {
    Object.assign(block.style, { [`${each}Left`]: right[number], [`${each}Right`]: left[number] });
  });
};

const direct = (block, direction) => {
  if (block.dir === direction) return;
  if (direction === 'rtl' && block.matches('ul, ol, li, blockquote')) mirror(block);
  block.dir = direction;
  const look = getComputedStyle(block);
  if (direction === 'rtl' && look.textAlign === 'left') block.style.textAlign = 'start';
  if (direction === 'rtl' && block.tagName === 'TABLE') block.style.marginLeft = 'auto';
  if (look.whiteSpace.startsWith('pre') || look.whiteSpace === 'break-spaces') { // each line is a paragraph
    Object.assign(block.style, { unicodeBidi: 'plaintext', textAlign: 'start' });
  }
};

const directionOf = block => {
  for (const text of textsIn(block)) return RTL.test(text.data.match(LETTER)[0]) ? 'rtl' : 'ltr';
  return 'ltr';
};

const blockOf = text => {
  let block = text.parentElement;
  while (getComputedStyle(block).display.startsWith('inline')) block = block.parentElement;
  return block;
};

const follow = place => {
  const blocks = new Set([...textsIn(place)].map(blockOf));
  for (const block of place.querySelectorAll('ul, ol, table, blockquote')) blocks.add(block);
  for (const block of blocks) direct(block, directionOf(block));
  for (const each of place.querySelectorAll(LEFT_TO_RIGHT)) (each.closest('.katex') ?? each).dir = 'ltr';
};

export default function ({ parentElement }) {
  const host = parentElement.host ?? parentElement;
  let place = host.parentElement;
  while (place.parentElement && place.childElementCount < 2) place = place.parentElement; // the words are beside it
  follow(place);
  const growing = new MutationObserver(() => follow(place));
  growing.observe(place, { childList: true, characterData: true, subtree: true });
  host.chatkeepFollows?.disconnect();
  host.chatkeepFollows = growing;
  return () => growing.disconnect();
}
"""

_mount = st.components.v2.component("chatkeep_direction", html="<span></span>", js=_JS)


def follow_direction(key: str) -> None:
    """Have the words beside this read by their own directions. `key` is its own among all on a page."""
    _mount(key=f"direction-{key}", height=1)

"""What Streamlit has no word for in the message box: who has the focus, and words that come back to it; and, beside it,
that an answer has ended, said to whoever does not see it.

It has the focus where nothing else wants it: on load, in a new chat, after an answer. Not on a phone, where a keyboard
would come up over what there is to read. Words come back beside what is typed there meanwhile. What is typed there, or
into any other field of the page, reads by its own direction.
"""

from __future__ import annotations

import streamlit as st

from ui.browser.scripts import handed_over

# Tried again for two seconds: the box may be drawn after this.
SCRIPT = """
const seen = new WeakMap();

function main({ parentElement, data }) {
  window.addEventListener('focusin', readByItself); // the same one twice is one
  if (document.activeElement) readByItself({ target: document.activeElement });
  const before = seen.get(parentElement);
  seen.set(parentElement, data);
  const what = !before ? (isLoad() ? 'loaded' : 'opened') : data.place !== before.place ? 'moved'
    : before.answering && !data.answering ? 'answered' : null;
  if (what) withBox(box => focus(box, what));
  if (what === 'moved' || before?.answering !== data.answering) {
    const hasEnded = what !== 'moved' && before?.answering;
    parentElement.querySelector('[role=status]').textContent = hasEnded ? 'The answer has ended.' : '';
  }
  if (data.returned && window.chatkeepReturned !== data.returned.id) {
    window.chatkeepReturned = data.returned.id;
    withBox(box => put(box, data.returned.words));
  }
}

function isLoad() {
  const isFirst = !window.chatkeepHasOpened;
  window.chatkeepHasOpened = true;
  return isFirst && new URL(performance.getEntriesByType('navigation')[0].name).pathname === location.pathname;
}

function readByItself({ target }) {
  if (target.matches?.('textarea, input:not([type]), input[type=text]')) target.dir = 'auto';
}

function withBox(act, left = 20) {
  const box = document.querySelector('textarea[aria-label="Message"]');
  if (box && !box.disabled) act(box);
  else if (left > 0) setTimeout(() => withBox(act, left - 1), 100);
}

function focus(box, what) {
  if (matchMedia('(pointer: coarse), (max-width: 767px)').matches) return;
  if (isFree(what)) box.focus({ preventScroll: true });
}

function put(box, words) {
  const setValue = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
  setValue.call(box, box.value ? `${words}\n\n${box.value}` : words); // as typing does: the page sees the new value
  box.dispatchEvent(new Event('input', { bubbles: true }));
  box.focus({ preventScroll: true });
}

const WINDOWS = '[role=dialog], [role=alertdialog], [role=listbox], [role=menu], [aria-modal=true]';
const FIELDS = 'input, textarea, select, [contenteditable=true]';

function isFree(what) {
  const at = document.activeElement;
  if ([...document.querySelectorAll(WINDOWS)].some(each => each.getClientRects().length > 0)) return false;
  if (what === 'moved') return true; // what was pressed, or typed, to come here has had its use
  if (at?.matches(FIELDS)) return false;
  if (what === 'opened') return true;
  // Somebody may have begun elsewhere while the page was loaded. After an answer a button that was pressed may be
  // pressed again, and words be marked.
  return getSelection().isCollapsed && (at === null || at === document.body || at.matches('main'));
}
"""

_HTML = '<span role="status"></span>'
_CSS = "span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }"

_mount = st.components.v2.component("chatkeep_message_box", html=_HTML, css=_CSS, js=handed_over("message_box"))


def tend_message_box(place: str, answering: str | None, returned: dict[str, str] | None) -> None:
    """Have the browser put the cursor into the message box in each new place, and as an answer has ended, which is said
    once in a live region; and put words back into it, above what is there.

    `answering` is the id of the answer that is on its way, `returned` has the words, and an `id` by which they are
    put back once.
    """
    _mount(key="message_box", data={"place": place, "answering": answering, "returned": returned})

"""The keyboard: what a key does on every page, and the window that shows it all.

A shortcut presses, or puts the cursor into, what has its name for a screen reader, so it does what that does, and
nothing where there is no such thing. Named here and nowhere else; drawn once on each page, at the end of its sidebar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A key, alone or with others, and what it does."""

    key: str
    """As a browser names it (`KeyboardEvent.key`), a letter in lower case."""
    does: str
    """For the user."""
    target: str = ""
    """The name of the button or link that it presses, or of the field that it puts the cursor into; of several the last
    one on the page. Empty: it shows all shortcuts."""
    ctrl: bool = False
    """On a Mac the command key does as well."""
    shift: bool = False
    while_typing: bool = True
    """Whether it does it from within a field too."""


SHORTCUTS = (
    Shortcut("k", "Search conversations", "Search conversations", ctrl=True),
    Shortcut("o", "New chat", "New chat", ctrl=True, shift=True),
    Shortcut("Escape", "Stop the answer", "Stop"),
    Shortcut("/", "Show all shortcuts", ctrl=True),
    Shortcut("?", "Show all shortcuts", while_typing=False),
)

_SIGNS = {"Escape": "Esc"}


def written(shortcut: Shortcut) -> str:
    """Return the keys as a person reads them: `Ctrl+Shift+O`."""
    held = (name for name, is_held in (("Ctrl", shortcut.ctrl), ("Shift", shortcut.shift)) if is_held)
    return "+".join((*held, _SIGNS.get(shortcut.key, shortcut.key.upper())))


_JS = """
const listeners = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const before = listeners.get(parentElement);
  if (before) window.removeEventListener('keydown', before, true);
  const listener = event => keyed(event, data.shortcuts, () => setTriggerValue('all', true));
  listeners.set(parentElement, listener);
  window.addEventListener('keydown', listener, true); // before whatever has the focus takes the key
  return () => {
    window.removeEventListener('keydown', listener, true);
    listeners.delete(parentElement);
  };
}

const WINDOWS = '[role=dialog], [role=alertdialog], [role=listbox], [role=menu], [aria-modal=true]';
const FIELDS = 'input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]';

function keyed(event, shortcuts, showAll) {
  if (event.isComposing || event.repeat) return;
  const path = event.composedPath();
  const open = [...document.querySelectorAll(WINDOWS)].filter(isThere);
  if (open.length > 0) {
    if (event.key === 'Escape') leave(open.at(-1), path);
    return;
  }
  const shortcut = shortcuts.find(each => matches(event, each));
  if (!shortcut) return;
  if (path.some(each => each.matches?.(WINDOWS))) return; // a menu within a component of its own
  const at = path[0];
  const field = at.matches?.(FIELDS) ? at : null;
  const inMessageBox = field?.getAttribute('aria-label') === 'Message';
  if (field && !shortcut.while_typing) return;
  if (field && !inMessageBox && shortcut.key === 'Escape') return; // a field has its own use for it
  if (!shortcut.target) showAll();
  else if (!reach(shortcut.target)) return;
  event.preventDefault();
  event.stopPropagation();
}

// A window hears of keys only once the focus has come into it, a moment after it can be seen.
function leave(last, path) {
  if (!path.some(each => each.matches?.(WINDOWS)) && last.matches('[role=dialog]')) named(last, 'Close')[0]?.click();
}

function matches(event, shortcut) {
  const isSign = !/^[a-z]/i.test(shortcut.key); // on which keyboard it takes Shift, nobody knows
  return event.key.toLowerCase() === shortcut.key.toLowerCase() && !event.altKey
    && (event.ctrlKey || event.metaKey) === shortcut.ctrl && (isSign || event.shiftKey === shortcut.shift);
}

function reach(name) {
  const element = named(document, name).at(-1);
  if (!element) return false;
  if (!element.matches(FIELDS)) {
    element.click();
    return true;
  }
  if (!isInView(element)) named(document, 'Expand sidebar').at(-1)?.click();
  let left = 20;
  const enter = () => { // once the sidebar has come in
    if (isInView(element) || left-- === 0) {
      element.focus();
      element.select?.();
    } else {
      setTimeout(enter, 50);
    }
  };
  enter();
  return true;
}

function named(root, name) {
  const found = [];
  for (const each of root.querySelectorAll('*')) {
    if (each.shadowRoot) found.push(...named(each.shadowRoot, name));
    if (each.matches(`button, a[href], ${FIELDS}`) && !each.disabled && nameOf(each) === name) found.push(each);
  }
  return found;
}

function nameOf(element) {
  const label = element.getAttribute('aria-label');
  if (label !== null) return label;
  const copy = element.cloneNode(true);
  for (const each of copy.querySelectorAll('[aria-hidden=true]')) each.remove();
  return copy.textContent.trim();
}

function isThere(element) {
  return element.getClientRects().length > 0;
}

function isInView(element) {
  const place = element.getBoundingClientRect();
  return place.width > 0 && place.right > 0 && place.left < window.innerWidth;
}
"""

_mount = st.components.v2.component("chatkeep_keys", html="<span></span>", js=_JS)


def listen_for_keys(show_all: Callable[[], None]) -> None:
    """Have the browser listen for the shortcuts; `show_all` is called as a callback is."""
    _mount(key="keys", data={"shortcuts": [asdict(each) for each in SHORTCUTS]}, on_all_change=show_all)

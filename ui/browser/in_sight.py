"""A part of a page that stays in sight at the bottom of the window, wherever the page is scrolled to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

# Streamlit gives a container a class by its key, which is how this finds the one that it stands in.
_JS = """
export default function ({ parentElement, data }) {
  const host = parentElement.host ?? parentElement;
  const part = host.closest(`.st-key-${data.key}`);
  const main = document.querySelector('main');
  const place = () => {
    const { left, width } = main.getBoundingClientRect();
    Object.assign(part.style, {
      position: 'fixed', bottom: '1rem', left: `${left + width / 2}px`, transform: 'translateX(-50%)',
      width: `min(${main.clientWidth - 32}px, 46rem)`, zIndex: 90,
      background: getComputedStyle(host).getPropertyValue('--st-background-color'),
      boxShadow: '0 2px 12px rgb(0 0 0 / 20%)',
    });
  };
  const sizes = new ResizeObserver(place);
  sizes.observe(main);
  place();
  return () => sizes.disconnect();
}
"""

_mount = st.components.v2.component("chatkeep_in_sight", html="<span></span>", js=_JS)


@contextmanager
def in_sight(key: str) -> Iterator[None]:
    """Draw what is inside at the bottom of the window, over the page."""
    with st.container(key=key, border=True, gap=None):
        with st.container(gap="xsmall"):
            yield
        _mount(key=f"{key}-in-sight", data={"key": key})

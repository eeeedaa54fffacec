"""What a page shows of an answer before it has settled: as it arrives, letter by letter, without a run of anything.

One script for the page holds its channel (`ui/live/`), and stays. Each answer that is on its way has an open text, a
plain element which the script fills: it writes `textContent` alone, so no text can act.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from chat.surrogates import printable
from ui.markdown.bounds import LONGEST_TEXT

KEPT = " more characters are kept, and not shown while the answer arrives."
"""Said behind the number of those."""

_HERE = Path(__file__).parent
_mount_script = st.components.v2.component(
    "chatkeep_live", html="<span></span>", js=(_HERE / "live.js").read_text("utf-8")
)
# In the page itself, for its fonts and colours. Whatever comes first: it waits for the script in a list.
_mount_text = st.components.v2.component(
    "chatkeep_open_text",
    html='<div class="chatkeep-open-text"></div>',
    js="""
export default function (component) {
  (window.chatkeepOpenTexts ??= []).push(component);
}
""",
    isolate_styles=False,
)


def listen(name: str) -> None:
    """Have the page hear what is said in the channel of this name. Once on a page, in a place that it keeps."""
    _mount_script(key="live", data={"name": name}, height=1)


def open_text(
    message_id: str,
    kind: str,
    begins: int,
    words: str,
    waiting: str,
    on_look: Callable[[str, int], None],
    next_look: tuple[str, list[int]] | None = None,
) -> None:
    """Show what arrives of a message from this place on, in UTF-16 units; `kind` is `text` or `thinking`.

    `words` are those that are there already, `waiting` stands there before the first one. Of very many those at the
    beginning are shown, since the browser lays them all out with each that comes. `on_look` is a callback: it
    is told that up to another character of that kind has settled, that the answer has reached its `end`, or that the
    page is `deaf` to its channel. `next_look`: what it is told next, where something else is to be drawn in this place,
    and the ends of the parts of that, in UTF-16 units: the text lets go of the words of each as it is drawn.
    """
    key = f"open-{kind}-{message_id}"

    def look() -> None:
        # What was asked for may come when the text is gone from the page.
        match st.session_state[key].look if key in st.session_state else None:
            case {"kind": str(kind), "settled": int(settled)}:
                on_look(kind, settled)

    data = {
        "of": message_id,
        "kind": kind,
        "from": begins,
        "words": printable(words[:LONGEST_TEXT]),
        "length": len(words),
        "most": LONGEST_TEXT,
        "kept": KEPT,
        "waiting": waiting,
        "next": next_look,
    }
    _mount_text(key=key, data=data, on_look_change=look)

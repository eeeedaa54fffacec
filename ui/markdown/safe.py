"""A model's text, and a person's, to what Streamlit draws as it was meant. Pure functions, without Streamlit.

A model's text is markdown made safe: code is never touched; outside of it `\\(…\\)` and `\\[…\\]` become math and a
price like $5 does not, pictures become links (drawing one would tell its host about the chat), Streamlit's own
directives, icons and arrows stay the letters they are, HTML is shown and never vanishes, links that run something are
none. A person's text is drawn by `st.text`. Which lines are code is known by `blocks.py`, what happens to all
others by `prose.py`.
"""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

from chat.surrogates import printable
from ui.markdown.blocks import code_and_prose, in_lines, open_fence, places_to_cut
from ui.markdown.bounds import LONGEST_LOOKED_AT
from ui.markdown.direction import isolated
from ui.markdown.prose import ARROW, parted, safe_prose

SETTLED_LENGTH = 700
"""Characters from which on settled blocks are an element of their own; small ones would cost more than they save."""

LONGEST_LABEL = 5_000
"""Characters of a label; a title of a megabyte would stand in every list."""

_LABEL_SIGN = re.compile(
    rf"{ARROW.pattern}|:(?=material_|streamlit:|//)|@|(?<=www)\.|[&:\\`*_\[\]<>~$!|#{{}}]", re.IGNORECASE
)
_LABEL_ESCAPED = re.compile(r"[\\`*_\[\]<>~$!|#{}]")
_OPEN_TARGET = re.compile(r"!?\[([^\[\]\n]*)\](?:\([^()\s]*)?\Z")
_INVISIBLE = "\u200b"


@lru_cache(maxsize=512)
def safe_markdown(text: str) -> str:
    """Return markdown for `st.markdown` that shows a model's text as the model meant it, in time that grows with the
    text's length only. Halves of surrogate pairs become U+FFFD.
    """
    cleaned = textwrap.dedent(
        in_lines(printable(text))
    ).strip()  # as `st.markdown` does it: what is looked at is what it draws
    return "".join(part if is_code else safe_prose(part) for is_code, part in code_and_prose(cleaned))


def as_typed(text: str) -> str:
    """Return a person's text for `st.text`, which draws it letter by letter, with its line breaks and spaces.

    `st.text` would take away the spaces before the first line; only then an invisible character stands before them.
    """
    lines = in_lines(printable(text)).strip("\n")
    return _INVISIBLE + lines if lines[:1].isspace() else lines


def as_label(text: str) -> str:
    """Return a person's words for a label or a heading: one line, shown letter by letter, the end left out of a very
    long one. Words from right to left read so in any sentence, and end at their own end."""
    words = " ".join(printable(text[:LONGEST_LOOKED_AT]).split())
    shown = words if len(words) <= LONGEST_LABEL else words[:LONGEST_LABEL] + "…"
    return isolated(_LABEL_SIGN.sub(_label_sign, shown))


def _label_sign(sign: re.Match[str]) -> str:
    match sign[0]:
        case "&":
            return "&amp;"
        case ":" if not sign.string.startswith((":material_", ":streamlit:", "://"), sign.start()):
            return "&#58;"
        case character if _LABEL_ESCAPED.fullmatch(character):
            return "\\" + character
        case replaced:  # Streamlit would make an arrow, an icon or a link of it, whatever is escaped
            return parted(replaced)


def split_settled(text: str) -> tuple[list[str], str]:
    """Split a growing text into the parts that no longer change, and the open rest; together they are the text.

    A part ends at a blank line outside of code, lists, tables and quotes, and has `SETTLED_LENGTH` characters or more.
    What was settled stays settled, whatever text follows.
    """
    settled: list[str] = []
    start = 0
    for place in places_to_cut(text):
        if place - start >= SETTLED_LENGTH:
            settled.append(text[start:place])
            start = place
    return settled, text[start:]


def closed(text: str) -> str:
    """Return an open rest with what is unfinished at its end finished or held back, so that the page does not flicker:
    a fence, code in backticks, bold and struck text are closed; a formula waits; a link shows its words.
    """
    if closing := open_fence(text):
        fence = closing.strip(" >")
        lines, _, last = text.rpartition("\n")
        is_closing = bool(last.strip()) and not last.strip(" >").strip(fence[0])
        return f"{lines if is_closing and lines else text}\n{closing}"
    before, gap, last = text.rpartition("\n\n")
    start = max(last.rfind("\\("), last.rfind("\\["))
    if start >= 0 and {"(": "\\)", "[": "\\]"}[last[start + 1]] not in last[start:]:
        last = last[:start]
    if last.count("$$") % 2:
        last = last[: last.rindex("$$")]
    outside, ticks = _outside_ticks(last[last.rfind("\n") + 1 :])
    if ticks:
        # Backticks at the very end have nothing in them yet, or are the first of those that close.
        words = last.rstrip("`")
        return before + gap + (words if last.endswith(ticks) else words + ticks)
    last = _OPEN_TARGET.sub(r"\1", last)
    for mark in ("**", "~~"):
        if outside.count(mark) % 2:
            last = last.rstrip()
            last = last[: -len(mark)] if last.endswith(mark) else last + mark
    return before + gap + last


def _outside_ticks(line: str) -> tuple[str, str]:
    """Return a line's words outside of backticks, and the backticks that are open at its end."""
    outside, ticks, end = [], "", 0
    for run in re.finditer("`+", line):
        if not ticks:
            outside.append(line[end : run.start()])
            ticks = run[0]
        elif run[0] == ticks:
            ticks, end = "", run.end()
    return "".join(outside) + ("" if ticks else line[end:]), ticks

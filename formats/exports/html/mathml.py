r"""A formula in LaTeX to MathML, which browsers draw without a script (https://www.w3.org/TR/mathml-core/).

latex2mathml does the reading. What it gives is not safe as it is: `\text{<script>…}` and `\href{javascript:…}` pass
through it. So nh3 lets only elements and attributes of MathML out. A formula that is too long or too deep, that has a
command nobody knows, or words that would not be drawn, is not drawn at all: then its source is shown.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

import nh3
from latex2mathml.converter import convert

LONGEST = 2_000
"""Characters of a formula that is drawn."""

DEEPEST = 30
"""Braces within braces of one. Deeper ones end the recursion of what reads them."""

_NAMES = """
    math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt
    mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none
"""
ELEMENTS = frozenset(_NAMES.split())
_LAYOUT = """
    accent accentunder columnalign columnlines columnspacing depth displaystyle fence form height largeop linethickness
    lspace mathcolor mathvariant maxsize minsize movablelimits notation rowalign rowlines rowspacing rspace scriptlevel
    separator stretchy symmetric voffset width
"""
ATTRIBUTES = frozenset(_LAYOUT.split())
"""No `style`, `class`, `id` or address is among them."""

_ELEMENT = re.compile(r"</?([a-zA-Z!?][^\s/>]*)")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)(?:\\\\)*%")


def mathml(source: str, *, display: bool) -> str | None:
    """Return the formula as MathML with its source beside it for whoever copies it, or None where it is not drawn.

    `source` is LaTeX without the signs around it. `display` is for a formula on a line of its own.
    """
    if len(source) > LONGEST or _depth(source) > DEEPEST or _COMMENT.search(source):
        return None
    try:
        drawn: str = convert(source, display="block" if display else "inline")
    except Exception:  # it raises whatever its reading comes upon: IndexError, KeyError, errors of its own
        return None
    # A command it does not know stays what it was, and markup in a text would be taken away with its words.
    if "\\" in drawn or not ELEMENTS.issuperset(_ELEMENT.findall(drawn)):
        return None
    clean = _cleaner().clean(drawn)
    start, end = clean.index(">") + 1, clean.rindex("</math>")
    return (
        f"{clean[:start]}<semantics>{clean[start:end]}"
        f'<annotation encoding="application/x-tex">{escape(source, quote=False)}</annotation></semantics></math>'
    )


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(ELEMENTS),
        attributes={"*": set(ATTRIBUTES), "math": {"display"}},
        url_schemes=set(),
        clean_content_tags=set(),
        link_rel=None,
    )


def _depth(source: str) -> int:
    depth = deepest = 0
    for sign in _BRACES.findall(source):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        deepest = max(deepest, depth)
    return deepest

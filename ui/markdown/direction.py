"""Which way a text reads: what a page has to know of Arabic, Hebrew and the other scripts from right to left."""

from __future__ import annotations

import re

# The blocks of the Unicode Standard whose letters have the bidirectional class R or AL, and the marks that say so:
# Hebrew to Arabic Extended-A, the presentation forms, the old scripts of plane 1, Mende, Adlam and Arabic mathematics.
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202b\u202e\u2067\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATE, _END = "\u2068", "\u2069"
"""FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE: what is between them reads by its own first letter (UAX #9)."""


def has_right_to_left(text: str) -> bool:
    """Whether any of a text reads from right to left."""
    return _RIGHT_TO_LEFT.search(text) is not None


def isolated(words: str) -> str:
    """Return one line that reads by its own direction, wherever it stands: its full stop is at its own end."""
    return f"{_ISOLATE}{words}{_END}" if has_right_to_left(words) else words

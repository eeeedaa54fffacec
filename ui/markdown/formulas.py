"""Which signs in a model's prose enclose a formula, and a formula as Streamlit draws it in a line.

Models write `\\(…\\)`, `\\[…\\]`, `$…$` and `$$…$$`; a price, a citation and `$HOME` look the same and are none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

LONGEST_FORMULA = 5_000
"""Characters up to which the end of a formula is looked for."""

_INLINE_MATH = re.compile(r"\$(?![\s$])(?P<tex>(?:[^$\\`\n]|\\[^`\n])++)(?<!\s)\$(?![$\d])")
_DISPLAY_MATH = re.compile(r"\$\$(?P<tex>(?:[^$\\`]|\\[^`])++)\$\$(?!\$)")
_PRICE = re.compile(r"\d[\d.,]*+(?![^\\^_{}=]*+[\\^_{}=])(?=.*[^\W\d_]{2})")
_CITATION = re.compile(r"\s*\d+(?:\s*[-–,;]\s*\d+)*\s*")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a text."""

    tex: str
    """What its signs enclose."""
    end: int
    """Where the text goes on behind its signs."""
    is_display: bool
    """Whether it is meant for a line of its own."""


class Formulas:
    """Finds the formulas of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closings: dict[str, list[int]] = {")": [], "]": []}
        for escape in re.finditer(r"\\([\s\S])", text):
            if escape[1] in self._closings:
                self._closings[escape[1]].append(escape.start())

    def in_brackets(self, sign: str, at: int) -> Formula | None:
        """Return the formula that `\\(` or `\\[` opens here; None where it opens none."""
        closings = self._closings[{"\\(": ")", "\\[": "]"}[sign]]
        index = bisect_left(closings, at + 2)
        if index == len(closings) or closings[index] - at > LONGEST_FORMULA:
            return None
        tex, end = self._text[at + 2 : closings[index]], closings[index] + 2
        # `\[1\]` and `\[text\](link)` are brackets that a model escaped.
        is_bracket = sign == "\\[" and (_CITATION.fullmatch(tex) or self._text.startswith("(", end))
        if not tex.strip() or "`" in tex or is_bracket:
            return None
        return Formula(tex, end, sign == "\\[")

    def in_dollars(self, sign: str, at: int) -> Formula | None:
        """Return the formula that this run of dollars opens here; None where it opens none."""
        if len(sign) == 2 and (display := _DISPLAY_MATH.match(self._text, at)) and display["tex"].strip():
            return Formula(display["tex"], display.end(), is_display=True)
        if len(sign) == 1 and (inline := _INLINE_MATH.match(self._text, at)):
            after = self._text[inline.end() : inline.end() + 1]
            # In "$HOME/$USER" the second dollar opens a word, it closes nothing.
            opens_word = after.isalpha() and not (inline["tex"][-1].isalnum() or inline["tex"][-1] in ")]}'|!*")
            if not opens_word and not _PRICE.match(inline["tex"]):
                return Formula(inline["tex"], inline.end(), is_display=False)
        return None


def in_line(tex: str, following: str) -> str:
    """Return a formula as it stands in a line, before the character that follows it there (empty: none)."""
    tex = " ".join(harmless(tex).split())
    # A dollar inside needs a longer fence; behind a single one a digit would make a price of it.
    if "$" in tex or following.isdigit():
        fence = "$" * max(2, 1 + max((len(run) for run in re.findall(r"\$+", tex)), default=0))
        return f"{fence} {tex} {fence}"
    return f"${tex}$"


def harmless(tex: str) -> str:
    """Return a formula that is nothing but text where Streamlit, by its own count of dollars, draws no math at all."""
    return re.sub(r"!(?=\[)|\](?=\()|<(?=[A-Za-z/!?])", lambda sign: sign[0] + " ", tex)

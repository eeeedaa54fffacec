r"""Formulas in a model's markdown: no sign in `\(…\)`, `\[…\]` or `$$…$$` marks anything, and they are drawn as MathML.

One that cannot be drawn is shown as its source, with the signs around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from formats.exports.html.mathml import mathml

LONGEST = 5_000
"""Characters up to which the end of a formula is looked for."""

MOST_LINES = 100

MOST_DRAWN = 1_000
"""Formulas of one message that are drawn, at about 0.3 ms each; the others are shown as their source."""

_CLOSINGS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_DOLLARS = re.compile(r"\$(?![\s$])(?=[^$\n]*[\\^_{}*=])(?:[^$\\`\n]|\\[^`\n])++(?<!\s)\$(?![$\d])")
"""Between single dollars, as Pandoc takes them: no space inside, no digit behind. Prices and words are left alone."""

_CITATION = re.compile(r"\\\[\s*\d+(?:\s*[-–,;]\s*\d+)*\s*\\\]")


def keep_formulas(parser: MarkdownIt) -> None:
    """Teach a parser what a formula is, and its renderer to show it."""
    parser.inline.ruler.before("escape", "formula", _inline)
    parser.block.ruler.before("fence", "formula_block", _block, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.add_render_rule("formula", _render)
    parser.add_render_rule("formula_block", _render_block)


def _inline(state: StateInline, silent: bool) -> bool:
    end = _end_of(state.src, state.pos)
    if end is None:
        return False
    if not silent:
        state.push("formula", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


def _end_of(text: str, at: int) -> int | None:
    opening = text[at : at + 2]
    if opening in _CLOSINGS:
        end = text.find(_CLOSINGS[opening], at + 2, at + LONGEST) + 2
        # `\[1\]` and `\[text\](address)` are brackets that the model escaped.
        is_bracket = opening == "\\[" and (_CITATION.match(text, at) or text.startswith("(", end))
        return None if end < at + 3 or not text[at + 2 : end - 2].strip() or is_bracket else end
    if opening[:1] != "$":
        return None
    formula = _DOLLARS.match(text, at, at + LONGEST)
    return formula.end() if formula else None


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    closing = _CLOSINGS.get(first[:2])
    if closing is None or first[:2] == "\\(":
        return False
    for line in range(start, min(end, start + MOST_LINES)):
        text = _line(state, line)
        if not text or state.sCount[line] < state.blkIndent:
            return False
        place = text.find(closing, 2 if line == start else 0)
        if place < 0:
            continue
        if text[place + 2 :].strip(".,; "):
            return False
        if not silent:
            token = state.push("formula_block", "", 0)
            token.content = state.getLines(start, line + 1, state.blkIndent, False)
            token.map = [start, line + 1]
            state.line = line + 1
        return True
    return False


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()


def _render(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f'<span class="formula" dir="ltr" translate="no">{_drawn(tokens[index].content, env)}</span>'


def _render_block(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return f'<div class="formula" dir="ltr" translate="no">{_drawn(tokens[index].content, env)}</div>\n'


def _drawn(formula: str, env: dict[str, int]) -> str:
    env["formulas"] = env.get("formulas", 0) + 1
    if env["formulas"] > MOST_DRAWN:
        return escape(formula)
    bare = formula.strip().rstrip(".,; ")
    signs = 2 if bare[:2] in _CLOSINGS else 1
    after = formula.strip()[len(bare) :]
    drawn = mathml(bare[signs:-signs].strip(), display=bare[:2] in ("\\[", "$$"))
    return escape(formula) if drawn is None else drawn + escape(after)

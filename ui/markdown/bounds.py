"""How much of a model's markdown a browser is asked to draw; what is beyond it is shown as text.

Small models loop, and exports hold anything. Streamlit's parser follows nesting by recursion and weighs every sign of
emphasis against the others, every row of a table has as many cells as its head, and each formula is laid out by a
script: a few kilobytes can end the page or hold it for a minute. So a block is drawn up to the line that is too much,
the rest of it is shown as text, and the next block is drawn again while the message has not used up what it may cost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ui.markdown.blocks import CONTAINER, in_lines, is_blank, lines_with_place

DEEPEST = 40
"""Quotes and lists within each other that one line may open. The browser's parser fails between 1,000 and 2,000."""
WIDEST_INDENT = 80
"""Columns that a line of prose may be indented: each level of a list takes two or more."""
MOST_COLUMNS = 60
"""Of a table."""
MOST_EMPHASIS = 600
"""Stars, underscores and tildes of one paragraph: the parser weighs each against all others."""
MOST_EMPHASIS_IN_BLOCK = 3_000
"""The same of a whole list, table or quote, whose lines are paragraphs of their own as a rule."""
LONGEST_LOOKED_AT = 500_000
"""Characters of one text that are looked through; all beyond is hidden."""
MOST_TEXTS = 10
"""Parts of one message that are shown as text between others that are drawn."""
LONGEST_TEXT = 20_000
"""Characters of one message that are shown as text; what is beyond is hidden until somebody asks for it."""

# What is drawn costs the browser time: 1 is a character of prose, about 2 ms for a thousand.
MOST_COST = 400_000
"""Of one message."""
SHARE_OF_BLOCK = 3, 4
"""How much of what is left one block may cost, so that something stays for those behind it."""
MOST_ON_PAGE = 1_200_000
"""Of all messages of a page; the last ones come first."""
LEAST_SHARE = 20_000
"""What a text may cost in any case, so that a usual one is drawn beside the heaviest."""
CODE_COST = 15
"""Of a character in a code block, which is coloured."""
LINE_COST = 50
MARK_COST = 30
CELL_COST = 80
HEADING_COST = 600
FORMULA_COST = 400
FORMULA_CHARACTER_COST = 30

_MARKER = re.compile(r">|[-+*]|[0-9]{1,9}[.)]")
_MARK = re.compile(r"[*_~`\[\]$|<&]|://|www\.|@", re.IGNORECASE)
_EMPHASIS = re.compile(r"[*_~]")
_FORMULA = re.compile(r"\\[(\[].*?(?:\\[)\]]|$)|(?<!\$)\$++[^$\n]++\$")
_HEAVY = re.compile(r"^ {0,3}#|\[\^")
"""A heading, a footnote."""
_ITEM = re.compile(r"[ \t>]*(?:[-+*]|[0-9]{1,9}[.)])[ \t]+\S")
_DELIMITERS = frozenset("|:-> \t\n")
"""All that a line below a table's head consists of."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a text, and whether it is shown as text instead of being drawn."""

    text: str
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """What a message has used up so far."""

    cost: int = 0
    texts: int = 0
    """Parts shown as text."""
    length: int = 0
    """Characters of these."""
    looked_at: int = 0
    """Characters that were looked through."""
    ends_as_text: bool = False
    """Its last part so far is shown as text."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """What of a text is shown, and how."""

    parts: tuple[Part, ...]
    hidden: int
    """Characters at its end that are not shown."""
    spent: Spent


def bounded(text: str, spent: Spent | None = None, most_text: int = LONGEST_TEXT) -> Bounded:
    """Return how much of a text is drawn, what is shown as text and how much is hidden.

    `spent` is what the parts of the same message before this text have used up, `most_text` how many characters of it
    may be shown as text in all.
    """
    spent, text = spent or Spent(), in_lines(text)
    looked_at = text[: max(0, LONGEST_LOOKED_AT - spent.looked_at)]
    return _bounded(looked_at, len(text) - len(looked_at), spent, most_text)


def shares(texts: Mapping[str, str]) -> dict[str, Spent]:
    """Return what each text of a page counts as spent from the start, so that all together cost what a page can bear.

    The texts have keys of their own and come in the order of the page; the last ones are drawn as if they were alone.
    """
    left = MOST_ON_PAGE
    starts: dict[str, Spent] = {}
    for key, text in reversed(list(texts.items())):
        starts[key] = Spent(cost=MOST_COST - min(max(left, LEAST_SHARE), MOST_COST))
        left -= bounded(text, starts[key]).spent.cost - starts[key].cost
    return starts


@lru_cache(maxsize=128)
def _bounded(text: str, beyond: int, spent: Spent, most_text: int) -> Bounded:
    bounds = Bounds(spent.cost)
    bounds.begin_block()
    parts: list[Part] = []
    lines: list[str] = []
    is_text = False
    texts = spent.texts
    for line, is_code, begins_block in lines_with_place(text):
        if begins_block:
            bounds.begin_block()
        over = not bounds.allow(line, is_code) or texts >= MOST_TEXTS
        if over != is_text and lines:
            parts.append(Part("".join(lines), is_text))
            lines = []
            texts += is_text and not (spent.ends_as_text and len(parts) == 1)
        is_text = over
        lines.append(line)
    if lines:
        parts.append(Part("".join(lines), is_text))
    shown, hidden = _shown(parts, max(0, most_text - spent.length))
    lengths = [len(part.text) for part in shown if part.is_text]
    goes_on = spent.ends_as_text and bool(lengths) and parts[0].is_text
    after = Spent(
        bounds.cost,
        spent.texts + len(lengths) - goes_on,
        spent.length + sum(lengths),
        spent.looked_at + len(text),
        parts[-1].is_text if parts else spent.ends_as_text,
    )
    return Bounded(tuple(shown), hidden + beyond, after)


def _shown(parts: list[Part], most_text: int) -> tuple[list[Part], int]:
    """Return the parts with no more text than that in them, and how many characters were taken out."""
    shown: list[Part] = []
    hidden = 0
    for part in parts:
        if not part.is_text:
            shown.append(part)
            continue
        some = part.text[:most_text]
        shown += [Part(some, True)] if some else []
        most_text -= len(some)
        hidden += len(part.text) - len(some)
    return shown, hidden


@dataclass(slots=True)
class Bounds:
    """What a message, and its present block, have used up where a line begins."""

    cost: int = 0
    limit: int = 0
    """What the message may have cost at the end of the present block."""
    emphasis: int = 0
    emphasis_in_block: int = 0
    columns: int = 0
    pipes_before: int = 0
    """In the line before: that of a table's head, where this one is the rule below it."""
    is_item_before: bool = False
    is_over: bool = False
    """The present block is too much: what is left of it is text."""

    def begin_block(self) -> None:
        share, of = SHARE_OF_BLOCK
        self.limit = self.cost + (MOST_COST - self.cost) * share // of
        self.emphasis = self.emphasis_in_block = self.columns = self.pipes_before = 0
        self.is_item_before = False
        self.is_over = self.cost >= MOST_COST

    def allow(self, line: str, is_code: bool) -> bool:
        """Take a line into account; return whether it may be drawn."""
        self.is_over |= len(line) > MOST_COST
        if self.is_over:
            return False
        container = _container(line)
        cost = len(line) * CODE_COST if is_code else len(line) + LINE_COST
        self.is_over = len(_MARKER.findall(container)) > DEEPEST
        if not is_code:
            cost += self._markup(line)
            self.is_over |= self.columns > MOST_COLUMNS or len(container.expandtabs(4)) > WIDEST_INDENT
            self.is_over |= self.emphasis > MOST_EMPHASIS or self.emphasis_in_block > MOST_EMPHASIS_IN_BLOCK
        self.is_over |= self.cost + cost > self.limit
        if not self.is_over:
            self.cost += cost
        return not self.is_over

    def _markup(self, line: str) -> int:
        """Count what is in a line of prose; return what it costs beyond its characters."""
        pipes = line.strip().strip("|").count("|")
        if "|" in line and "-" in line and _DELIMITERS.issuperset(line):
            self.columns = pipes + 1 if pipes == self.pipes_before or pipes > MOST_COLUMNS else self.columns
        is_item = _ITEM.match(line) is not None
        # A bullet begins a paragraph of its own; a number does so for certain in a list only.
        if is_blank(line) or self.columns or (is_item and (self.is_item_before or not line.lstrip()[0].isdigit())):
            self.emphasis = 0
        self.pipes_before, self.is_item_before = pipes, is_item
        emphasis = len(_EMPHASIS.findall(line))
        self.emphasis += emphasis
        self.emphasis_in_block += emphasis
        formulas = [len(formula) for formula in _FORMULA.findall(line)]
        return (
            MARK_COST * len(_MARK.findall(line))
            + CELL_COST * self.columns
            + HEADING_COST * len(_HEAVY.findall(line))
            + FORMULA_COST * len(formulas)
            + FORMULA_CHARACTER_COST * sum(formulas)
        )


def _container(line: str) -> str:
    match = CONTAINER.match(line)
    return match[0] if match else ""

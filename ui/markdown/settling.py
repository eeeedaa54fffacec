"""How far a growing text is drawn as markdown; what comes after that is shown letter by letter until it has settled."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from ui.markdown.blocks import lines_with_place
from ui.markdown.bounds import LONGEST_LOOKED_AT, Bounds
from ui.markdown.safe import closed, split_settled

LONGEST_OPEN = 300
"""Characters of a block that goes on, from which on it is drawn line by line and not at its end."""
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)
"""What a link or a footnote elsewhere in the text refers to."""
_LINE_BY_LINE = ("-", "*", "+", "|", ">", "#", *"0123456789")
"""How lines begin that are drawn as soon as they are there, as lines of code are."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a growing text has settled."""

    place: int
    """Characters that have: all blocks but the last, of a long list, table or code its whole lines, and of a block
    that is too much to be drawn all before that. What has settled once stays so, whatever text follows."""
    is_text: bool = False
    """What comes after them is too much to be drawn."""


def standing(text: str) -> Standing:
    """Return how far a growing text has settled."""
    position = place = line_end = 0
    too_much_at: int | None = None
    bounds = Bounds()
    bounds.begin_block()
    for line, is_code, begins_block in lines_with_place(text):
        if begins_block:
            place, too_much_at = position, None
            bounds.begin_block()
        if too_much_at is None and not bounds.allow(line, is_code):
            too_much_at = position
        position += len(line)
        if line.endswith("\n") and (is_code or line.lstrip(" \t").startswith(_LINE_BY_LINE)):
            line_end = position
    if len(text) - place > LONGEST_OPEN:
        place = max(place, line_end)
    return Standing(max(place, too_much_at or 0), too_much_at is not None)


def blocks_of(text: str) -> list[str]:
    """Return the parts that a whole text is drawn in: the very ones that are there while it grows, so that nothing on
    the page moves as it ends. One alone where a part of the text refers to another one.
    """
    if _DEFINITION.search(text):
        return [text]
    settled, rest = split_settled(text[:LONGEST_LOOKED_AT])
    return [*settled, rest + text[LONGEST_LOOKED_AT:]]


def settled_blocks(text: str, place: int) -> list[str]:
    """Return the parts in which a growing text is drawn up to this place."""
    settled, rest = split_settled(text[: min(place, LONGEST_LOOKED_AT)])
    return [*settled, closed(rest) if place <= LONGEST_LOOKED_AT else rest + text[LONGEST_LOOKED_AT:place]]


def ends_of_parts(text: str, place: int, *, later: int | None = None) -> list[int]:
    """Return where the parts end that a text is drawn in, from the one with which it ends that is drawn up to `place`,
    once it is drawn up to another place, or with None as it is kept. The first is `place` where that part is whole.
    """
    if later is None:
        parts = blocks_of(text)
    else:
        settled, rest = split_settled(text[: min(later, LONGEST_LOOKED_AT)])
        parts = [*settled, rest + text[LONGEST_LOOKED_AT:later]]
    ends = [end for end in itertools.accumulate(map(len, parts), initial=0) if end >= place]
    return ends or [place]

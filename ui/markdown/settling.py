"""How far a growing text is drawn as markdown; what comes after that is shown letter by letter until it has settled."""

from __future__ import annotations

import re

from ui.markdown.blocks import lines_with_place
from ui.markdown.safe import closed, split_settled

LONGEST_OPEN = 300
"""Characters of a block that goes on, from which on it is drawn line by line and not at its end."""
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)
"""What a link or a footnote elsewhere in the text refers to."""
_LINE_BY_LINE = ("-", "*", "+", "|", ">", "#", *"0123456789")
"""How lines begin that are drawn as soon as they are there, as lines of code are."""


def standing(text: str) -> int:
    """Return how many characters of a growing text have settled: all blocks but the last, and of a long list, table or
    code its whole lines. What has settled once stays so, whatever text follows.
    """
    position = place = line_end = 0
    for line, is_code, begins_block in lines_with_place(text):
        if begins_block:
            place = position
        position += len(line)
        if line.endswith("\n") and (is_code or line.lstrip(" \t").startswith(_LINE_BY_LINE)):
            line_end = position
    return place if len(text) - place <= LONGEST_OPEN else max(place, line_end)


def blocks_of(text: str) -> list[str]:
    """Return the parts that a whole text is drawn in: the very ones that are there while it grows, so that nothing on
    the page moves as it ends. One alone where a part of the text refers to another one.
    """
    if _DEFINITION.search(text):
        return [text]
    settled, rest = split_settled(text)
    return [*settled, rest]


def settled_blocks(text: str, place: int) -> list[str]:
    """Return the parts in which a growing text is drawn up to this place."""
    settled, rest = split_settled(text[:place])
    return [*settled, closed(rest)]

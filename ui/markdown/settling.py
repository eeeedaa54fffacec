"""How far a growing text is drawn as markdown; what comes after that is shown letter by letter until it has settled."""

from __future__ import annotations

import re

from ui.markdown.blocks import open_fence, places_to_cut
from ui.markdown.safe import closed, split_settled

LONGEST_OPEN = 300
"""Characters of a block that goes on, from which on it is drawn line by line and not at its end."""
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)
"""What a link or a footnote elsewhere in the text refers to."""
_LINE_BY_LINE = ("-", "*", "+", "|", ">", "#", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


def standing(text: str) -> int:
    """Return how many characters of a growing text have settled: all blocks but the last, and of a long list, table or
    code its whole lines. What has settled once stays so, whatever text follows.
    """
    place = 0
    for place in places_to_cut(text):  # noqa: B007
        pass
    if len(text) - place <= LONGEST_OPEN:
        return place
    end = text.rfind("\n") + 1
    if end <= place:
        return place
    goes_on_by_lines = bool(open_fence(text[:end])) or text[place:].lstrip(" \t").startswith(_LINE_BY_LINE)
    return end if goes_on_by_lines else place


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

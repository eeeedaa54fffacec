"""What a conversation is called until somebody gives it a name."""

from __future__ import annotations

AUTO_TITLE_LENGTH = 40
"""Characters that an automatic title has at most, the ellipsis included: what one line of a list has room for."""

LONGEST = 200
"""Characters that any title has at most, one of a person's own too."""

UNTITLED = "New chat"
FORK = "Fork of "
"""How the title of a copy begins that somebody goes on with in another way."""


def auto_title(text: str, length: int = AUTO_TITLE_LENGTH) -> str:
    """Make a title from a first message: its first words in one line, cut at a word's end, at most `length` characters.

    A single word longer than that (or a script without spaces) is cut in the middle.
    """
    words = " ".join(text.split())
    if not words:
        return UNTITLED
    if len(words) <= length:
        return words
    room = length - 1
    cut = words[: room + 1].rfind(" ")
    return (words[:cut] if cut > 0 else words[:room]).rstrip(" ,;:.-–—") + "…"


def fork_title(title: str) -> str:
    """Return what a fork of a conversation with this title is called; a fork of a fork names the first of them."""
    return title if title.startswith(FORK) else auto_title(FORK + title, LONGEST)

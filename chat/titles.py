"""What a conversation is called until somebody gives it a name."""

from __future__ import annotations

AUTO_TITLE_LENGTH = 60
"""Characters that an automatic title has at most, the ellipsis included."""

UNTITLED = "New chat"


def auto_title(text: str, length: int = AUTO_TITLE_LENGTH) -> str:
    """Make a title from a first message: its words in one line, cut at a word's end, at most `length` characters.

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

"""Words that several pages say alike."""

from __future__ import annotations


def conversations(number: int) -> str:
    """Return so many conversations in words: `1 conversation`, `2,000 conversations`."""
    return "1 conversation" if number == 1 else f"{number:,} conversations"

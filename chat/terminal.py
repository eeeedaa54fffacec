"""Lines for a terminal. Titles and names come from anywhere, and a terminal must not take orders from them."""

from __future__ import annotations

import sys


def shown(line: str) -> str:
    """Return the line with U+FFFD for what is not printable, and `?` for what the terminal's encoding does not have."""
    text = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding, "replace")

"""Which lines of a model's markdown are code blocks, so that all other lines can be made safe.

A line taken for code is drawn as it is, so to take too many would let a remote picture through. A fence whose place is
uncertain is therefore prose, and one that ends because its list item or quote ends is closed in so many words: what
the browser's parser (micromark) sees is then what is seen here. Code is code: a Mermaid diagram is not drawn, since
drawing it fetches the pictures it names. What happens to prose is in `prose.py`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

CONTAINER = re.compile(r"(?:[ \t]*+(?:>|[-+*](?=[ \t])|[0-9]{1,9}[.)](?=[ \t])))*+[ \t]*+")
"""What opens a line before its text: indentation, quote marks, list markers."""

_FENCE = re.compile(r"`{3,}(?=[^`\n]*$)|~{3,}", re.MULTILINE)
_MARKER = re.compile(r"[-+*]|[0-9]{1,9}[.)]")
_HELD_BY_INDENT = re.compile(r"[ \t]*(?:>|[-+*](?:[ \t]|$)|[0-9]{1,9}[.)](?:[ \t]|$)|\[\^)", re.MULTILINE)
"""A line whose block may go on in indented lines below it: a quote, a list item, a footnote."""

_FAR = re.compile(r"(?:>|[-+*]|[.)]) {5,}|\t")
"""A gap behind a marker that makes what follows indented code or the same paragraph, not a block of its own."""

_GOES_ON = re.compile(r"[\s>|0-9]|[-+*](?:\s|$)")
"""What may belong to a block before the blank line above it."""


def is_blank(line: str) -> bool:
    """Return whether markdown takes the line for blank: spaces and tabs only, not all that Unicode calls so."""
    return not line.strip(" \t\n")


def in_lines(text: str) -> str:
    """Return the text with line feeds between its lines, as Streamlit and markdown understand them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def continued(container: str) -> str:
    """Return the opening of the next line in the same container: list markers become spaces, quote marks stay."""
    return _MARKER.sub(lambda marker: " " * len(marker[0]), container)


def code_and_prose(text: str) -> Iterator[tuple[bool, str]]:
    """Split into code blocks (True) and blocks of prose lines (False), in order; blank lines belong to either.

    The pieces together are the text, but for closing fences that were added and a language that would be drawn.
    """
    blocks = _Blocks()
    pieces: list[str] = []
    was_code = False
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        closing, line, is_code = blocks.take(line)
        pieces += [closing] if closing else []
        # A blank line ends a paragraph, and with it whatever could reach from one line into another.
        if pieces and (is_code != was_code or (not is_code and is_blank(line))):
            yield was_code, "".join(pieces)
            pieces = []
        pieces.append(line)
        was_code = is_code
    if pieces:
        yield was_code, "".join(pieces)


def places_to_cut(text: str) -> Iterator[int]:
    """Yield where the text can be cut into parts that look as they did: after a blank line, where a block begins that
    belongs to nothing before it (no list, table, quote or code). Text that follows adds places, and takes none away.
    """
    position = 0
    for line, _, begins_block in lines_with_place(text):
        if begins_block:
            yield position
        position += len(line)


def lines_with_place(text: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield each line, whether it is code, and whether a block begins with it that belongs to nothing before it."""
    blocks = _Blocks()
    after_blank = False
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        was_open = bool(blocks.fence)
        _, _, is_code = blocks.take(line)
        # A few letters are enough to know that this is no list item and no rule.
        yield line, is_code, after_blank and not was_open and len(line) > 3 and not _GOES_ON.match(line)
        after_blank = is_blank(line)


def open_fence(text: str) -> str:
    """Return the line that would close the fence in which the text ends, or nothing where it ends in none."""
    blocks = _Blocks()
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        blocks.take(line)
    return blocks.inside + blocks.fence if blocks.fence else ""


@dataclass(slots=True)
class _Blocks:
    """What is open where a line begins."""

    fence: str = ""
    inside: str = ""
    """How each line in the fence must begin to be in it."""
    items: list[tuple[int, bool]] = field(default_factory=list)
    """The list items that are certainly open: the column of their text, and whether they are numbered."""
    nothing_held: bool = True
    """No list, quote or footnote can be open: an indented line after a blank one is code."""
    no_container_yet: bool = True
    after_blank: bool = True
    in_indented: bool = False

    def take(self, line: str) -> tuple[str, str, bool]:
        """Return the closing fence that must come before this line (mostly none), the line, and whether it is code."""
        closing = ""
        if self.fence:
            blank = is_blank(line) if ">" not in self.inside else line.rstrip() == self.inside.rstrip()
            if blank or line.startswith(self.inside):
                if self._closes(line[len(self.inside) :]):
                    self.fence = ""
                return "", line, True
            closing = self.inside + self.fence + "\n"
            is_slip = self._closes(line.lstrip(" "))
            self.fence = ""
            if is_slip:  # the closing fence is there, and has lost its indentation
                return closing, "", True
        if is_blank(line):
            self.after_blank = True
            return closing, line, self.in_indented
        is_code = self._begin(line)
        return closing, _undrawn(line, self.fence) if self.fence else line, is_code

    def _closes(self, line: str) -> bool:
        end = line.lstrip(" ")
        is_near = len(line) - len(end) <= 3
        end = end.rstrip(" \t\n")
        return is_near and len(end) >= len(self.fence) and not end.strip(self.fence[0])

    def _begin(self, line: str) -> bool:
        container = CONTAINER.match(line)[0]  # type: ignore[index]  # it matches the empty text too
        indent = _width(container[: len(container) - len(container.lstrip(" \t"))])
        self.in_indented = self.after_blank and self.nothing_held and indent >= 4
        if self.in_indented:
            return True
        is_sure = self._open_items(container, indent)
        fence = _FENCE.match(line, len(container)) if is_sure else None
        if fence:
            self.fence = fence[0]
            is_bare = self.no_container_yet and indent <= 3 and not container.strip(" \t")
            self.inside = "" if is_bare else continued(container)
        held = _HELD_BY_INDENT.match(line) is not None
        if held:
            self.nothing_held = self.no_container_yet = False
        elif self.after_blank and indent == 0:
            self.nothing_held = True
        self.after_blank = False
        return fence is not None

    def _open_items(self, container: str, indent: int) -> bool:
        """Open and close list items as this line does. Return whether a fence behind its container surely is one."""
        closed = []
        while self.items and indent < self.items[-1][0]:
            closed.append(self.items.pop())
        markers = container.split()
        is_near = indent - (self.items[-1][0] if self.items else 0) <= 3
        is_numbered = bool(markers) and markers[0][0].isdigit()
        # A number other than 1 opens no list in the middle of a paragraph, but goes on with one that is there.
        goes_on = len(markers) == 1 and any(numbered for _, numbered in closed)
        opens = all(int(marker[:-1]) == 1 for marker in markers if marker[0].isdigit())
        is_sure = (is_near or self.after_blank) and (opens or goes_on or self.after_blank)
        is_sure = is_sure and not _FAR.search(container.lstrip(" \t"))
        if ">" in container:
            self.items.clear()
        elif markers and is_near and is_sure:
            self.items.append((_width(continued(container)), is_numbered))
        return is_sure


def _undrawn(line: str, fence: str) -> str:
    """Return a fence's first line with a language that is shown; Streamlit finds the word in escapes and dashes too."""
    start, _, language = line.partition(fence)
    if "mermaid" not in html.unescape(language.replace("\\", "")).lower():
        return line
    return f"{start}{fence}text" + "\n" * line.endswith("\n")


def _width(indentation: str) -> int:
    return len(indentation.expandtabs(4))

"""HTML from elsewhere, as the Markdown that says the same: Google's Takeout has the answers of Gemini in HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = {"p", "div", "section", "article", "table", "blockquote", "ul", "ol", "pre", "hr"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_SILENT = {"script", "style", "head", "title", "template"}


def words_of_html(written: str) -> str:
    """Return the words of an HTML text with its headings, lists, links, emphasis and code as Markdown."""
    reader = _Reader()
    reader.feed(written)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.words)).strip()


class _Reader(HTMLParser):
    """Takes one tag after the other; a tag that is not closed costs its mark, never its words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._lists: list[int | None] = []
        """The next number of each open list; None where it has none."""
        self._address = ""
        self._silent = 0
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._begin_item()
        elif tag == "br":
            self.words.append("\n")
        elif tag == "pre":
            self._in_code = True
            self.words.append("\n\n```\n")
        elif tag == "code" and not self._in_code:
            self.words.append("`")
        elif tag == "a":
            self._address = dict(attrs).get("href") or ""
            self.words.append("[" if self._address else "")
        elif re.fullmatch("h[1-6]", tag):
            self.words.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag in ("td", "th"):
            self.words.append(" | ")
        elif tag in _MARKS:
            self.words.append(_MARKS[tag])
        elif tag in _BLOCKS or tag == "tr":
            self._end_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self.words.append("\n\n" if not self._lists else "")
        elif tag == "pre":
            self._in_code = False
            self.words.append("\n```\n\n")
        elif tag == "code" and not self._in_code:
            self.words.append("`")
        elif tag == "a" and self._address:
            self.words.append(f"]({self._address})")
            self._address = ""
        elif tag in _MARKS:
            self.words.append(_MARKS[tag])
        elif tag in _BLOCKS or re.fullmatch("h[1-6]", tag):
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data if self._in_code else re.sub(r"\s+", " ", data))

    def _begin_item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        indent = "  " * (len(self._lists) - 1)
        self.words.append(f"\n{indent}{'-' if number is None else f'{number}.'} ")

    def _end_block(self, tag: str) -> None:
        is_in_item = bool(self._lists) and tag in ("p", "div")
        self.words.append("" if is_in_item else "\n" if tag == "tr" else "\n\n")

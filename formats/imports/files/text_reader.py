"""The text of an open file from elsewhere, of which only the part that is being looked at is in memory."""

from __future__ import annotations

import codecs
import re
from typing import IO

from formats.imports.files.letters import ON_BROKEN, unicode_of

PIECE = 1024 * 1024
"""Bytes that are read at a time, at least."""

SPACE = re.compile(r"[ \t\r\n]*+")
SPACE_OR_COMMA = re.compile(r"[ \t\r\n,]*+")


class Text:
    """`text` is what is in memory, `at` the place in it that is looked at; what is before that is let go.

    Without an encoding, the file is in UTF-8, UTF-16 or UTF-32, with a byte order mark or without. Bytes that are no
    letter cost one (`BROKEN` stands in its place), not the file.
    """

    def __init__(self, file: IO[bytes], encoding: str = "") -> None:
        self._file = file
        self._is_done = False
        first = file.read(PIECE)
        self._decoder = codecs.getincrementaldecoder(encoding or unicode_of(first))(errors=ON_BROKEN)
        self.text = self._decoder.decode(first)
        self.at = 0

    def more(self) -> bool:
        """Read on, at least as much as waits already, and put `at` to 0; False where the file has ended."""
        self.text, self.at = self.text[self.at :], 0
        grown = ""
        while not grown and not self._is_done:
            piece = self._file.read(max(PIECE, len(self.text)))
            self._is_done = not piece
            grown = self._decoder.decode(piece, final=self._is_done)
        self.text += grown
        return bool(grown)

    def next_character(self, passed_over: re.Pattern[str] = SPACE) -> str:
        """Go to the next character that is not passed over, and return it; an empty text at the end."""
        while True:
            found = passed_over.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def line(self) -> str | None:
        r"""Return the text up to the next `\n` and go behind it; None at the end.

        Not `str.splitlines`, which cuts at U+2028 and U+0085 too: these are letters inside of a JSON text.
        """
        searched = self.at
        while (end := self.text.find("\n", searched)) < 0:
            searched = len(self.text) - self.at
            if not self.more():
                line, self.at = self.text[self.at :], len(self.text)
                return line or None
        line, self.at = self.text[self.at : end], end + 1
        return line

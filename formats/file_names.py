"""File names from titles: safe on Windows, macOS and Linux and inside a zip, in any script, never twice the same."""

from __future__ import annotations

import re
import unicodedata
from itertools import count

from chat.surrogates import printable

LONGEST = 240
"""Bytes of UTF-8 in a whole name. File systems take 255; a title of 200 letters fits, and what a browser may add."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"
"""What binds characters to one picture or keeps letters apart: a name is not cut behind it, and is more than it."""


def file_name(title: str, ending: str) -> str:
    """Return a name for a file with this title and ending (`.json`)."""
    return _numbered(_safe(title), ending, 1)


class FileNames:
    """Gives every title a name of its own, for the files of one folder or zip.

    Names count as alike where they differ only in case or in the way their accents are written, as several file
    systems see it. Ten thousand chats may be called "New chat", so the next free number of each name is remembered.
    """

    def __init__(self, ending: str, *reserved: str) -> None:
        """All names end in `ending`. The `reserved` ones are given to none."""
        self._ending = ending
        self._taken = {folded(name) for name in reserved}
        self._next: dict[str, int] = {}

    def give(self, title: str) -> str:
        """Return a name unlike all that were given: `Title.json`, `Title (2).json`, ..."""
        stem = _safe(title)
        key = folded(_numbered(stem, self._ending, 1))
        for number in count(self._next.get(key, 1)):
            name = _numbered(stem, self._ending, number)
            if folded(name) not in self._taken:
                break
        self._next[key] = number + 1
        self._taken.add(folded(name))
        return name


def folded(name: str) -> str:
    """Return what two names have in common that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _safe(title: str) -> str:
    text = unicodedata.normalize("NFC", printable(title))
    text = "".join(" " if _is_invisible(character) else character for character in text)
    text = " ".join(_FORBIDDEN.sub("-", text).split()).strip(". ")
    if not text.strip(_JOINERS + ". "):
        return "conversation"
    return f"_{text}" if _RESERVED.fullmatch(text) else text


def _is_invisible(character: str) -> bool:
    # Control, format (except what joins emoji) and private characters, line and paragraph separators. Direction
    # marks are among the format ones: they can make "gpj.exe" read as "exe.jpg".
    if character in _JOINERS or "\U000e0020" <= character <= "\U000e007f":
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _numbered(stem: str, ending: str, number: int) -> str:
    suffix = ending if number == 1 else f" ({number}){ending}"
    return _cut(stem, LONGEST - len(suffix.encode())) + suffix


def _cut(stem: str, room: int) -> str:
    if len(stem.encode()) <= room:
        return stem
    kept = stem.encode()[:room].decode(errors="ignore")
    rest = stem[len(kept) :]
    while kept and rest and (unicodedata.combining(rest[0]) or rest[0] in _JOINERS or kept[-1] == "\u200d"):
        kept, rest = kept[:-1], kept[-1] + rest
    return kept.rstrip(". " + _JOINERS) or "conversation"

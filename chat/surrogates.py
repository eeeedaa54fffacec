"""Halves of UTF-16 surrogate pairs, which JSON and a cut stream bring into text and UTF-8 cannot carry."""

from __future__ import annotations


def has_whole_letters(text: str) -> bool:
    """Whether UTF-8 can carry the text: no half of a surrogate pair is in it."""
    if text.isascii():  # most of what there is, and it is told without looking at a letter
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def joined_surrogates(text: str) -> str:
    """Join halves of a surrogate pair into their character; a half that stands alone stays as it is."""
    if has_whole_letters(text):  # nearly always, and asking takes a tenth of the time that writing it anew takes
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def printable(text: str) -> str:
    """Return text that UTF-8 can carry: halves of a pair joined, a half that stands alone replaced by U+FFFD.

    Needed wherever text leaves as UTF-8: a page, a request, a file to download.
    """
    if has_whole_letters(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

"""How text is cut into the words that FTS5 keeps, and what is asked of them: the one place that knows its language.

FTS5's `unicode61` sees a word in everything between two separators. Three things it does not know are told to it here:
scripts that write no spaces, emoji, and the signs in C++ and C#. Every such character is a word of its own, set apart
by a zero-width space, so a run of them in a query is a phrase and is found inside any longer run.
See https://www.sqlite.org/fts5.html, sections 3 and 4.3.1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from chat.surrogates import printable
from store.queries import Term

APART = "\u200b"
"""A zero-width space: a separator for `unicode61`, and nothing to see."""

_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # signs that stand among Han
    (0x3040, 0x31BF),  # Hiragana, Katakana, Bopomofo
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),  # Hangul: it has spaces, but puts endings and other words onto a word
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # Katakana of half width
    (0x20000, 0x3FFFF),
)
_EMOJI = (
    (0x231A, 0x23FF),
    (0x25A0, 0x27BF),
    (0x2B00, 0x2BFF),
    (0x1F1E6, 0x1F1FF),
    (0x1F300, 0x1F6FF),
    (0x1F780, 0x1FAFF),
)
_SIGNS = "+#"


def _class(*ranges: tuple[int, int]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_SINGLE = re.compile(f"[{_SIGNS}{_class(*_UNSPACED, *_EMOJI)}]+")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
"""Letters of private use (category Co), with which products mark citations inside of words: they part words. SQLite
knows only the first and the last of each range."""
_UNFIT = f"\0\x02\x03{APART}"
"""What SQLite or `passages` takes for a sign of its own."""

TOKENIZER = ("unicode61 remove_diacritics 2 categories 'L* N* Mn Mc' tokenchars '{}' separators '\ufe0e\ufe0f'").format(
    _SIGNS + "".join(chr(each) for first, last in _EMOJI for each in range(first, last + 1))
)
"""For `tokenize=`. Marks belong to words (Hindi is full of them). What only chooses an emoji's look does not."""

MOST_WORDS = 64
"""Words of a query that are looked for; FTS5 takes no endless expression, and nobody means the rest."""

MOST_CHARACTERS = 500
"""Of a query; a longer one is looked for by its beginning."""


def indexed(text: str) -> str:
    """Return the text as it goes into the index: composed, in valid Unicode, and cut where words are."""
    for unfit in _UNFIT:
        text = text.replace(unfit, " ")
    if not text.isascii():
        text = unicodedata.normalize("NFC", printable(_PRIVATE.sub(" ", text)))
    elif not any(sign in text for sign in _SIGNS):  # most of what there is, and a look at each character costs
        return text
    return _SINGLE.sub(lambda run: f"{APART}{APART.join(run[0])}{APART}", text)


def folded(text: str) -> str:
    """Return what two spellings have in common that differ in case only, as text that SQLite compares and sorts."""
    return unicodedata.normalize("NFC", printable(text)).casefold().replace("\0", " ")


def words_of(terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return terms of which each is a phrase or a single word, as many as are looked for."""
    words: list[Term] = []
    room = MOST_CHARACTERS
    for term in terms:
        for text in (term.text,) if term.is_phrase else term.text.split():
            if room > 0 and len(words) < MOST_WORDS:
                words.append(Term(text[:room], term.is_phrase and len(text) <= room))
                room -= len(text)
    return tuple(dict.fromkeys(words))


def all_of(words: Iterable[Term], whole: frozenset[Term]) -> str:
    """Return the FTS5 expression that all of the words are found by; those in `whole` not as beginnings.

    A word without any letter, digit or emoji is passed over by FTS5, as long as there is no explicit AND.
    """
    return " ".join(_quoted(word, whole) for word in words)


def any_of(words: Iterable[Term], whole: frozenset[Term]) -> str:
    """Return the FTS5 expression that any of the words is found by."""
    return " OR ".join(_quoted(word, whole) for word in words)


def _quoted(word: Term, whole: frozenset[Term]) -> str:
    # Within quotes nothing has a meaning to FTS5.
    text = indexed(word.text).replace('"', " ")
    return f'"{text}"' if word.is_phrase or word in whole else f'"{text}"*'

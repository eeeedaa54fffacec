"""The passages of one page of hits: which words of a message are shown, and which of them are marked.

FTS5 marks them, in an index of this page alone: in the whole one it would look up all words again for every row. Its
`highlight` takes time that grows with the square of the text, so it sees long ones in pieces, and `snippet`, which
would choose what to show, with the square of the matches, so that is decided here.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from store.catalog.fts_words import APART, TOKENIZER
from store.queries import Passage

LENGTH = 160
"""Characters of a passage, of a script that has spaces or none; some more where a phrase is longer."""

PIECE = 4_000
OVERLAP = 600
"""Characters of a piece, and of those that the next one has too: more than a query is looked for by."""

_BEGIN, _END = "\x02", "\x03"
"""Around what was found; `words.indexed` leaves no such characters in a text."""

_BLANK = re.compile(r"\s+")
_MARKED = re.compile(f"{_BEGIN}([^{_END}]*){_END}")

_Span = tuple[int, int]


class Text(NamedTuple):
    """The text of a hit, as it was indexed."""

    key: int
    message_id: str | None
    """None: it is the title, and is shown as a whole."""
    text: str


def prepare(connection: sqlite3.Connection) -> None:
    """Make the index of a page, in memory, where the connection has none yet. Not within a transaction."""
    connection.execute(f'CREATE VIRTUAL TABLE IF NOT EXISTS temp.page USING fts5(text, tokenize = "{TOKENIZER}")')


def passages(connection: sqlite3.Connection, texts: Iterable[Text], any_word: str) -> dict[int, Passage]:
    """Return the passage of each text by its key; the FTS5 expression finds what has any of the words.

    Within a transaction of the caller's, who rolls it back: nothing of the texts stays.
    """
    pieces: list[tuple[Text, int]] = []
    found: dict[int, Passage] = {}
    for text in texts:
        # Where FTS5 finds no word in any piece, the text is shown from its beginning.
        found[text.key] = Passage(text.message_id, _parts(_plain(text.text[:LENGTH]), [], (0, LENGTH)))
        for start in range(0, max(1, len(text.text) - OVERLAP), PIECE - OVERLAP):
            pieces.append((text, start))
            connection.execute(
                "INSERT INTO temp.page (rowid, text) VALUES (?, ?)", (len(pieces), text.text[start : start + PIECE])
            )
    statement = f"SELECT rowid, highlight(page, 0, '{_BEGIN}', '{_END}') FROM temp.page WHERE page MATCH ?"  # noqa: S608
    scores: dict[int, tuple[int, int]] = {}
    for number, marked in connection.execute(statement, (any_word,)):
        text, start = pieces[number - 1]
        plain, spans = _spans(_plain(marked))
        is_whole = text.message_id is None and len(text.text) <= PIECE
        window, score = ((0, len(plain)), (1, 1)) if is_whole else _window(plain, spans)
        if score <= scores.get(text.key, (0, 0)):
            continue
        scores[text.key] = score
        before, after = start > 0 or window[0] > 0, start + PIECE < len(text.text) or window[1] < len(plain)
        parts = _parts(plain, spans, window, before=before, after=after)
        found[text.key] = Passage(text.message_id, parts)
    return found


def _plain(text: str) -> str:
    return _BLANK.sub(" ", text.replace(APART, "")).strip()


def _spans(marked: str) -> tuple[str, list[_Span]]:
    """Return the text without marks, and where they were."""
    spans: list[_Span] = []
    for number, found in enumerate(_MARKED.finditer(marked)):
        spans.append((found.start() - 2 * number, found.end() - 2 * number - 2))
    return _MARKED.sub(r"\1", marked), spans


def _window(plain: str, spans: list[_Span]) -> tuple[_Span, tuple[int, int]]:
    """Return the part of the text with the most different marks, then the most marks, then the first; and both."""
    inside: Counter[str] = Counter()
    best, best_score, last = (0, 0), (0, 0), -1
    for first, (start, _) in enumerate(spans):
        while last + 1 < len(spans) and (last < first or spans[last + 1][1] - start <= LENGTH):
            last += 1
            inside[plain[slice(*spans[last])].casefold()] += 1
        score = len(inside), last - first + 1
        if score > best_score:
            best, best_score = (start, spans[last][1]), score
        key = plain[slice(*spans[first])].casefold()
        inside[key] -= 1
        if not inside[key]:
            del inside[key]
    return _widened(plain, best), best_score


def _widened(plain: str, found: _Span) -> _Span:
    """Return the passage around what was found: as much before as behind, and no half words where there are spaces."""
    spare = max(0, LENGTH - (found[1] - found[0]))
    start = max(0, min(found[0] - spare // 2, len(plain) - LENGTH))
    end = max(found[1], min(len(plain), start + LENGTH))
    if start > 0:
        space = plain.find(" ", start - 1, found[0])
        start = space + 1 if space >= 0 else start
    if end < len(plain):
        space = plain.rfind(" ", found[1], end + 1)
        end = space if space >= 0 else end
    return start, end


def _parts(
    plain: str, spans: list[_Span], window: _Span, *, before: bool = False, after: bool = False
) -> tuple[tuple[str, bool], ...]:
    """Return the text in the window as parts, with an ellipsis where there is more `before` and `after` it."""
    start, end = window
    parts: list[tuple[str, bool]] = []
    text = "…" if before else ""
    for first, last in spans:
        if start <= first and last <= end:
            parts += [(text + plain[start:first], False), (plain[first:last], True)]
            start, text = last, ""
    parts.append((text + plain[start:end] + ("…" if after else ""), False))
    return tuple(part for part in parts if part[0])

"""Which letters a file is written in: Unicode, or an encoding of before, which has to be known to read it.

JSON is UTF-8 (RFC 8259); UTF-16 and UTF-32 are told by their zero bytes or their mark. Editors and spreadsheets of some
systems still write in the encoding of their language. No program can tell these apart for certain, so the likely ones
are offered, each with some of the file's words as they would read.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import IO

from charset_normalizer import from_bytes

from formats.imports.outcome import Encoding

PIECE = 1024 * 1024

CHECKED = 64 * 1024
"""Bytes that are decoded at a time only to see whether they can be: larger pieces take twice as long."""

SAMPLE = 64 * 1024
"""Bytes of texts that are not ASCII, by which the encoding is guessed."""

SHOWN = 80
"""Letters of the sample that a person sees."""

BROKEN = "\udcff"
"""Stands for what is no letter until it is counted. No decoder of Unicode ever gives it."""

ON_BROKEN = "chatkeep-broken"
"""The name under which decoders find what to do with bytes that are no letter."""

NAMES = {
    "cp1252": "Western European (Windows-1252)",
    "gb18030": "Chinese, simplified (GB18030)",
    "cp932": "Japanese (Shift-JIS)",
    "cp949": "Korean (EUC-KR)",
    "big5hkscs": "Chinese, traditional (Big5)",
    "euc_jp": "Japanese (EUC-JP)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp1250": "Central European (Windows-1250)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp874": "Thai (Windows-874)",
    "mac_roman": "Western European (Mac Roman)",
    "cp850": "Western European (DOS)",
}
"""The encodings that are offered; of equally likely ones the more usual comes first."""

JAPANESE = ("cp932", "euc_jp")

_TEXT = re.compile(rb'"([^"\r\n]*[\x80-\xff][^"\r\n]*)"')
_KANA = re.compile("[\u3041-\u30ff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def _broken(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BROKEN, error.end


codecs.register_error(ON_BROKEN, _broken)


def unicode_of(beginning: bytes) -> str:
    """Return which of Unicode's encodings a JSON text that begins so is in, where it is in any."""
    return json.detect_encoding(beginning[:4])


def likely_encodings(opened: Callable[[], IO[bytes]]) -> tuple[Encoding, ...]:
    """Return what a file may be written in, the likeliest first; empty where it is Unicode.

    A Unicode file of which some bytes were damaged is still one: what is no letter in it is counted when it is read.
    """
    with opened() as file:
        first = file.read(PIECE)
        name = unicode_of(first)
        if _is_whole(name, first, file) or not name.startswith("utf-8"):
            return ()
    with opened() as file:
        texts = b"\n".join(_texts(file))
    read = texts.decode("utf-8", ON_BROKEN)
    broken = read.count(BROKEN)
    if 2 * broken <= len(_NOT_ASCII.findall(read)):
        return ()
    return tuple(_ranked(texts))


def _is_whole(name: str, first: bytes, rest: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        piece = first
        while piece:
            decoder.decode(piece)
            piece = rest.read(CHECKED)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _texts(file: IO[bytes]) -> Iterator[bytes]:
    """Yield texts of the file that are not ASCII, until they are enough."""
    size = 0
    while size < SAMPLE and (piece := file.read(PIECE)):
        for found in _TEXT.finditer(piece):
            yield found[1]
            size += len(found[1])
            if size >= SAMPLE:
                return


def _ranked(texts: bytes) -> Iterator[Encoding]:
    chaos = {name: 1.0 for name in NAMES if _reads(texts, name)}
    for guess in from_bytes(texts, cp_isolation=list(NAMES)):
        for name in (guess.encoding, *guess.could_be_from_charset):
            if name in chaos:
                chaos[name] = min(chaos[name], round(guess.chaos, 1))
    read = {name: texts.decode(name) for name in chaos}
    # Chinese encodings have the Japanese syllables in the same places, but no Chinese text has them.
    for name in sorted(read, key=lambda each: (chaos[each], not (each in JAPANESE and _KANA.search(read[each])))):
        yield Encoding(name, NAMES[name], _shown(read[name]))


def _reads(texts: bytes, name: str) -> bool:
    try:
        texts.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _shown(read: str) -> str:
    """Return some words around the first letter that is not ASCII."""
    line = " ".join(read.split())
    first = _NOT_ASCII.search(line)
    at = max(0, (first.start() if first else 0) - SHOWN // 2)
    return line[at : at + SHOWN].strip()

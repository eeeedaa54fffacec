"""ChatGPT's marks in an answer, made into words: citations, names, links, lists of sources, pictures, highlights.

A mark is written in letters of Unicode's private use areas, which only ChatGPT's page draws: U+E200, its kind, its
fields with U+E202 before each, U+E201. `metadata.content_references` says what its page shows for a mark, mostly in
`alt`; where it says nothing, the mark's own words are kept. U+E203, U+E204 and U+E206 stand alone, around a sentence
that has a source. No private letter is left: neither a page nor a search can do anything with one.

Source: the citation patterns of public exporters, which agree on these kinds: `cite`, `filecite`, `navlist`, `entity`,
`product_entity`, `products`, `url`, `link_title`, `video`, `image_group`, `i`, `map`, `memcite`, `genui`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from formats.imports.values import field, items, number, objects, text

_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_BEGINNINGS = (b"\xee", b"\xef", b"\xf3", b"\xf4", "\u3010".encode())
"""How private letters begin in UTF-8, and U+3010, which begins the citations of 2023 and 2024. An export is looked
through for them, and bytes are found ten times as fast as ranges of letters."""
_MARK = re.compile("\ue200(?:([^\ue200\ue201]*)\ue201|([^\ue200\ue201\n]*))")
"""The second form is a mark that was cut off: it ends with its line."""
_HIGHLIGHTS = "\ue203\ue204\ue206"
AFTER_NOTHING = ("", *" \t\n.,;:!?)")
"""Before one of these no space is left where a mark has no words."""
_ALONE = re.compile(f"[{_PRIVATE}]+")
_SEPARATOR = re.compile(f"[{_PRIVATE}]")
_OWN = re.compile("[\ue200-\ue20f]")
_ORPHAN = re.compile("[\ue202-\ue20f](?:turn\\d+[a-z_]+\\d+|L\\d+(?:-L\\d+)?)")
"""A field whose mark lost its beginning."""
_REFERENCE = re.compile(r"^(?:(?:turn\d+[a-z_]*\d*|L\d+(?:-L?\d+)?)\b[,;]?\s*)+")
_KIND = re.compile(r"[a-z][a-z0-9_]*")
_ID = re.compile(r"[\w:./-]*\d[\w:./-]*")
_ONLY_IDS = ("cite", "filecite", "memcite", "i", "finance", "forecast", "schedule", "standing", "sports")
"""Kinds whose fields are ids of sources."""
_BULLETS = ("\uf0b7", "\uf0a7")
"""The bullets of Word and of many PDFs, in Symbol and Wingdings; people paste them into their questions."""

_SOURCES_IN = ("items", "fallback_items", "sources", "supporting_websites", "products", "businesses", "images")
_NOT_WORDS = {"layout", "aspect_ratio", "type", "id", "ref", "ref_id", "refs", "num_per_query", "tags", "category"}
"""Fields of a widget that say how it is drawn."""


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer is based on."""

    title: str
    address: str

    def __str__(self) -> str:
        if not self.address:
            return self.title
        title = (self.title or self.address).replace("[", "\\[").replace("]", "\\]")
        return f"[{title}]({self.address.replace(' ', '%20').replace(')', '%29')})"


def without_marks(said: str, message: Any) -> str:
    """Return the words of a message as ChatGPT's page shows them, without any private letter."""
    if not _may_hold(said):
        return said
    said = _with_old_citations(said, message)
    shown: dict[str, Any] = {}
    for name in ("content_references", "n7jupd_crefs"):
        for reference in objects(message, "metadata", name):
            shown.setdefault(text(reference, "matched_text"), reference)
    for matched, reference in shown.items():
        if matched.startswith("\u3010"):
            said = said.replace(matched, _shown(reference) or matched)
    found = _search_results(message)
    parts: list[str] = []
    at = 0
    for mark in _MARK.finditer(said):
        before = said[at : mark.start()]
        at = mark.end()
        is_cut_off = mark[1] is None
        words = _words(mark[2] if is_cut_off else mark[1], shown.get(mark[0]), found)
        if not words and said[at : at + 1] in AFTER_NOTHING:
            before = before.rstrip(" \t")
        parts += [before, " " if words and is_cut_off and before[-1:].isalnum() else "", words]
    said = "".join([*parts, said[at:]])
    for highlight in _HIGHLIGHTS:
        said = said.replace(highlight, "")
    return _plain(_ORPHAN.sub("", said) if "\ue202" in said else said)


def _may_hold(said: str) -> bool:
    """Whether there may be a private letter in a text, or U+3010."""
    if said.isascii():
        return False
    written = said.encode(errors="surrogatepass")
    return any(beginning in written for beginning in _BEGINNINGS)


def _plain(said: str) -> str:
    """Return the words without private letters. What is not ChatGPT's own may have kept two words apart."""

    def apart(match: re.Match[str]) -> str:
        around = match.string[match.start() - 1 : match.start()] + match.string[match.end() : match.end() + 1]
        return " " if len(around) == 2 and around.isalnum() and not _OWN.search(match[0]) else ""

    if not _may_hold(said):
        return said
    for bullet in _BULLETS:
        said = said.replace(bullet, "•")
    return _ALONE.sub(apart, said)


def _words(inner: str, reference: Any, found: dict[str, Source]) -> str:
    """Return what stands for a mark: what its page shows for it, else the sources it names, else its own words."""
    kind, *fields = _SEPARATOR.split(inner)
    if not _KIND.fullmatch(kind):
        kind, fields = "", [kind, *fields]
    own = list(_own_words(kind, fields))
    shown = _shown(reference)
    if shown:
        # The title of a list of sources is in the mark alone.
        missing = [] if kind == "entity" else [word for word in own if word not in shown]
        gap = "\n\n" if "\n" in shown else " "
        return gap.join([" ".join(missing), shown]) if missing else shown
    sources = [found[name] for name in fields if name in found]
    if sources and not own:
        return f"({', '.join(str(each) for each in sources)})"
    if sources and len(own) == 1 and len(sources) == 1:
        return str(Source(own[0], sources[0].address))
    return " ".join([*own, *(str(each) for each in sources)])


def _shown(reference: Any) -> str:
    if alt := _plain(text(reference, "alt")).strip():
        return alt
    sources = list(dict.fromkeys(_sources(reference)))
    if not sources and (name := text(reference, "title") or text(reference, "name")):
        sources = [Source(_line(name), text(reference, "url"))]
    addresses = (address for address in items(reference, "safe_urls") if isinstance(address, str))
    sources = sources or [Source("", address) for address in addresses]
    return f"({', '.join(str(each) for each in sources)})" if sources else ""


def _sources(reference: Any) -> Iterator[Source]:
    for name in _SOURCES_IN:
        for each in objects(reference, name):
            title = next((text(each, key) for key in ("title", "name", "attribution") if text(each, key)), "")
            address = text(each, "url") or text(each, "website_url")
            if title or address:
                yield Source(_line(title), address)
            yield from _sources(each)


def _search_results(message: Any) -> dict[str, Source]:
    """Return what was found, by the name that a mark calls it: `turn0search1`."""
    found: dict[str, Source] = {}
    for group in objects(message, "metadata", "search_result_groups"):
        for entry in objects(group, "entries"):
            turn, place = (number(entry, "ref_id", name) for name in ("turn_index", "ref_index"))
            if turn is not None and place is not None and text(entry, "url"):
                kind = text(entry, "ref_id", "ref_type") or "search"
                found[f"turn{turn:.0f}{kind}{place:.0f}"] = Source(_line(text(entry, "title")), text(entry, "url"))
    return found


def _own_words(kind: str, fields: list[str]) -> Iterator[str]:
    """Yield the words in a mark's fields: texts, names, what a name means, addresses. Ids of sources are none."""
    title = ""
    for each in fields:
        words = _REFERENCE.sub("", each.strip()).strip()
        if words.startswith(("http://", "https://")):
            yield str(Source(title, words))
            title = ""
            continue
        if title:
            yield title
        title = ""
        if words[:1] in ("[", "{"):
            yield from _widget_words(kind, words)
        elif not (kind in _ONLY_IDS and _ID.fullmatch(each.strip())):
            title = words
    if title:
        yield title


def _widget_words(kind: str, written: str) -> Iterator[str]:
    try:
        value = json.loads(written, strict=False)
    except (ValueError, RecursionError):
        yield " ".join(re.findall(r'"((?:[^"\\]|\\.)*)"', written)) or written
        return
    if kind == "entity" and isinstance(value, list):
        names = [_line(word) for word in value[1:3] if isinstance(word, str) and word.strip()]
        yield f"{names[0]} ({names[1]})" if len(names) == 2 else "".join(names)
        return
    yield ", ".join(_texts(value))


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of a widget in their order, but not ids, and not how it is drawn."""
    if isinstance(value, str):
        if value.strip() and not _REFERENCE.fullmatch(value.strip()):
            yield value.strip()
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in _NOT_WORDS:
                yield from _texts(each)


def _with_old_citations(said: str, message: Any) -> str:
    """Return the words with a link after each `【7†source】`, where `metadata.citations` has title and address."""
    for citation in reversed(list(objects(message, "metadata", "citations"))):
        end = number(citation, "end_ix")
        about = field(citation, "metadata")
        if end is None or not text(about, "url") or said[int(end) - 1 : int(end)] != "\u3011":
            continue
        begin = said.rfind("\u3010", 0, int(end))
        if begin >= 0:
            said = f"{said[:begin]}({Source(_line(text(about, 'title')), text(about, 'url'))}){said[int(end) :]}"
    return said


def _line(words: str) -> str:
    return " ".join(_plain(words).split())

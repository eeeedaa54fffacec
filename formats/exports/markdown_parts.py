"""Parts of a markdown document that cannot reach beyond themselves; what they would do is asked of a parser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST_PLAIN = 20_000
"""Characters up to which a person's text is looked at closely; what is longer was pasted, and is fenced."""

_MAY_REACH = re.compile(r"```|~~~|<[A-Za-z!?/]")
_TAG = re.compile("<[A-Za-z]")
_LINE_BREAK = re.compile(r"(?<=[^\n])\n(?=[^\n])")
_NOT_EVERYWHERE = re.compile(r"\$[^$]*\$|~[^~]*~|\[\^|\[\[|%%|==")
"""Signs that some editors give a meaning and the parser does not know: math, struck text, notes, links, comments."""

_CLOSINGS = ("-->", "?>", "]]>", ">", "</script>", "</style>", "</pre>", "</textarea>")
"""What ends a block of HTML that would go on over blank lines (CommonMark 0.31, section 4.6)."""

_NAMES = """
    a article aside audio b big blockquote button center code del details dialog div dl em fieldset font footer form
    h1 h2 h3 h4 h5 h6 header i iframe ins main mark nav nobr noscript object ol pre q s script section select small
    span strike strong style sub sup svg table template textarea title tt u ul video xmp
"""
_REACHING = frozenset(_NAMES.split())
"""Elements that go on behind the end of their paragraph until they are closed."""


def closed(text: str) -> str:
    """Return a model's markdown with what it leaves open closed, so that a heading below it is one."""
    text = text.strip("\n")
    if not text.strip():
        return ""
    if not _MAY_REACH.search(text):
        return text
    try:
        for candidate in _candidates(text):
            if _ends(candidate):
                return _with_tags_closed(candidate)
    except RecursionError:  # a few hundred quotes or lists in one another
        pass
    return fenced(text, "markdown")


def as_typed(text: str) -> str:
    """Return a person's text so that it shows as it was typed: as paragraphs where that does it, or else fenced."""
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n")
    if not text.strip():
        return ""
    candidate = _LINE_BREAK.sub("  \n", text)
    try:
        is_plain = len(text) <= LONGEST_PLAIN and not _NOT_EVERYWHERE.search(text) and _shown(candidate) == text
    except RecursionError:
        is_plain = False
    return candidate if is_plain else fenced(text, "text")


def fenced(text: str, language: str) -> str:
    """Return the text in a fence that is longer than any inside."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    return f"{'`' * (longest + 1)}{language}\n{text}\n{'`' * (longest + 1)}"


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 10_000}).enable(["table", "strikethrough"])


@lru_cache(maxsize=1)
def _block_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 10_000}).enable("table").disable(["inline", "text_join"])


def _ends(text: str) -> bool:
    """Return whether a heading below the text is one."""
    last = _block_parser().parse(text + "\n\n## Below\n")[-1]
    return last.type == "heading_close" and last.level == 0


def _candidates(text: str) -> Iterator[str]:
    yield text
    last = _block_parser().parse(text)[-1]
    for closing in (last.markup,) if last.type == "fence" else _CLOSINGS:
        yield f"{text}\n{closing}"


def _with_tags_closed(text: str) -> str:
    if not _TAG.search(text):
        return text
    tags = _Tags()
    tags.feed("".join(_html(_parser().parse(text))))
    closing = "".join(f"</{tag}>" for tag in tags.open.elements())
    return f"{text}\n\n{closing}" if closing else text


def _html(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            yield token.content
        yield from _html(token.children or ())


class _Tags(HTMLParser):
    """Finds the elements that are open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _REACHING:
            self.open[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if self.open[tag]:
            self.open[tag] -= 1


def _shown(markdown: str) -> str | None:
    """Return the text that the markdown shows, or None where it is more than paragraphs of plain text."""
    paragraphs = []
    for token in _parser().parse(markdown):
        if token.type == "inline":
            if any(child.type not in ("text", "hardbreak") for child in token.children or ()):
                return None
            paragraphs.append("".join(child.content or "\n" for child in token.children or ()))
        elif token.type not in ("paragraph_open", "paragraph_close"):
            return None
    return "\n\n".join(paragraphs)

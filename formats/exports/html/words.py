"""The words of a message to HTML that can do nothing: elements and attributes come from here, never from the text.

A person's text is escaped. A model's markdown goes through markdown-it with HTML switched off; links lead to http,
https and mailto only, all others stay the text they were; pictures become links, since drawing one would tell its host
that, and what, somebody reads. Headings go down two levels, below those of the page. Task lists have their boxes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.tasklists import tasklists_plugin

from formats.exports.html.code import code_html
from formats.exports.html.math import keep_formulas
from formats.reading import lines_of

_SAFE = re.compile(r"https?://[^/]|mailto:.", re.IGNORECASE)
_OPENING = {")": "(", "]": "[", "}": "{"}
_HAVE_A_DIRECTION = ("bullet_list_open", "ordered_list_open", "table_open", "blockquote_open")
_ADDRESS = re.compile(r"""(?<![A-Za-z0-9])https?://[^\s<>"“”„«»`]+""", re.IGNORECASE)


def typed_html(text: str) -> str:
    """Return a person's text as it was typed; the page keeps its spaces and line breaks."""
    return f'<div class="words typed" dir="auto">{escape(_without_nul(text))}</div>\n'


def markdown_html(text: str) -> str:
    """Return a model's markdown as HTML. Should it be too deeply nested to be read, it is shown as it was written."""
    text = _without_nul(text)
    env: dict[str, Any] = {}
    try:
        words = _parser().render(text, env)
    except RecursionError:
        return typed_html(text)
    return f'<div class="words" dir="auto">\n{words}{_unused(text, env)}</div>\n'


def _without_nul(text: str) -> str:
    return lines_of(text).strip("\n").replace("\0", "\ufffd")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Deeper nesting than Python can follow is noticed; deeper than `maxNesting` would be left out.
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100_000}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: _SAFE.match(url) is not None  # type: ignore[method-assign]
    keep_formulas(parser)
    tasklists_plugin(parser, label=True)
    parser.core.ruler.push("tame", _tame)
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    return parser


def _code(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return code_html(tokens[index].content, unescapeAll(tokens[index].info))


def _tame(state: StateCore) -> None:
    links = state.env.setdefault("linked", set())
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + 2, 6)}"
        elif token.type == "inline":
            token.children = list(_without_pictures(token.children or [], state.md))
            links.update(child.attrGet("href") for child in token.children if child.type == "link_open")
        elif token.type in _HAVE_A_DIRECTION:  # on which side its marks, its columns or its line stand
            token.attrs["dir"] = "auto"
        elif style := token.attrs.pop("style", None):  # how a table's column is aligned
            token.attrs["class"] = str(style).removeprefix("text-align:")


def _without_pictures(children: list[Token], parser: MarkdownIt) -> Iterator[Token]:
    in_link = 0
    for child in children:
        in_link += child.nesting if child.type in ("link_open", "link_close") else 0
        if child.type == "link_open":
            child.attrs["rel"] = "noreferrer"
            if not child.attrGet("href"):  # `[words]()` would lead to the page itself
                child.attrs.pop("href", None)
        if child.type == "image":
            alt = " ".join(child.content.split())
            label = _text(f"[image: {alt}]" if alt else "[image]")
            yield from [label] if in_link else _link(str(child.attrGet("src")), label)
        elif child.type == "text" and not in_link:
            yield from _linked(child.content, parser)
        else:
            yield child


def _linked(text: str, parser: MarkdownIt) -> Iterator[Token]:
    """Yield a text with its addresses as links; signs that end a sentence or close a bracket are not part of one."""
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(".,;:!?'*_~|")
        while address.endswith((")", "]", "}")) and address.count(address[-1]) > address.count(_OPENING[address[-1]]):
            address = address[:-1].rstrip(".,;:!?'*_~|")
        target = parser.normalizeLink(address)
        if not parser.validateLink(target):
            continue
        yield _text(text[end : match.start()])
        yield from _link(target, _text(address), "bare")
        end = match.start() + len(address)
    yield _text(text[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(target: str, label: Token, kind: str = "") -> list[Token]:
    attrs: dict[str, str | int | float] = {"href": target, "rel": "noreferrer"}
    if kind:
        attrs["class"] = kind
    return [Token("link_open", "a", 1, attrs=attrs), label, Token("link_close", "a", -1)]


def _unused(text: str, env: dict[str, Any]) -> str:
    """Return the link definitions that no link leads to: markdown would show them nowhere."""
    found = [*env.get("references", {}).values(), *env.get("duplicate_refs", ())]
    unused = sorted(each["map"] for each in found if each["href"] not in env["linked"])
    lines = text.split("\n") if unused else []
    return "".join(f"<p>{escape(' '.join(lines[start:end]))}</p>\n" for start, end in unused)

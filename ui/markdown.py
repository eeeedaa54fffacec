"""A model's text to markdown that Streamlit draws as the model meant it, and that can do no harm. Pure functions.

Code is never touched. Outside of it: `\\(…\\)` and `\\[…\\]` become math, a price like $5 does not; pictures become
links (drawing one would tell its host about the chat); Streamlit's own directives, icons and emoji codes stay the
letters they are; links that run something lead nowhere. What Streamlit 1.67 does with each of these was seen in a
browser, and `tests/test_markdown_browser.py` looks again. All of it takes time in proportion to the text's length.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from chat.conversation import printable

SETTLED_LENGTH = 1000
"""Characters from which on settled blocks are an element of their own; small ones would cost more than they save."""

_FENCE = re.compile(r"(?:[ \t]|>)*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}|~{3,})")
_LATEX = re.compile(
    r"\\\((?P<inline>(?:[^$\n\\]|\\(?![()]))+)\\\)|\\\[(?P<block>(?:[^$\\]|\\(?![\[\]]))+)\\\]",
)
_DOLLARS = re.compile(r"\$\$[^$]+\$\$|\$(?![\s$])[^$\n]*?(?<![\s\\])\$(?![\d$])")
_PRICE = re.compile(r"\$\d[\d,.]*(?:\s|[-–—]|$)")
_DIRECTIVE = re.compile(r":(?=[A-Za-z][\w+-]*(?:[\[{]|:(?!:)|/[\w]+:))|:(?=[+-]1:)")
_LINE_DIRECTIVE = re.compile(r"^(\s*):(:+)(?=[A-Za-z])", re.MULTILINE)
_UNSAFE_LINK = re.compile(
    r"\](?=\(\s*<?\s*(?:data|vbscript|javascript|file|blob)\s*:|:\s*<?\s*(?:data|javascript|file)\s*:)", re.I
)
_AUTOLINK = re.compile(r"<(?=(?:data|vbscript|javascript|file|blob):)", re.I)
_LIST_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:\s|$)")
_MATH_START = re.compile(r"\s*(?:\$\$|\\\[).*\s*")
_MATH_END = re.compile(r"\\\]\s*$|(?<=.)\$\$\s*$|^\s*\$\$\s*$")
_LABEL_SPECIAL = re.compile(r"([\\`*_\[\]<>~$!|#{}])")


@lru_cache(maxsize=512)
def safe_markdown(text: str) -> str:
    """Return markdown for `st.markdown` that shows a model's text as the model meant it."""
    return "".join(part if is_code else _safe(part) for is_code, part in _parts(printable(text)))


def as_label(text: str) -> str:
    """Return a person's words for a label or a heading: one line, shown letter by letter."""
    line = " ".join(printable(text).split()).replace("&", "&amp;")
    line = _LABEL_SPECIAL.sub(r"\\\1", line)
    return line.replace(":", "&#58;").replace("@", "&#64;").replace("www.", "www&#46;")


def split_settled(text: str) -> tuple[list[str], str]:
    """Split a growing text into the parts that no longer change, and the open rest; together they are the text.

    A part ends at a blank line outside of fences, math, lists, tables and quotes, and has `SETTLED_LENGTH` characters
    or more. What was settled stays settled, whatever text follows.
    """
    settled: list[str] = []
    start = 0
    for boundary in _boundaries(text):
        if boundary - start >= SETTLED_LENGTH:
            settled.append(text[start:boundary])
            start = boundary
    return settled, text[start:]


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Split into code (fenced, indented or in backticks) and all else."""
    for is_block, lines in groupby(_lines(text), key=lambda line: line.is_code):
        part = "".join(line.text for line in lines)
        if is_block:
            yield True, part
            continue
        end = 0
        for span_start, span_end in _code_spans(part):
            yield False, part[end:span_start]
            yield True, part[span_start:span_end]
            end = span_end
        yield False, part[end:]


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    is_code: bool
    starts_at: int
    after_blank: bool


def _lines(text: str) -> Iterator[_Line]:
    fence = ""
    after_blank, in_list = True, False
    position = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        marker = _FENCE.match(line)
        if fence:
            is_code = True
            if marker and marker[1].startswith(fence) and not line.strip(" \t>\r\n").strip(fence[0]):
                fence = ""
        elif marker:
            is_code, fence = True, marker[1]
        else:
            is_code = line.startswith(("    ", "\t")) and after_blank and not in_list and not line.isspace()
        yield _Line(line, is_code, position, after_blank)
        position += len(line)
        if not line.isspace() and not is_code and not line.startswith((" ", "\t")):
            in_list = _LIST_ITEM.match(line) is not None
        after_blank = line.isspace() or (is_code and not fence)


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where text in backticks starts and ends: from a run of them to the next of the same length."""
    runs = list(re.finditer("`+", text))
    waiting: dict[int, deque[int]] = defaultdict(deque)
    for index, run in enumerate(runs):
        waiting[len(run[0])].append(index)
    index = 0
    while index < len(runs):
        run = runs[index]
        same = waiting[len(run[0])]
        while same and same[0] <= index:
            same.popleft()
        index += 1
        if same and text.find("\n\n", run.end(), runs[same[0]].start()) < 0:
            yield run.start(), runs[same[0]].end()
            index = same[0] + 1


def _safe(text: str) -> str:
    return _outside_math(_LATEX.sub(_to_dollars, text))


def _to_dollars(match: re.Match[str]) -> str:
    if match["inline"] is not None:
        return f"${match['inline'].strip()}$" if match["inline"].strip() else match.group()
    formula = match["block"].strip()
    if not formula:
        return match.group()
    line_start = match.string.rfind("\n", 0, match.start()) + 1
    before = match.string[line_start : match.start()]
    alone = not before.strip() and match.string[match.end() :].split("\n", 1)[0].strip() == ""
    if not alone:
        return "$$" + " ".join(formula.split()) + "$$"
    lines = [before + line.strip() for line in formula.splitlines()]
    return "$$\n" + "\n".join(lines) + f"\n{before}$$"


def _outside_math(text: str) -> str:
    pieces: list[str] = []
    end = 0
    for math in _DOLLARS.finditer(text):
        if text[max(0, math.start() - 1)] == "\\" or _PRICE.match(math.group()):
            continue
        pieces += [_plain(text[end : math.start()]), math.group()]
        end = math.end()
    pieces.append(_plain(text[end:]))
    return "".join(pieces)


def _plain(text: str) -> str:
    text = re.sub(r"(?<!\\)\$", r"\\$", text)
    text = re.sub(r"(?<!\\)!\[", "[image: ", text)
    text = _UNSAFE_LINK.sub(r"\\]", text)
    text = _AUTOLINK.sub(r"\\<", text)
    text = _LINE_DIRECTIVE.sub(lambda match: match[1] + "&#58;" * (1 + len(match[2])), text)
    return _DIRECTIVE.sub("&#58;", text)


def _boundaries(text: str) -> Iterator[int]:
    """Yield the positions at which the text can be cut: where a block begins that goes on nothing before it."""
    in_math = False
    in_code = False
    for line in _lines(text):
        if in_math:
            in_math = not _MATH_END.search(line.text)
        else:
            opens_code = line.is_code and not in_code
            if line.after_blank and (opens_code or not line.is_code) and len(line.text) > 3 and _begins_anew(line.text):
                yield line.starts_at
            in_math = not line.is_code and bool(_MATH_START.fullmatch(line.text)) and not _MATH_END.search(line.text)
        in_code = line.is_code


def _begins_anew(line: str) -> bool:
    return not re.match(r"[\s>|\d]|[-+*](?:\s|$)", line)

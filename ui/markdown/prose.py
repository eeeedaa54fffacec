"""A model's prose, between its code blocks, to markdown that Streamlit 1.67 draws as meant and that can do no harm.

One walk over the text. Whatever could swallow the sign that follows it (a backtick, a dollar, an angle bracket, a
colon, an address) either is understood here or is escaped, so the browser's parser cannot read the text in another
way. What Streamlit does with each sign was seen in its browser code and is looked at again by
`tests/end_to_end/texts/test_markdown_browser.py`. Time is in proportion to the length of the text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections import defaultdict

from ui.markdown.blocks import CONTAINER, continued
from ui.markdown.formulas import Formula, Formulas, harmless, in_line

SAFE_SCHEMES = ("http", "https", "mailto", "tel")

_SIGN = re.compile(
    r"""
      \\[\s\S]? | `+ | \$+ | \[[ \t\nxX]\](?=\s) | \[?!++\[? | \]\( | \[\^ | ~+ | :+ | [<>-]
    | (?<![A-Za-z])(?:https?://|www\.)[^\s<>`\\*\[\]]*+
    | &(?:colon|\#0*58|\#x0*3a);
    """,
    re.IGNORECASE | re.VERBOSE,
)
ARROW = re.compile(r"(?<![^\s*_~`)|>$\\])(?:<->|->|<-|(?<!-)--(?!-)|>=|<=|~=)(?![^\s*_~`\[|<$!:\\])")
_LABEL = re.compile(r"(?=(\[(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]*+\])*+\])[(\[])")
"""A label that a target follows; looked at from every bracket, since the label of a link may hold a picture."""
_RESOURCE = re.compile(
    r"\]\([ \t]*+(?P<target><[^<>\n\\`]*+>|(?:[^\s<>()`\\]|\\[^\s`]|\((?:[^\s<>()`\\]|\\[^\s`])*+\))*+)"
    r"""(?P<title>[ \t]++(?:"[^"\n]*+"|'[^'\n]*+'))?[ \t]*+\)"""
)
_TARGET_SIGN = re.compile(r"\\.|[$\[\]!~:]|(?<=www)\.", re.IGNORECASE)
_UNSAFE_IN_TITLE = re.compile(r"[`$<:!~&\[\]\\]")
_AUTOLINK = re.compile(r"<(?:(?:https?|mailto):[^\s<>`\\]++|[\w.+-]++@[A-Za-z0-9.-]++)>", re.IGNORECASE | re.ASCII)
_FOOTNOTE = re.compile(r"\[\^[\w-]+\]", re.ASCII)
_EMOJI_CODE = re.compile(r":(?:[A-Za-z][\w+-]*+|[+-]1|100|1234):", re.ASCII)
_DIRECTIVE = re.compile(r"[^\W\d]|[^\s\[\]{}:]++[\[{]")
_RULE = re.compile(r"^(?=[^-\n]*-)[-|:=> \t]+$", re.MULTILINE)
"""A line below a table's or a section's head, or across the page."""
_BLOCK_START = re.compile(r"[-+*](?=\s)|>|#|=|\[\^|\||(?:-+|_+|\*+)[ \t]*$|~~~|:::|[0-9]{1,9}(?=[.)])", re.MULTILINE)
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_FIRST_LEVEL = re.compile(r"^( {0,3}(?:(?:> {0,4}|(?:[-+*]|[0-9]{1,9}[.)]) {1,4})(?! ))*+#)(?=[ \t]|$)", re.MULTILINE)
"""A heading of the first level, also in a quote or a list; further in it could be code."""
_UNDERLINED = re.compile(r"\A((?:[^\W\d_][^|\n]*+\n)++)(=++)(?=[ \t]*+$)", re.MULTILINE)
"""The same by a line below it. Only where a block surely begins with it: elsewhere the line may be one of words."""


def safe_prose(text: str) -> str:
    """Return the lines of a paragraph, a list, a table or a quote, made safe. Only the last may be blank."""
    return _Prose(_below_the_title(text)).walk()


def _below_the_title(text: str) -> str:
    """Return the text with its headings of the first level on the second: the page has one title, which is its own."""
    return _UNDERLINED.sub(lambda title: title[1] + "-" * len(title[2]), _FIRST_LEVEL.sub(r"\1#", text))


def parted(sign: str) -> str:
    """Part a sign in two for Streamlit's replacements, by a span that looks like nothing and copies as nothing.

    Streamlit replaces arrows, emoji codes and icons after it has resolved escapes, so no escape stops it. Its colour
    directive without a colour draws a plain span.
    """
    return "<:color[-]>" if sign == "<->" else f":color[{sign[0]}]{sign[1:]}"  # `->` is a sign of its own


def _escaped(text: str) -> str:
    return _PUNCTUATION.sub(lambda sign: "\\" + sign[0], text)


def _is_safe(target: str) -> bool:
    plain = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", html.unescape(target.strip("<>")))
    plain = "".join(character for character in plain if character > " ")
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", plain)
    return scheme is None or scheme[1].lower() in SAFE_SCHEMES


class _Prose:
    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = []
        self.lines = [match.start() for match in re.finditer(r"^", text, re.MULTILINE)]
        self.rules = {rule.start() for rule in _RULE.finditer(text)}
        self.is_table = bool(self.rules) and "|" in text
        self.labels = {label.start(): label.end(1) - 1 for label in _LABEL.finditer(text)} if "![" in text else {}
        self.pipes = [match.start() for match in re.finditer(r"(?<!\\)\|", text)] if self.is_table else []
        self.ticks: dict[int, list[int]] = defaultdict(list)
        for run in re.finditer("`+", text):
            self.ticks[len(run[0])].append(run.start())
        self.formulas = Formulas(text)
        self.container = -1, ""

    def walk(self) -> str:
        position = 0
        while sign := _SIGN.search(self.text, position):
            self.out.append(self.text[position : sign.start()])
            position = self._take(sign[0], sign.start())
        self.out.append(self.text[position:])
        return "".join(self.out)

    def _take(self, sign: str, at: int) -> int:
        """Write what this sign becomes; return where the walk goes on."""
        match sign[0]:
            case "\\":
                return self._backslash(sign, at)
            case "`":
                return self._ticks(sign, at)
            case "$":
                return self._dollars(sign, at)
            case ":":
                return self._colons(sign, at)
            case "<" | "-" | ">" | "~":
                return self._arrow(sign, at)
            case "&":
                return self._part(":", at + len(sign))
            case "[" if sign.endswith("]"):
                return self._box(sign, at)
            case "!" | "[":
                return self._picture(sign, at)
            case "]":
                return self._link(at)
            case _:
                return self._address(sign, at)

    def _put(self, piece: str, position: int) -> int:
        self.out.append(piece)
        return position

    def _part(self, sign: str, end: int) -> int:
        # Behind a bare colon no directive begins, and behind a bracket it could make a footnote of it.
        before = next((piece for piece in reversed(self.out) if piece), "")
        if before.endswith((":", "]")):
            return self._put("\\:" if sign == ":" else sign, end)
        # An empty brace keeps one that follows from being read as the span's colours.
        return self._put(parted(sign) + "{}" * (len(sign) == 1 and self.text.startswith("{", end)), end)

    def _line(self, at: int) -> tuple[int, int]:
        """Return where the line of this place starts, and where the next one does."""
        index = bisect_left(self.lines, at + 1)
        return self.lines[index - 1], self.lines[index] if index < len(self.lines) else len(self.text)

    def _backslash(self, sign: str, at: int) -> int:
        if sign in ("\\(", "\\["):
            formula = self.formulas.in_brackets(sign, at)
            return self._formula(formula, at) if formula else self._put(sign, at + 2)
        if sign == "\\:":
            return self._colons(":", at + 1)
        if arrow := ARROW.match(self.text, at + 1):
            return self._part(arrow[0], arrow.end())
        if _PUNCTUATION.match(sign, 1) or sign == "\\\n":
            return self._put(sign, at + 2)
        return self._put("\\\\", at + 1)

    def _ticks(self, sign: str, at: int) -> int:
        """Code in backticks, on one line and in one table cell; backticks without a partner are letters."""
        same = self.ticks[len(sign)]
        index = bisect_left(same, at + len(sign))
        if index < len(same):
            _, line_end = self._line(at)
            pipe = bisect_left(self.pipes, at)
            in_one_cell = pipe == len(self.pipes) or self.pipes[pipe] > same[index]
            if same[index] < line_end and in_one_cell:
                end = same[index] + len(sign)
                return self._put(self.text[at:end], end)
        return self._put("\\`" * len(sign), at + len(sign))

    def _dollars(self, sign: str, at: int) -> int:
        formula = self.formulas.in_dollars(sign, at)
        return self._formula(formula, at) if formula else self._put("\\$" * len(sign), at + len(sign))

    def _formula(self, formula: Formula, at: int) -> int:
        if formula.is_display:
            return self._display(formula.tex, at, formula.end)
        return self._put(self._in_line(formula.tex, formula.end), formula.end)

    def _in_line(self, tex: str, end: int) -> str:
        return in_line(tex, self.text[end : end + 1])

    def _display(self, tex: str, at: int, end: int) -> int:
        """A formula on lines of its own, where Streamlit centres it; in a table, a heading or behind a list marker
        there is no such place, and it stays in the line, as large."""
        line_start, _ = self._line(at)
        container = self._container(line_start)
        before = self.text[line_start + len(container) : at]
        begins_line = len(container) >= at - line_start
        has_no_place = len(container) > 100 or (begins_line and continued(container) != container)
        if has_no_place or self.is_table or before.startswith("#"):
            return self._put(self._in_line("\\displaystyle " + tex, end), end)
        prefix = continued(container)
        rows = [row.strip().lstrip("> \t") if ">" in prefix else row.strip() for row in harmless(tex).split("\n")]
        if end < len(self.text) and self.text[end] in ".,;" and self.text[end + 1 : end + 2] in ("", " ", "\n"):
            rows[-1] += self.text[end]
            end += 1
        rows = ["{}" + row if _BLOCK_START.match(row) else row for row in rows if row]
        self.out.append("" if begins_line else f"\n{prefix}")
        self.out.append(f"\n{prefix}".join(["$$", *rows, "$$"]))
        while self.text[end : end + 1] in (" ", "\t"):
            end += 1
        if end == len(self.text) or self.text[end] == "\n":
            return end
        self.out.append(f"\n{prefix}")
        # The words behind a formula now begin a line: they must not become a list or a quote by that.
        if start := _BLOCK_START.match(self.text, end):
            is_number = start[0].isdigit()
            return self._put(start[0] + "\\" if is_number else "\\" + start[0], start.end())
        return end

    def _container(self, line_start: int) -> str:
        if line_start != self.container[0]:
            match = CONTAINER.match(self.text, line_start)
            self.container = line_start, match[0] if match else ""
        return self.container[1]

    def _colons(self, sign: str, at: int) -> int:
        """Streamlit's directives, icons, logo and emoji codes stay letters."""
        end = at + len(sign)
        if _EMOJI_CODE.match(self.text, end - 1) or self.text.startswith("material", end):
            if len(sign) == 1:
                return self._part(":", end)
            return self._put("\\:" * (len(sign) - 1) + parted(":"), end)
        return self._put(sign if not _DIRECTIVE.match(self.text, end) else "\\:" * len(sign), end)

    def _arrow(self, sign: str, at: int) -> int:
        """`->`, `--`, `>=` and the like stay so; `<` opens an address or nothing; one `~` strikes nothing."""
        if (arrow := ARROW.match(self.text, at)) and self._line(at)[0] not in self.rules:
            return self._part(arrow[0], arrow.end())
        if sign[0] == "<":
            if link := _AUTOLINK.match(self.text, at):
                return self._put(link[0], link.end())
            following = self.text[at + 1 : at + 2]
            return self._put("\\<" if following.isalpha() or following in ("/", "!", "?") else "<", at + 1)
        if sign[0] == "~":
            return self._put(sign if len(sign) == 2 else "\\~" * len(sign), at + len(sign))
        return self._put(sign, at + len(sign))

    def _box(self, sign: str, at: int) -> int:
        """The box of a task is a sign: Streamlit's check box has no name, and cannot be checked."""
        line_start, _ = self._line(at)
        container = self._container(line_start)
        if line_start + len(container) != at:
            return self._put(sign, at + len(sign))
        is_item = container.rstrip().endswith(("-", "+", "*", ".", ")"))
        # Below a marker that stands alone in its line there would be a check box too: there the letters stay letters.
        return self._put(("☐" if sign[1].isspace() else "☑") if is_item else f"\\{sign}", at + len(sign))

    def _picture(self, sign: str, at: int) -> int:
        """A picture becomes a link to it: drawing it would tell its host that, and what, somebody reads."""
        if sign == "[^":
            note = _FOOTNOTE.match(self.text, at)
            return self._put(note[0], note.end()) if note else self._put("\\[^", at + 2)
        if not sign.endswith("[") or sign == "[":
            return self._put(sign, at + len(sign))
        opening = at + len(sign) - 1
        link_opening = at if sign[0] == "[" else -1
        marks = sign.strip("[")[:-1]
        closing = self.labels.get(opening)
        resource = _RESOURCE.match(self.text, closing) if closing is not None else None
        if closing is None or (resource is None and not self.text.startswith("][", closing)):
            return self._put(("[" if link_opening >= 0 else "") + "\\!" * (len(marks) + 1), opening)
        alt = " ".join(self.text[opening + 1 : closing].split())
        label = f"[image: {_escaped(alt)}" if alt else "[image"
        if link_opening >= 0 and resource and not marks and self.labels.get(link_opening) == resource.end():
            return self._put(label, resource.end())  # a picture that is a link: the link is what it was for
        return self._put(("[" if link_opening >= 0 else "") + "\\!" * len(marks) + label, closing)

    def _link(self, at: int) -> int:
        resource = _RESOURCE.match(self.text, at)
        if resource is None:
            return self._put("]\\(", at + 2)
        target = resource["target"]
        if not _is_safe(target):
            # Shown as it was written, and no link. What a data: address holds is nothing to read.
            is_data = target.strip("<").lower().startswith("data:")
            return self._put("]\\(data\\:…)", resource.end()) if is_data else self._put("]\\(", at + 2)
        # Should no bracket have opened it, this is text: then nothing in it may be read as a sign either.
        target = _TARGET_SIGN.sub(lambda sign: sign[0] if len(sign[0]) == 2 else "\\" + sign[0], target)
        title = resource["title"] or ""
        return self._put(f"]({target}{'' if _UNSAFE_IN_TITLE.search(title) else title})", resource.end())

    def _address(self, sign: str, at: int) -> int:
        """An address in the text. Streamlit links it all the same, but after the parsing, so it swallows nothing."""
        address = re.sub(r"[:$~!]|_(?=[A-Za-z0-9])", lambda part: "\\" + part[0], sign)
        return self._put(re.sub(r"^www\.", r"www\\.", address, flags=re.IGNORECASE), at + len(sign))

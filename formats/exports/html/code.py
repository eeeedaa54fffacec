"""Code to HTML: escaped, and in colours where its language is a usual one."""

from __future__ import annotations

import re
from html import escape, unescape

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

LONGEST_IN_COLOURS = 10_000
"""Characters of code that is coloured. Longer code stays plain: some languages' rules take time that grows with its
square. So does code that is none: a long line, a long gap, or a hundred words without a sign between them."""

_NAMES = """
    asm bash bat c c# c++ clojure cmake console cpp cs csharp css dart diff docker dockerfile elixir erlang fortran go
    golang graphql groovy haskell hs html ini java javascript js json jsx julia kotlin latex lua make makefile
    markdown matlab md nasm nginx perl php powershell proto ps1 py pycon python python3 r rb rs ruby rust scala scss sh
    shell sql swift tex toml ts tsx typescript vim xml yaml yml zsh
"""
LANGUAGES = frozenset(_NAMES.split())
"""What is coloured. Pygments knows hundreds more; on some of them (`tnt`) it never ends."""

_SLOW = re.compile(r"[^\n]{1000}|(?:[ \t]*+\n){50}|[ \t]{200}|\b(?:\w++\s++){100}")
_SPAN = re.compile("</?span[^<>]*>")


def code_html(code: str, info: str = "") -> str:
    """Return a code block. `info` is what stands behind the opening fence: the language, and whatever else."""
    language = info.split(maxsplit=1)[0] if info.strip() else ""
    label = f"Code: {info.strip()}" if info.strip() else "Code"
    caption = f"<figcaption>{escape(info.strip())}</figcaption>" if info.strip() else ""
    # A block that scrolls must be reachable by keyboard, and say what it is.
    opening = f'<pre tabindex="0" role="group" aria-label="{escape(label)}" dir="ltr"><code>'
    return f'<figure class="code">{caption}{opening}{_coloured(code, language)}</code></pre></figure>\n'


def _coloured(code: str, language: str) -> str:
    name = language.lower()
    if len(code) > LONGEST_IN_COLOURS or _SLOW.search(code) or name not in LANGUAGES:
        return escape(code)
    lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    coloured: str = highlight(code, lexer, HtmlFormatter(nowrap=True))
    if not code.endswith("\n"):
        coloured = coloured.removesuffix("\n")
    # Some lexers add or drop a line break or a byte order mark.
    return coloured if unescape(_SPAN.sub("", coloured)) == code else escape(code)

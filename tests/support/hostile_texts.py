"""Texts that would hold or end a page if all of their markdown were drawn, each with good words before and behind."""

from __future__ import annotations

BEFORE, BEHIND = "Good words before.", "Good words behind."

MARKUP = {
    "numbers in one line": "1. " * 2_000 + "deep",
    "quotes in one line": ">" * 10_000 + " deep",
    "quotes and lists in turn": "> - " * 2_000 + "deep",
    "lists by lines": "".join("  " * depth + "- deeper\n" for depth in range(600)),
    "a fence behind quotes": ">" * 5_000 + " ```\n" + ">" * 5_000 + " code",
    "stars": "*" * 20_000,
    "stars around a word": "*" * 4_000 + "word" + "*" * 4_000,
    "emphasis in emphasis": "*a **b " * 5_000 + "b** a* " * 5_000,
    "underscores": "_a __b " * 5_000,
    "struck": "~~a " * 10_000,
    "brackets": "[" * 20_000 + "a" + "]" * 20_000,
    "links": "[a](https://a.example) " * 20_000,
    "pictures": "![a](https://a.example/b.png) " * 20_000,
    "addresses": "https://a.example/b " * 20_000,
    "backticks": "`a` " * 50_000,
    "formulas": r"\(x^2\) " * 250_000,
    "formulas with dollars": "$x^2$ " * 250_000,
    "dollars": "$" * 400_000,
    "openings of formulas": "\\(" * 200_000,
    "formulas on lines of their own": "\\[\nx^2\n\\]\n" * 20_000,
    "a wide table": "|" + "a|" * 10_000 + "\n|" + "-|" * 10_000 + "\n|b|",
    "a wide and long table": "|" + "a|" * 50 + "\n|" + "-|" * 50 + "\n" + "|b|\n" * 20_000,
    "a long list": "- item\n" * 50_000,
    "headings": "# heading\n" * 50_000,
    "code": "```python\n" + "x = f(1, 'a')\n" * 40_000 + "```",
    "a code line": "```json\n" + '{"a": 1}, ' * 50_000 + "\n```",
    "one word": "w" * 500_000,
    "footnotes": "".join(f"[^{number}] " for number in range(10_000)),
    "directives": ":red[a] " * 20_000,
    "html": "<b>a</b> " * 50_000,
}
"""By what is too much in it."""


def between_good_words(markup: str) -> str:
    """Return a message in which good words stand around the markup, each in a paragraph of its own."""
    return f"{BEFORE}\n\n{markup}\n\n{BEHIND}"

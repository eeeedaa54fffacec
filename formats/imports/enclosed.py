"""A document that a model wrote in its answer (a canvas, an artifact): its words with its name as a heading."""

from __future__ import annotations

from formats.imports.content import fenced

_LANGUAGES = {
    "text/html": "html",
    "image/svg+xml": "svg",
    "application/vnd.ant.react": "jsx",
    "application/vnd.ant.mermaid": "mermaid",
    "application/vnd.ant.code": "",
}
"""Of the types that Claude gives its artifacts."""


def titled(name: str, words: str, language: str | None = None) -> str:
    """Return a document as a part of a message; code, which has a language or an empty one, is fenced."""
    body = words.strip("\n") if language is None else fenced(words.strip("\n"), language)
    heading = " ".join(name.split())
    return f"#### {heading}\n\n{body}" if heading else body


def language_of(type: str, language: str = "") -> str | None:
    """Return the language of a document of this type, such as `code/python` or `text/html`; None where it is prose."""
    if language or type in _LANGUAGES:
        return language or _LANGUAGES[type]
    return type.removeprefix("code/") if type.startswith("code/") else None

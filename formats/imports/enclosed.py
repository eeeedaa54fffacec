"""What has a name of its own inside of a message: a document that a model wrote, the sources that it cites."""

from __future__ import annotations

from collections.abc import Iterable

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


def cited(said: str, sources: Iterable[tuple[str, str]]) -> str:
    """Return an answer with links to its sources (title, address) behind it, where they do not stand in it."""
    links = {
        address: f"[{' '.join(title.split()) or address}]({address})"
        for title, address in sources
        if address and address not in said
    }
    return f"{said} ({', '.join(links.values())})" if links and said.strip() else said

"""HTML: a conversation as one page to read, share and print, also to PDF; it needs no network and runs nothing.

The page is a single file without a script, a font or a picture. Its content security policy forbids all but its own
style, and `words.py` lets no element and no attribute through from a text, so it is harmless where nobody enforces
the policy. It has a language, headings, landmarks, light and dark colours, and a layout for paper.

The shown path stands open. Other versions of a message are folded below it, each with what followed it there; reasoning
is folded too. Deleted messages are not in it; whatever else is not on the page is counted at its foot.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from html import escape

from chat.conversation import Conversation, Message
from formats.exports.html.style import STYLE
from formats.exports.html.words import markdown_html, typed_html
from formats.reading import SPEAKERS, about, counted, kept, lines_of, moment, notes, summary, title_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

DEEPEST = 30
"""Folds within folds; browsers lay out no more than a few hundred elements in one another."""

_HEAD = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Chatkeep">
"""


def to_html(conversation: Conversation) -> bytes:
    """Return the conversation as a page."""
    return "".join(_Page(conversation).pieces()).encode()


class _Page:
    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.path = conversation.path()
        self.written = {message.id for message in self.path}

    def pieces(self) -> Iterator[str]:
        title = escape(title_of(self.conversation))
        yield f"{_HEAD}<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        yield f'<header class="page-head">\n<h1 dir="auto">{title}</h1>\n'
        yield f'<p class="quiet">{escape(summary(self.conversation))}</p>\n'
        if self.conversation.settings.system_prompt.strip():
            yield _folded("System prompt", typed_html(self.conversation.settings.system_prompt))
        yield "</header>\n<main>\n"
        for message in self.path:
            yield self._article(message)
            yield from self._others(message, 1)
        yield "</main>\n"
        yield from self._foot()
        yield "</body>\n</html>\n"

    def _foot(self) -> Iterator[str]:
        yield '<footer class="page-foot">\n'
        if rest := len(kept(self.conversation.messages)) - len(self.written):
            yield f'<p class="quiet">{counted(rest)} in further branches: not on this page, but in Chatkeep JSON.</p>\n'
        yield '<p class="quiet">Kept by Chatkeep</p>\n</footer>\n'

    def _others(self, message: Message, depth: int) -> Iterator[str]:
        """Yield the other versions of a message that are not on the page yet, each with what follows it."""
        family = self.conversation.siblings(message.id)
        if len(family) == 1 or depth > DEEPEST:
            return
        for number, other in enumerate(family, start=1):
            if other.id in self.written:
                continue
            line = [each for each in (other, *self.conversation.line_below(other.id)) if each.id not in self.written]
            self.written.update(each.id for each in line)
            label = f"Version {number} of {len(family)}" + (f", {counted(len(line))}" if len(line) > 1 else "")
            yield f"<details>\n<summary>{label}</summary>\n"
            for each in line:
                yield self._article(each)
                if each is not other:
                    yield from self._others(each, depth + 1)
            yield "</details>\n"

    def _article(self, message: Message) -> str:
        family = self.conversation.siblings(message.id)
        said = about(message)[1:]
        if len(family) > 1:
            place = next(number for number, each in enumerate(family, start=1) if each.id == message.id)
            said.append(f"version {place} of {len(family)}")
        time = message.created_at.astimezone(UTC).isoformat(timespec="seconds")
        stamp = f'<time datetime="{time}">{escape(moment(message.created_at))}</time>'
        beside = " · ".join([stamp, *(f"<span>{escape(each)}</span>" for each in said)])
        return (
            f'<article class="{message.role}">\n'
            f'<div class="head"><h2>{SPEAKERS[message.role]}</h2><p class="quiet">{beside}</p></div>\n'
            f"{_reasoning(message)}{_words(message)}"
            f"{_notes(message)}</article>\n"
        )


def _reasoning(message: Message) -> str:
    return _folded("Reasoning", markdown_html(message.reasoning)) if message.reasoning.strip() else ""


def _words(message: Message) -> str:
    if not lines_of(message.content).strip():
        return ""
    return markdown_html(message.content) if message.role == "assistant" else typed_html(message.content)


def _notes(message: Message) -> str:
    return "".join(f'<p class="note" dir="auto">{escape(line)}</p>\n' for line in notes(message))


def _folded(label: str, body: str) -> str:
    return f"<details>\n<summary>{label}</summary>\n{body}</details>\n"

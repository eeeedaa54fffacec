"""What Claude wrote inside of its answers: artifacts, files, and the thinking of 2024, which stood in a tag.

Until 2024 an artifact was `<antArtifact identifier="…" type="…" title="…">`, and `<antThinking>` came before it; both
stood in the middle of an answer, and Claude's page showed neither as text. Since then they are calls of the tools
`artifacts` and `create_file`. An update has only the words that are new, and no title: it has that of its artifact.

Source: Claude's published artifact instructions, and nexus-ai-chat-importer's `claude-artifact` readers.
"""

from __future__ import annotations

import re
from typing import Any

from chat.thinking import split_thinking
from formats.imports.enclosed import language_of, titled
from formats.imports.values import field, text

WRITING = ("artifacts", "create_file", "str_replace")
"""Tools whose calls are documents."""

_TAG = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,}).*$|(?P<thinking><antThinking>)|<antArtifact\b(?P<about>[^>]*)>", re.MULTILINE
)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_END = "</antArtifact>"


def words_and_thinking(said: str) -> tuple[str, str]:
    """Return the words of an answer, with its artifacts as documents, and the thinking that stood among them.

    A tag that is shown as code, in a fence or after a backtick, is the answer's own.
    """
    if "<ant" not in said:
        return said, ""
    parts: list[str] = []
    thinking: list[str] = []
    kept = ""
    while (tag := _TAG.search(said)) is not None:
        before, after = said[: tag.start()], said[tag.end() :]
        if tag["fence"]:
            end = re.search(rf"^ {{0,3}}{re.escape(tag['fence'])}[`~]*[ \t]*$", after, re.MULTILINE)
            behind = tag.end() + (end.end() if end else len(after))
            kept, said = kept + said[:behind], said[behind:]
        elif before.endswith("`"):
            kept, said = kept + said[: tag.end()], after
        elif tag["thinking"]:
            thought, rest = split_thinking(said[tag.start() :])
            parts, thinking = [*parts, kept + before], [*thinking, thought]
            kept, said = "", rest
        else:
            written, _, said = after.partition(_END)
            about = dict(_ATTRIBUTE.findall(tag["about"]))
            language = language_of(about.get("type", ""), about.get("language", ""))
            parts += [kept + before, titled(about.get("title", ""), written, language)]
            kept = ""
    parts.append(kept + said)
    words = "\n\n".join(part.strip() for part in parts if part.strip())
    return words, "\n\n".join(thought for thought in thinking if thought.strip())


def written_by_call(block: Any, titles: dict[str, str]) -> str:
    """Return the document that a call wrote; empty where it wrote none. `titles` are those of earlier ones, by id."""
    if text(block, "name") not in WRITING:
        return ""
    call = field(block, "input")
    id = text(call, "id") or text(call, "path")
    title = text(call, "title") or titles.get(id) or text(call, "path").rsplit("/", 1)[-1] or id
    titles.setdefault(id, title)
    written = text(call, "content") or text(call, "file_text") or text(call, "new_str")
    language = language_of(text(call, "type"), text(call, "language"))
    return titled(title, written, language) if written.strip() else ""

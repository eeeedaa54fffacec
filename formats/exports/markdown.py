r"""Markdown: the shown path as a document, in the dialect that GitHub and most editors read.

A model's words are markdown already and stay as they are. What would reach beyond its message (an open fence or
comment, a tag without its end) is closed below it; where no closing helps, the message is fenced. So a heading of the
document is always a heading. Pictures stay too: an editor that loads them tells their hosts.

A person's words are to appear as typed. Where markdown shows them so, as plain paragraphs, they stand as they are, with
line breaks made hard (two spaces). Where it would not (code, lists, signs that mark something) they are fenced.
Reasoning is a quote, which ends by itself.
"""

from __future__ import annotations

import re

from chat.conversation import Conversation, Message
from formats.exports.markdown_parts import as_typed, closed
from formats.reading import SPEAKERS, about, in_other_branches, lines_of, notes, summary, title_of

_SIGN = re.compile(r"[\\`*_\[\]<>~$|#&]")


def to_markdown(conversation: Conversation) -> bytes:
    """Return the conversation as markdown. How many messages are in other branches is said, they are not shown."""
    blocks = [f"# {_escaped(title_of(conversation))}", summary(conversation)]
    if in_other_branches(conversation):
        blocks.append("*Other branches are not in this file. Export Chatkeep JSON to keep them.*")
    if system := lines_of(conversation.settings.system_prompt):
        blocks += _section("System prompt", as_typed(system))
    for message in conversation.path():
        blocks += _blocks(message)
    return ("\n\n".join(blocks) + "\n").encode()


def _blocks(message: Message) -> list[str]:
    words = lines_of(message.content)
    body = closed(words) if message.role == "assistant" else as_typed(words)
    blocks = _section(SPEAKERS[message.role], f"*{' · '.join(map(_escaped, about(message)))}*")
    if reasoning := closed(lines_of(message.reasoning)):
        blocks.append(_quoted(f"**Reasoning**\n\n{reasoning}"))
    if body:
        blocks.append(body)
    return blocks + [f"*{_escaped(line)}*" for line in notes(message)]


def _section(heading: str, body: str) -> list[str]:
    return [f"## {heading}", body] if body else []


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _escaped(line: str) -> str:
    return _SIGN.sub(lambda sign: "\\" + sign[0], line)

r"""Plain text: the shown path for eyes and for `grep`, in UTF-8 with `\n` line ends.

Words are as they were said; a model's markdown is left as its author wrote it. Each message stands below a line that
names its speaker, time, model and ending, underlined over its whole length.
"""

from __future__ import annotations

from collections.abc import Iterator

from chat.conversation import Conversation, Message
from formats.reading import SPEAKERS, about, in_other_branches, lines_of, notes, summary, title_of


def to_text(conversation: Conversation) -> bytes:
    """Return the conversation as plain text. How many messages are in other branches is said, they are not shown."""
    blocks = [_underlined(title_of(conversation), "="), summary(conversation)]
    if in_other_branches(conversation):
        blocks.append("Other branches are not in this file. Export Chatkeep JSON to keep them.")
    if system := lines_of(conversation.settings.system_prompt).strip("\n"):
        blocks += [_underlined("System prompt", "-"), system]
    for message in conversation.path():
        blocks += _blocks(message)
    return ("\n\n".join(blocks) + "\n").encode()


def _blocks(message: Message) -> Iterator[str]:
    yield _underlined(f"{SPEAKERS[message.role]} ({', '.join(about(message))})", "-")
    if reasoning := lines_of(message.reasoning).strip("\n"):
        yield "[Reasoning]"
        yield reasoning
        yield "[Answer]"
    if words := lines_of(message.content).strip("\n"):
        yield words
    for line in notes(message):
        yield f"[{line}]"


def _underlined(line: str, sign: str) -> str:
    return f"{line}\n{sign * len(line)}"

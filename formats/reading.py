"""What the formats for reading say about a conversation, in the same words: title, times, who speaks, how it ended.

They show the shown path. Deleted messages are in none of them; messages of other branches are shown or counted, never
passed over in silence. Ratings and token counts are for tables, not for readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from chat.conversation import Conversation, Message
from chat.endings import words_of
from chat.surrogates import printable
from chat.titles import UNTITLED

SPEAKERS = {"user": "You", "assistant": "Assistant", "system": "System"}

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def title_of(conversation: Conversation) -> str:
    """Return the title in one line."""
    return " ".join(printable(conversation.title).split()) or UNTITLED


def moment(time: datetime) -> str:
    """Return a time as people write it, in UTC: `4 March 2026, 05:06 UTC`, whatever the machine's language."""
    utc = time.astimezone(UTC)
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC"


def lines_of(text: str) -> str:
    r"""Return text that UTF-8 carries, its lines ended by `\n` whatever they were ended by."""
    return printable(text).replace("\r\n", "\n").replace("\r", "\n")


def about(message: Message) -> list[str]:
    """Return what stands beside a speaker: the time, who wrote it, how it ended, what the user did with it."""
    said = [moment(message.created_at)]
    if message.models:
        said.append(", then ".join(" ".join(printable(model).split()) for model in message.models))
    if words := words_of(message):
        said.append(words)
    if message.left_out:
        said.append("left out of memory")
    return said


def notes(message: Message) -> list[str]:
    """Return the lines that stand below a message's words: its error, its attachments."""
    lines = []
    if message.error:
        lines.append(f"Error: {' '.join(printable(message.error).split())}")
    if message.attachments:
        lines.append(f"Attached: {', '.join(' '.join(printable(each).split()) for each in message.attachments)}")
    return lines


def kept(messages: Iterable[Message]) -> list[Message]:
    """Return the messages that are not deleted."""
    return [message for message in messages if not message.trashed]


def in_other_branches(conversation: Conversation) -> int:
    """Return how many messages are neither deleted nor on the shown path."""
    return len(kept(conversation.messages)) - len(conversation.path())


def summary(conversation: Conversation) -> str:
    """Return the line below the title: when it began and last changed, and how many messages are here and are not."""
    shown, others = len(conversation.path()), in_other_branches(conversation)
    parts = [moment(conversation.created_at)]
    if moment(conversation.updated_at) != parts[0]:
        parts.append(f"last changed {moment(conversation.updated_at)}")
    parts.append(counted(shown))
    if others:
        parts.append(f"{others} more in other branches")
    return " · ".join(parts)


def counted(number: int) -> str:
    """Return `1 message`, `2 messages`."""
    return f"{number} message{'' if number == 1 else 's'}"

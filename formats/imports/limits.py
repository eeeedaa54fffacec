"""How much of a file from elsewhere is read at most: an export may be damaged, or made to fill a machine's memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, each with its reason. What is over one of them is skipped with a sentence, never cut in silence."""

    total_bytes: int = 2048 * MIB
    """Unpacked, of all files in a zip together that are read. Pictures are not read; years of chats are far below."""
    member_bytes: int = 512 * MIB
    """Unpacked, of one file. It is read piece by piece, so this bounds time rather than memory."""
    conversation_characters: int = 64 * MIB
    """Of one conversation as it is written in the file: the only part that is in memory as a whole."""
    members: int = 100_000
    """Files in a zip. An export with its pictures has some thousands; a list of millions alone fills the memory."""
    compression_ratio: int = 250
    """Unpacked bytes for each packed one, once more than `ratio_from` came out. Chats pack 3 to 30 times; deflate can
    reach 1,032, and then every byte is the same."""
    ratio_from: int = 8 * MIB
    depth: int = 600
    """Levels of nesting. Python's reader ends near 1,000; only LibreChat's recursive export nests with the length of a
    chat, two levels a message."""
    conversations: int = 100_000
    """In one import. Each is a file of its own when it is kept."""
    messages: int = 20_000
    """In one conversation, hidden ones too. All of a conversation is read whenever its page is drawn."""
    title_characters: int = 200
    """As many as the dialog for renaming takes."""
    upload_mib: int = 1000
    """Of the file itself, sent by a browser: it is in the server's memory until it has arrived. Larger ones are for the
    command line."""
    seconds: float = 600.0
    """Of one look through all files. Ten years of chats take a minute."""


LIMITS = Limits()

SHELL_LIMITS = Limits(
    total_bytes=64 * 1024 * MIB,
    member_bytes=16 * 1024 * MIB,
    members=1_000_000,
    conversations=1_000_000,
    seconds=math.inf,
)
"""For the command line: whoever has a shell has a file of their own, and can stop it."""

VISITOR_LIMITS = Limits(
    total_bytes=256 * MIB,
    member_bytes=128 * MIB,
    conversation_characters=8 * MIB,
    members=10_000,
    conversations=5_000,
    messages=5_000,
    upload_mib=25,
    seconds=60.0,
)
"""For people whom the owner of the machine does not know, many of whom may come at once."""

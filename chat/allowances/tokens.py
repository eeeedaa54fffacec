"""About how many tokens a text is, for whoever has to know before a provider says it, or where none does.

A token is about four characters of English, and about four bytes of UTF-8 in other scripts; a message has a few around
it. Nothing is fetched for it: each model counts in its own way, and this is never far below any of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from chat.providers.base import PromptMessage

PER_TOKEN = 4
PER_MESSAGE = 4
"""What a message has around its words: its role, where it begins and ends."""


def about_tokens(text: str) -> int:
    """Return about how many tokens a text is."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // PER_TOKEN)


def about_prompt_tokens(messages: Iterable[PromptMessage]) -> int:
    """Return about how many tokens a model reads when it is sent these messages."""
    return sum(PER_MESSAGE + about_tokens(message.content) for message in messages)

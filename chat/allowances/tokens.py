"""How many tokens an answer takes: reserved before it is asked for, and counted once it has ended.

Where no provider says it, a token is about four characters of English, and about four bytes of UTF-8 in other scripts;
a message has a few around it. Nothing is fetched for that: each model counts in its own way.
"""

from __future__ import annotations

from chat.conversation import Usage
from chat.providers.base import Request
from chat.replies.reply import Reply

PER_TOKEN = 4
PER_MESSAGE = 4
"""What a message has around its words: its role, where it begins and ends."""
RESERVED = 1_000
"""For the words of an answer that is on its way. One that is longer is counted whole when it has ended."""


def about_tokens(text: str) -> int:
    """Return about how many tokens a text is."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // PER_TOKEN)


def prompt_tokens(request: Request) -> int:
    """Return about how many tokens a model reads with this request."""
    return sum(PER_MESSAGE + about_tokens(message.content) for message in request.messages)


def reserved_tokens(request: Request) -> int:
    """Return how many tokens are reserved for this request and its answer."""
    return prompt_tokens(request) + min(request.max_tokens or RESERVED, RESERVED)


def taken_tokens(reply: Reply, request: Request) -> int:
    """Return how many tokens an answer took that has ended.

    What a provider reports is believed of an answer that is whole. It reports nothing, or only the beginning, where an
    answer was ended early: then it is estimated. An answer that failed without a word took nothing.
    """
    usage, words = reply.took()
    reported = 0 if usage is None else _sum(usage)
    status = None if reply.outcome is None else reply.outcome.status
    if (status == "complete" and usage is not None) or (status == "failed" and not words):
        return reported
    return max(reported, prompt_tokens(request) + about_tokens(words))


def _sum(usage: Usage) -> int:
    return usage.prompt_tokens + usage.completion_tokens

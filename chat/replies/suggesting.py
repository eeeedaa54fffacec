"""Asking a model what a conversation could be called: what is sent, and the title in what it says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing

from chat.conversation import Conversation
from chat.errors import BadAnswer, NoQuestion, TimedOut
from chat.providers.base import Chunk, PromptMessage, Provider, Request
from chat.surrogates import printable
from chat.titles import auto_title

INSTRUCTION = (
    "Write a title for the conversation below: at most six words, in its own language, without quotes or a full stop. "
    "Answer with the title alone."
)
PART_LENGTH = 1_500
"""Characters of the first question and of its answer that the model reads: enough to know what it is about."""
ANSWER_TOKENS = 400
"""Tokens that the model may use: a title has a few, but some think before."""
LONGEST_SUGGESTION = 60
WAIT_SECONDS = 90.0

_LABEL = re.compile(r"^(title|titel|titre|título|titolo)\s*:\s*", re.IGNORECASE)
_AROUND = " \t\"'`*_#“”„«»‘’"


def title_request(conversation: Conversation, model: str) -> Request:
    """Return what is asked. Raises `NoQuestion` where nothing was said yet."""
    said = [message for message in conversation.path() if message.content.strip()]
    if not said:
        raise NoQuestion("There is nothing to name yet: write a message first.")
    question = next((message for message in said if message.role == "user"), said[0])
    answer = next((message for message in said if message.role == "assistant"), None)
    parts = [question] if answer is None or answer is question else [question, answer]
    words = "\n\n".join(
        f"{message.role.title()}: {printable(message.content.strip())[:PART_LENGTH]}" for message in parts
    )
    return Request(model, (PromptMessage("user", f"{INSTRUCTION}\n\n---\n{words}"),), max_tokens=ANSWER_TOKENS)


async def suggest_title(provider: Callable[[], Provider], request: Request) -> str:
    """Return the title that the model gives. Raises ChatError, also where it gives none or takes too long."""
    total = Chunk()
    try:
        async with asyncio.timeout(WAIT_SECONDS), aclosing(provider().stream(request)) as chunks:
            async for chunk in chunks:
                total += chunk
    except TimeoutError as error:
        raise TimedOut("The model took too long to think of a title: try again, or type one.") from error
    title = title_in(total.text)
    if not title:
        raise BadAnswer("The model gave no title: try again, or type one.")
    return title


def title_in(answer: str) -> str:
    """Return the title in what a model said: its first line, without what is around it; empty where there is none."""
    for line in answer.splitlines():
        title = _LABEL.sub("", line.strip(_AROUND)).strip(_AROUND).removesuffix(".")
        if title:
            return auto_title(title, LONGEST_SUGGESTION)
    return ""

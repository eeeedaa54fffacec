"""A stream of chunks, with the thinking in its text moved to where it belongs. The rules: `chat/thinking.py`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from chat.errors import ChatError
from chat.providers.base import Chunk
from chat.thinking import Parted, ThinkingSplitter

_NOTHING = Chunk()


async def thinking_apart(answer: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
    """Yield the chunks of an answer with its thinking apart. What was held back comes last, or before the error."""
    splitter = ThinkingSplitter()
    async with aclosing(answer) as chunks:
        try:
            async for chunk in chunks:
                parted = _chunk_of(splitter.feed(chunk.text), chunk) if chunk.text else chunk
                if parted != _NOTHING:
                    yield parted
        except ChatError:
            if (held := _chunk_of(splitter.finish(), _NOTHING)) != _NOTHING:
                yield held
            raise
    if (held := _chunk_of(splitter.finish(), _NOTHING)) != _NOTHING:
        yield held


def _chunk_of(parted: Parted, chunk: Chunk) -> Chunk:
    """Return the chunk with its text parted."""
    return replace(
        chunk, text=parted.text, reasoning=chunk.reasoning + parted.reasoning, was_thinking=parted.was_thinking
    )

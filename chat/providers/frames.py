"""The body of a response as server-sent events: bytes as they arrive, cut anywhere, into frames.

What a frame says is read in `answer.py`.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

DONE = "[DONE]"
WEB_PAGE, JSON = "text/html", "application/json"
"""What comes in place of an event stream; such a body is read as one frame of that name."""
GATHER_SECONDS = 0.06
"""How long pieces gather. Nobody sees it: a page looks a few times a second."""
PIECES_AT_ONCE = 4
"""The first pieces, which are not held back: the first word is to show at once."""
WAITED_SECONDS = 0.001
"""From here on a piece was waited for; one that was there already comes faster."""
DRAIN_SECONDS = 0.1
"""How long to wait after `[DONE]` for the end of the body, so that the connection can be used again."""
MOST_CHARACTERS = 32_000_000
"""What one frame may have. Longer ones are no answer that a person could read, and would fill the memory."""

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event."""

    event: str
    data: str


class TooLong(ValueError):
    """A frame has more than `MOST_CHARACTERS`."""


class FrameReader:
    """Takes bytes as they arrive, cut anywhere, and gives the frames that are complete. Comments are dropped.

    Bytes that are not UTF-8 become U+FFFD: one bad character does not cost an answer.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: list[str] = []
        """The pieces of the line that has not ended: joined once, since a line may come in thousands of them."""
        self._half = ""
        """A carriage return that may be half of a line's end."""
        self._event = ""
        self._data: list[str] = []
        self._length = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that these bytes complete. Raises `TooLong`."""
        yield from self._lines(self._decoder.decode(data))

    def finish(self) -> Iterator[Frame]:
        """Yield the last frame, where only the empty line that should end it is missing: half a frame is none."""
        for frame in self._lines(self._decoder.decode(b"", final=True) + "\n\n"):
            if frame.data.startswith(DONE) or _is_json(frame.data):
                yield frame

    def _lines(self, text: str) -> Iterator[Frame]:
        text = self._half + text
        self._half = "\r" if text.endswith("\r") else ""
        first, *others = _LINE_END.split(text.removesuffix("\r"))
        self._length += len(text)
        self._line.append(first)
        for rest in others:
            yield from self._end_line("".join(self._line))
            self._line = [rest]
        if self._length > MOST_CHARACTERS:
            raise TooLong

    def _end_line(self, line: str) -> Iterator[Frame]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif not line:
            if self._data:
                yield Frame(self._event, "\n".join(self._data))
            self._event, self._data, self._length = "", [], 0


async def frames_of(response: httpx2.Response) -> AsyncGenerator[Frame, None]:
    """Yield the frames of a body until `[DONE]`; a body that is no event stream is one frame, whatever it holds.

    Raises `TooLong`.
    """
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in (WEB_PAGE, JSON):
        yield Frame(media_type, await _whole(response))
        return
    reader = FrameReader()
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in _gathered(pieces):
            for frame in reader.feed(piece):
                if frame.data.startswith(DONE):
                    await _drain(pieces)
                    return
                yield frame
    for frame in reader.finish():
        if not frame.data.startswith(DONE):
            yield frame


async def _whole(response: httpx2.Response) -> str:
    """Return a body that is no event stream. Raises `TooLong`."""
    body = bytearray()
    async with aclosing(response.aiter_bytes()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > MOST_CHARACTERS:
                raise TooLong
    return body.decode(errors="replace")


async def _gathered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces, and let a few gather after one that was waited for: waking up for each token costs the most.

    The first ones pass at once, and pieces that are there already are never held back.
    """
    now = asyncio.get_running_loop().time
    asked_at, count = now(), 0
    async for piece in pieces:
        waited = now() - asked_at > WAITED_SECONDS
        yield piece
        count += 1
        if waited and count > PIECES_AT_ONCE:
            await asyncio.sleep(GATHER_SECONDS)
        asked_at = now()


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read the end of a body that has said everything; only then can its connection carry another request."""
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in pieces:
                pass


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True

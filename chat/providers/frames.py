"""The answer to a chat completion as it comes over the wire, read into chunks.

Both SDKs hand over the response that they opened, and this module reads its body, because their own readers lose what
a person should know: one passes over errors that another server reports in mid-stream, stops at a `retry:` line and
calls a web page an empty answer; the other insists on fields that are often left out and hides the server's words in
the cause of a cause. The two protocols differ in nothing that matters here. Requests are not made here, and sentences
for people come from `failures.py`.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat.conversation import Usage
from chat.errors import ChatError
from chat.providers.base import Chunk
from chat.providers.failures import Failures, Report

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

_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")  # a \r at the very end may be half of a \r\n
_NOTHING = Chunk()


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event."""

    event: str
    data: str


class FrameReader:
    """Takes bytes as they arrive, cut anywhere, and gives the frames that are complete. Comments are dropped.

    Bytes that are not UTF-8 become U+FFFD: one bad character does not cost an answer.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._event = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that these bytes complete."""
        yield from self._lines(self._decoder.decode(data))

    def finish(self) -> Iterator[Frame]:
        """Yield the last frame, where only the empty line that should end it is missing: half a frame is none."""
        for frame in self._lines(self._decoder.decode(b"", final=True) + "\n\n"):
            if frame.data.startswith(DONE) or _is_json(frame.data):
                yield frame

    def _lines(self, text: str) -> Iterator[Frame]:
        *lines, self._rest = _LINE_END.split(self._rest + text)
        for line in lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                self._event = value
            elif name == "data":
                self._data.append(value)
            elif not line:
                if self._data:
                    yield Frame(self._event, "\n".join(self._data))
                self._event, self._data = "", []


async def read_answer(response: httpx2.Response, failures: Failures, model: str) -> AsyncGenerator[Chunk, None]:
    """Yield the chunks of an answer. Raises ChatError; `CutOff` where it ends without a finish_reason.

    Once a finish_reason has arrived the answer is whole: what goes wrong after it costs the usage at most.
    """
    import httpx2

    begun = finished = False
    try:
        async with aclosing(_frames(response)) as frames:
            async for frame in frames:
                chunk = _chunk_of(frame, failures, model)
                if chunk == _NOTHING:
                    continue
                begun = begun or bool(chunk.text or chunk.reasoning)
                finished = finished or chunk.finish_reason not in (None, "error")
                yield chunk
                if chunk.finish_reason == "error":
                    raise failures.of_report(Report(), model, in_stream=True)
    except httpx2.HTTPError as error:
        if not finished:
            raise failures.of_transport(error, answering=True, begun=begun) from error
    except ChatError:
        if not finished:
            raise
    else:
        if not finished:
            raise failures.cut_off(begun=begun)


async def _frames(response: httpx2.Response) -> AsyncGenerator[Frame, None]:
    """Yield the frames of a body until `[DONE]`; a body that is no event stream is one frame, whatever it holds."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in (WEB_PAGE, JSON):
        yield Frame(media_type, (await response.aread()).decode(errors="replace"))
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
    except ValueError:
        return False
    return True


def _chunk_of(frame: Frame, failures: Failures, model: str) -> Chunk:
    """Return what a frame adds to the answer. Raises ChatError for a reported error and for what cannot be read."""
    if frame.event == "ping":
        return _NOTHING
    if frame.event == WEB_PAGE:
        raise failures.bad_answer(web_page=True)
    try:
        said = json.loads(frame.data, strict=False)
    except (ValueError, RecursionError) as error:
        raise failures.bad_answer() from error
    if not isinstance(said, dict):
        raise failures.bad_answer()
    if said.get("error") or said.get("object") == "error" or frame.event == "error":
        raise failures.of_report(Report.of_json(said), model, in_stream=True)
    choices = said.get("choices")
    if not isinstance(choices, list):
        choices = []
    if frame.event == JSON and not choices:
        raise failures.bad_answer()
    choice = _fields(choices[0]) if choices else {}
    # `message` is a whole answer at once, from a server that does not stream
    delta = _fields(choice.get("delta")) or _fields(choice.get("message"))
    text, reasoning = _parts_of(delta.get("content"))
    return Chunk(
        text=text + _text(delta.get("refusal")),
        reasoning=reasoning or _text(delta.get("reasoning_content")) or _text(delta.get("reasoning")),
        usage=_usage_of(said.get("usage")),
        finish_reason=_text(choice.get("finish_reason")) or None,
    )


def _parts_of(content: Any) -> tuple[str, str]:
    """Return the text and the reasoning of a content: a text, or a list of parts."""
    if not isinstance(content, list):
        return _text(content), ""
    text = reasoning = ""
    for part in content:
        if not isinstance(part, dict):
            continue
        text += _text(part.get("text"))
        inner = part.get("thinking")  # parts again at Mistral, a text elsewhere
        reasoning += _parts_of(inner)[0]
    return text, reasoning


def _usage_of(said: Any) -> Usage | None:
    prompt, completion = (_fields(said).get(name) for name in ("prompt_tokens", "completion_tokens"))
    return Usage(prompt, completion) if isinstance(prompt, int) and isinstance(completion, int) else None


def _fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

"""The answer to a chat completion as it comes over the wire, read into chunks.

Both SDKs hand over the response that they opened, and its body is read here, because their own readers lose what a
person should know: one passes over errors that another server reports in mid-stream, stops at a `retry:` line and
calls a web page an empty answer; the other insists on fields that are often left out and hides the server's words in
the cause of a cause. The two protocols differ in nothing that matters here. Requests are not made here, and sentences
for people come from `failures.py`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat.conversation import Usage, count_of
from chat.endings import broke_off
from chat.errors import ChatError
from chat.providers.base import Chunk
from chat.providers.failures import Failures
from chat.providers.frames import JSON, WEB_PAGE, Frame, TooLong, frames_of
from chat.providers.report import Report, request_id_of

if TYPE_CHECKING:
    import httpx2

_NOTHING = Chunk()


async def read_answer(response: httpx2.Response, failures: Failures, model: str) -> AsyncGenerator[Chunk, None]:
    """Yield the chunks of an answer. Raises ChatError; `CutOff` where it ends without a finish_reason.

    Once a finish_reason has arrived the answer is whole: what goes wrong after it costs the usage at most.
    """
    import httpx2

    begun = finished = False
    request_id = request_id_of(response.headers)
    try:
        async with aclosing(frames_of(response)) as frames:
            async for frame in frames:
                chunk = _chunk_of(frame, failures, model, request_id)
                if chunk == _NOTHING:
                    continue
                begun = begun or bool(chunk.text or chunk.reasoning)
                finished = finished or not (chunk.finish_reason is None or broke_off(chunk.finish_reason))
                yield chunk
                if chunk.finish_reason == "error":
                    raise failures.of_report(Report(request_id=request_id), model, in_stream=True)
                if broke_off(chunk.finish_reason):
                    raise failures.cut_off(begun=begun)
    except httpx2.HTTPError as error:
        if not finished:
            raise failures.of_transport(error, answering=True, begun=begun) from error
    except TooLong as error:
        if not finished:
            raise failures.bad_answer() from error
    except ChatError:
        if not finished:
            raise
    else:
        if not finished:
            raise failures.cut_off(begun=begun)


def _chunk_of(frame: Frame, failures: Failures, model: str, request_id: str) -> Chunk:
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
        report = Report.of_json(said)
        report = replace(report, request_id=report.request_id or request_id)
        raise failures.of_report(report, model, in_stream=True)
    choices = said.get("choices")
    if not isinstance(choices, list):
        choices = []
    if frame.event == JSON and not choices:
        raise failures.bad_answer()
    choice = _fields(choices[0]) if choices else {}
    # `message` is a whole answer at once, from a server that does not stream
    delta = _fields(choice.get("delta")) or _fields(choice.get("message"))
    text, reasoning = _parts_of(delta.get("content"))
    said_thoughts = (delta.get(name) for name in ("reasoning_content", "reasoning", "reasoning_details"))
    return Chunk(
        text=text + _text(delta.get("refusal")),
        reasoning=reasoning or next((thought for said in said_thoughts if (thought := _thought(said))), ""),
        usage=_usage_of(said, choice),
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


def _thought(said: Any) -> str:
    """Return the reasoning in a text, or in OpenRouter's list of details: texts, summaries, and what is encrypted."""
    if not isinstance(said, list):
        return _text(said)
    return "".join(_text(part.get("text")) or _text(part.get("summary")) for part in said if isinstance(part, dict))


def _usage_of(said: dict[str, Any], choice: dict[str, Any]) -> Usage | None:
    """Return the usage, wherever it stands: by itself, at Groq in `x_groq`, at Moonshot in the choice.

    A number that is missing, as Gemini's `completion_tokens` are now and then, is the rest of the total.
    """
    for place in (said, _fields(said.get("x_groq")), choice):
        usage = _fields(place.get("usage"))
        prompt, completion, total = (
            count_of(usage.get(name)) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        )
        if prompt is not None and completion is None and total is not None and total >= prompt:
            completion = total - prompt
        if prompt is not None and completion is not None:
            return Usage(prompt, completion)
    return None


def _fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

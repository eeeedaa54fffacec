"""What the fake model server answers: one function for each model's name, good manners first, then every bad one.

`SCENARIOS` holds the fixed names, `PATTERNS` those with numbers in them.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.support.fakes.fake_server import Cut, Exchange, Finish, Gate, Pause, Think

Scenario = Callable[[Exchange], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}
PATTERNS: list[tuple[re.Pattern[str], Callable[..., Awaitable[None]]]] = []

HTML = "<!doctype html><html><body><h1>Sign in to the hotel's network</h1></body></html>"
SPLIT_TEXT = "Grüße, 世界! 🎉"


def scenario(*names: str) -> Callable[[Scenario], Scenario]:
    def register(play: Scenario) -> Scenario:
        SCENARIOS.update(dict.fromkeys(names, play))
        return play

    return register


def pattern(expression: str) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    def register(play: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        PATTERNS.append((re.compile(expression), play))
        return play

    return register


def scenario_named(model: str) -> Scenario:
    """Return what a model of that name does; an unknown one is not found."""
    if model in SCENARIOS:
        return SCENARIOS[model]
    for expression, play in PATTERNS:
        if (match := expression.fullmatch(model)) is not None:
            numbers = [float(number) if "." in number else int(number) for number in match.groups()]
            return lambda x: play(x, *numbers)
    return SCENARIOS["http-404"]


async def list_models(x: Exchange) -> None:
    """Answer `GET /v1/models`, in the shape of the SDK that asks."""
    ids = [*SCENARIOS, "paced-400-at-60", "paced-markdown-600-at-80", "flaky-2", "slow-first-3"]
    chat = {"completion_chat": True}
    cards = [
        {"id": name, "object": "model", "created": 1, "owned_by": "fake"}
        | ({"type": "base", "capabilities": chat, "max_context_length": 32768} if x.request.from_mistral else {})
        for name in ids
    ]
    await x.whole(200, {"object": "list", "data": cards if x.server.models is None else x.server.models})


# Good manners


async def answer(x: Exchange, *pieces: str, reason: str = "stop") -> None:
    await x.head()
    for piece in pieces:
        await x.say(piece)
    await x.finish(reason)


@scenario("normal")
async def normal(x: Exchange) -> None:
    await answer(x, "Hello", ", ", "world", "!")


@scenario("echo", "mistral-small-latest", "gpt-6-luna")
async def echo(x: Exchange) -> None:
    await answer(x, *re.findall(r"\S+\s*|\s+", str(x.messages[-1]["content"])))


@scenario("count")
async def count(x: Exchange) -> None:
    firsts = [f"{message['role']}: {' '.join(str(message['content']).split()[:5])}" for message in x.messages]
    await answer(x, f"{len(firsts)} messages\n\n", *(f"- {first}\n" for first in firsts))


@scenario("thinking")
async def thinking(x: Exchange) -> None:
    await x.head()
    for piece in ("Let me ", "think."):
        await x.think(piece)
    await x.say("Forty-")
    await x.say("two.")
    await x.finish()


@scenario("length")
async def length(x: Exchange) -> None:
    await answer(x, "This is as far as", " it goes", reason="length")


@scenario("content-filter")
async def content_filter(x: Exchange) -> None:
    await answer(x, "I would", reason="content_filter")


@scenario("finish-unknown")
async def finish_unknown(x: Exchange) -> None:
    await answer(x, "Hello.", reason="model_length")


@pattern(r"odd-usage-(\d+)")
async def odd_usage(x: Exchange, number: int) -> None:
    odd = (True, -1, 10**30, float("nan"), "many", None, [1], {})[number]
    await x.head()
    await x.say("Whole words")
    await x.event(x.chunk({}, "stop", usage={"prompt_tokens": 5, "completion_tokens": odd}))
    await x.event("[DONE]")
    await x.end()


@scenario("refusal")
async def refusal(x: Exchange) -> None:
    await x.head()
    for piece in ("I cannot help ", "with that."):
        x.count(piece)
        await x.event(x.chunk({"refusal": piece, "content": None}))
    await x.finish()


@scenario("by-script", "gpt-5-mini")  # the second is what it is called in pictures
async def by_script(x: Exchange) -> None:
    await x.head()
    for step in list(x.server.script):
        match step:
            case str():
                await x.say(step)
            case Gate():
                await step.wait()
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Think(text):
                await x.think(text)
            case Cut():
                return x.cut()
            case Finish(reason):
                return await x.finish(reason)
    return await x.finish()


async def paced(x: Exchange, pieces: list[str], rate: float) -> None:
    """Send the pieces at `rate` per second by the clock: what comes late once is caught up."""
    await x.head()
    clock = asyncio.get_running_loop().time
    start = clock()
    for number, piece in enumerate(pieces):
        if (wait := start + number / rate - clock()) > 0:
            await asyncio.sleep(wait)
        await x.say(piece)
    await x.finish()


@pattern(r"paced-(\d+)-at-([\d.]+)")
async def paced_words(x: Exchange, number: int, rate: float) -> None:
    await paced(x, [f"word{index} " for index in range(1, number + 1)], rate)


@pattern(r"echo-at-([\d.]+)")
async def paced_echo(x: Exchange, rate: float) -> None:
    await paced(x, re.findall(r"\S+\s*", str(x.messages[-1]["content"])), rate)


@pattern(r"paced-markdown-(\d+)-at-([\d.]+)")
async def paced_markdown(x: Exchange, number: int, rate: float) -> None:
    pieces: list[str] = []
    section = 0
    while len(pieces) < number:
        section += 1
        pieces += re.findall(r"\S+[^\S\n]*\n*|\s+", MARKDOWN.format(n=section))
    await paced(x, pieces[:number], rate)


MARKDOWN = """## Section {n}

A paragraph with **bold words**, *slanted ones*, `code` and a [link](https://example.org/{n}). It goes on for a while,
so that a line breaks somewhere on a narrow screen.

- one thing
- another thing with **weight**
- a third

1. first
2. second

```python
def section_{n}(values):
    return [value * {n} for value in values if value]
```

| name | value | note |
|---|---|---|
| alpha | {n} | the first |
| beta | 2 | the second |

> A quotation that somebody said.

"""


@pattern(r"flaky-(\d+)")
async def flaky(x: Exchange, times: int) -> None:
    if x.server.failures[x.request.model] < times:
        x.server.failures[x.request.model] += 1
        return await SCENARIOS["http-503"](x)
    return await normal(x)


@pattern(r"slow-first-([\d.]+)")
async def slow_first(x: Exchange, seconds: float) -> None:
    await x.head()
    await asyncio.sleep(seconds)
    for piece in ("Hello", ", ", "world", "!"):
        await x.say(piece)
    await x.finish()


# Refusals before an answer


@scenario("http-401")
async def http_401(x: Exchange) -> None:
    key = x.request.headers.get("authorization", "").removeprefix("Bearer ")
    if x.request.from_mistral:
        return await x.whole(401, {"detail": "Unauthorized"})
    return await x.whole(401, error(f"Incorrect API key provided: {key}.", code="invalid_api_key"))


@scenario("http-403")
async def http_403(x: Exchange) -> None:
    await x.whole(403, error("Country, region, or territory not supported", code="unsupported_country"))


@scenario("http-404")
async def http_404(x: Exchange) -> None:
    model = x.request.model
    if x.request.from_mistral:
        invalid = {"object": "error", "message": f"Invalid model: {model}", "type": "invalid_model", "code": "1500"}
        return await x.whole(400, invalid)
    return await x.whole(404, error(f"The model `{model}` does not exist", code="model_not_found"))


@scenario("http-404-html")
async def http_404_html(x: Exchange) -> None:
    await x.whole(404, "<html><body>404 Not Found: no model here</body></html>")


@scenario("http-400")
async def http_400(x: Exchange) -> None:
    key = x.request.headers.get("authorization", "").removeprefix("Bearer ")
    await x.whole(400, error(f"Temperature must be at most 2, said the key {key}.", code="decimal_above_max_value"))


@scenario("context-length")
async def context_length(x: Exchange) -> None:
    if x.request.from_mistral:
        said = "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"
        return await x.whole(
            400, {"object": "error", "message": said, "type": "invalid_request_prompt", "code": "3051"}
        )
    said = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
    return await x.whole(400, error(said, code="context_length_exceeded"))


@scenario("http-422")
async def http_422(x: Exchange) -> None:
    complaint = {"type": "greater_than", "loc": ["body", "max_tokens"], "msg": "Input should be greater than 0"}
    await x.whole(422, {"detail": [complaint]})


@scenario("http-429")
async def http_429(x: Exchange) -> None:
    await x.whole(429, error("Rate limit reached", code="rate_limit_exceeded"), {"retry-after": "1"})


@scenario("http-429-bare")
async def http_429_bare(x: Exchange) -> None:
    await x.whole(429, {"message": "Requests rate limit exceeded"})


@scenario("retry-after-300")
async def retry_after_300(x: Exchange) -> None:
    await x.whole(429, error("Rate limit reached", code="rate_limit_exceeded"), {"retry-after": "300"})


@scenario("retry-after-date")
async def retry_after_date(x: Exchange) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=3), usegmt=True)
    await x.whole(429, error("Rate limit reached", code="rate_limit_exceeded"), {"retry-after": moment})


@scenario("quota")
async def quota(x: Exchange) -> None:
    said = "You exceeded your current quota, please check your plan and billing details."
    await x.whole(429, error(said, code="insufficient_quota"))


@scenario("http-500")
async def http_500(x: Exchange) -> None:
    await x.whole(500, error('Traceback (most recent call last): File "/srv/app.py"', code="internal"))


@scenario("http-502")
async def http_502(x: Exchange) -> None:
    await x.whole(502, "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")


@scenario("http-503")
async def http_503(x: Exchange) -> None:
    await x.whole(503, error("Overloaded", code="overloaded"), {"retry-after-ms": "1500"})


@scenario("html-200")
async def html_200(x: Exchange) -> None:
    await x.whole(200, HTML)


@scenario("json-200")
async def json_200(x: Exchange) -> None:
    await x.whole(200, {"status": "ok"})


@scenario("json-error-200")
async def json_error_200(x: Exchange) -> None:
    await x.whole(200, error("The model is not loaded"))


@scenario("json-answer-200")
async def json_answer_200(x: Exchange) -> None:
    """What a server does that cannot stream."""
    message = {"role": "assistant", "content": "All at once."}
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    await x.whole(200, {"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage})


@scenario("bare-list")
async def bare_list(x: Exchange) -> None:
    """How Together lists its models."""
    await x.whole(200, [{"id": "together-model", "context_length": 4096}])


@scenario("no-headers")
async def no_headers(x: Exchange) -> None:
    await x.hold()


@scenario("close-at-once")
async def close_at_once(x: Exchange) -> None:
    x.cut()


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, **more}}


# Parameters that are not supported


@scenario("no-temperature")
async def no_temperature(x: Exchange) -> None:
    if "temperature" in x.request.body:
        said = "Unsupported value: 'temperature' does not support 0.5 with this model. Only 1 is supported."
        return await x.whole(400, error(said, code="unsupported_value", param="temperature"))
    return await normal(x)


@scenario("only-max-completion-tokens")
async def only_max_completion_tokens(x: Exchange) -> None:
    if "max_tokens" in x.request.body:
        said = "Unsupported parameter: 'max_tokens' is not supported here. Use 'max_completion_tokens' instead."
        return await x.whole(400, error(said, code="unsupported_parameter", param="max_tokens"))
    return await normal(x)


@scenario("only-max-tokens")
async def only_max_tokens(x: Exchange) -> None:
    if "max_completion_tokens" in x.request.body:
        return await x.whole(400, {"error": "Unrecognized request argument supplied: max_completion_tokens"})
    return await normal(x)


@scenario("no-stream-options")
async def no_stream_options(x: Exchange) -> None:
    if "stream_options" in x.request.body:
        complaint = {
            "type": "extra_forbidden",
            "loc": ["body", "stream_options"],
            "msg": "Extra inputs are not permitted",
        }
        return await x.whole(422, {"detail": [complaint]})
    return await normal(x)


@scenario("always-unsupported")
async def always_unsupported(x: Exchange) -> None:
    await x.whole(400, error("temperature is not supported", code="unsupported_parameter", param="temperature"))


# Streams that break


async def begin(x: Exchange, headers: dict[str, str] | None = None) -> None:
    await x.head(headers=headers)
    await x.say("Hel")
    await x.say("lo")


@scenario("cut-mid-stream")
async def cut_mid_stream(x: Exchange) -> None:
    await begin(x)
    x.cut()


@scenario("cut-first")
async def cut_first(x: Exchange) -> None:
    await x.head()
    x.cut()


@scenario("cut-in-frame")
async def cut_in_frame(x: Exchange) -> None:
    await begin(x, {"connection": "close"})
    await x.part(b'data: {"id": "fake-1", "choi')


@scenario("cut-after-finish")
async def cut_after_finish(x: Exchange) -> None:
    await begin(x)
    await x.event(x.chunk({}, "stop"))
    x.cut()


@scenario("tcp-reset")
async def tcp_reset(x: Exchange) -> None:
    await begin(x)
    x.reset()


@scenario("eof-no-finish")
async def eof_no_finish(x: Exchange) -> None:
    await begin(x, {"connection": "close"})


@scenario("end-no-finish")
async def end_no_finish(x: Exchange) -> None:
    await begin(x)
    await x.end()


@scenario("empty")
async def empty(x: Exchange) -> None:
    await x.head()
    await x.event("[DONE]")
    await x.end()


@scenario("stall-first")
async def stall_first(x: Exchange) -> None:
    await x.head()
    await x.hold()


@scenario("stall")
async def stall(x: Exchange) -> None:
    await begin(x)
    await x.hold()


@scenario("long-silence")
async def long_silence(x: Exchange) -> None:
    await begin(x)
    await asyncio.sleep(90)
    await x.say(", world")
    await x.finish()


@scenario("stall-with-comments")
async def stall_with_comments(x: Exchange) -> None:
    """Nothing but keep-alive comments: no read ever times out."""
    await begin(x)
    while True:
        await x.part(b": still here\n\n")
        await asyncio.sleep(0.05)


@scenario("done-then-open")
async def done_then_open(x: Exchange) -> None:
    await begin(x)
    await x.event(x.chunk({}, "stop"))
    await x.event("[DONE]")
    await x.hold()


# Frames that are unusual, or wrong


@scenario("comment")
async def comment(x: Exchange) -> None:
    await x.head()
    await x.part(b": keep-alive\n\n")
    await x.say("Hel")
    await x.part(b": keep-alive\n\n")
    await x.say("lo")
    await x.finish()


@scenario("retry-frame")
async def retry_frame(x: Exchange) -> None:
    await x.head()
    await x.part(b"retry: 3000\n\n")
    await x.say("Hello")
    await x.finish()


@scenario("ping")
async def ping(x: Exchange) -> None:
    await x.head()
    await x.part(b"event: ping\n\n")
    await x.say("Hello")
    await x.finish()


@scenario("ping-json")
async def ping_json(x: Exchange) -> None:
    await x.head()
    await x.event({"type": "ping"}, "ping")
    await x.say("Hello")
    await x.finish()


async def report(x: Exchange, value: Any, name: str = "") -> None:
    """Say something, report an error in mid-stream, and leave the connection open."""
    await begin(x)
    await x.event(value, name)
    await x.hold()


@scenario("error-frame")
async def error_frame(x: Exchange) -> None:
    await report(x, error("The server had an error while processing your request.", type="server_error"))


@scenario("error-frame-429")
async def error_frame_429(x: Exchange) -> None:
    await report(x, {"error": {"message": "Rate limited upstream", "code": 429}})


@scenario("error-object")
async def error_object(x: Exchange) -> None:
    said = {"object": "error", "message": "Service tier capacity exceeded", "type": "capacity", "code": "3505"}
    await report(x, said)


@scenario("error-text")
async def error_text(x: Exchange) -> None:
    await report(x, {"error": "CUDA out of memory"})


@scenario("error-event")
async def error_event(x: Exchange) -> None:
    await report(x, {"message": "The engine has died"}, "error")


@scenario("finish-error")
async def finish_error(x: Exchange) -> None:
    await begin(x)
    await x.event(x.chunk({}, "error"))
    await x.hold()


@scenario("split-bytes")
async def split_bytes(x: Exchange) -> None:
    """Every byte in a part of its own, lines ending in CRLF."""
    await x.head()
    data = json_line(x.chunk({"content": SPLIT_TEXT})) + json_line(x.chunk({}, "stop")) + b"data: [DONE]\r\n\r\n"
    for position in range(len(data)):
        await x.part(data[position : position + 1])
    await x.end()


def json_line(value: Any) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\r\n\r\n"


@scenario("split-emoji")
async def split_emoji(x: Exchange) -> None:
    """One emoji as two halves of a surrogate pair, in two chunks."""
    await answer(x, "A party \ud83c", "\udf89!")


@scenario("bad-utf8")
async def bad_utf8(x: Exchange) -> None:
    await x.head()
    await x.part(b'data: {"id": "1", "choices": [{"index": 0, "delta": {"content": "caf\xe9!"}}]}\n\n')
    await x.finish()


@scenario("broken-json")
async def broken_json(x: Exchange) -> None:
    await report(x, '{"id": "fake-1", "choices": [{"index"')


@scenario("not-an-object")
async def not_an_object(x: Exchange) -> None:
    await report(x, "[1, 2]")


@scenario("missing-fields")
async def missing_fields(x: Exchange) -> None:
    await x.head()
    await x.event({"choices": [{"delta": {"content": "Hello"}}]})
    await x.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    await x.event("[DONE]")
    await x.end()


@scenario("wrong-shapes")
async def wrong_shapes(x: Exchange) -> None:
    """Fields of the wrong kind everywhere; the answer is among them all the same."""
    await x.head()
    for strange in ({"choices": "none"}, {"choices": ["none"]}, {"choices": [{"delta": "none"}]}, {"usage": 7}):
        await x.event(strange)
    await x.event(x.chunk({"content": [7, {"type": "text", "text": "Hello"}, {"type": "image"}]}))
    await x.event(x.chunk({"content": 7}, "stop"))
    await x.event("[DONE]")
    await x.end()


# Thinking, in every dress


async def think_in(x: Exchange, *deltas: dict[str, Any]) -> None:
    await x.head()
    for delta in deltas:
        await x.event(x.chunk(delta))
    await x.finish()


@scenario("reasoning-content")
async def reasoning_content(x: Exchange) -> None:
    await think_in(x, {"reasoning_content": "Hm."}, {"content": "Yes."})


@scenario("reasoning")
async def reasoning(x: Exchange) -> None:
    await think_in(x, {"reasoning": "Hm.", "content": ""}, {"content": "Yes."})


@scenario("thinking-parts")
async def thinking_parts(x: Exchange) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes"}]
    await think_in(x, {"content": parts}, {"content": "."})


@scenario("think-tags")
async def think_tags(x: Exchange) -> None:
    await answer(x, "<th", "ink>H", "m.</", "think>\n", "\nYes.")


@scenario("think-tags-cut")
async def think_tags_cut(x: Exchange) -> None:
    await x.head()
    for piece in ("<think>", "Hm. </th"):
        await x.say(piece)
    await x.end()


@scenario("echo-prefix")
async def echo_prefix(x: Exchange) -> None:
    """What Mistral does when asked to go on with an answer: repeats it first."""
    await answer(x, str(x.messages[-1]["content"]).rstrip(), " and so", " on.")

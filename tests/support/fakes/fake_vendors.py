"""What other vendors send over Chat Completions that nobody else does: more scenarios of the fake model server.

`VENDORS` holds them by name, as `SCENARIOS` does those that any server may play. Each says who sends it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.fakes.fake_scenarios import Scenario, error, normal
from tests.support.fakes.fake_server import Exchange

VENDORS: dict[str, Scenario] = {}

LONG_LINE = 12_000_000
"""Characters of one answer that comes in a single line."""


def vendor(name: str) -> Callable[[Scenario], Scenario]:
    def register(play: Scenario) -> Scenario:
        VENDORS[name] = play
        return play

    return register


# Refusals


def quota_report(words: str, *details: dict[str, Any]) -> dict[str, Any]:
    said = f"You exceeded your current quota, please check your plan and billing details. {words}"
    return {"error": {"code": 429, "message": said, "status": "RESOURCE_EXHAUSTED", "details": list(details)}}


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "20s"}
QUOTA_FAILURE = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "PerMinute"}]}


@vendor("gemini-429")
async def gemini_429(x: Exchange) -> None:
    """Gemini, in a list, as its Chat Completions send every error."""
    await x.whole(429, [quota_report("Please retry in 20.04s.", QUOTA_FAILURE)])


@vendor("gemini-429-info")
async def gemini_429_info(x: Exchange) -> None:
    await x.whole(429, quota_report("* Quota exceeded for metric: requests, limit: 10", QUOTA_FAILURE, RETRY_INFO))


@vendor("gemini-429-never")
async def gemini_429_never(x: Exchange) -> None:
    """Gemini, for a model that a free account may not use: the wait does not help."""
    await x.whole(429, [quota_report("* Quota exceeded, limit: 0\nPlease retry in 20.04s.", RETRY_INFO)])


@vendor("gemini-bad-key")
async def gemini_bad_key(x: Exchange) -> None:
    said = "API key not valid. Please pass a valid API key."
    await x.whole(400, [{"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}}])


@vendor("xai-bad-key")
async def xai_bad_key(x: Exchange) -> None:
    await x.whole(400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***."})


@vendor("groq-413")
async def groq_413(x: Exchange) -> None:
    said = (
        "Request too large for model `llama-3.1-8b-instant` on tokens per minute (TPM): Limit 6000, Requested 8000, "
        "please reduce your message size and try again."
    )
    await x.whole(413, error(said, type="tokens", code="rate_limit_exceeded"))


@vendor("openai-429-too-large")
async def openai_429_too_large(x: Exchange) -> None:
    said = "Request too large for gpt-4 on tokens per min (TPM): Limit 10000, Requested 12000."
    await x.whole(429, error(said, type="tokens", code="rate_limit_exceeded"))


@vendor("groq-429")
async def groq_429(x: Exchange) -> None:
    said = "Rate limit reached on tokens per minute (TPM): Limit 6000, Used 5900. Please try again in 7m12s."
    await x.whole(429, error(said, type="tokens", code="rate_limit_exceeded"))


@vendor("wait-for-ever")
async def wait_for_ever(x: Exchange) -> None:
    await x.whole(429, error("Slow down"), {"retry-after": "2303611200"})


# Parameters


def refuses(name: str, parameter: str, said: str, status: int = 400) -> None:
    """Make a model that refuses a parameter with these words, and answers without it."""

    @vendor(name)
    async def play(x: Exchange) -> None:
        if parameter in x.request.body:
            return await x.whole(status, error(said))
        return await normal(x)


refuses("claude-4.7", "temperature", "`temperature` is deprecated for this model.")
refuses("claude-4.1", "temperature", "`temperature` and `top_p` cannot both be specified for this model.")
refuses("claude-thinking", "temperature", "`temperature` may only be set to 1 when thinking is enabled.")
refuses("grok", "temperature", "Model grok-4 does not support parameter temperature.")
refuses("kimi", "temperature", "invalid temperature: only 1 is allowed for this model")
refuses("old-limit", "max_tokens", "max_tokens is no longer supported: use max_completion_tokens.", 422)
refuses("too-hot", "temperature", "temperature 1.5 is not supported: it must be at most 1.")


@vendor("takes-nothing")
async def takes_nothing(x: Exchange) -> None:
    for name in ("temperature", "max_tokens", "max_completion_tokens"):
        if name in x.request.body:
            return await x.whole(400, error(f"{name} is not supported with this model."))
    return await normal(x)


@vendor("always-deprecated")
async def always_deprecated(x: Exchange) -> None:
    await x.whole(400, error("`temperature` is deprecated for this model."))


# Answers


async def streamed(x: Exchange, *chunks: dict[str, Any]) -> None:
    """Send chunks as they are, and end."""
    await x.head()
    for each in chunks:
        await x.event(each)
    await x.event("[DONE]")
    await x.end()


def ending(reason: str) -> Scenario:
    async def play(x: Exchange) -> None:
        await streamed(x, x.chunk({"content": "Hello"}), x.chunk({}, reason))

    return play


VENDORS["deepseek-no-room"] = ending("insufficient_system_resource")
VENDORS["zhipu-network"] = ending("network_error")
VENDORS["vllm-abort"] = ending("abort")


@vendor("deepseek-no-room-at-all")
async def deepseek_no_room_at_all(x: Exchange) -> None:
    await streamed(x, x.chunk({"content": ""}), x.chunk({}, "insufficient_system_resource"))


@vendor("openrouter-details")
async def openrouter_details(x: Exchange) -> None:
    await streamed(
        x,
        x.chunk({"content": "", "reasoning_details": [{"type": "reasoning.summary", "summary": "Hm. "}]}),
        x.chunk({"content": "", "reasoning_details": [{"type": "reasoning.text", "text": "So."}, {"text": None}, 7]}),
        x.chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "c2VjcmV0"}]}),
        x.chunk({"content": "Yes.", "reasoning": None, "reasoning_details": []}, "stop"),
    )


@vendor("openrouter-both")
async def openrouter_both(x: Exchange) -> None:
    """OpenRouter sends the same thought twice; it is one."""
    details = [{"type": "reasoning.text", "text": "Hm."}]
    await streamed(x, x.chunk({"reasoning": "Hm.", "reasoning_details": details}), x.chunk({"content": "Yes."}, "stop"))


@vendor("groq-usage")
async def groq_usage(x: Exchange) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "queue_time": 0.1}
    await streamed(
        x, x.chunk({"content": "Hello"}, x_groq={"id": "r1"}), x.chunk({}, "stop", x_groq={"id": "r1", "usage": usage})
    )


@vendor("gemini-usage")
async def gemini_usage(x: Exchange) -> None:
    """Gemini sends it with each chunk, and without completion tokens as long as only thinking has come."""
    await streamed(
        x,
        x.chunk({"content": "Hel"}, usage={"prompt_tokens": 7, "total_tokens": 7}),
        x.chunk({"content": "lo"}, "stop", usage={"prompt_tokens": 7, "total_tokens": 12}),
    )


@vendor("moonshot-usage")
async def moonshot_usage(x: Exchange) -> None:
    last = x.chunk({}, "stop")
    last["choices"][0]["usage"] = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    await streamed(x, x.chunk({"content": "Hello"}), last)


ODD_NUMBERS: list[Any] = [True, -1, 10**30, float("nan"), float("inf"), 2.5, "5", None, [5], {"tokens": 5}]


@vendor("odd-usage")
async def odd_usage(x: Exchange) -> None:
    """Numbers that are none, in every place, one chunk each."""
    odd = [
        x.chunk({}, usage={"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10} | {name: number})
        for name in ("prompt_tokens", "completion_tokens")
        for number in ODD_NUMBERS
        if name == "prompt_tokens" or number is not None
    ]
    for each in odd:
        each["usage"].pop("total_tokens")
    whole = [x.chunk({}, usage=usage) for usage in (*ODD_NUMBERS, {"total_tokens": 5})]
    await streamed(x, x.chunk({"content": "Hello"}), *odd, *whole, x.chunk({}, "stop"))


@vendor("long-line")
async def long_line(x: Exchange) -> None:
    await streamed(x, x.chunk({"content": "x" * LONG_LINE}), x.chunk({}, "stop"))


@vendor("endless-line")
async def endless_line(x: Exchange) -> None:
    await x.head()
    await x.say("Hello")
    await x.part(b"data: ")
    while True:
        await x.part(b"x" * 1_000_000)


@vendor("redirect")
async def redirect(x: Exchange) -> None:
    """Send the request on, once, as the server's `redirect` says."""
    status, location = x.server.redirect
    if x.request.path.startswith("/moved/"):
        return await normal(x) if x.request.method == "POST" else await x.whole(200, [{"id": "moved"}])
    return await x.whole(status, {}, {"location": location})


# Lists of models


@vendor("anthropic-models")
async def anthropic_models(x: Exchange) -> None:
    """Anthropic's list, which takes no Bearer token."""
    headers = x.request.headers
    if headers.get("x-api-key") != "sk-anthropic" or "authorization" in headers:
        said = {"type": "authentication_error", "message": "Invalid bearer token"}
        return await x.whole(401, {"type": "error", "error": said})
    if headers.get("anthropic-version") != "2023-06-01":
        return await x.whole(400, {"type": "error", "error": {"message": "anthropic-version: header is required"}})
    names = ("claude-opus-4-7", "claude-haiku-4-5")
    cards = [{"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-01-01"} for name in names]
    return await x.whole(200, {"data": cards, "has_more": False})


@vendor("list-without-a-bottom")
async def list_without_a_bottom(x: Exchange) -> None:
    await x.head(200, {"content-type": "application/json"}, length=200_000)
    await x.raw(b"[" * 200_000)


def no_list(status: int) -> None:
    @vendor(f"no-list-{status}")
    async def play(x: Exchange) -> None:
        await x.whole(status, error("No"))


for each_status in (401, 403, 404, 405, 501):
    no_list(each_status)

"""Every way in which an answer goes well or badly, through both real SDKs, against a server that does just that.

The rows are the table at the end of the SDK notes: what the server does, what of the answer arrives, and what a person
is told. `{it}` stands for the provider's name. Nothing is ever asked twice, and no connection is left open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chat.conversation import Usage
from chat.errors import (
    BadAnswer,
    ChatError,
    ContextTooLong,
    CutOff,
    NotFound,
    OutOfQuota,
    RateLimited,
    Refused,
    ServerError,
    TimedOut,
    Unreachable,
    WrongKey,
)
from chat.providers import mistral, openai
from chat.providers.base import Chunk, PromptMessage, Provider, Request
from chat.providers.connection import Timeouts
from tests.support.fakes.fake_scenarios import HTML, SCENARIOS, SPLIT_TEXT
from tests.support.fakes.fake_server import FakeModelServer, refused_url

KEY = "sk-a-key-that-nobody-may-see"
SHORT = Timeouts(connect=5.0, read=0.3)


@dataclass(frozen=True)
class Row:
    case: str
    """The scenario of the fake server."""
    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    tokens: int | None = None
    """Completion tokens of the usage; None where there is none."""
    error: type[ChatError] | None = None
    says: str = ""
    retry_after: float | None = None
    held: bool = False
    """The server would go on, or waits: only the client can close the connection."""
    silent: bool = False
    """The server says nothing for so long that a short read timeout runs out."""


BROKE_OFF = "The answer from {it} broke off: continue it, or try again."
ENDED = "{it} ended the connection without an answer: try again."
SILENT = "{it} was silent for too long: try again, or choose another model."
NO_ANSWER = "{it} sent something that is not an answer: try again, or choose another model."
UNREACHABLE = "No connection to {it}: check that it is running and its address is right."
CHANGE = "change the message or the model's settings, then try again."

ROWS = [
    # It goes well
    Row("normal", "Hello, world!", finish="stop", tokens=4),
    Row("thinking", "Forty-two.", "Let me think.", finish="stop", tokens=2),
    Row("length", "This is as far as it goes", finish="length", tokens=2),
    Row("content-filter", "I would", finish="content_filter", tokens=1),
    Row("finish-unknown", "Hello.", finish="model_length", tokens=1),
    Row("refusal", "I cannot help with that.", finish="stop", tokens=2),
    Row("comment", "Hello", finish="stop", tokens=2),
    Row("retry-frame", "Hello", finish="stop", tokens=1),
    Row("ping", "Hello", finish="stop", tokens=1),
    Row("ping-json", "Hello", finish="stop", tokens=1),
    Row("split-bytes", SPLIT_TEXT, finish="stop"),
    Row("split-emoji", "A party \ud83c\udf89!", finish="stop", tokens=2),  # two halves: replies.py joins them
    Row("bad-utf8", "caf\ufffd!", finish="stop", tokens=0),
    Row("missing-fields", "Hello", finish="stop"),
    Row("wrong-shapes", "Hello", finish="stop"),
    Row("reasoning-content", "Yes.", "Hm.", finish="stop", tokens=0),
    Row("reasoning", "Yes.", "Hm.", finish="stop", tokens=0),
    Row("thinking-parts", "Yes.", "Hm.", finish="stop", tokens=0),
    Row("cut-after-finish", "Hello", finish="stop"),
    Row("done-then-open", "Hello", finish="stop", held=True),
    # It breaks
    Row("cut-mid-stream", "Hello", error=CutOff, says=BROKE_OFF),
    Row("cut-in-frame", "Hello", error=CutOff, says=BROKE_OFF),
    Row("tcp-reset", "Hello", error=CutOff, says=BROKE_OFF),
    Row("eof-no-finish", "Hello", error=CutOff, says=BROKE_OFF),
    Row("end-no-finish", "Hello", error=CutOff, says=BROKE_OFF),
    Row("cut-first", error=CutOff, says=ENDED),
    Row("empty", error=CutOff, says=ENDED),
    Row("close-at-once", error=Unreachable, says=UNREACHABLE),
    Row("no-headers", error=TimedOut, says=SILENT, held=True, silent=True),
    Row("stall-first", error=TimedOut, says=SILENT, held=True, silent=True),
    Row("stall", "Hello", error=TimedOut, says=SILENT, held=True, silent=True),
    # It is refused
    Row("http-401", error=WrongKey, says="{it} does not accept this key: check it under Settings."),
    Row(
        "http-403",
        error=WrongKey,
        says="{it} refuses this (“Country, region, or territory not supported”): "
        "choose another model, or check the key.",
    ),
    Row("http-404", error=NotFound, says="{it} does not know the model http-404: choose another one."),
    Row(
        "http-404-html",
        error=NotFound,
        says="{it} answers nothing at this address: check its address, or choose another model.",
    ),
    Row(
        "http-400",
        error=Refused,
        says="{it} does not accept this request (“Temperature must be at most 2, said the key …”): " + CHANGE,
    ),
    Row(
        "http-422",
        error=Refused,
        says="{it} does not accept this request (“max_tokens: Input should be greater than 0”): " + CHANGE,
    ),
    Row(
        "context-length",
        error=ContextTooLong,
        says="The conversation is too long for context-length: "
        "leave out some messages, or choose a model with a larger context window.",
    ),
    Row(
        "http-429",
        error=RateLimited,
        says="{it} is busy and asks to wait 1 second: try again then.",
        retry_after=1,
    ),
    Row(
        "retry-after-300",
        error=RateLimited,
        says="{it} is busy and asks to wait 5 minutes: try again then.",
        retry_after=300,
    ),
    Row("http-429-bare", error=RateLimited, says="{it} is busy: try again in a little while."),
    Row(
        "quota",
        error=OutOfQuota,
        says="The {it} account has no credit left: add credit there, or choose another model.",
    ),
    Row("http-500", error=ServerError, says="{it} has trouble of its own (500): try again in a little while."),
    Row("http-502", error=ServerError, says="{it} has trouble of its own (502): try again in a little while."),
    Row(
        "http-503",
        error=ServerError,
        says="{it} has trouble of its own (503): try again in 2 seconds.",
        retry_after=1.5,
    ),
    # It is no answer
    Row(
        "html-200",
        error=BadAnswer,
        says="{it} sent a web page instead of an answer: check its address, then try again.",
    ),
    Row("json-200", error=BadAnswer, says=NO_ANSWER),
    Row(
        "json-error-200",
        error=ServerError,
        says="{it} stopped with an error (“The model is not loaded”): try again.",
    ),
    Row("broken-json", "Hello", error=BadAnswer, says=NO_ANSWER, held=True),
    Row("not-an-object", "Hello", error=BadAnswer, says=NO_ANSWER, held=True),
    # An error in mid-stream
    Row(
        "error-frame",
        "Hello",
        error=ServerError,
        says="{it} stopped with an error (“The server had an error while processing your request”): try again.",
        held=True,
    ),
    Row(
        "error-frame-429",
        "Hello",
        error=RateLimited,
        says="{it} is busy: try again in a little while.",
        held=True,
    ),
    Row(
        "error-object",
        "Hello",
        error=ServerError,
        says="{it} stopped with an error (“Service tier capacity exceeded”): try again.",
        held=True,
    ),
    Row(
        "error-text",
        "Hello",
        error=ServerError,
        says="{it} stopped with an error (“CUDA out of memory”): try again.",
        held=True,
    ),
    Row(
        "error-event",
        "Hello",
        error=ServerError,
        says="{it} stopped with an error (“The engine has died”): try again.",
        held=True,
    ),
    Row(
        "finish-error",
        "Hello",
        finish="error",
        error=ServerError,
        says="{it} stopped with an error: try again.",
        held=True,
    ),
]

OPENAI_ROWS = [
    Row("json-answer-200", "All at once.", finish="stop", tokens=3),
    Row("think-tags", "Yes.", "Hm.", finish="stop", tokens=5),
    Row("think-tags-cut", "", "Hm. </th", error=CutOff, says=BROKE_OFF),
]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeModelServer]:
    with FakeModelServer() as running:
        yield running


def provider_for(sdk: str, server: FakeModelServer, timeouts: Timeouts | None = None) -> Provider:
    if sdk == "Mistral":
        return mistral.MistralProvider(api_key=KEY, server_url=server.root_url, timeouts=timeouts)
    return openai.OpenAIProvider(openai.INFO, api_key=KEY, base_url=server.url, timeouts=timeouts)


Outcome = tuple[Chunk, ChatError | None]


async def collect(provider: Provider, model: str) -> Outcome:
    """Return the sum of an answer's chunks, and the error it ended with."""
    total = Chunk()
    try:
        async for chunk in provider.stream(Request(f"x/{model}", (PromptMessage("user", "hello there"),))):
            total += chunk
    except ChatError as error:
        return total, error
    return total, None


def outcome_of(provider: Provider, model: str) -> Outcome:
    async def ask() -> Outcome:
        outcome = await collect(provider, model)
        await provider.close()
        return outcome

    return asyncio.run(ask())


def check(row: Row, sdk: str, server: FakeModelServer) -> None:
    before = len(server.requests)

    async def ask() -> Outcome:
        provider = provider_for(sdk, server, SHORT if row.silent else None)
        outcome = await collect(provider, row.case)
        if row.held:  # closed by the end of the answer, not only by the provider's own end
            await asyncio.to_thread(server.wait_for, lambda: server.requests[-1].closed_early)
        await provider.close()
        return outcome

    total, error = asyncio.run(ask())
    assert (total.text, total.reasoning, total.finish_reason) == (row.text, row.reasoning, row.finish)
    assert total.usage == (None if row.tokens is None else Usage(2, row.tokens))
    assert type(error) is (row.error or type(None))
    assert (str(error) if error else "") == row.says.format(it=sdk)
    assert (error.retry_after if error else None) == row.retry_after
    assert len(server.requests) == before + 1
    server.wait_for(lambda: server.connections == 0)


@pytest.mark.parametrize("sdk", ["OpenAI", "Mistral"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_what_arrives_and_what_is_said(row: Row, sdk: str, server: FakeModelServer) -> None:
    check(row, sdk, server)


@pytest.mark.parametrize("row", OPENAI_ROWS, ids=lambda row: row.case)
def test_what_only_compatible_servers_do(row: Row, server: FakeModelServer) -> None:
    check(row, "OpenAI", server)


@pytest.mark.parametrize("sdk", ["OpenAI", "Mistral"])
def test_a_refused_connection(sdk: str) -> None:
    with refused_url() as url:
        provider: Provider = openai.OpenAIProvider(openai.INFO, api_key=KEY, base_url=url)
        if sdk == "Mistral":
            provider = mistral.MistralProvider(api_key=KEY, server_url=url)
        total, error = outcome_of(provider, "normal")
    assert total == Chunk()
    assert type(error) is Unreachable
    assert str(error) == UNREACHABLE.format(it=sdk)


@pytest.mark.parametrize("sdk", ["OpenAI", "Mistral"])
def test_a_wait_until_a_date(sdk: str, server: FakeModelServer) -> None:
    _, error = outcome_of(provider_for(sdk, server), "retry-after-date")
    assert type(error) is RateLimited
    assert str(error) == f"{sdk} is busy and asks to wait 3 hours: try again then."
    assert error.retry_after == pytest.approx(3 * 3600, abs=120)


def test_no_sentence_holds_a_key_a_page_or_a_path(server: FakeModelServer) -> None:
    for sdk in ("OpenAI", "Mistral"):
        for row in ROWS:
            if row.error is None or row.silent:
                continue
            _, error = outcome_of(provider_for(sdk, server), row.case)
            assert not any(secret in str(error) for secret in (KEY, "Traceback", "/srv", "<", HTML))


def test_every_scenario_is_in_some_table() -> None:
    elsewhere = {
        *(
            "echo",
            "mistral-small-latest",
            "gpt-6-luna",
            "count",
            "by-script",
            "gpt-5-mini",
            "retry-after-date",
            "echo-prefix",
            "bare-list",
        ),
        *("long-silence", "stall-with-comments"),  # for the limits in replies.py, and for driving by hand
        *("no-temperature", "only-max-completion-tokens", "only-max-tokens", "no-stream-options", "always-unsupported"),
    }
    assert {row.case for row in (*ROWS, *OPENAI_ROWS)} | elsewhere == set(SCENARIOS)

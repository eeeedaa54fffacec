"""What single vendors do differently over Chat Completions, through the real SDK: what arrives, and what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
    WrongKey,
)
from chat.providers import frames, hosts
from chat.providers.base import Chunk, Model, PromptMessage, Provider, ProviderInfo, Request
from chat.providers.hosts import HOSTS, host_of
from chat.providers.mistral import MistralProvider
from chat.providers.openai import OpenAIProvider
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.fakes.fake_vendors import LONG_LINE, VENDORS

ACME = ProviderInfo("acme", "Acme")
KEY = "sk-acme"


@pytest.fixture
def server() -> Iterator[FakeModelServer]:
    with FakeModelServer() as running:
        yield running


def at_acme(server: FakeModelServer, api_key: str | None = KEY) -> Provider:
    return OpenAIProvider(ACME, api_key=api_key, base_url=server.url)


def at_mistral(server: FakeModelServer) -> Provider:
    return MistralProvider(api_key=KEY, server_url=server.root_url)


Outcome = tuple[Chunk, ChatError | None]


def ask(provider: Provider, model: str, **parameters: Any) -> Outcome:
    """Return the sum of an answer's chunks, and the error it ended with."""

    async def run() -> Outcome:
        total = Chunk()
        try:
            async for chunk in provider.stream(Request(f"x/{model}", (PromptMessage("user", "Hi"),), **parameters)):
                total += chunk
        except ChatError as error:
            return total, error
        finally:
            await provider.close()
        return total, None

    return asyncio.run(run())


def list_models(provider: Provider) -> tuple[Model, ...] | ChatError:
    async def run() -> tuple[Model, ...] | ChatError:
        try:
            return await provider.models()
        except ChatError as error:
            return error
        finally:
            await provider.close()

    return asyncio.run(run())


# Refusals


@dataclass(frozen=True)
class Refusal:
    model: str
    error: type[ChatError]
    says: str
    retry_after: float | None = None


NO_CREDIT = "The Acme account has no credit left: add credit there, or choose another model."
PER_MINUTE = (
    "The conversation is longer than what Acme reads for this account in one minute: "
    "leave out some messages, or choose another model."
)
BAD_KEY = "Acme does not accept this key: check it under Settings."
REFUSALS = [
    Refusal("gemini-429", RateLimited, "Acme is busy and asks to wait 21 seconds: try again then.", 20.04),
    Refusal("gemini-429-info", RateLimited, "Acme is busy and asks to wait 20 seconds: try again then.", 20.0),
    Refusal("gemini-429-never", OutOfQuota, NO_CREDIT),
    Refusal("groq-429", RateLimited, "Acme is busy and asks to wait 8 minutes: try again then.", 432.0),
    Refusal(
        "wait-for-ever",
        RateLimited,
        "Acme is busy and asks to wait more than a month: try again then.",
        2303611200.0,
    ),
    Refusal("gemini-bad-key", WrongKey, BAD_KEY),
    Refusal("xai-bad-key", WrongKey, BAD_KEY),
    Refusal("groq-413", ContextTooLong, PER_MINUTE),
    Refusal("openai-429-too-large", ContextTooLong, PER_MINUTE),
]


@pytest.mark.parametrize("make", [at_acme, at_mistral])
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.model)
def test_refusal(refusal: Refusal, make: Any, server: FakeModelServer) -> None:
    total, error = ask(make(server), refusal.model)
    assert total == Chunk()
    assert type(error) is refusal.error
    assert str(error).replace("Mistral", "Acme") == refusal.says
    assert error.retry_after == refusal.retry_after
    assert len(server.asked) == 1


# Parameters that a model does not take

NOTE = "Answered without the temperature you set: {} does not take it."


@pytest.mark.parametrize("make", [at_acme, at_mistral])
@pytest.mark.parametrize("model", ["claude-4.7", "claude-4.1", "claude-thinking", "grok", "kimi"])
def test_parameter_that_is_not_taken_is_dropped_once_and_said(model: str, make: Any, server: FakeModelServer) -> None:
    total, error = ask(make(server), model, temperature=1.5)
    assert error is None
    assert (total.text, total.note) == ("Hello, world!", NOTE.format(model))
    assert ["temperature" in request.body for request in server.asked] == [True, False]


def test_limit_that_goes_by_its_other_name_is_not_lost_and_not_said(server: FakeModelServer) -> None:
    total, error = ask(at_acme(server), "old-limit", max_tokens=7)
    assert (total.text, total.note, error) == ("Hello, world!", None, None)
    assert [request.body.get("max_completion_tokens") for request in server.asked] == [None, 7]


def test_all_that_is_lost_is_said_in_one_sentence(server: FakeModelServer) -> None:
    total, _ = ask(at_acme(server), "takes-nothing", temperature=0.5, max_tokens=7)
    assert (total.text, total.note) == (
        "Hello, world!",
        "Answered without the temperature and maximum tokens you set: takes-nothing does not take them.",
    )


@pytest.mark.parametrize("make", [at_acme, at_mistral])
def test_refusal_that_stays_is_said_after_the_second_try(make: Any, server: FakeModelServer) -> None:
    _, error = ask(make(server), "always-deprecated", temperature=0.5)
    assert type(error) is Refused
    assert len(server.asked) == 2


def test_value_out_of_range_is_the_user_s_to_change(server: FakeModelServer) -> None:
    _, error = ask(at_acme(server), "too-hot", temperature=1.5)
    assert type(error) is Refused
    assert len(server.asked) == 1


def test_answer_without_anything_dropped_has_no_note(server: FakeModelServer) -> None:
    assert ask(at_acme(server), "normal", temperature=0.5)[0].note is None


# Answers


@pytest.mark.parametrize("make", [at_acme, at_mistral])
@pytest.mark.parametrize("model", ["deepseek-no-room", "zhipu-network", "vllm-abort"])
def test_answer_that_the_provider_broke_off_can_be_continued(model: str, make: Any, server: FakeModelServer) -> None:
    provider = make(server)
    total, error = ask(provider, model)
    assert total.text == "Hello"
    assert type(error) is CutOff
    assert str(error) == f"The answer from {provider.info.label} broke off: continue it, or try again."


def test_answer_without_room_for_a_word(server: FakeModelServer) -> None:
    total, error = ask(at_acme(server), "deepseek-no-room-at-all")
    assert total.text == ""
    assert type(error) is CutOff
    assert str(error) == "Acme ended the connection without an answer: try again."


@pytest.mark.parametrize("make", [at_acme, at_mistral])
@pytest.mark.parametrize(("model", "thought"), [("openrouter-details", "Hm. So."), ("openrouter-both", "Hm.")])
def test_reasoning_in_details(model: str, thought: str, make: Any, server: FakeModelServer) -> None:
    total, error = ask(make(server), model)
    assert (total.text, total.reasoning, error) == ("Yes.", thought, None)


@pytest.mark.parametrize("make", [at_acme, at_mistral])
@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("groq-usage", Usage(7, 3)),
        ("gemini-usage", Usage(7, 5)),
        ("moonshot-usage", Usage(7, 3)),
        ("odd-usage", None),
    ],
)
def test_usage(model: str, usage: Usage | None, make: Any, server: FakeModelServer) -> None:
    total, error = ask(make(server), model)
    assert (total.text, total.usage, total.finish_reason, error) == ("Hello", usage, "stop", None)


# Lines without an end


class CountingPattern:
    """A pattern that counts the characters it has to look at."""

    def __init__(self, pattern: Any) -> None:
        self.pattern = pattern
        self.seen = 0

    def split(self, text: str) -> list[str]:
        self.seen += len(text)
        return self.pattern.split(text)


def test_long_line_is_read_once(server: FakeModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = CountingPattern(frames._LINE_END)
    monkeypatch.setattr(frames, "_LINE_END", counting)
    total, error = ask(at_acme(server), "long-line")
    assert (len(total.text), total.text.strip("x"), error) == (LONG_LINE, "", None)
    assert counting.seen < LONG_LINE * 1.01


@pytest.mark.parametrize("make", [at_acme, at_mistral])
def test_line_without_an_end_is_given_up(make: Any, server: FakeModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_CHARACTERS", 3_000_000)
    total, error = ask(make(server), "endless-line")
    assert total.text == "Hello"
    assert type(error) is BadAnswer
    server.wait_for(lambda: server.connections == 0)


# Redirects

MOVED = "{} sends requests on to another address, which is not followed: check its address, or choose another model."


@pytest.mark.parametrize("make", [at_acme, at_mistral])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["another port", "another name", "nowhere"])
def test_redirect_takes_nothing_to_another_host(place: str, status: int, make: Any, server: FakeModelServer) -> None:
    with FakeModelServer() as other:
        locations = {
            "another port": f"{other.url}/chat/completions",
            "another name": f"{server.url}/chat/completions".replace("127.0.0.1", "localhost"),
            "nowhere": "http://[broken",
        }
        server.redirect = (status, locations[place])
        server.models_scenario = "redirect"
        provider = make(server)
        total, error = ask(provider, "redirect")
        assert (total, type(error), str(error)) == (Chunk(), NotFound, MOVED.format(provider.info.label))
        listed = list_models(make(server))
        assert (type(listed), str(listed)) == (NotFound, MOVED.format(provider.info.label))
        assert other.requests == []
    assert [request.path for request in server.requests] == ["/v1/chat/completions", "/v1/models"]


@pytest.mark.parametrize("make", [at_acme, at_mistral])
@pytest.mark.parametrize("status", [307, 308])
def test_redirect_within_one_origin_is_followed(status: int, make: Any, server: FakeModelServer) -> None:
    server.redirect = (status, "/moved/chat/completions")
    assert ask(make(server), "redirect")[0].text == "Hello, world!"
    assert [request.path for request in server.asked] == ["/v1/chat/completions", "/moved/chat/completions"]
    assert server.asked[1].body == server.asked[0].body
    assert server.asked[1].headers["authorization"] == f"Bearer {KEY}"


def test_list_of_models_may_be_moved_within_one_origin(server: FakeModelServer) -> None:
    server.redirect, server.models_scenario = (302, "/moved/models"), "redirect"
    assert list_models(at_acme(server)) == (Model("acme/moved", "moved"),)


@pytest.mark.parametrize(
    ("here", "there", "follows"),
    [
        ("http://a.example/v1/x", "https://a.example/v1/x", True),
        ("http://a.example:80/x", "https://a.example:443/y", True),
        ("https://a.example/x", "https://a.example:443/y", True),
        ("https://a.example/x", "/y", True),
        ("https://a.example/x", "//a.example/y", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("http://a.example:8080/x", "https://a.example/x", False),
        ("https://a.example/x", "https://a.example:8443/x", False),
        ("https://a.example/x", "//b.example/x", False),
        ("https://a.example/x", "https://a.example@b.example/x", False),
        ("https://a.example/x", "https://a.example.b.example/x", False),
        ("https://a.example/x", "ftp://a.example/x", False),
    ],
)
def test_where_a_redirect_may_lead(here: str, there: str, follows: bool) -> None:
    import httpx2

    from chat.providers.connection import _may_follow

    request = httpx2.Request("POST", here)
    assert _may_follow(httpx2.Response(307, headers={"location": there}, request=request)) is follows


# Lists of models


@pytest.fixture
def as_host(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the fake server taken for a host by name."""
    return lambda name: monkeypatch.setitem(hosts.HOSTS, "127.0.0.1", HOSTS[name])


def test_anthropic_s_list_gets_the_key_where_it_wants_it(as_host: Any, server: FakeModelServer) -> None:
    as_host("api.anthropic.com")
    server.models_scenario = "anthropic-models"
    assert list_models(at_acme(server, "sk-anthropic")) == (
        Model("acme/claude-haiku-4-5", "claude-haiku-4-5"),
        Model("acme/claude-opus-4-7", "claude-opus-4-7"),
    )
    assert server.last.query == "limit=1000"
    ask(at_acme(server, "sk-anthropic"), "normal")
    assert server.last.headers["authorization"] == "Bearer sk-anthropic"
    assert "x-api-key" not in server.last.headers


def test_no_other_host_gets_such_headers(server: FakeModelServer) -> None:
    list_models(at_acme(server))
    assert not {"x-api-key", "anthropic-version"} & set(server.last.headers)
    assert server.last.query == ""


@pytest.mark.parametrize(
    ("status", "key", "says"),
    [
        (401, KEY, "Acme lists no models: type a model's name as Acme/name, or check its key."),
        (403, KEY, "Acme lists no models: type a model's name as Acme/name, or check its key."),
        (404, KEY, "Acme lists no models: type a model's name as Acme/name, or check its address."),
        (405, KEY, "Acme lists no models: type a model's name as Acme/name, or check its address."),
        (501, None, "Acme lists no models: type a model's name as Acme/name, or check its address."),
        (401, None, "Acme asks for an API key: add one under Settings."),
    ],
)
def test_endpoint_that_lists_no_models_still_answers(
    status: int, key: str | None, says: str, server: FakeModelServer
) -> None:
    server.models_scenario = f"no-list-{status}"
    assert str(list_models(at_acme(server, key))) == says
    assert ask(at_acme(server, key), "normal")[0].text == "Hello, world!"


def test_list_without_a_bottom_is_no_list(server: FakeModelServer) -> None:
    server.models_scenario = "list-without-a-bottom"
    assert str(list_models(at_acme(server))) == (
        "Acme sent something that is not an answer: try again, or choose another model."
    )


def card(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "object": "model", **more}


def test_gemini_s_models_are_those_that_chat(as_host: Any, server: FakeModelServer) -> None:
    as_host("generativelanguage.googleapis.com")
    chat = ("gemini-2.5-flash", "gemini-2.5-pro", "gemma-3-27b-it", "learnlm-2.0-flash")
    other = (
        *("imagen-4.0-generate", "veo-3.0-generate", "gemini-embedding-001", "aqa", "gemini-2.5-flash-preview-tts"),
        *("gemini-live-2.5-flash", "gemini-2.5-flash-image", "gemini-2.5-flash-native-audio", "lyria-realtime-exp"),
    )
    server.models = [card(f"models/{name}") for name in (*other, *reversed(chat))]
    assert list_models(at_acme(server)) == tuple(Model(f"acme/{name}", name) for name in chat)


def test_elsewhere_a_name_may_begin_with_models(server: FakeModelServer) -> None:
    server.models = [card("models/7B/ggml.gguf")]
    assert list_models(at_acme(server)) == (Model("acme/models/7B/ggml.gguf", "models/7B/ggml.gguf"),)


def test_what_a_card_says_of_its_model_counts(server: FakeModelServer) -> None:
    server.models = [
        *(card("a", type="chat"), card("b", type="model", max_context_length=8192), card("c", type=7)),
        *(card("d", type="image"), card("e", type="Embedding"), card("whisper-large-v3"), card("playai-tts")),
        *(card("f", context_length=True), card(""), card(" ")),
    ]
    assert list_models(at_acme(server)) == (
        Model("acme/a", "a"),
        Model("acme/b", "b", 8192),
        Model("acme/c", "c"),
        Model("acme/f", "f"),
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.anthropic.com/v1/", "api.anthropic.com"),
        ("https://API.anthropic.com:443/v1", "api.anthropic.com"),
        ("https://api.anthropic.com.example/v1", None),
        ("http://localhost:1/api.anthropic.com", None),
        ("http://[broken", None),
    ],
)
def test_hosts_are_known_by_their_whole_name(url: str, name: str | None) -> None:
    assert host_of(url) == (HOSTS[name] if name else hosts.Host())


def test_every_shape_is_tried_here() -> None:
    tried = (
        {refusal.model for refusal in REFUSALS}
        | {"claude-4.7", "claude-4.1", "claude-thinking", "grok", "kimi", "old-limit", "takes-nothing", "too-hot"}
        | {"always-deprecated", "deepseek-no-room", "deepseek-no-room-at-all", "zhipu-network", "vllm-abort"}
        | {"openrouter-details", "openrouter-both", "groq-usage", "gemini-usage", "moonshot-usage", "odd-usage"}
        | {"long-line", "endless-line", "redirect", "anthropic-models", "list-without-a-bottom"}
        | {f"no-list-{status}" for status in (401, 403, 404, 405, 501)}
    )
    assert tried == set(VENDORS)

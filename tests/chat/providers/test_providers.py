"""What the providers send, which models they list, how they stop, and what never leaves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest
from openai._utils import _transform as sdk_transform

from chat.conversation import Usage
from chat.errors import BadAnswer, ChatError, MissingKey, RateLimited, Refused, Unreachable, WrongKey
from chat.providers import mistral, openai
from chat.providers.base import Chunk, Model, PromptMessage, Provider, ProviderInfo, Request
from chat.providers.mistral import MistralProvider
from chat.providers.openai import OpenAIProvider
from tests.support.fakes.fake_server import Cut, FakeModelServer, Finish, Think, refused_url

HOME = ProviderInfo("home", "Home server")
TALK = (
    PromptMessage("system", "Be brief."),
    PromptMessage("user", "Hello"),
    PromptMessage("assistant", "Hi."),
    PromptMessage("user", "How are you?"),
)
SENT_TALK = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Hi."},
    {"role": "user", "content": "How are you?"},
]
SENT_TALK_TO_MISTRAL = [{**said, "prefix": False} if said["role"] == "assistant" else said for said in SENT_TALK]
NEEDED_HEADERS = {"host", "connection", "accept", "accept-encoding", "user-agent", "content-type", "content-length"}

Make = Callable[[FakeModelServer], Provider]


def at_mistral(server: FakeModelServer) -> Provider:
    return MistralProvider(api_key="sk-mistral", server_url=server.root_url)


def at_openai(server: FakeModelServer) -> Provider:
    return OpenAIProvider(openai.INFO, api_key="sk-openai", base_url=server.url)


def at_home(server: FakeModelServer) -> Provider:
    return OpenAIProvider(HOME, api_key=None, base_url=server.url)


both_sdks = pytest.mark.parametrize("make", [at_openai, at_mistral])
everybody = pytest.mark.parametrize("make", [at_openai, at_home, at_mistral])


@pytest.fixture
def server() -> Iterator[FakeModelServer]:
    with FakeModelServer() as running:
        yield running


def use(provider: Provider, what: Callable[[Provider], Awaitable[Any]]) -> Any:
    """Do something with a provider on a loop of its own, and close it."""

    async def run() -> Any:
        try:
            return await what(provider)
        finally:
            await provider.close()

    return asyncio.run(run())


def ask(provider: Provider, model: str, messages: tuple[PromptMessage, ...] = TALK, **parameters: Any) -> Chunk:
    """Return the sum of an answer's chunks."""

    async def collect(provider: Provider) -> Chunk:
        total = Chunk()
        async for chunk in provider.stream(Request(f"x/{model}", messages, **parameters)):
            assert chunk != Chunk(), "an empty chunk tells nothing"
            total += chunk
        return total

    return use(provider, collect)


def list_models(provider: Provider) -> tuple[Model, ...]:
    return use(provider, lambda provider: provider.models())


# What is sent


@pytest.mark.parametrize(
    ("make", "sent"),
    [
        (at_openai, {"messages": SENT_TALK, "stream_options": {"include_usage": True}}),
        (at_home, {"messages": SENT_TALK, "stream_options": {"include_usage": True}}),
        (at_mistral, {"messages": SENT_TALK_TO_MISTRAL}),
    ],
)
def test_only_what_is_set_is_sent(make: Make, sent: dict[str, Any], server: FakeModelServer) -> None:
    ask(make(server), "normal")
    assert (server.last.method, server.last.path) == ("POST", "/v1/chat/completions")
    assert server.last.body == {"model": "normal", "stream": True, **sent}


@pytest.mark.parametrize(
    ("make", "limit"), [(at_openai, "max_completion_tokens"), (at_home, "max_tokens"), (at_mistral, "max_tokens")]
)
def test_parameters_are_sent_zero_included(make: Make, limit: str, server: FakeModelServer) -> None:
    ask(make(server), "normal", temperature=0.0, max_tokens=7)
    body = {key: value for key, value in server.last.body.items() if key not in ("messages", "stream_options")}
    assert body == {"model": "normal", "stream": True, "temperature": 0.0, limit: 7}


@both_sdks
def test_a_model_s_name_may_hold_slashes(make: Make, server: FakeModelServer) -> None:
    with pytest.raises(ChatError):
        ask(make(server), "meta/llama/70b")
    assert server.last.body["model"] == "meta/llama/70b"


@both_sdks
def test_halves_of_a_pair_do_not_stop_a_request(make: Make, server: FakeModelServer) -> None:
    ask(make(server), "normal", (PromptMessage("user", "party \ud83c\udf89, alone \ud83c."),))
    assert server.last.body["messages"] == [{"role": "user", "content": "party 🎉, alone \ufffd."}]


def test_mistral_goes_on_with_an_answer_without_saying_it_again(server: FakeModelServer) -> None:
    begun = (PromptMessage("user", "Tell me"), PromptMessage("assistant", "Once upon a time "))
    total = ask(at_mistral(server), "echo-prefix", begun)
    assert server.last.body["messages"][-1] == {"role": "assistant", "content": "Once upon a time ", "prefix": True}
    assert total.text == " and so on."


def test_mistral_s_new_words_stay_where_nothing_is_repeated(server: FakeModelServer) -> None:
    begun = (PromptMessage("user", "Tell me"), PromptMessage("assistant", "Help"))
    server.script = ["He", "llo", " there"]
    assert ask(at_mistral(server), "by-script", begun).text == "Hello there"


def test_mistral_s_address_may_end_in_v1(server: FakeModelServer) -> None:
    assert ask(MistralProvider(api_key="k", server_url=server.url), "normal").text == "Hello, world!"
    assert server.last.path == "/v1/chat/completions"


# Thinking that comes as text


@everybody
def test_thinking_whose_opening_tag_never_comes(make: Make, server: FakeModelServer) -> None:
    server.script = ["Hm", ". So.\n</th", "ink>", "\n\nYes", "."]
    assert ask(make(server), "by-script") == Chunk("Yes.", "Hm. So.\n", Usage(7, 5), "stop", was_thinking=False)


@everybody
def test_thinking_in_other_tags(make: Make, server: FakeModelServer) -> None:
    server.script = ["[THI", "NK]Hm.[/", "THINK]Yes."]
    assert ask(make(server), "by-script") == Chunk("Yes.", "Hm.", Usage(7, 3), "stop")


# What is not supported is left out, once

TEMPERATURE = "temperature"


@pytest.mark.parametrize(
    ("make", "model", "bodies"),
    [
        (at_openai, "no-temperature", [{TEMPERATURE, "max_completion_tokens"}, {"max_completion_tokens"}]),
        (
            at_home,
            "only-max-completion-tokens",
            [{"temperature", "max_tokens"}, {"temperature", "max_completion_tokens"}],
        ),
        (at_openai, "only-max-tokens", [{"temperature", "max_completion_tokens"}, {"temperature", "max_tokens"}]),
    ],
)
def test_an_unsupported_parameter(make: Make, model: str, bodies: list[set[str]], server: FakeModelServer) -> None:
    assert ask(make(server), model, temperature=0.5, max_tokens=7).text == "Hello, world!"
    optional = {"max_tokens", "max_completion_tokens", "temperature"}
    assert [optional & set(request.body) for request in server.requests] == bodies


def test_a_server_without_stream_options(server: FakeModelServer) -> None:
    total = ask(at_home(server), "no-stream-options")
    assert (total.text, total.usage) == ("Hello, world!", None)
    assert [("stream_options" in request.body) for request in server.requests] == [True, False]


def test_what_was_left_out_is_not_left_out_again(server: FakeModelServer) -> None:
    with pytest.raises(Refused, match="temperature is not supported"):
        ask(at_home(server), "always-unsupported", temperature=0.5)
    assert len(server.requests) == 2


def test_a_value_that_is_out_of_range_is_the_user_s_to_change(server: FakeModelServer) -> None:
    with pytest.raises(Refused):
        ask(at_home(server), "http-422", max_tokens=-1)
    assert len(server.requests) == 1


# What never leaves

ENVIRONMENT = {
    "OPENAI_API_KEY": "sk-env-secret",
    "OPENAI_ADMIN_KEY": "sk-env-secret-admin",
    "OPENAI_ORG_ID": "org-env-secret",
    "OPENAI_PROJECT_ID": "proj-env-secret",
    "OPENAI_WEBHOOK_SECRET": "whsec-env-secret",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/env-secret",
    "OPENAI_CUSTOM_HEADERS": "X-Extra: env-secret\nAuthorization: Bearer env-secret",
    "MISTRAL_API_KEY": "env-secret",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
}


@pytest.mark.parametrize(
    ("api_key", "info", "authorization"),
    [(None, HOME, None), ("own-key", HOME, "Bearer own-key"), ("sk-typed", openai.INFO, "Bearer sk-typed")],
)
def test_nothing_of_the_environment_leaves(
    api_key: str | None,
    info: ProviderInfo,
    authorization: str | None,
    server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    ask(OpenAIProvider(info, api_key=api_key, base_url=server.url), "normal")
    list_models(OpenAIProvider(info, api_key=api_key, base_url=server.url))
    for request in server.requests:
        assert request.headers.get("authorization") == authorization
        assert set(request.headers) <= NEEDED_HEADERS | {"authorization"}
        assert "env-secret" not in str(request)


def test_mistral_gets_the_given_key_and_nothing_else(server: FakeModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    ask(at_mistral(server), "normal")
    assert server.last.headers["authorization"] == "Bearer sk-mistral"
    assert set(server.last.headers) <= NEEDED_HEADERS | {"authorization"}
    assert "env-secret" not in str(server.last)


@pytest.mark.parametrize(
    "provider",
    [MistralProvider(api_key=None), OpenAIProvider(openai.INFO, api_key=None)],
    ids=lambda provider: provider.info.label,
)
def test_without_a_key_nothing_is_asked(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    sentence = f"{provider.info.label} needs an API key: add one under Settings, or choose another model."
    for question in (lambda: ask(provider, "normal"), lambda: list_models(provider)):
        with pytest.raises(MissingKey) as caught:
            question()
        assert str(caught.value) == sentence


@pytest.mark.parametrize("key", ["schlüssel", "“quoted”", "two\nlines"])
def test_a_key_that_no_header_can_carry(key: str, server: FakeModelServer) -> None:
    providers = (
        MistralProvider(api_key=key, server_url=server.root_url),
        OpenAIProvider(HOME, api_key=key, base_url=server.url),
    )
    for provider in providers:
        with pytest.raises(WrongKey) as caught:
            ask(provider, "normal")
        assert str(caught.value) == f"{provider.info.label} does not accept this key: check it under Settings."
    assert server.requests == []


def test_an_endpoint_without_a_key_that_wants_one(server: FakeModelServer) -> None:
    with pytest.raises(WrongKey) as caught:
        ask(at_home(server), "http-401")
    assert str(caught.value) == "Home server asks for an API key: add one under Settings."


@pytest.mark.parametrize("url", ["localhost:11434/v1", "http://", "http://[::1", "ftp://127.0.0.1/v1"])
def test_an_address_that_is_none(url: str) -> None:
    for question in (list_models, lambda provider: ask(provider, "normal")):
        with pytest.raises(Unreachable) as caught:
            question(OpenAIProvider(HOME, api_key=None, base_url=url))
        assert str(caught.value) == "No connection to Home server: check that it is running and its address is right."


# Stopping


async def first_words(stream: AsyncGenerator[Chunk, None]) -> None:
    async for chunk in stream:
        if chunk.text:
            return


@everybody
@pytest.mark.parametrize("model", ["no-headers", "stall-first", "stall", "paced-1000000-at-500"])
def test_cancelling_closes_the_connection_at_once(make: Make, model: str, server: FakeModelServer) -> None:
    async def cancel(provider: Provider) -> None:
        async def read() -> None:
            async for _ in provider.stream(Request(f"x/{model}", TALK)):
                pass

        reading = asyncio.create_task(read())
        sent = 0 if model in ("no-headers", "stall-first") else 2
        await asyncio.to_thread(server.wait_for, lambda: server.requests and server.requests[0].sent >= sent)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await asyncio.to_thread(server.wait_for, lambda: server.last.closed_early and server.connections == 0)

    use(make(server), cancel)
    assert not server.last.done
    assert server.last.sent < 1_000_000


@everybody
def test_closing_the_generator_closes_the_connection_at_once(make: Make, server: FakeModelServer) -> None:
    async def leave(provider: Provider) -> None:
        async with aclosing(provider.stream(Request("x/paced-1000000-at-500", TALK))) as stream:
            await first_words(stream)
        await asyncio.to_thread(server.wait_for, lambda: server.last.closed_early and server.connections == 0)

    use(make(server), leave)


def test_cancelling_while_mistral_s_sdk_has_the_response_in_hand(server: FakeModelServer) -> None:
    """The SDK passes a response through a thread before it hands it over: a cancel there must not leave it open."""
    arrived, go_on = threading.Event(), threading.Event()

    async def cancel(provider: Provider) -> None:
        assert isinstance(provider, MistralProvider)
        client = await provider._connected()
        hooks = client.sdk_configuration.__dict__["_hooks"]

        def slow(_: object, response: object) -> object:
            arrived.set()
            go_on.wait()
            return response

        hooks.after_success = slow
        reading = asyncio.create_task(first_words(provider.stream(Request("x/stall-first", TALK))))
        await asyncio.to_thread(arrived.wait)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        try:
            await asyncio.to_thread(server.wait_for, lambda: server.last.closed_early)
        finally:
            go_on.set()

    use(at_mistral(server), cancel)


@both_sdks
def test_many_answers_at_once(make: Make, server: FakeModelServer) -> None:
    """More than the hundred connections that HTTP clients allow by themselves."""

    async def ask_all(provider: Provider) -> None:
        gate = server.gate()
        server.script = ["Hello", gate]

        async def one() -> str:
            return "".join([chunk.text async for chunk in provider.stream(Request("x/by-script", TALK))])

        asking = [asyncio.create_task(one()) for _ in range(150)]
        await asyncio.to_thread(server.wait_for, lambda: sum(request.sent for request in server.requests) == 150)
        gate.open()
        assert await asyncio.gather(*asking) == ["Hello"] * 150

    use(make(server), ask_all)


@both_sdks
def test_a_finished_answer_leaves_its_connection_for_the_next(make: Make, server: FakeModelServer) -> None:
    async def ask_twice(provider: Provider) -> int:
        for _ in range(3):
            async for _ in provider.stream(Request("x/normal", TALK)):
                pass
        return server.connections

    assert use(make(server), ask_twice) == 1
    server.wait_for(lambda: server.connections == 0)


@both_sdks
def test_it_can_be_used_again_after_closing(make: Make, server: FakeModelServer) -> None:
    provider = make(server)
    assert ask(provider, "normal").text == ask(provider, "normal").text == "Hello, world!"


def test_the_pieces_come_one_by_one(server: FakeModelServer) -> None:
    async def read(provider: Provider) -> None:
        gate = server.gate()
        server.script = [Think("Hm. "), "One", gate, "Two", Finish("length")]
        stream = provider.stream(Request("x/by-script", TALK))
        assert await anext(stream) == Chunk(reasoning="Hm. ")
        assert await anext(stream) == Chunk("One")
        gate.open()
        assert [chunk.text for chunk in [await anext(stream), await anext(stream)]] == ["Two", ""]
        await stream.aclose()

    for make in (at_openai, at_mistral):
        use(make(server), read)


def test_thinking_is_kept_when_the_stream_is_cut(server: FakeModelServer) -> None:
    server.script = [Think("Hm. "), Cut()]
    for make in (at_openai, at_mistral):
        with pytest.raises(ChatError, match="broke off"):
            ask(make(server), "by-script")


# Lists of models


def cards(*ids: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": name, "object": "model", "created": 1, "owned_by": "somebody", **more} for name in ids]


def test_openai_s_models_are_those_that_chat(server: FakeModelServer) -> None:
    chat = ("chatgpt-4o-latest", "ft:gpt-4.1-mini:image-works::abc", "gpt-4.1", "gpt-5-mini", "gpt-6-luna", "o3")
    other = (
        *("babbage-002", "codex-mini-latest", "computer-use-preview", "dall-e-3", "davinci-002", "gpt-4o-mini-tts"),
        *("gpt-3.5-turbo-instruct", "gpt-4o-audio-preview", "gpt-4o-realtime-preview", "gpt-4o-transcribe"),
        *("gpt-5-codex", "gpt-5-pro", "gpt-image-1", "o1-pro-2025-03-19", "o3-deep-research", "sora-2"),
        *("omni-moderation-latest", "text-embedding-3-small", "tts-1-hd", "whisper-1"),
    )
    server.models = cards(*reversed(chat), *other, "gpt-4.1")
    assert list_models(at_openai(server)) == tuple(Model(f"openai/{name}", name) for name in chat)


def test_an_endpoint_s_models_are_nearly_all(server: FakeModelServer) -> None:
    server.models = [
        *cards("qwen3:8b", "nomic-embed-text", "bge-reranker-v2"),
        *cards("llama-3.3-70b-instruct", max_model_len=131072),
        *cards("codex-clone", context_length=8192),
    ]
    assert list_models(at_home(server)) == (
        Model("home/codex-clone", "codex-clone", 8192),
        Model("home/llama-3.3-70b-instruct", "llama-3.3-70b-instruct", 131072),
        Model("home/qwen3:8b", "qwen3:8b"),
    )


def test_a_list_of_models_may_be_bare_or_odd(server: FakeModelServer) -> None:
    server.models = ["odd", {"id": 7}, {"name": "no id"}, *cards("qwen3:8b")]  # type: ignore[list-item]
    assert list_models(at_home(server)) == (Model("home/qwen3:8b", "qwen3:8b"),)
    server.models_scenario = "bare-list"
    assert list_models(at_home(server)) == (Model("home/together-model", "together-model", 4096),)


def test_fixed_models_are_not_asked_for(server: FakeModelServer) -> None:
    provider = OpenAIProvider(HOME, api_key=None, base_url=server.url, models=("b", "a", "b"))
    assert list_models(provider) == (Model("home/b", "b"), Model("home/a", "a"))
    assert server.requests == []


def test_mistral_s_models_and_their_names(server: FakeModelServer) -> None:
    def card(name: str, *aliases: str, chat: bool = True, **more: Any) -> dict[str, Any]:
        return {
            **{"id": name, "type": "base", "aliases": list(aliases), "capabilities": {"completion_chat": chat}},
            **more,
        }

    server.models = [
        card("mistral-small-2603", "mistral-small-latest", "mistral-small", max_context_length=262144),
        card("mistral-small-latest", "mistral-small-2603", "mistral-small", max_context_length=262144),
        card("mistral-small", "mistral-small-2603", "mistral-small-latest", max_context_length=262144),
        card("mistral-embed", chat=False),
        card("open-thing"),
        card("mistral-old-2401", deprecation="2026-01-01T00:00:00Z", max_context_length=32768),
        {**card("ft:mistral-small:me", max_context_length=1000), "type": "fine-tuned", "job": "j", "root": "r"},
        {**card("ft:mistral-small:gone"), "type": "fine-tuned", "job": "j", "root": "r", "archived": True},
        {"id": "of-a-new-kind", "type": "something-new"},
    ]
    assert list_models(at_mistral(server)) == (
        Model("mistral/mistral-small-latest", "mistral-small-latest", 262144),
        Model("mistral/ft:mistral-small:me", "ft:mistral-small:me", 1000),
        Model("mistral/mistral-small-2603", "mistral-small-2603", 262144),
        Model("mistral/open-thing", "open-thing"),
        Model("mistral/mistral-old-2401", "mistral-old-2401", 32768),
    )


NO_ANSWER = "{it} sent something that is not an answer: try again, or choose another model."


@both_sdks
@pytest.mark.parametrize(
    ("scenario", "error", "says"),
    [
        ("http-401", WrongKey, "{it} does not accept this key: check it under Settings."),
        ("http-429", RateLimited, "{it} is busy and asks to wait 1 second: try again then."),
        ("json-200", BadAnswer, NO_ANSWER),
        ("html-200", BadAnswer, "{it} sent a web page instead of an answer: check its address, then try again."),
        ("close-at-once", Unreachable, "No connection to {it}: check that it is running and its address is right."),
    ],
)
def test_a_list_of_models_that_fails(
    make: Make, scenario: str, error: type[ChatError], says: str, server: FakeModelServer
) -> None:
    server.models_scenario = scenario
    provider = make(server)
    with pytest.raises(error) as caught:
        list_models(provider)
    assert str(caught.value) == says.format(it=provider.info.label)
    assert len(server.requests) == 1


@both_sdks
def test_a_list_of_models_of_an_address_where_nothing_is(make: Make) -> None:
    with refused_url() as url:
        provider = (
            MistralProvider(api_key="k", server_url=url)
            if make is at_mistral
            else OpenAIProvider(openai.INFO, api_key="k", base_url=url)
        )
        with pytest.raises(Unreachable):
            list_models(provider)


def test_the_records() -> None:
    assert (
        ProviderInfo(
            name="openai",
            label="OpenAI",
            needs_key=True,
            key_name="OPENAI_API_KEY",
            key_page="https://platform.openai.com/api-keys",
            url_name="OPENAI_BASE_URL",
            default_model="openai/gpt-6-luna",
            libraries=("httpx2", "openai.resources.chat"),
        )
        == openai.INFO
    )
    assert (
        ProviderInfo(
            name="mistral",
            label="Mistral",
            needs_key=True,
            key_name="MISTRAL_API_KEY",
            key_page="https://console.mistral.ai/api-keys",
            url_name="MISTRAL_SERVER_URL",
            default_model="mistral/mistral-small-latest",
            prefill=True,
            libraries=("mistralai.client",),
        )
        == mistral.INFO
    )


def test_sdk_does_not_look_through_a_long_conversation_message_by_message(server, monkeypatch):
    """It takes it a tenth of a second for a thousand of them, before anything is sent."""
    looks = []
    look = sdk_transform._async_transform_recursive

    async def counted(*what: Any, **how: Any) -> Any:
        looks.append(what)
        return await look(*what, **how)

    monkeypatch.setattr(sdk_transform, "_async_transform_recursive", counted)
    counts = []
    for turns in (1, 100):
        looks.clear()
        talk = (PromptMessage("user", "Hello"), PromptMessage("assistant", "Hi.")) * turns
        ask(at_home(server), "normal", (*talk, PromptMessage("user", "And?")))
        assert len(server.last.body["messages"]) == 2 * turns + 1
        counts.append(len(looks))
    assert counts[0] == counts[1] > 0

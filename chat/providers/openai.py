"""OpenAI, and everything that speaks its Chat Completions: Ollama, vLLM, llama.cpp, LM Studio, Together, ...

Chat Completions is what all of them have in common. OpenAI itself differs in one parameter and in a long list of models
that do not chat. An endpoint of one's own gets its own key or none, never what the environment holds for OpenAI. The
SDK makes the request and reads refusals; the answer itself is read in `frames.py`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from chat.conversation import printable
from chat.errors import ChatError
from chat.providers.base import Chunk, Model, ProviderInfo, Request
from chat.providers.connection import NO_KEY, SdkStream, Timeouts, new_client, opened
from chat.providers.failures import Failures, Report
from chat.providers.frames import read_answer
from chat.providers.thinking import thinking_apart

if TYPE_CHECKING:
    import httpx2
    import openai

INFO = ProviderInfo(
    name="openai",
    label="OpenAI",
    needs_key=True,
    key_name="OPENAI_API_KEY",
    key_page="https://platform.openai.com/api-keys",
    default_model="openai/gpt-6-luna",
)
OPENAI_URL = "https://api.openai.com/v1"

_NO_CHAT_AT_OPENAI = re.compile(
    r"embedding|whisper|tts|audio|realtime|transcribe|translate|image|dall-e|moderation|sora|codex|instruct|davinci"
    r"|babbage|computer-use|deep-research|-pro\b"
)
"""OpenAI's models for other things than text, and those it serves through other interfaces than Chat Completions."""
_NO_CHAT_ELSEWHERE = re.compile(r"embed|rerank", re.I)

_NOT_SUPPORTED = re.compile(
    r"unsupported|not supported|unrecognized|unknown|unexpected|extra.?(inputs|forbidden|fields)|not permitted", re.I
)
_TWINS = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


class OpenAIProvider:
    """Asks OpenAI (its name says so: `INFO`), or any endpoint that speaks its protocol. Implements `Provider`.

    `api_key`: without white space around it; None where an endpoint needs none. `base_url`: ends in `/v1` mostly.
    `models`: the names of an endpoint's models, where they are not to be asked from it.
    """

    def __init__(
        self,
        info: ProviderInfo,
        *,
        api_key: str | None,
        base_url: str | None = None,
        models: tuple[str, ...] = (),
        timeouts: Timeouts | None = None,
    ) -> None:
        self.info = info
        self._is_openai = info.name == INFO.name
        self._api_key = api_key
        self._base_url = base_url or OPENAI_URL
        self._models = models
        self._timeouts = timeouts or Timeouts()
        self._failures = Failures(info.label, api_key, own_address=base_url is not None)
        self._client: openai.AsyncOpenAI | None = None
        self._making = asyncio.Lock()

    async def models(self) -> tuple[Model, ...]:
        """Return the models to chat with, by name. Raises ChatError."""
        if self._models:
            return tuple(self._model(name) for name in dict.fromkeys(self._models))
        client = await self._connected()
        import httpx2
        import openai

        try:
            # As it comes: `models.list()` trips over web pages and over lists that are bare.
            response = await client.get("/models", cast_to=httpx2.Response)
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._translated(error) from error
        found = {name: self._model(name, window) for name, window in self._listed(response)}
        return tuple(found[name] for name in sorted(found) if self._chats(name))

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Yield the answer's chunks. Raises ChatError; see `Provider.stream`."""
        client = await self._connected()
        async with (
            opened(lambda: self._ask(client, request)) as response,
            aclosing(thinking_apart(read_answer(response, self._failures, request.model_name))) as answer,
        ):
            async for chunk in answer:
                yield chunk

    async def close(self) -> None:
        """Close the client and its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _connected(self) -> openai.AsyncOpenAI:
        """Return the client, made at first use. Raises `MissingKey`, and `WrongKey` for what no header can carry."""
        self._failures.check_key(needed=self.info.needs_key)
        async with self._making:
            if self._client is None:
                # Importing the SDK takes half a second: in a thread, so that other answers go on arriving.
                self._client = await asyncio.to_thread(self._new_client)
            return self._client

    def _new_client(self) -> openai.AsyncOpenAI:
        import httpx2
        from openai import AsyncOpenAI

        key = self._api_key or NO_KEY
        try:
            client = AsyncOpenAI(
                api_key=key,
                base_url=self._base_url,
                max_retries=0,
                default_headers={"Authorization": f"Bearer {key}"},  # said here, it outranks OPENAI_CUSTOM_HEADERS
                http_client=new_client(self._timeouts),
            )
        except httpx2.InvalidURL as error:
            raise self._failures.unreachable() from error
        _ = client.chat.completions  # imported when first named
        return client

    async def _ask(self, client: openai.AsyncOpenAI, request: Request) -> SdkStream:
        """Send the request; leave out, one by one, what the provider says it does not support. Raises ChatError."""
        import httpx2
        import openai

        options = self._options(request)
        given_up: set[str] = set()
        while True:
            try:
                return cast(SdkStream, await client.chat.completions.create(**options))
            except openai.APIStatusError as error:
                name = _unsupported(_report_of(error), options)
                if name is None or name in given_up:
                    raise self._translated(error, request.model_name) from error
                given_up.add(name)
                value, twin = options.pop(name), _TWINS.get(name)
                if twin is not None and twin not in given_up:
                    options[twin] = value
            except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise self._translated(error, request.model_name) from error

    def _options(self, request: Request) -> dict[str, Any]:
        limit = "max_completion_tokens" if self._is_openai else "max_tokens"
        optional = {"temperature": request.temperature, limit: request.max_tokens}
        return {
            "model": request.model_name,
            "messages": [{"role": said.role, "content": printable(said.content)} for said in request.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _translated(self, error: Exception, model: str | None = None) -> ChatError:
        import openai

        if isinstance(error, openai.APIStatusError):
            return self._failures.of_report(_report_of(error), model)
        if isinstance(error, openai.APIConnectionError):
            return self._failures.of_transport(error.__cause__ or error)
        if isinstance(error, openai.OpenAIError):
            return self._failures.bad_answer()
        return self._failures.of_transport(error)

    def _listed(self, response: httpx2.Response) -> Iterator[tuple[str, int | None]]:
        """Yield the names and context windows of a list of models. Raises `BadAnswer` for what is none."""
        try:
            said = json.loads(response.text)
        except ValueError as error:
            raise self._failures.bad_answer(web_page="html" in response.headers.get("content-type", "")) from error
        cards = said.get("data") if isinstance(said, dict) else said  # Together sends the bare list
        if not isinstance(cards, list):
            raise self._failures.bad_answer()
        for card in cards:
            if isinstance(card, dict) and isinstance(card.get("id"), str):
                yield card["id"], _context_window(card)

    def _model(self, name: str, context_window: int | None = None) -> Model:
        return Model(f"{self.info.name}/{name}", name, context_window)

    def _chats(self, name: str) -> bool:
        if not self._is_openai:
            return not _NO_CHAT_ELSEWHERE.search(name)
        base = name.split(":")[1] if name.startswith("ft:") else name  # ft:<base>:<organisation>:<suffix>:<id>
        return not _NO_CHAT_AT_OPENAI.search(base)


def _report_of(error: openai.APIStatusError) -> Report:
    return Report.of_response(error.status_code, error.response.headers, error.response.text)


def _unsupported(report: Report, options: dict[str, Any]) -> str | None:
    """Return the name of the optional parameter that the provider says it does not support, or None."""
    if report.status not in (400, 422) or not _NOT_SUPPORTED.search(report.words):
        return None
    optional = [name for name in ("stream_options", "temperature", *_TWINS) if name in options]
    param = report.param.partition(".")[0]
    if param in optional:
        return param
    named = [name for name in optional if re.search(rf"\b{name}\b", report.message)]
    # "max_tokens is not supported, use max_completion_tokens": the first one named is the one that was sent
    return min(named, key=report.message.index, default=None)


def _context_window(card: dict[str, Any]) -> int | None:
    """Return the context window, under the names that vLLM, Together and Groq have for it."""
    sizes = (card.get(name) for name in ("max_model_len", "context_length", "context_window"))
    return next((size for size in sizes if isinstance(size, int) and size > 0), None)

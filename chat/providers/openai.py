"""OpenAI, and everything that speaks its Chat Completions: Ollama, vLLM, llama.cpp, LM Studio, Together, ...

Chat Completions is what all of them have in common. OpenAI itself differs in one parameter and in a long list of models
that do not chat. An endpoint of one's own gets its own key or none, never what the environment holds for OpenAI. The
SDK makes the request and reads refusals; the answer itself is read in `answer.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from chat.errors import ChatError
from chat.providers.answer import read_answer
from chat.providers.base import Chunk, Model, Provider, ProviderInfo, ProviderSpec, Request
from chat.providers.cards import cards_of, context_window, name_on
from chat.providers.connection import NO_KEY, MovedElsewhere, SdkStream, Timeouts, new_client, opened
from chat.providers.failures import Failures
from chat.providers.hosts import host_of
from chat.providers.parameters import OTHER_NAMES, Parameters
from chat.providers.report import Report
from chat.providers.thinking import thinking_apart
from chat.surrogates import printable

if TYPE_CHECKING:
    import httpx2
    import openai


def make(spec: ProviderSpec) -> Provider:
    """Return OpenAI, or an endpoint that speaks its protocol, as somebody may use it."""
    return OpenAIProvider(spec.info, api_key=spec.api_key, base_url=spec.base_url, models=spec.models)


LIBRARIES = ("httpx2", "openai.resources.chat")
"""Of whatever speaks this protocol."""

INFO = ProviderInfo(
    name="openai",
    label="OpenAI",
    needs_key=True,
    key_name="OPENAI_API_KEY",
    key_page="https://platform.openai.com/api-keys",
    url_name="OPENAI_BASE_URL",
    default_model="openai/gpt-6-luna",
    libraries=LIBRARIES,
    make=make,
)
OPENAI_URL = "https://api.openai.com/v1"
NO_LIST = (401, 403, 404, 405, 501)
"""How endpoints answer that list no models, or not with this key, though they chat."""


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
        self._host = host_of(OPENAI_URL if self._is_openai else self._base_url)
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
        response = await self._list(client)
        found = {name: self._model(name, window) for name, window in self._listed(response)}
        return tuple(found[name] for name in sorted(found) if self._chats(name))

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Yield the answer's chunks. Raises ChatError; see `Provider.stream`."""
        client = await self._connected()
        sent = Parameters(self._options(request), OTHER_NAMES)
        async with (
            opened(lambda: self._ask(client, request, sent)) as response,
            aclosing(thinking_apart(read_answer(response, self._failures, request.model_name))) as answer,
        ):
            if (note := sent.note(request.model_name)) is not None:
                yield Chunk(note=note)
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
                http_client=new_client(self._timeouts, self._host.header_names),
            )
        except httpx2.InvalidURL as error:
            raise self._failures.unreachable() from error
        _ = client.chat.completions  # imported when first named
        return client

    async def _ask(self, client: openai.AsyncOpenAI, request: Request, sent: Parameters) -> SdkStream:
        """Send the request; leave out, one by one, what the provider says it does not support. Raises ChatError."""
        import httpx2
        import openai

        while True:
            try:
                return cast(SdkStream, await client.chat.completions.create(**sent.options))
            except openai.APIStatusError as error:
                if not sent.give_up(_report_of(error)):
                    raise self._translated(error, request.model_name) from error
            except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, MovedElsewhere) as error:
                raise self._translated(error, request.model_name) from error

    def _options(self, request: Request) -> dict[str, Any]:
        limit = "max_completion_tokens" if self._is_openai else "max_tokens"
        optional = {"temperature": request.temperature, limit: request.max_tokens}
        return {
            "model": request.model_name,
            "messages": [],
            # Beside what the SDK looks through: for a thousand messages that takes it longer than all the rest does.
            "extra_body": {
                "messages": [{"role": said.role, "content": printable(said.content)} for said in request.messages]
            },
            "stream": True,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in optional.items() if value is not None},
        }

    async def _list(self, client: openai.AsyncOpenAI) -> httpx2.Response:
        """Ask for the list of models and return the answer as it comes. Raises ChatError.

        `client.models.list()` trips over web pages and over lists that are bare.
        """
        import httpx2
        import openai

        headers: dict[str, str | openai.Omit] = dict(self._host.headers)
        if self._host.key_header is not None and self._api_key is not None:
            headers |= {"Authorization": openai.Omit(), self._host.key_header: self._api_key}
        try:
            return await client.get(
                "/models", cast_to=httpx2.Response, options={"headers": headers, "params": dict(self._host.query)}
            )
        except openai.APIStatusError as error:
            if error.status_code in NO_LIST and not self._is_openai:
                raise self._failures.no_list(error.status_code) from error
            raise self._translated(error) from error
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, MovedElsewhere) as error:
            raise self._translated(error) from error

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
        except (ValueError, RecursionError) as error:
            raise self._failures.bad_answer(web_page="html" in response.headers.get("content-type", "")) from error
        cards = cards_of(said)
        if cards is None:
            raise self._failures.bad_answer()
        for card in cards:
            if (name := name_on(card)) is not None:
                yield name.removeprefix(self._host.id_prefix), context_window(card)

    def _model(self, name: str, context_window: int | None = None) -> Model:
        return Model(f"{self.info.name}/{name}", name, context_window)

    def _chats(self, name: str) -> bool:
        base = name.split(":")[1] if name.startswith("ft:") else name  # ft:<base>:<organisation>:<suffix>:<id>
        return not self._host.no_chat.search(base)


def _report_of(error: openai.APIStatusError) -> Report:
    return Report.of_response(error.status_code, error.response.headers, error.response.text)

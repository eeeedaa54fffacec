"""Mistral: its SDK's call, its list of models, its errors.

Mistral tells more of its models than anybody else (which chat, how much they read, when they go), and sends thinking
as parts of the content. The SDK makes the request and reads refusals; the answer itself is read in `answer.py`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from chat.errors import ChatError
from chat.providers.answer import read_answer
from chat.providers.base import Chunk, Model, Provider, ProviderInfo, ProviderSpec, Request
from chat.providers.connection import MovedElsewhere, SdkStream, Timeouts, new_client, opened
from chat.providers.failures import Failures
from chat.providers.parameters import Parameters
from chat.providers.report import Report
from chat.providers.thinking import thinking_apart
from chat.surrogates import printable

if TYPE_CHECKING:
    import httpx2
    from mistralai.client import Mistral
    from mistralai.client.errors import MistralError


def make(spec: ProviderSpec) -> Provider:
    """Return Mistral as somebody may use it."""
    return MistralProvider(spec.info, api_key=spec.api_key, server_url=spec.base_url)


INFO = ProviderInfo(
    name="mistral",
    label="Mistral",
    needs_key=True,
    key_name="MISTRAL_API_KEY",
    key_page="https://console.mistral.ai/api-keys",
    url_name="MISTRAL_SERVER_URL",
    default_model="mistral/mistral-small-latest",
    prefill=True,
    libraries=("mistralai.client",),
    make=make,
)

_LATEST = re.compile(r"-latest$")
_DATED = re.compile(r"-\d{4}$")  # mistral-small-2603: year and month


class MistralProvider:
    """Asks Mistral. Implements `Provider`.

    `api_key`: without white space around it. `server_url`: another address than Mistral's own, without `/v1`.
    """

    def __init__(
        self,
        info: ProviderInfo = INFO,
        *,
        api_key: str | None,
        server_url: str | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.info = info
        self._api_key = api_key
        self._server_url = server_url and server_url.rstrip("/").removesuffix("/v1")  # the SDK adds it itself
        self._timeouts = timeouts or Timeouts()
        self._failures = Failures(info.label, api_key, own_address=server_url is not None)
        self._http: httpx2.AsyncClient | None = None
        self._client: Mistral | None = None
        self._making = asyncio.Lock()

    async def models(self) -> tuple[Model, ...]:
        """Return the models that chat: `-latest` names, dated ones, those that will go. Raises ChatError."""
        client = await self._connected()
        try:
            listed = await client.models.list_async()
        except Exception as error:
            raise self._translated(error) from error
        if listed.data is None:
            raise self._failures.bad_answer()
        return tuple(self._model(name, card) for name, card in _offered(listed.data).items())

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """Yield the answer's chunks. Raises ChatError; see `Provider.stream`."""
        client = await self._connected()
        optional = {"temperature": request.temperature, "max_tokens": request.max_tokens}
        sent = Parameters({name: value for name, value in optional.items() if value is not None})
        async with (
            opened(lambda: self._ask(client, request, sent)) as response,
            aclosing(thinking_apart(read_answer(response, self._failures, request.model_name))) as answer,
        ):
            if (note := sent.note(request.model_name)) is not None:
                yield Chunk(note=note)
            echo = _Echo(request)
            async for chunk in answer:
                text = echo.taken_from(chunk.text) if chunk.text else ""
                if (said := replace(chunk, text=text)) != Chunk():
                    yield said

    async def close(self) -> None:
        """Close the client and its connections."""
        http, self._http, self._client = self._http, None, None
        if http is not None:
            await http.aclose()

    async def _connected(self) -> Mistral:
        """Return the client, made at first use. Raises `MissingKey`, and `WrongKey` for what no header can carry."""
        self._failures.check_key(needed=self.info.needs_key)
        async with self._making:
            if self._client is None:
                # Importing the SDK takes a third of a second: in a thread, so that other answers go on arriving.
                self._client = await asyncio.to_thread(self._new_client)
            return self._client

    def _new_client(self) -> Mistral:
        from mistralai.client import Mistral

        self._http = new_client(self._timeouts)
        client = Mistral(api_key=self._api_key, server_url=self._server_url, async_client=self._http, retry_config=None)
        _ = client.chat, client.models  # imported when first named
        return client

    async def _ask(self, client: Mistral, request: Request, sent: Parameters) -> SdkStream:
        """Send the request; leave out what Mistral says the model does not take. Raises ChatError."""
        from mistralai.client.errors import MistralError

        messages = cast(Any, _messages(request))
        while True:
            try:
                stream = await client.chat.stream_async(
                    model=request.model_name, messages=messages, **cast(Any, sent.options)
                )
                return cast(SdkStream, stream)
            except Exception as error:
                if not (isinstance(error, MistralError) and sent.give_up(_report_of(error))):
                    raise self._translated(error, request.model_name) from error

    def _translated(self, error: Exception, model: str | None = None) -> ChatError:
        import httpx2
        from mistralai.client.errors import MistralError, NoResponseError

        if isinstance(error, MistralError):
            report = _report_of(error)
            unasked = error.status_code < 400  # an answer, but not the stream or the list that was asked for
            if unasked and not report.message:
                return self._failures.bad_answer(web_page="html" in error.headers.get("content-type", ""))
            return self._failures.of_report(report, model, in_stream=unasked)
        if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | NoResponseError | MovedElsewhere):
            return self._failures.of_transport(error)
        return self._failures.bad_answer()

    def _model(self, name: str, card: Any) -> Model:
        told = "max_context_length" in card.model_fields_set  # the SDK puts a number of its own where there is none
        return Model(f"{self.info.name}/{name}", name, card.max_context_length if told else None)


def _report_of(error: MistralError) -> Report:
    return Report.of_response(error.status_code, error.headers, error.body)


class _Echo:
    """Takes away what Mistral repeats: asked to go on with an answer, it sends the words it was given once more."""

    def __init__(self, request: Request) -> None:
        last = request.messages[-1] if request.messages else None
        self._awaited = printable(last.content).rstrip() if last is not None and last.role == "assistant" else ""
        self._held = ""

    def taken_from(self, text: str) -> str:
        """Return the text without the echo; nothing as long as it may all be echo."""
        if not self._awaited:
            return text
        self._held += text
        if self._awaited.startswith(self._held) and self._awaited != self._held:
            return ""
        new, self._held = self._held.removeprefix(self._awaited), ""
        self._awaited = ""
        return new


def _messages(request: Request) -> list[dict[str, Any]]:
    """Return the messages as Mistral takes them: one at the end that is the model's own is for it to go on with."""
    messages: list[dict[str, Any]] = [
        {"role": said.role, "content": printable(said.content)} for said in request.messages
    ]
    if messages and messages[-1]["role"] == "assistant":
        messages[-1]["prefix"] = True
    return messages


def _offered(cards: Iterable[Any]) -> dict[str, Any]:
    """Return the names to choose from, each with its card, in the order in which they are offered.

    Mistral lists every alias as a model of its own. Of a model's names the one that moves on (`-latest`) and the one
    that stays (dated) are offered, the others only where it has neither.
    """
    names: dict[str, Any] = {}
    for card in cards:
        capabilities = getattr(card, "capabilities", None)
        if capabilities is None or not capabilities.completion_chat or getattr(card, "archived", False):
            continue
        known = {card.id, *(card.aliases or ())}
        telling = {name for name in known if _LATEST.search(name) or _DATED.search(name)}
        for name in telling or {card.id}:
            names.setdefault(name, card)

    def rank(name: str) -> tuple[bool, bool, str]:
        return bool(names[name].deprecation), not _LATEST.search(name), name

    return {name: names[name] for name in sorted(names, key=rank)}

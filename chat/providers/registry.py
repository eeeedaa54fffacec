"""Which providers there are for somebody, and the live ones: the one place that puts settings and providers together.

`offered` is pure: settings and typed keys in, specs out. `Providers` holds the clients made from them, all on the
background loop, and remembers which models each one has.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chat.background import Background
from chat.errors import ChatError
from chat.providers import mistral, openai
from chat.providers.base import Model, Provider, ProviderInfo
from chat.providers.local import provider as local
from chat.settings import AppSettings, Endpoint

log = logging.getLogger(__name__)

FRESH_SECONDS = 600.0
"""How long a list of models is good."""
FAILED_SECONDS = 30.0
"""How long a failed question for them is not repeated."""
MOST_CLIENTS = 64


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """A provider as one person may use it. Equal specs share one client."""

    info: ProviderInfo
    make: Callable[[ProviderSpec], Provider] = field(repr=False)
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    models: tuple[str, ...] = ()
    """Fixed models; empty: ask the provider."""
    gguf: str | None = None

    @property
    def lacks_key(self) -> bool:
        """Whether it cannot be used until somebody adds a key."""
        return self.info.needs_key and self.api_key is None


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of one provider as far as they are known."""

    models: tuple[Model, ...] = ()
    error: str | None = None
    """Why they could not be asked for, for the user."""
    pending: bool = False
    """The question is on its way."""


def _make_mistral(spec: ProviderSpec) -> Provider:
    return mistral.MistralProvider(spec.info, api_key=spec.api_key, server_url=spec.base_url)


def _make_openai(spec: ProviderSpec) -> Provider:
    return openai.OpenAIProvider(spec.info, api_key=spec.api_key, base_url=spec.base_url, models=spec.models)


def _make_local(spec: ProviderSpec) -> Provider:
    return local.LocalModelProvider(gguf=spec.gguf)


def offered(
    settings: AppSettings,
    typed_keys: Mapping[str, str],
    typed_endpoints: tuple[Endpoint, ...] = (),
    *,
    configured: bool = True,
) -> tuple[ProviderSpec, ...]:
    """Return the providers that somebody is offered, those that still lack a key among them.

    `typed_keys` are this browser session's own, by the name of their variable; they win. Without `configured` nothing
    that was set up here is used but the addresses: no keys, no endpoints. The model on this machine is for everybody.
    """

    def key(info: ProviderInfo) -> str | None:
        name = info.key_name or ""
        return typed_keys.get(name) or (settings.keys.get(name) if configured else None)

    endpoints = {each.name: each for each in (*(settings.endpoints if configured else ()), *typed_endpoints)}
    return (
        ProviderSpec(mistral.INFO, _make_mistral, key(mistral.INFO), settings.urls.get("MISTRAL_SERVER_URL")),
        ProviderSpec(openai.INFO, _make_openai, key(openai.INFO), settings.urls.get("OPENAI_BASE_URL")),
        *(
            ProviderSpec(ProviderInfo(each.name, each.name), _make_openai, each.api_key, each.base_url, each.models)
            for each in endpoints.values()
        ),
        ProviderSpec(local.info_for(settings.gguf), _make_local, gguf=settings.gguf),
    )


def spec_of(model_id: str, specs: tuple[ProviderSpec, ...]) -> ProviderSpec | None:
    """Return the provider that a model's id names, or None where it is not offered."""
    name = model_id.partition("/")[0]
    return next((spec for spec in specs if spec.info.name == name), None)


def default_model(settings: AppSettings, specs: tuple[ProviderSpec, ...]) -> str | None:
    """Return the model that a new conversation starts with: the configured one where it can be used, else another.

    The other is the default of the first provider with a key, else a configured endpoint's first listed model, else
    the model on this machine.
    """
    configured = spec_of(settings.default_model or "", specs)
    if configured is not None and not configured.lacks_key:
        return settings.default_model
    for spec in specs:
        if spec.lacks_key:
            continue
        if spec.info.default_model:
            return spec.info.default_model
        if spec.models:
            return f"{spec.info.name}/{spec.models[0]}"
    return None


class Providers:
    """The live providers of one process and what they offer. Safe from any thread."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._lock = threading.Lock()
        self._live: dict[ProviderSpec, Provider] = {}
        self._lists: dict[ProviderSpec, tuple[float, ModelList]] = {}
        self._answered = threading.Condition(self._lock)

    def get(self, spec: ProviderSpec) -> Provider:
        """Return the live provider of this spec, made at the first call. To be called on the background loop."""
        with self._lock:
            live = self._live.get(spec)
            if live is None:
                live = self._live[spec] = spec.make(spec)
                self._let_go_of_the_oldest()
            return live

    def _let_go_of_the_oldest(self) -> None:
        # Typed keys come and go with browser sessions. A client that is let go of lives on for the replies that use
        # it. What has no key is configured here, or is the model on this machine, and stays.
        for held in (self._live, self._lists):
            for spec in [spec for spec in held if spec.api_key is not None][: max(0, len(held) - MOST_CLIENTS)]:
                del held[spec]

    def known_models(self, spec: ProviderSpec, wait: float = 0.0) -> ModelList:
        """Return what is known of this provider's models now, and ask for them where that is not fresh.

        Waits at most `wait` seconds for a first answer; a provider that is away never holds a page up for longer.
        """
        if spec.lacks_key:
            return ModelList()
        with self._lock:
            when, known = self._lists.get(spec, (float("-inf"), ModelList()))
            good_for = FAILED_SECONDS if known.error else FRESH_SECONDS
            if not known.pending and time.monotonic() - when > good_for:
                known = ModelList(known.models, known.error, pending=True)
                self._lists[spec] = (when, known)
                self._background.submit(self._ask(spec))
            if known.pending and not known.models and wait:
                self._answered.wait_for(lambda: not self._known(spec).pending, wait)
            return self._known(spec)

    def _known(self, spec: ProviderSpec) -> ModelList:
        return self._lists.get(spec, (0.0, ModelList()))[1]

    async def _ask(self, spec: ProviderSpec) -> None:
        try:
            answer = ModelList(await self.get(spec).models())
        except ChatError as error:
            answer = ModelList(error=str(error))
        except Exception:
            log.exception("A provider's models could not be listed")
            answer = ModelList(
                error=f"{spec.info.label} could not be asked for its models: type a model's name instead."
            )
        with self._lock:
            self._lists[spec] = (time.monotonic(), answer)
            self._answered.notify_all()

    def close(self) -> None:
        """Close every client, and end the model on this machine."""
        with self._lock:
            live = tuple(self._live.values())
            self._live.clear()
        if live and not self._background.loop.is_closed():
            self._background.submit(_close_all(live)).result(5.0)


async def _close_all(live: tuple[Provider, ...]) -> None:
    await asyncio.gather(*(provider.close() for provider in live), return_exceptions=True)

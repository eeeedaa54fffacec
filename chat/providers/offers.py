"""Which providers somebody is offered, and with which model a conversation starts. Pure: settings and typed keys in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from chat.owner import is_loopback_name
from chat.providers.base import Model, ProviderInfo, ProviderSpec
from chat.providers.connection import PORTS
from chat.providers.finding.servers import FoundServer
from chat.providers.registry import PROVIDERS, endpoint_info
from chat.settings.app import AppSettings
from chat.settings.values import Endpoint

ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - not listened on: what is asked there is this machine
"""What people also write for this machine, copied from what a server says it listens on."""


class UnclearModel(ValueError):
    """It cannot be said which model a typed name is of; the text says what to type."""


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

    def spec(info: ProviderInfo) -> ProviderSpec:
        key_name, file = info.key_name or "", settings.files.get(info.file_name or "")
        typed = typed_keys.get(key_name)
        return ProviderSpec(
            info.with_file(file) if info.with_file is not None and file is not None else info,
            typed or (settings.keys.get(key_name) if configured else None),
            settings.urls.get(info.url_name or ""),
            file=file,
            typed=bool(typed),
        )

    usable = [info for info in PROVIDERS if info.name not in settings.withheld]
    endpoints = {each.name: each for each in (*(settings.endpoints if configured else ()), *typed_endpoints)}
    return (
        *(spec(info) for info in usable if info.needs_key),
        *(
            ProviderSpec(
                endpoint_info(each.name), each.api_key, each.base_url, each.models, typed=each in typed_endpoints
            )
            for each in endpoints.values()
        ),
        *(spec(info) for info in usable if not info.needs_key),
    )


def servers_here(
    found: Iterable[FoundServer], specs: tuple[ProviderSpec, ...]
) -> dict[ProviderSpec, tuple[Model, ...]]:
    """Return how the servers that were found on this machine are offered beside `specs`, each with its models.

    One that can be used already, as an endpoint at its address, is not offered twice; one whose name an endpoint of
    another address has gets its port into its name.
    """
    used = {_port_here(spec.base_url) for spec in specs if not spec.lacks_key}
    taken = {spec.info.name.lower() for spec in specs}
    here: dict[ProviderSpec, tuple[Model, ...]] = {}
    for each in found:
        name, label = each.server.name, each.server.label
        if each.server.port in used:
            continue
        if name in taken:
            name, label = f"{name}-{each.server.port}", f"{label} on this machine"
        spec = ProviderSpec(endpoint_info(name, label), base_url=each.base_url)
        here[spec] = tuple(Model(f"{name}/{model}", model, window) for model, window in each.models)
    return here


def beside(specs: tuple[ProviderSpec, ...], here: Iterable[ProviderSpec]) -> tuple[ProviderSpec, ...]:
    """Return all providers in the order in which they are offered: found servers before what runs in this app."""
    elsewhere = tuple(spec for spec in specs if not spec.is_here)
    return (*elsewhere, *here, *(spec for spec in specs if spec.is_here))


def _port_here(url: str | None) -> int | None:
    """Return the port of an address on this machine; None for any other."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    is_here = is_loopback_name(host) or host in ANY_ADDRESS
    return (parts.port or PORTS.get(parts.scheme)) if is_here else None


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


def chosen_model(typed: str, listed: Iterable[Model], specs: tuple[ProviderSpec, ...], present: str | None) -> str:
    """Return the id of the model that somebody typed the name of: one that is listed wherever that can be meant.

    Any other is only taken with its provider's name before it, or where a name alone is like no listed one: then it is
    of the provider of the `present` model. Raises `UnclearModel`, whose text says what to type.
    """
    name = typed.strip()
    models = sorted(listed, key=lambda model: _provider_of(model.id) != _provider_of(present or ""))
    wanted = name.casefold()
    for model in models:
        if wanted in {text.casefold() for text in (model.id, model.id.partition("/")[2], model.label)}:
            return model.id
    named = next((spec for spec in specs if spec.info.name.casefold() == _provider_of(wanted)), None)
    if named is not None and (rest := name.partition("/")[2].strip()) and not named.is_here:
        return f"{named.info.name}/{rest}"
    alike = next((model.id for model in models if wanted in model.id.casefold()), None)
    if alike is not None:
        raise UnclearModel(f"“{name}” is part of {alike}: choose that above, or type the other's whole provider/model.")
    present_spec = spec_of(present or "", specs)
    if named is not None or present_spec is None or present_spec.is_here:
        raise UnclearModel(f"There is no “{name}” here. To use another provider's, type provider/model.")
    return f"{present_spec.info.name}/{name}"


def _provider_of(model_id: str) -> str:
    return model_id.partition("/")[0]

"""Which providers somebody is offered, and with which model a conversation starts. Pure: settings and typed keys in."""

from __future__ import annotations

from collections.abc import Mapping

from chat.providers.base import ProviderInfo, ProviderSpec
from chat.providers.registry import PROVIDERS, endpoint_info
from chat.settings.app import AppSettings
from chat.settings.values import Endpoint


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

"""Every provider there is, each by its record. A new one is a module with its class and its record, and a line here.

Nothing else in the project knows a provider by its name: settings, pages and sentences read these records.
"""

from __future__ import annotations

from chat.providers import mistral, openai
from chat.providers.base import ProviderInfo
from chat.providers.local import provider as local

PROVIDERS: tuple[ProviderInfo, ...] = (mistral.INFO, openai.INFO, local.INFO)
"""In the order in which they are offered; endpoints of one's own come before what needs no key."""


def endpoint_info(name: str, label: str | None = None) -> ProviderInfo:
    """Return the record of an endpoint, which speaks OpenAI's protocol; without a `label` it is called by its name."""
    return ProviderInfo(name, label or name, libraries=openai.LIBRARIES, make=openai.make)


def is_demo(model_id: str | None) -> bool:
    """Return whether a model is only there to try the app with."""
    return model_id is not None and any(info.demo_model == model_id for info in PROVIDERS)

"""How this installation is set up: environment and secrets, read once into frozen records. The environment wins.

Nothing here is changed at run time. A value that cannot be used is passed over and said in `AppSettings.problems`, so
a slip in a secrets file never takes the app down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MODES = ("personal", "signed-in", "visitors")
KEY_NAMES = ("MISTRAL_API_KEY", "OPENAI_API_KEY")
URL_NAMES = ("MISTRAL_SERVER_URL", "OPENAI_BASE_URL")
RESERVED_NAMES = ("mistral", "openai", "local")
"""Names an endpoint cannot take, since models' ids begin with them."""


class BadSetting(ValueError):
    """A value that cannot be used; the text says why and never shows a key."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that speaks OpenAI's protocol."""

    name: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    """The models it offers; empty: ask it."""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """Everything that is configured."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Keys by the name of their variable: `MISTRAL_API_KEY`, `OPENAI_API_KEY`."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Other addresses of providers by the name of their variable."""
    endpoints: tuple[Endpoint, ...] = ()
    default_model: str | None = None
    gguf: str | None = None
    """The path of a GGUF file for the local model."""
    store_url: str | None = None
    """Where conversations are kept; None: where the store keeps them by itself."""
    visitor_keys: bool = False
    mode: str | None = None
    problems: tuple[str, ...] = ()


def clean_key(raw: str) -> str:
    """Return the key without the white space around it. Raises `BadSetting` for what no key can be.

    A key travels in an HTTP header, which takes visible ASCII characters only; a stray quote or a line break from a
    copied page would otherwise fail far away from here, in an unclear way.
    """
    key = raw.strip()
    if not key:
        raise BadSetting("The key is empty: paste the whole key.")
    if not all("!" <= character <= "~" for character in key):
        raise BadSetting("The key has a character that no key has: copy it again, without quotes or spaces.")
    return key


def clean_endpoint(name: str, base_url: str, api_key: str = "", models: tuple[str, ...] = ()) -> Endpoint:
    """Return the endpoint with its parts checked. Raises `BadSetting` that says which part cannot be used."""
    name, base_url = name.strip(), base_url.strip().rstrip("/")
    if not name or "/" in name or not name.isprintable():
        raise BadSetting("An endpoint needs a name without a slash, such as ollama.")
    if name.lower() in RESERVED_NAMES:
        raise BadSetting(f"The name {name} is taken: choose another one for this endpoint.")
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting(f"The address of {name} must look like http://localhost:11434/v1.")
    return Endpoint(name, base_url, clean_key(api_key) if api_key.strip() else None, models)


def load_settings(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> AppSettings:
    """Read the settings; `secrets` is what `.streamlit/secrets.toml` holds. Names: README, "Configuration"."""
    problems: list[str] = []

    def text(name: str) -> str | None:
        value = environment.get(name)
        if value is None or not value.strip():
            value = secrets.get(name)
        return str(value).strip() or None if value is not None else None

    keys: dict[str, str] = {}
    for name in KEY_NAMES:
        if (raw := text(name)) is not None:
            try:
                keys[name] = clean_key(raw)
            except BadSetting as error:
                problems.append(f"{name} cannot be used. {error}")
    mode = text("CHATKEEP_MODE")
    if mode is not None and mode not in MODES:
        problems.append(f"CHATKEEP_MODE must be one of {', '.join(MODES)}: everybody is a visitor until it is.")
    return AppSettings(
        keys=keys,
        urls={name: url.rstrip("/") for name in URL_NAMES if (url := text(name)) is not None},
        endpoints=_endpoints(secrets.get("providers"), problems),
        default_model=text("CHATKEEP_MODEL"),
        gguf=text("CHATKEEP_GGUF"),
        store_url=text("STORE_URL"),
        visitor_keys=text("CHATKEEP_VISITOR_KEYS") == "1",
        mode=mode,
        problems=tuple(problems),
    )


def _endpoints(table: Any, problems: list[str]) -> tuple[Endpoint, ...]:
    if not isinstance(table, Mapping):
        return ()
    endpoints: list[Endpoint] = []
    for name, entry in table.items():
        if not isinstance(entry, Mapping):
            problems.append(f"[providers.{name}] must be a table with a base_url.")
            continue
        models = entry.get("models", ())
        listed = (models,) if isinstance(models, str) else tuple(str(model) for model in models)
        try:
            endpoints.append(
                clean_endpoint(str(name), str(entry.get("base_url", "")), str(entry.get("api_key", "")), listed)
            )
        except BadSetting as error:
            problems.append(str(error))
    return tuple(endpoints)

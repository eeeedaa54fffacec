"""What a single setting may hold: keys, addresses, endpoints. Everything typed or configured passes through here.

A value that cannot be used raises `BadSetting`, whose text says why and what to write, and never shows a key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from urllib.parse import urlsplit

from chat.providers.registry import PROVIDERS
from chat.settings.hosts import ascii_host, is_host

EXAMPLE_URL = "http://localhost:11434/v1"


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


def clean_url(subject: str, raw: str, example: str = EXAMPLE_URL) -> str:
    """Return the address without a slash at its end. Raises `BadSetting`, whose text begins with `subject`.

    What passes can be asked: a scheme, a host and a port that exist, and nothing after the path.
    """
    url = raw.strip().rstrip("/")
    bad = BadSetting(f"{subject} must look like {example}.")
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise bad from None
    if parts.scheme not in ("http", "https") or not is_host(host) or _has_odd_characters(url):
        raise bad
    if "?" in url or "#" in url or "\\" in url or " " in url:
        raise bad
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0 or parts.netloc.endswith(":"):
        raise BadSetting(f"{subject} has a port that does not exist: it must be a number from 1 to 65535.")
    return url


def clean_origin(subject: str, raw: str, example: str) -> str:
    """Return an origin (RFC 6454) as a Content-Security-Policy takes it: scheme, host and port, in ASCII.

    Raises `BadSetting` for anything more or less. Such a policy has no form for an IPv6 address.
    """
    parts = urlsplit(clean_url(subject, raw, example))
    host = ascii_host(parts.hostname or "")
    if parts.path or "@" in parts.netloc or not host or ":" in host:
        raise BadSetting(f"{subject} must look like {example}.")
    return f"{parts.scheme}://{host}" if parts.port is None else f"{parts.scheme}://{host}:{parts.port}"


def clean_endpoint(name: str, base_url: str, api_key: str = "", models: tuple[str, ...] = ()) -> Endpoint:
    """Return the endpoint with its parts checked. Raises `BadSetting` that says which part cannot be used."""
    name = name.strip()
    if not name or "/" in name or not name.isprintable():
        raise BadSetting("An endpoint needs a name without a slash, such as ollama.")
    if name.lower() in {info.name for info in PROVIDERS}:
        raise BadSetting(f"The name {name} is taken: choose another one for this endpoint.")
    base_url = clean_url(f"The address of {name}", base_url)
    return Endpoint(name, base_url, clean_key(api_key) if api_key.strip() else None, models)


def text_of(subject: str, value: Any, example: str = '"…", with quotes') -> str:
    """Return a value that has to be a text. Raises `BadSetting` that says what it is, and what to write."""
    if not isinstance(value, str):
        raise BadSetting(f"{subject} is {_kind(value)}: write {example}.")
    if _has_odd_characters(value):
        raise BadSetting(f"{subject} has a character that cannot be used: write it anew.")
    return value


def table_of(subject: str, value: Any, example: str) -> Mapping[str, Any]:
    """Return a value that has to be a table. Raises `BadSetting` that says what it is, and what to write."""
    if not isinstance(value, Mapping):
        raise BadSetting(f"{subject} is {_kind(value)}: write {example}.")
    return value


def names_of(subject: str, value: Any, example: str = 'models = ["name", "another name"]') -> tuple[str, ...]:
    """Return a list of names, one name alone too. Raises `BadSetting` that says what it is, and what to write."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise BadSetting(f"{subject} is {_kind(value)}: write {example}.")
    names = tuple(text_of(f"A name in {subject}", name, example).strip() for name in value)
    return tuple(name for name in names if name)


def _kind(value: Any) -> str:
    """Return what a value of a secrets file is, as a person calls it."""
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (str, "a text"),
        (bool, "true or false"),
        ((int, float), "a number"),
        ((list, tuple), "a list"),
        (Mapping, "a table"),
        ((date, time), "a date"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "of another kind")


def _has_odd_characters(text: str) -> bool:
    """Say whether a text has control characters, or half of one: what no file, page or request can carry."""
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)

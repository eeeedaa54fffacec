"""Whose conversations a browser sees: the one person of this machine, or a visitor with nothing but this session.

Pure rules over what is known of a connection. A connection counts as this machine's only when everything says so; any
doubt makes a visitor, who sees nothing of anybody else's. (Sign-in comes later; until then `signed-in` is `visitors`.)
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

OwnerKind = Literal["personal", "visitor"]

FORWARDING_HEADERS = frozenset(
    {
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-forwarded-server",
        "x-original-host",
        "x-real-ip",
        "x-client-ip",
        "x-envoy-external-address",
        "cf-connecting-ip",
        "cf-ray",
        "true-client-ip",
        "fly-client-ip",
        "fastly-client-ip",
    }
)
"""Headers, in lower case, that a proxy or tunnel adds. One is enough: then the browser may be anywhere."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who the conversations belong to. Every verb of the store takes `id`."""

    id: str
    kind: OwnerKind

    @property
    def is_personal(self) -> bool:
        return self.kind == "personal"


PERSONAL = Owner("personal", "personal")


@dataclass(frozen=True, slots=True)
class Connection:
    """What is known of the browser's connection to this server."""

    remote_ip: str | None
    """The address at the other end of the socket; None where the server does not know it."""
    headers: Mapping[str, str]
    """The request's headers; names in any case."""


def new_visitor() -> Owner:
    """Return an owner nobody else has or can guess."""
    return Owner(f"visitor-{secrets.token_hex(16)}", "visitor")


def is_personal(mode: str | None, connection: Connection) -> bool:
    """Whether this connection sees the personal conversations.

    `CHATKEEP_MODE=personal` says yes for every browser; any other set mode says no. Without a mode: yes for a browser
    on this machine, which is a loopback connection, a loopback Host (and Origin, where one is sent: a page of another
    site cannot choose it), and no header of a proxy.
    """
    if mode is not None:
        return mode == "personal"
    headers = {name.lower(): value for name, value in connection.headers.items()}
    if not _is_loopback_address(connection.remote_ip) or headers.keys() & FORWARDING_HEADERS:
        return False
    origin = headers.get("origin")
    return _is_loopback_name(f"//{headers.get('host', '')}") and (origin is None or _is_loopback_name(origin))


def _is_loopback_address(text: str | None) -> bool:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _is_loopback_name(url: str) -> bool:
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or _is_loopback_address(name)

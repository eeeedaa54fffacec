"""Whose conversations a browser sees: the one person of this machine, somebody who signed in, or a visitor.

Pure rules over what is known of a connection. A connection counts as this machine's only when everything says so; any
doubt makes a visitor, who sees nothing of anybody else's. A visitor is known by a random token that the browser keeps,
and its hash is the owner: who reads the data folder, a log or a backup can be nobody by it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OwnerKind = Literal["personal", "account", "visitor"]

_VISITOR = re.compile(r"visitor-[0-9a-f]{32}")
_ACCOUNT = re.compile(r"account-[0-9a-f]{32}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

_FORWARDING_STARTS = (
    *("akamai-", "cdn-", "cf-", "fastly-", "fly-", "ngrok-", "proxy-", "remote-", "tailscale-"),
    *("x-akamai-", "x-amz-cf-", "x-amzn-", "x-appengine-", "x-arr-", "x-authentik-", "x-azure-", "x-cloud-"),
    *("x-envoy-", "x-goog-", "x-nf-", "x-ngrok-", "x-original-", "x-originating-", "x-real-", "x-remote-", "x-vercel-"),
)
_FORWARDING_PARTS = ("forwarded", "client-ip", "clientip", "connecting-ip", "proxy", "auth-request")
_FORWARDING_NAMES = frozenset(
    {
        *("front-end-https", "max-forwards", "true-client", "via", "x-forward", "x-host", "x-request-id"),
        *("x-rewrite-url", "x-scheme", "x-url-scheme", "x-varnish"),
    }
)
"""How the headers, in lower case, begin that proxies, tunnels and hosts add, what they hold, and their whole names.

No browser sends one by itself, and one is enough: then the browser may be anywhere.
"""

_AUTHORITY = re.compile(r"(?P<name>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(rf"(?P<scheme>https?)://{_AUTHORITY.pattern}")
"""Nothing else is taken apart: a name with a user, a path or a backslash in it is read differently by everybody."""
_PORTS = {"http": "80", "https": "443"}


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


def new_token() -> str:
    """Return what a visitor's browser keeps: 256 random bits as 43 characters. Whoever has it is that visitor."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether this could be a token of `new_token`. One that nobody was given is a visitor with nothing kept yet."""
    return _TOKEN.fullmatch(text) is not None


def visitor_of(token: str) -> Owner:
    """Return the visitor whose browser keeps this token. Nothing leads back from the id to the token."""
    return Owner(f"visitor-{_hash('owner', token)}", "visitor")


def account_of(issuer: str, subject: str) -> Owner:
    """Return the owner that an OpenID Connect provider knows as this subject, which never changes (OIDC Core, 2)."""
    return Owner(f"account-{_hash('account', json.dumps([issuer, subject]))}", "account")


def _hash(purpose: str, text: str) -> str:
    return hashlib.sha256(f"chatkeep {purpose} 1:{text}".encode()).hexdigest()[:32]


def is_visitor(owner_id: str) -> bool:
    """Whether this is the id of a visitor."""
    return _VISITOR.fullmatch(owner_id) is not None


def is_account(owner_id: str) -> bool:
    """Whether this is the id of somebody who signed in."""
    return _ACCOUNT.fullmatch(owner_id) is not None


def is_personal(mode: str | None, connection: Connection) -> bool:
    """Whether this connection sees the personal conversations.

    `CHATKEEP_MODE=personal` says yes for every browser; any other set mode says no. Without a mode: yes for a browser
    on this machine, which is a loopback connection, a loopback Host, the Origin that a browser sends with a page of
    this very Host and port (a page of another one cannot choose it, a script has none), and no header of a proxy.
    """
    if mode is not None:
        return mode == "personal"
    headers = {name.lower(): value for name, value in connection.headers.items()}
    if not _is_loopback_address(connection.remote_ip) or any(is_of_a_proxy(name) for name in headers):
        return False
    host = _AUTHORITY.fullmatch(headers.get("host", ""))
    origin = _ORIGIN.fullmatch(headers.get("origin", ""))
    if host is None or origin is None or not is_loopback_name(host["name"]):
        return False
    port = _PORTS[origin["scheme"]]
    same_name = host["name"].lower() == origin["name"].lower()
    return same_name and (host["port"] or port) == (origin["port"] or port)


def is_of_a_proxy(header: str) -> bool:
    """Whether a header of this name, in lower case, says that something stands between the browser and this server."""
    return (
        header in _FORWARDING_NAMES
        or header.startswith(_FORWARDING_STARTS)
        or any(part in header for part in _FORWARDING_PARTS)
    )


def _is_loopback_address(text: str | None) -> bool:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_loopback_name(name: str) -> bool:
    """Whether a host of this name is this machine itself (RFC 6761, RFC 1122, RFC 4291)."""
    name = name.lower()
    return name == "localhost" or name.endswith(".localhost") or _is_loopback_address(name.strip("[]"))

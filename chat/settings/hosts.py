"""What can be the name of a host, and how it is asked for."""

from __future__ import annotations

import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.I)
"""One part of a host's name (RFC 1123), underscores too, which containers have."""


def ascii_host(host: str) -> str:
    """Return a host's name as it is asked for, in lower case and by IDNA; empty for what is none."""
    name = _ascii(host).removesuffix(".")
    return name if is_host(host) else ""


def is_host(host: str) -> bool:
    """Say whether a name can be a host's: an IP address, or labels with dots between."""
    if ":" in host:
        try:
            ipaddress.IPv6Address(host.partition("%")[0])
        except ValueError:
            return False
        return True
    name = _ascii(host)
    labels = name.removesuffix(".").split(".")
    if labels[-1].isdecimal():  # what ends in a number is an IPv4 address, or nothing
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return False
    return len(name) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def _ascii(host: str) -> str:
    """Return a name in lower case, one in other letters by the rules of the HTTP client; empty where it cannot be."""
    if host.isascii():
        return host.lower()
    import idna

    try:
        return idna.encode(host.lower()).decode("ascii")
    except idna.IDNAError:
        return ""

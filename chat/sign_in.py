"""Who somebody is that signed in, and whether they may come in: rules over what an OpenID Connect provider says.

What a provider says are the claims of its ID token (OpenID Connect Core 1.0, 2 and 5.1). Streamlit has checked their
signature, issuer, nonce and times, and keeps them in a signed cookie.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chat.owner import Owner, account_of
from chat.settings.hosts import ascii_host

DEFAULT = "default"
"""The name of the provider that `[auth]` itself describes."""
MOST_OF_A_NAME = 80
"""Characters of somebody's name that are shown."""

_LOCAL_PART = re.compile(r"[^\s@<>()\[\]\",:;\\\x00-\x1f\x7f]+")
"""What stands before the @. Quoted ones, in which anything may stand, are read differently by everybody."""


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A service that people can sign in with: an OpenID Connect provider."""

    name: str
    """As `st.login` takes it: the NAME of `[auth.NAME]`, or `default`."""
    client_id: str
    """What the provider knows this app by."""

    @property
    def label(self) -> str | None:
        """What a person reads; None where it has no name of its own."""
        words = self.name.replace("-", " ")
        return None if self.name == DEFAULT else words.capitalize() if words.islower() else words


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in here, and who may come in."""

    is_wanted: bool = False
    """Something about it is configured, usable or not. Then nobody comes in without, unless the mode says so."""
    providers: tuple[IdentityProvider, ...] = ()
    address: str | None = None
    """The address of this app where it works, with a slash at its end. None where its port is only known later."""
    allowed: frozenset[str] | None = None
    """Addresses and `@domains` that may come in; None: everybody whom a provider knows."""
    admins: frozenset[str] = frozenset()
    """Addresses of admins, who may always come in."""

    def works_at(self, origin: str | None) -> bool:
        """Whether a browser whose page is of this origin stays signed in; yes where one of the two is not known."""
        if not origin or self.address is None:
            return True
        parts = urlsplit(self.address)
        return origin.lower() == f"{parts.scheme}://{parts.netloc}".lower()

    def may_come_in(self, address: str | None) -> bool:
        """Whether somebody with this address, in the form of `comparable`, may come in."""
        if self.allowed is None:
            return True
        if address is None:
            return False
        return bool({address, "@" + address.rpartition("@")[2]} & self.allowed) or self.is_admin(address)

    def is_admin(self, address: str | None) -> bool:
        """Whether somebody with this address, in the form of `comparable`, is an admin."""
        return address is not None and address in self.admins


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signed in."""

    owner: Owner
    name: str
    """What they read for themselves: their name, else their address."""
    address: str | None
    """Their address as the provider says it; None where it says none, or that it is not known to be theirs."""
    is_allowed: bool
    is_admin: bool


def account_in(claims: Mapping[str, object], sign_in: SignIn) -> Account | None:
    """Return who these claims say signed in; None where nobody did, or not for this app with a provider that it has.

    `claims` are those of the ID token, and what Streamlit adds: `is_logged_in` and `provider`.
    """
    issuer, subject = claims.get("iss"), claims.get("sub")
    if claims.get("is_logged_in") is not True or not isinstance(issuer, str) or not isinstance(subject, str):
        return None
    provider = next((each for each in sign_in.providers if each.name == claims.get("provider")), None)
    if provider is None or not issuer or not subject or provider.client_id not in _audience(claims.get("aud")):
        return None
    said = claims.get("email")
    address = said.strip() if isinstance(said, str) and _may_be_theirs(claims) else None
    form = comparable(address or "")
    return Account(
        owner=account_of(issuer, subject),
        name=_name(claims) or address or "",
        address=address,
        is_allowed=sign_in.may_come_in(form),
        is_admin=sign_in.is_admin(form),
    )


def comparable(address: str) -> str | None:
    """Return an address in the form in which two that reach the same person are equal; None for what is no address.

    Case does not count: no provider that people sign in with has two persons whose addresses differ by case alone.
    Letters of other scripts count as they are written, and never as ASCII letters that they only look like or fall
    together with in lower case (the Kelvin sign and k). The domain counts as it is asked for, by IDNA.
    """
    local, _, domain = address.strip().rpartition("@")
    if _LOCAL_PART.fullmatch(local) is None or not (host := ascii_host(domain)):
        return None
    form = unicodedata.normalize("NFC", local).lower()
    return None if _became_ascii(local, form) or _became_ascii(domain, domain.lower()) else f"{form}@{host}"


def _became_ascii(text: str, form: str) -> bool:
    return form.isascii() and not text.isascii()


def comparable_domain(text: str) -> str | None:
    """Return a domain such as `@example.org` in the form in which `comparable` ends; None for what is none."""
    host = ascii_host(text.strip().removeprefix("@")) if text.strip().startswith("@") else ""
    return f"@{host}" if host else None


def _audience(claim: object) -> tuple[object, ...]:
    """Return whom a token was made for: one name, or a list of them (OpenID Connect Core 1.0, 2)."""
    return tuple(claim) if isinstance(claim, list | tuple) else (claim,)


def _may_be_theirs(claims: Mapping[str, object]) -> bool:
    """Whether the provider does not say that the address may be somebody else's.

    Some never say either (Microsoft Entra ID): there the address is what their administrator gave. Some say it in
    words (Amazon Cognito: "true").
    """
    said = claims.get("email_verified", True)
    return said is True or (isinstance(said, str) and said.strip().lower() == "true")


def _name(claims: Mapping[str, object]) -> str:
    names = (claims.get(claim) for claim in ("name", "preferred_username"))
    return next((name.strip()[:MOST_OF_A_NAME] for name in names if isinstance(name, str) and name.strip()), "")

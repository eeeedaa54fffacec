"""How people sign in, from `[auth]` in the secrets, and who may: `CHATKEEP_ALLOWED` and `CHATKEEP_ADMINS`.

Streamlit reads `[auth]` itself (`st.login`). Here is said what is wrong with it before anybody meets it, and what must
not be believed: where people sign in is never left open because of a slip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chat.settings.values import BadSetting, clean_url, names_of, table_of, text_of
from chat.sign_in import DEFAULT, IdentityProvider, SignIn, comparable, comparable_domain

EXAMPLE_ADDRESS = "https://chat.example.org/oauth2callback"
EXAMPLE_METADATA = "https://accounts.google.com/.well-known/openid-configuration"
LEAST_SECRET = 16
"""Characters of a `cookie_secret`. Whoever guesses it can be anybody: the "xxx" of an example is no secret."""
_OF_A_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_SHARED_TABLES = ("client_kwargs",)
_PORT = "{port}"
"""In a `redirect_uri` Streamlit puts its own port in this place."""


def load_sign_in(
    auth: Any, allowed: Any, admins: Any, note: Callable[[str], None], *, is_wanted: bool = False
) -> SignIn:
    """Return how people sign in, from the three values as they are configured, None for what is not.

    `note` is called with each thing that is wrong, in a sentence. `is_wanted` is whether the mode asks for it.
    """
    if auth is None and allowed is None:
        if is_wanted:
            note("CHATKEEP_MODE is signed-in, and the secrets have no [auth]: nobody can come in until they have.")
        return SignIn(is_wanted=is_wanted)
    if auth is None:
        note("CHATKEEP_ALLOWED says who may sign in, and the secrets have no [auth]: nobody can until they have.")
    providers, address = _providers(auth, note)
    return SignIn(
        is_wanted=True,
        providers=providers,
        address=address,
        allowed=None if allowed is None else _allowed(allowed, note),
        admins=_addresses("CHATKEEP_ADMINS", admins, note, comparable, "ann@example.org"),
    )


def _allowed(value: Any, note: Callable[[str], None]) -> frozenset[str]:
    def form(entry: str) -> str | None:
        return comparable(entry) or comparable_domain(entry)

    allowed = _addresses("CHATKEEP_ALLOWED", value, note, form, "ann@example.org or @example.org")
    if not allowed:
        note("CHATKEEP_ALLOWED names nobody, so nobody but the admins may come in.")
    return allowed


def _addresses(
    name: str, value: Any, note: Callable[[str], None], form: Callable[[str], str | None], example: str
) -> frozenset[str]:
    """Return the entries in the form in which they are compared. What is wrong is said without showing anybody's."""
    if value is None:
        return frozenset()
    try:
        entries = names_of(name, value.split(",") if isinstance(value, str) else value, f'"{example}"')
    except BadSetting as error:
        note(f"{name} cannot be used, so it names nobody. {error}")
        return frozenset()
    forms = [form(entry) for entry in entries]
    for number, each in enumerate(forms, 1):
        if each is None:
            note(f"Entry {number} of {name} is passed over: it must look like {example}.")
    return frozenset(each for each in forms if each is not None)


def _providers(auth: Any, note: Callable[[str], None]) -> tuple[tuple[IdentityProvider, ...], str | None]:
    """Return the providers that can be used, and where: none at all where what they share cannot be."""
    if auth is None:
        return (), None
    try:
        table = table_of("auth in the secrets", auth, "[auth] with redirect_uri and cookie_secret below it")
        address = _address(_text("[auth]", table, "redirect_uri"))
        _check_secret(_text("[auth]", table, "cookie_secret"))
        _check_tokens(table.get("expose_tokens", []))
    except BadSetting as error:
        note(f"Nobody can sign in. {error}")
        return (), None
    found = {name: entry for name, entry in table.items() if isinstance(entry, Mapping) and name not in _SHARED_TABLES}
    if any(name in table for name in _OF_A_PROVIDER):
        found = {DEFAULT: table, **found}
    providers = []
    for name, entry in found.items():
        try:
            providers.append(_provider(str(name), entry))
        except BadSetting as error:
            note(f"Nobody can sign in with {'[auth]' if entry is table else f'[auth.{name}]'}. {error}")
    if not found:
        note("Nobody can sign in. [auth] needs client_id, client_secret and server_metadata_url.")
    return tuple(providers), address


def _provider(name: str, entry: Mapping[str, Any]) -> IdentityProvider:
    where = "[auth]" if name == DEFAULT else f"[auth.{name}]"
    if "_" in name or not name.isprintable():
        raise BadSetting("Streamlit takes no underscore in the name of a provider: write a hyphen.")
    client_id, _, address = (_text(where, entry, field) for field in _OF_A_PROVIDER)
    subject = f"server_metadata_url of {where}"
    clean_url(subject, address.partition("?")[0], EXAMPLE_METADATA)
    if "{" in address:
        raise BadSetting(f"{subject} has a placeholder in braces: write what your provider gave you for it.")
    return IdentityProvider(name, client_id)


def _text(where: str, table: Mapping[str, Any], name: str) -> str:
    subject = f"{name} of {where}"
    if name not in table:
        raise BadSetting(f"{subject} is missing.")
    text = text_of(subject, table[name], f'{name} = "…"').strip()
    if not text:
        raise BadSetting(f"{subject} is empty.")
    return text


def _check_secret(secret: str) -> None:
    if len(secret) < LEAST_SECRET:
        raise BadSetting(
            f"cookie_secret of [auth] is shorter than {LEAST_SECRET} characters, and whoever guesses it can sign in as "
            "anybody: write a long random one."
        )


def _check_tokens(value: Any) -> None:
    tokens = [value] if isinstance(value, str) else value
    # Streamlit lets no browser connect with any other.
    if not isinstance(tokens, list) or not all(token in ("id", "access") for token in tokens):
        raise BadSetting("expose_tokens of [auth] cannot be used, and Chatkeep needs none: leave it out.")


def _address(redirect_uri: str) -> str | None:
    """Return the app's address in a `redirect_uri`. Raises `BadSetting` for one that Streamlit cannot use."""
    subject = "redirect_uri of [auth]"
    clean_url(subject, redirect_uri.replace(_PORT, "8501"), EXAMPLE_ADDRESS)
    if not redirect_uri.endswith("/oauth2callback"):
        raise BadSetting(f"{subject} must be this app's address with oauth2callback at its end, as {EXAMPLE_ADDRESS}.")
    return None if _PORT in redirect_uri else redirect_uri.removesuffix("oauth2callback")

"""How this installation is set up: environment and secrets, read once into frozen records. The environment wins.

Nothing here is changed at run time. A value that cannot be used is passed over and said in `AppSettings.problems`, so
a slip in a secrets file never takes the app down. Which names a provider has for its key and its address is in its
record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chat.allowances.limits import Allowances, allowances_for
from chat.owner import Owner
from chat.providers.finding.servers import KNOWN, KnownServer
from chat.providers.registry import PROVIDERS
from chat.settings.limits import load_allowances
from chat.settings.servers import NAME as LOCAL_SERVERS
from chat.settings.servers import clean_servers
from chat.settings.sign_in import load_sign_in
from chat.settings.values import (
    EXAMPLE_URL,
    BadSetting,
    Endpoint,
    clean_endpoint,
    clean_key,
    clean_origin,
    clean_url,
    names_of,
    table_of,
    text_of,
)
from chat.sign_in import SignIn

MODES = ("personal", "signed-in", "visitors")
_FILE_NAMES = tuple(info.file_name for info in PROVIDERS if info.file_name is not None)
VISITOR_DAYS, MOST_DAYS = 90, 36_500
EXAMPLE_ORIGIN = "https://intranet.example.org"
NO_STORE_URL = "not usable"
"""In place of a `STORE_URL` that cannot be read: the store says so, where another folder would hide conversations."""


@dataclass(frozen=True, slots=True)
class AppSettings:
    """Everything that is configured."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Keys by the name of their variable: `MISTRAL_API_KEY`, `OPENAI_API_KEY`."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Other addresses of providers by the name of their variable."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The paths of files with models of one's own by the name of their variable: `CHATKEEP_GGUF`."""
    endpoints: tuple[Endpoint, ...] = ()
    servers: tuple[KnownServer, ...] = KNOWN
    """The servers that are looked for on this machine."""
    default_model: str | None = None
    store_url: str | None = None
    """Where conversations are kept; None: where the store keeps them by itself."""
    visitor_keys: bool = False
    """Whether visitors may use the keys and endpoints that are configured here."""
    allowances: Allowances = field(default_factory=Allowances)
    """What those may spend and keep who are not the personal owner."""
    visitor_days: int = VISITOR_DAYS
    """Days after which everything of a visitor who stays away is erased; 0: never."""
    frames: tuple[str, ...] = ()
    """The origins that may show Chatkeep in a frame, beside its own."""
    mode: str | None = None
    sign_in: SignIn = field(default_factory=SignIn)
    withheld: frozenset[str] = frozenset()
    """The names of providers whose address cannot be used. What was meant for it must not go to another."""
    log_as_json: bool = False
    problems: tuple[str, ...] = ()

    def may_use_keys(self, owner: Owner) -> bool:
        """Whether the keys and endpoints that are configured here are for this owner.

        Whoever is on a list of those who may sign in is no stranger.
        """
        return owner.is_personal or self.visitor_keys or (owner.kind == "account" and self._is_listed)

    def allowances_of(self, owner: Owner) -> Allowances:
        """Return the limits that hold for this owner."""
        return allowances_for(owner, self.allowances, is_listed=self._is_listed)

    @property
    def _is_listed(self) -> bool:
        return self.sign_in.allowed is not None

    @property
    def secrets(self) -> frozenset[str]:
        """Every key that is configured here; none may stand in a log."""
        return frozenset((*self.keys.values(), *(each.api_key for each in self.endpoints if each.api_key is not None)))

    @property
    def must_sign_in(self) -> bool:
        """Whether nobody comes in who did not sign in, but for a browser that is personal (`chat/owner.py`)."""
        return self.mode == "signed-in" or (self.sign_in.is_wanted and self.mode not in ("personal", "visitors"))


def load_settings(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> AppSettings:
    """Read the settings; `secrets` is what `.streamlit/secrets.toml` holds. Names: `docs/providers.md`."""
    values = _Values(environment, secrets)
    keys: dict[str, str] = {}
    for name in (info.key_name for info in PROVIDERS if info.key_name is not None):
        if (raw := values.text(name)) is not None:
            with values.noting(f"{name} cannot be used. "):
                keys[name] = clean_key(raw)
    urls, withheld = _urls(values)
    mode, sign_in = _mode_and_sign_in(values)
    default_model = values.text("CHATKEEP_MODEL")
    if default_model is not None and not all(default_model.partition("/")):
        values.problems.append("CHATKEEP_MODEL must look like mistral/mistral-small-latest.")
        default_model = None
    return AppSettings(
        keys=keys,
        urls=urls,
        files={name: path for name in _FILE_NAMES if (path := values.text(name)) is not None},
        endpoints=_endpoints(values),
        servers=_servers(values),
        default_model=default_model,
        store_url=values.text("STORE_URL") or (NO_STORE_URL if values.has("STORE_URL") else None),
        visitor_keys=_visitor_keys(values),
        allowances=load_allowances(secrets.get("limits"), values.raw, values.names, values.problems.append),
        visitor_days=_visitor_days(values),
        frames=_frames(values),
        log_as_json=_log_as_json(values),
        mode=mode,
        sign_in=sign_in,
        withheld=withheld,
        problems=tuple(values.problems),
    )


class _Values:
    """The values by name, from the environment or the secrets, and what is wrong with some of them."""

    def __init__(self, environment: Mapping[str, str], secrets: Mapping[str, Any]) -> None:
        self._environment = environment
        self.secrets = secrets
        self.problems: list[str] = []

    def raw(self, name: str) -> Any:
        """Return the value as it is; None where there is none."""
        secret = self.secrets.get(name)
        value = self._environment.get(name, "").strip()
        # Streamlit copies numbers of the secrets into the environment, as texts.
        if value and (secret is None or isinstance(secret, str) or value != str(secret)):
            return value
        return None if isinstance(secret, str) and not secret.strip() else secret

    @property
    def names(self) -> set[str]:
        """The names of all values that there are."""
        return {*self._environment, *self.secrets}

    def has(self, name: str) -> bool:
        """Say whether there is anything of that name, usable or not."""
        return self.raw(name) is not None

    def text(self, name: str) -> str | None:
        """Return the value without the white space around it; None where there is none that can be used."""
        value = self.raw(name)
        if value is not None:
            with self.noting():
                return text_of(name, value, f'{name} = "…", with quotes').strip()
        return None

    @contextmanager
    def noting(self, before: str = "") -> Iterator[None]:
        """Go on after a value that cannot be used, and note why."""
        try:
            yield
        except BadSetting as error:
            self.problems.append(f"{before}{error}")


def _urls(values: _Values) -> tuple[dict[str, str], frozenset[str]]:
    """Return the addresses that can be used, and the providers whose address cannot."""
    urls: dict[str, str] = {}
    withheld: set[str] = set()
    for info in PROVIDERS:
        if info.url_name is None or not values.has(info.url_name):
            continue
        if (raw := values.text(info.url_name)) is not None:
            with values.noting():
                urls[info.url_name] = clean_url(info.url_name, raw)
        if info.url_name not in urls:
            values.problems.append(f"{info.label} is not offered until {info.url_name} can be used.")
            withheld.add(info.name)
    return urls, frozenset(withheld)


def _mode_and_sign_in(values: _Values) -> tuple[str | None, SignIn]:
    mode = values.text("CHATKEEP_MODE")
    sign_in = load_sign_in(
        values.secrets.get("auth"),
        values.raw("CHATKEEP_ALLOWED"),
        values.raw("CHATKEEP_ADMINS"),
        values.problems.append,
        is_wanted=mode == "signed-in",
    )
    if mode not in MODES and values.has("CHATKEEP_MODE"):
        until = "everybody has to sign in" if sign_in.is_wanted else "everybody is a visitor"
        values.problems.append(f"CHATKEEP_MODE must be one of {', '.join(MODES)}: {until} until it is.")
        mode = mode or "unreadable"
    return mode, sign_in


def _visitor_keys(values: _Values) -> bool:
    """Say whether visitors may use the keys configured here."""
    said = str(values.raw("CHATKEEP_VISITOR_KEYS") or "").lower()
    if said not in ("1", "true", "0", "false", ""):
        values.problems.append('CHATKEEP_VISITOR_KEYS must be "1" or "0": visitors use none of your keys until it is.')
    return said in ("1", "true")


def _visitor_days(values: _Values) -> int:
    """Say after how many days visitors are erased; never, where what is set says no such number."""
    raw = values.raw("CHATKEEP_VISITOR_DAYS")
    said = "" if raw is None else str(raw).strip()
    if not said:
        return VISITOR_DAYS
    if said.isascii() and said.isdecimal() and len(said) <= len(str(MOST_DAYS)) and int(said) <= MOST_DAYS:
        return int(said)
    values.problems.append(
        f"CHATKEEP_VISITOR_DAYS must be a whole number of days from 0 (never) to {MOST_DAYS}: no visitor's "
        "conversations are erased until it is."
    )
    return 0


def _log_as_json(values: _Values) -> bool:
    said = values.text("CHATKEEP_LOG")
    if said not in ("json", "plain") and values.has("CHATKEEP_LOG"):
        values.problems.append("CHATKEEP_LOG must be json or plain: the log is plain until it is.")
    return said == "json"


def _frames(values: _Values) -> tuple[str, ...]:
    """Return who may show Chatkeep in a frame; nobody else may because of a slip."""
    name, origins = "CHATKEEP_FRAMES", []
    raw = values.raw(name)
    entries: tuple[str, ...] = ()
    if raw is not None:
        with values.noting(f"No other site may show Chatkeep in a frame until {name} can be used. "):
            entries = names_of(name, raw.split(",") if isinstance(raw, str) else raw, f'"{EXAMPLE_ORIGIN}"')
    for number, entry in enumerate(entries, 1):
        with values.noting():
            origins.append(clean_origin(f"Entry {number} of {name}", entry, EXAMPLE_ORIGIN))
    return tuple(origins)


def _servers(values: _Values) -> tuple[KnownServer, ...]:
    with values.noting("No server on this machine is looked for. "):
        return clean_servers(values.raw(LOCAL_SERVERS))
    return ()


def _endpoints(values: _Values) -> tuple[Endpoint, ...]:
    table = values.secrets.get("providers", {})
    endpoints: list[Endpoint] = []
    with values.noting():
        example = f'[providers.NAME] with base_url = "{EXAMPLE_URL}" below it'
        tables = table_of("providers in the secrets", table, example)
        for name, entry in tables.items():
            with values.noting():
                endpoints.append(_endpoint(str(name), entry))
    return tuple(endpoints)


def _endpoint(name: str, entry: Any) -> Endpoint:
    where = f"[providers.{name}]"
    fields = table_of(where, entry, f'{where} with base_url = "{EXAMPLE_URL}" below it')

    def field_of(field_name: str, example: str) -> str:
        return text_of(f"{field_name} of {where}", fields.get(field_name, ""), f'{field_name} = "{example}"')

    models = names_of(f"models of {where}", fields.get("models", ()))
    return clean_endpoint(name, field_of("base_url", EXAMPLE_URL), field_of("api_key", "…"), models)

"""How environment and secrets become settings, and what cannot be used."""

from datetime import date
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chat.allowances.limits import UNLIMITED, Allowances
from chat.owner import PERSONAL, Owner, account_of, visitor_of
from chat.providers.finding.servers import KNOWN, KnownServer
from chat.providers.registry import PROVIDERS
from chat.settings.app import NO_STORE_URL, AppSettings, load_settings
from chat.settings.values import BadSetting, Endpoint, clean_endpoint, clean_key, clean_url
from store import open_store
from store.conversations import StoreError


def test_nothing_configured():
    assert load_settings({}, {}) == AppSettings()


def test_everything_configured_and_the_environment_wins():
    environment = {
        "MISTRAL_API_KEY": " mistral-from-environment\n",
        "CHATKEEP_MODEL": "ollama/llama3",
        "CHATKEEP_MODE": "visitors",
        "CHATKEEP_VISITOR_KEYS": "1",
        "CHATKEEP_VISITOR_DAYS": " 30 ",
        "CHATKEEP_FRAMES": "https://wiki.example.org:8443, http://localhost",
        "STORE_URL": "tinydb:////srv/chats",
        "MISTRAL_SERVER_URL": "http://127.0.0.1:9/",
        "CHATKEEP_GGUF": "/models/other.gguf",
        "OPENAI_BASE_URL": "",
    }
    secrets = {
        "MISTRAL_API_KEY": "mistral-from-secrets",
        "OPENAI_API_KEY": "openai-from-secrets",
        "providers": {
            "ollama": {"base_url": "http://localhost:11434/v1/"},
            "together": {"base_url": "https://api.together.xyz/v1", "api_key": "tk", "models": ["a/b", "c"]},
        },
    }
    assert load_settings(environment, secrets) == AppSettings(
        keys={"MISTRAL_API_KEY": "mistral-from-environment", "OPENAI_API_KEY": "openai-from-secrets"},
        urls={"MISTRAL_SERVER_URL": "http://127.0.0.1:9"},
        endpoints=(
            Endpoint("ollama", "http://localhost:11434/v1"),
            Endpoint("together", "https://api.together.xyz/v1", "tk", ("a/b", "c")),
        ),
        default_model="ollama/llama3",
        files={"CHATKEEP_GGUF": "/models/other.gguf"},
        store_url="tinydb:////srv/chats",
        visitor_keys=True,
        visitor_days=30,
        frames=("https://wiki.example.org:8443", "http://localhost"),
        mode="visitors",
    )


def test_what_cannot_be_used_is_said_and_passed_over():
    settings = load_settings(
        {"OPENAI_API_KEY": "sk-“quoted”", "CHATKEEP_MODE": "private"},
        {"providers": {"mistral": {"base_url": "http://x/v1"}, "bad": {"base_url": "ftp://x"}, "worse": "http://x"}},
    )
    assert settings.keys == {}
    assert settings.endpoints == ()
    assert settings.problems == (
        "OPENAI_API_KEY cannot be used. "
        "The key has a character that no key has: copy it again, without quotes or spaces.",
        "CHATKEEP_MODE must be one of personal, signed-in, visitors: everybody is a visitor until it is.",
        "The name mistral is taken: choose another one for this endpoint.",
        "The address of bad must look like http://localhost:11434/v1.",
        '[providers.worse] is a text: write [providers.worse] with base_url = "http://localhost:11434/v1" below it.',
    )


def test_keys_are_stripped():
    assert clean_key("\t sk-abc123 \r\n") == "sk-abc123"


@pytest.mark.parametrize("raw", ["", "  \n", "sk abc", "sk-\u00e4", "sk-\nabc", "sk-\x00"])
def test_what_is_no_key_is_refused_and_not_repeated(raw):
    with pytest.raises(BadSetting) as refused:
        clean_key(raw)
    assert raw.strip() == "" or raw.strip() not in str(refused.value)


@pytest.mark.parametrize("name", ["", "a/b", "OpenAI", "local", "new\nline"])
def test_endpoint_names_that_cannot_be(name):
    with pytest.raises(BadSetting):
        clean_endpoint(name, "http://localhost:1/v1")


LIKE = "It must look like http://localhost:11434/v1."
NO_PORT = "It has a port that does not exist: it must be a number from 1 to 65535."


@pytest.mark.parametrize(
    ("url", "says"),
    [
        *((url, LIKE) for url in ("", "localhost:11434", "http://", "file:///etc/passwd", "ftp://x/v1", "http:x")),
        *((url, LIKE) for url in ("http://[::1", "http://[zz]/v1", "http://a b/v1", "http://a/v 1", "http://a\\b/v1")),
        *((url, LIKE) for url in ("http://a..b/v1", "http://-a/v1", "http://1.2.3/v1", "http://256.1.1.1/v1")),
        *((url, LIKE) for url in ("http://a/v1?x=1", "http://a/v1#x", "http://\x00a/v1", "http://" + "a" * 64)),
        *((url, LIKE) for url in ("http://\u00ad/v1", "http://xn--" + "\u00e4" * 70)),
        *((url, NO_PORT) for url in ("http://x:99999/v1", "http://x:65536", "http://x:0/v1", "http://x:-1/v1")),
        *(
            (url, NO_PORT)
            for url in ("http://x:port/v1", "http://x:/v1", "http://[::1]:99999/v1", "http://x:8 0/v1")[:3]
        ),
    ],
)
def test_addresses_that_cannot_be(url, says):
    with pytest.raises(BadSetting) as refused:
        clean_url("It", url)
    assert str(refused.value) == says
    with pytest.raises(BadSetting) as refused:
        clean_endpoint("ollama", url)
    assert str(refused.value) == says.replace("It", "The address of ollama", 1)


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost:11434/v1", "https://api.together.xyz/v1", "http://127.0.0.1:1", "http://[::1]:65535/v1"),
        *("http://my_server/v1", "https://müller.example/v1", "https://user:word@proxy.example/v1", "http://HOST./v1"),
    ],
)
def test_addresses_that_can_be(url):
    assert clean_url("It", f" {url}/ ") == url
    httpx2.URL(url)


@given(st.text(alphabet="ab1:/.@[]-_%ä \\?#\x00\ud800", max_size=20))
@example("1.1")
@example("a:00080/v1")
def test_an_address_that_passes_can_be_asked(rest):
    try:
        url = clean_url("It", f"http://{rest}")
    except BadSetting:
        return
    assert httpx2.URL(url).host


@pytest.mark.parametrize("name", [info.url_name for info in PROVIDERS if info.url_name])
@pytest.mark.parametrize("value", ["http://localhost:99999/v1", "localhost:1234", 5, ["http://x/v1"]])
def test_provider_whose_address_cannot_be_used_is_withheld(name, value):
    info = next(info for info in PROVIDERS if info.url_name == name)
    settings = load_settings({}, {name: value, "MISTRAL_API_KEY": "k", "OPENAI_API_KEY": "k"})
    assert settings.urls == {}
    assert settings.withheld == {info.name}
    assert settings.problems[-1] == f"{info.label} is not offered until {name} can be used."
    assert settings.problems[0].startswith(name)


WRONG = {
    5: "a number",
    2.5: "a number",
    True: "true or false",
    date(2026, 1, 1): "a date",
    ("a", "list"): "a list",
    None: "a table",
}


@pytest.mark.parametrize(("value", "kind"), WRONG.items())
@pytest.mark.parametrize("name", ["MISTRAL_API_KEY", "OPENAI_API_KEY", "CHATKEEP_MODEL", "CHATKEEP_GGUF"])
def test_value_of_another_kind_is_named_with_what_to_write(name: str, value: Any, kind: str) -> None:
    value = {"a": "table"} if value is None else list(value) if isinstance(value, tuple) else value
    # as Streamlit does: numbers of the secrets are in the environment too
    environment = {name: str(value)} if type(value) in (int, float) else {}
    settings = load_settings(environment, {name: value, "STORE_URL": "tinydb:///kept"})
    assert settings == AppSettings(
        store_url="tinydb:///kept", problems=(f'{name} is {kind}: write {name} = "…", with quotes.',)
    )


ENDPOINT = 'with base_url = "http://localhost:11434/v1" below it.'


@pytest.mark.parametrize(
    ("providers", "says"),
    [
        ("x", f"providers in the secrets is a text: write [providers.NAME] {ENDPOINT}"),
        ([{"base_url": "http://x/v1"}], f"providers in the secrets is a list: write [providers.NAME] {ENDPOINT}"),
        (5, f"providers in the secrets is a number: write [providers.NAME] {ENDPOINT}"),
        ({"x": 5}, f"[providers.x] is a number: write [providers.x] {ENDPOINT}"),
        ({"x": [5]}, f"[providers.x] is a list: write [providers.x] {ENDPOINT}"),
        ({"x": {}}, "The address of x must look like http://localhost:11434/v1."),
        (
            {"x": {"base_url": 5}},
            'base_url of [providers.x] is a number: write base_url = "http://localhost:11434/v1".',
        ),
        (
            {"x": {"base_url": "http://x/v1", "api_key": 5}},
            'api_key of [providers.x] is a number: write api_key = "…".',
        ),
        (
            {"x": {"base_url": "http://x/v1", "api_key": {"a": "b"}}},
            'api_key of [providers.x] is a table: write api_key = "…".',
        ),
        (
            {"x": {"base_url": "http://x/v1", "models": 5}},
            'models of [providers.x] is a number: write models = ["name", "another name"].',
        ),
        (
            {"x": {"base_url": "http://x/v1", "models": ["a", 5]}},
            'A name in models of [providers.x] is a number: write models = ["name", "another name"].',
        ),
        (
            {"x": {"base_url": "http://x/v1\ud800"}},
            "base_url of [providers.x] has a character that cannot be used: write it anew.",
        ),
    ],
)
def test_endpoint_of_another_kind_is_named_and_the_others_are_there(providers: Any, says: str) -> None:
    good = Endpoint("good", "http://good/v1", None, ("a",))
    if isinstance(providers, dict):
        providers = {**providers, "good": {"base_url": "http://good/v1", "models": "a"}}
    settings = load_settings({}, {"providers": providers, "OPENAI_API_KEY": "k"})
    assert settings.problems == (says,)
    assert settings.endpoints == ((good,) if isinstance(providers, dict) else ())
    assert settings.keys == {"OPENAI_API_KEY": "k"}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAMES = (
    *("MISTRAL_API_KEY", "OPENAI_BASE_URL", "CHATKEEP_MODEL", "CHATKEEP_GGUF", "CHATKEEP_MODE", "STORE_URL"),
    *(
        "CHATKEEP_VISITOR_KEYS",
        "CHATKEEP_VISITOR_DAYS",
        "CHATKEEP_FRAMES",
        "CHATKEEP_LOG",
        "CHATKEEP_LOCAL_SERVERS",
        "providers",
    ),
    *("limits", "CHATKEEP_LIMIT_MEGABYTES", "CHATKEEP_LIMIT_ACCOUNTS"),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # its first input is, on a busy machine
@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING | st.just({"x": {"base_url": 1}})))
def test_no_secret_whatever_it_is_takes_the_app_down(secrets: dict[str, Any]) -> None:
    settings = load_settings({}, secrets)
    assert all(isinstance(problem, str) and problem for problem in settings.problems)
    assert all(isinstance(key, str) for key in (*settings.keys.values(), *settings.files.values()))


@pytest.mark.parametrize("value", [5, ["tinydb:///x"], True, "tinydb:///a\x00b", {"url": "tinydb:///x"}])
def test_place_that_cannot_be_read_is_no_other_place(value: Any) -> None:
    settings = load_settings({}, {"STORE_URL": value})
    assert settings.store_url == NO_STORE_URL
    with pytest.raises(StoreError, match="STORE_URL is not understood"):
        open_store(settings.store_url)


@pytest.mark.parametrize("value", [5, ["personal"], True, "private", "personal\x00"])
def test_mode_that_cannot_be_read_makes_everybody_a_visitor(value: Any) -> None:
    settings = load_settings({}, {"CHATKEEP_MODE": value})
    assert settings.mode not in (None, "personal")
    assert settings.problems[-1] == (
        "CHATKEEP_MODE must be one of personal, signed-in, visitors: everybody is a visitor until it is."
    )


@pytest.mark.parametrize(
    ("value", "allowed", "problems"),
    [
        *((value, True, 0) for value in ("1", 1, True, "true")),
        *((value, False, 0) for value in ("0", 0, False, "", "false", None)),
        *((value, False, 1) for value in ("yes", 2, ["1"], {"1": "1"})),
    ],
)
def test_visitors_use_the_keys_only_where_that_is_clear(value: Any, allowed: bool, problems: int) -> None:
    settings = load_settings({}, {"CHATKEEP_VISITOR_KEYS": value})
    assert settings.visitor_keys is allowed
    assert (
        settings.problems
        == ('CHATKEEP_VISITOR_KEYS must be "1" or "0": visitors use none of your keys until it is.',)[:problems]
    )


@pytest.mark.parametrize(
    ("value", "days", "problems"),
    [
        *((value, 90, 0) for value in ("", " ", None)),
        *((value, int(value), 0) for value in ("0", 0, 7, "365", "007", 36_500)),
        *((value, 0, 1) for value in (-1, "-1", 1.5, "1e3", "soon", True, [90], 36_501, "9" * 5000, "\u0669\u0660")),
    ],
)
def test_visitors_are_erased_after_the_days_set_and_never_where_these_are_not_clear(
    value: Any, days: int, problems: int
) -> None:
    settings = load_settings({}, {"CHATKEEP_VISITOR_DAYS": value})
    assert settings.visitor_days == days
    assert (
        settings.problems
        == (
            "CHATKEEP_VISITOR_DAYS must be a whole number of days from 0 (never) to 36500: no visitor's conversations "
            "are erased until it is.",
        )[:problems]
    )


def test_limits_are_read_from_the_table_and_from_variables_which_win():
    table = {"answers_per_hour": 5, "all_answers_per_day": "none", "megabytes": "2_000", "accounts": "limited"}
    variables = {"CHATKEEP_LIMIT_ANSWERS_PER_HOUR": " 7 ", "CHATKEEP_LIMIT_TOKENS_PER_DAY": "None"}
    settings = load_settings(variables, {"limits": table, "CHATKEEP_LIMIT_CONVERSATIONS": 12})
    assert settings.allowances == Allowances(
        answers_per_hour=7,
        all_answers_per_day=None,
        megabytes=2_000,
        accounts="limited",
        tokens_per_day=None,
        conversations=12,
    )
    assert settings.problems == ()


@pytest.mark.parametrize("value", [0, "0", -1, 1.5, "1e3", "many", True, [1], {}, "", 10**12 + 1, "9" * 5000, "٩"])
def test_a_limit_that_cannot_be_read_is_said_and_its_default_holds(value: Any) -> None:
    settings = load_settings({}, {"limits": {"answers_per_day": value}})
    assert settings.allowances == Allowances()
    assert settings.problems == (
        'answers_per_day of [limits] must be a whole number from 1 on, or "none" for no limit: 60 holds until it is.',
    )


def test_what_is_no_limit_is_said():
    names = (
        "answers_per_hour, answers_per_day, tokens_per_hour, tokens_per_day, all_answers_per_hour, "
        "all_answers_per_day, all_tokens_per_hour, all_tokens_per_day, message_characters, answers_at_once, "
        "conversations, megabytes, upload_megabytes, upload_megabytes_per_day, accounts"
    )
    settings = load_settings(
        {"CHATKEEP_LIMIT_TOKENS": "5", "CHATKEEP_LIMIT_ACCOUNTS": "some"}, {"limits": {"answers_a_day": 3, 5: 6}}
    )
    assert settings.allowances == Allowances()
    assert settings.problems == (
        f"5 of [limits] is no limit that Chatkeep knows. They are: {names}.",
        f"CHATKEEP_LIMIT_TOKENS is no limit that Chatkeep knows. They are: {names}.",
        f"answers_a_day of [limits] is no limit that Chatkeep knows. They are: {names}.",
        "CHATKEEP_LIMIT_ACCOUNTS must be one of listed, limited, unlimited: listed holds until it is.",
    )


def test_limits_that_are_no_table_are_said():
    assert load_settings({}, {"limits": 5}) == AppSettings(
        problems=(
            "The limits cannot be read, so their defaults hold. limits in the secrets is a number: write [limits] with "
            "one name a line.",
        )
    )


@pytest.mark.parametrize(
    ("owner", "variables", "may"),
    [
        (PERSONAL, {}, True),
        (visitor_of("v" * 43), {}, False),
        (visitor_of("v" * 43), {"CHATKEEP_VISITOR_KEYS": "0"}, False),
        (visitor_of("v" * 43), {"CHATKEEP_VISITOR_KEYS": "yes"}, False),
        (visitor_of("v" * 43), {"CHATKEEP_ALLOWED": "@example.org"}, False),
        (visitor_of("v" * 43), {"CHATKEEP_VISITOR_KEYS": "1"}, True),
        (account_of("https://id.example.org", "ann"), {}, False),
        (account_of("https://id.example.org", "ann"), {"CHATKEEP_ALLOWED": "@example.org"}, True),
        (account_of("https://id.example.org", "ann"), {"CHATKEEP_VISITOR_KEYS": "1"}, True),
    ],
)
def test_who_may_use_the_keys_that_are_configured(owner: Owner, variables: dict[str, str], may: bool) -> None:
    assert load_settings(variables, {}).may_use_keys(owner) is may


def test_who_is_on_the_list_has_no_limits_as_long_as_there_is_one():
    account = account_of("https://id.example.org", "ann")
    assert load_settings({}, {}).allowances_of(account) == Allowances()
    assert load_settings({"CHATKEEP_ALLOWED": "@example.org"}, {}).allowances_of(account) == UNLIMITED


@pytest.mark.parametrize(
    "entry",
    [
        *("*", "https://*.example.org", "wiki.example.org", "https://wiki.example.org/path", "https:", "https://[::1]"),
        *("https://ann@wiki.example.org", "https://wiki.example.org; script-src *", "'none'", "ws://wiki.example.org"),
    ],
)
def test_only_a_whole_origin_may_show_the_app_in_a_frame(entry: str) -> None:
    settings = load_settings({}, {"CHATKEEP_FRAMES": ["https://WIKI.example.org/", entry, "https://bücher.example"]})
    assert settings.frames == ("https://wiki.example.org", "https://xn--bcher-kva.example")
    assert settings.problems == ("Entry 2 of CHATKEEP_FRAMES must look like https://intranet.example.org.",)


@pytest.mark.parametrize(
    ("value", "is_json", "problems"),
    [("json", True, 0), ("plain", False, 0), ("", False, 0), (None, False, 0), ("JSON!", False, 1), (True, False, 2)],
)
def test_log_is_plain_where_that_is_not_clear(value: Any, is_json: bool, problems: int) -> None:
    settings = load_settings({}, {"CHATKEEP_LOG": value})
    assert settings.log_as_json is is_json
    assert len(settings.problems) == problems
    assert settings.problems[-1:] == ("CHATKEEP_LOG must be json or plain: the log is plain until it is.",)[:problems]


def test_every_key_that_is_configured_is_known_as_a_secret() -> None:
    endpoints = {"one": {"base_url": "http://one/v1", "api_key": "key-1"}, "two": {"base_url": "http://two"}}
    settings = load_settings({"OPENAI_API_KEY": "sk-openai"}, {"providers": endpoints})
    assert settings.secrets == {"sk-openai", "key-1"}
    assert "sk-openai" not in repr(settings)


def test_nobody_may_show_the_app_in_a_frame_where_that_is_not_clear() -> None:
    settings = load_settings({}, {"CHATKEEP_FRAMES": True})
    assert settings.frames == ()
    assert settings.problems == (
        "No other site may show Chatkeep in a frame until CHATKEEP_FRAMES can be used. CHATKEEP_FRAMES is true or "
        'false: write "https://intranet.example.org".',
    )


@pytest.mark.parametrize("model", ["mistral", "mistral/", "/small"])
def test_model_without_its_provider_is_named(model: str) -> None:
    settings = load_settings({"CHATKEEP_MODEL": model}, {})
    assert settings.default_model is None
    assert settings.problems == ("CHATKEEP_MODEL must look like mistral/mistral-small-latest.",)


def test_no_key_shows_when_settings_are_printed():
    settings = load_settings(
        {"OPENAI_API_KEY": "sk-secret"}, {"providers": {"x": {"base_url": "http://x/v1", "api_key": "tk-secret"}}}
    )
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("value", "servers"),
    [
        (None, KNOWN),
        ("  ", KNOWN),
        ("off", ()),
        ("OFF", ()),
        (["off"], ()),
        ("LM Studio=4321", (KnownServer("LM Studio", 4321),)),
        (" Ollama = 11434 ,vLLM=65535,", (KnownServer("Ollama", 11434), KnownServer("vLLM", 65535))),
        (["Jan=1", "a=b=2"], (KnownServer("Jan", 1), KnownServer("a=b", 2))),
        ("Ollama=1, OLLAMA=2", (KnownServer("OLLAMA", 2),)),
    ],
)
def test_servers_that_are_looked_for_can_be_said(value, servers):
    settings = load_settings({}, {"CHATKEEP_LOCAL_SERVERS": value})
    assert (settings.servers, settings.problems) == (servers, ())


LOCAL_SERVERS_LIKE = 'CHATKEEP_LOCAL_SERVERS must look like "Ollama=11434, vLLM=8000", or be off.'


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        *((value, LOCAL_SERVERS_LIKE) for value in ("Ollama", "11434", "Ollama=", "=1", "--=1", "off, Ollama=1")),
        *((f"Ollama={port}", LOCAL_SERVERS_LIKE) for port in ("0", "65536", "-1", "1.5", "٣", "9" * 5000, "http://x")),
        ("OpenAI=1", "The name OpenAI in CHATKEEP_LOCAL_SERVERS is taken: choose another one for this server."),
        (True, 'CHATKEEP_LOCAL_SERVERS is true or false: write "Ollama=11434, vLLM=8000".'),
    ],
)
def test_servers_that_cannot_be_read_are_said_and_none_is_looked_for(value, problem):
    settings = load_settings({}, {"CHATKEEP_LOCAL_SERVERS": value})
    assert settings.servers == ()
    assert settings.problems == (f"No server on this machine is looked for. {problem}",)

"""How `[auth]`, `CHATKEEP_ALLOWED` and `CHATKEEP_ADMINS` are read, and what is said of a slip in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.settings.app import load_settings
from chat.sign_in import IdentityProvider, SignIn

PROVIDER = {
    "client_id": "chatkeep-1",
    "client_secret": "s",
    "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
}
SHARED = {"redirect_uri": "https://chat.example.org/oauth2callback", "cookie_secret": "0123456789abcdef"}
AUTH = {**SHARED, **PROVIDER}
ADDRESS = "https://chat.example.org/"
GOOGLE = IdentityProvider("google", "chatkeep-1")


def read(auth: Any = None, **values: Any) -> tuple[SignIn, tuple[str, ...]]:
    settings = load_settings({}, ({} if auth is None else {"auth": auth}) | values)
    return settings.sign_in, settings.problems


def test_without_any_of_it_nobody_signs_in():
    assert read() == (SignIn(), ())
    assert read(CHATKEEP_ADMINS="ann@example.org") == (SignIn(), ())


def test_one_provider():
    assert read(AUTH) == (SignIn(True, (IdentityProvider("default", "chatkeep-1"),), ADDRESS), ())


def test_several_providers_and_what_streamlit_shares_between_them():
    auth = {**SHARED, "expose_tokens": [], "google": PROVIDER, "my-okta": {**PROVIDER, "client_id": "2"}}
    assert read(auth) == (SignIn(True, (GOOGLE, IdentityProvider("my-okta", "2")), ADDRESS), ())
    both = {**AUTH, "client_kwargs": {"prompt": "login"}, "google": PROVIDER}
    assert read(both)[0].providers == (IdentityProvider("default", "chatkeep-1"), GOOGLE)


def test_port_that_is_only_known_later_is_no_address():
    assert read({**AUTH, "redirect_uri": "http://localhost:{port}/oauth2callback"})[0].address is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"redirect_uri": None}, "Nobody can sign in. redirect_uri of [auth] is missing."),
        ({"redirect_uri": " "}, "Nobody can sign in. redirect_uri of [auth] is empty."),
        (
            {"redirect_uri": "chat.example.org/oauth2callback"},
            "Nobody can sign in. redirect_uri of [auth] must look like https://chat.example.org/oauth2callback.",
        ),
        (
            {"redirect_uri": "https://chat.example.org/"},
            "Nobody can sign in. redirect_uri of [auth] must be this app's address with oauth2callback at its end, as "
            "https://chat.example.org/oauth2callback.",
        ),
        ({"cookie_secret": None}, "Nobody can sign in. cookie_secret of [auth] is missing."),
        (
            {"cookie_secret": 5},
            'Nobody can sign in. cookie_secret of [auth] is a number: write cookie_secret = "…".',
        ),
        (
            {"cookie_secret": "xxx"},
            "Nobody can sign in. cookie_secret of [auth] is shorter than 16 characters, and whoever guesses it can "
            "sign in as anybody: write a long random one.",
        ),
        *(
            (
                {"expose_tokens": value},
                "Nobody can sign in. expose_tokens of [auth] cannot be used, and Chatkeep needs none: leave it out.",
            )
            for value in ("refresh", ["id", 5], 5)
        ),
        ({"client_secret": None}, "Nobody can sign in with [auth]. client_secret of [auth] is missing."),
        (
            {"server_metadata_url": "https://login.example.org/{tenant}/v2.0"},
            "Nobody can sign in with [auth]. server_metadata_url of [auth] has a placeholder in braces: write what "
            "your provider gave you for it.",
        ),
        (
            {"server_metadata_url": "login.example.org"},
            "Nobody can sign in with [auth]. server_metadata_url of [auth] must look like "
            "https://accounts.google.com/.well-known/openid-configuration.",
        ),
        (
            dict.fromkeys(PROVIDER),
            "Nobody can sign in. [auth] needs client_id, client_secret and server_metadata_url.",
        ),
    ],
)
def test_slip_is_named_and_opens_nothing(change, said):
    auth = {name: value for name, value in {**AUTH, **change}.items() if value is not None}
    sign_in, problems = read(auth)
    assert (sign_in.is_wanted, sign_in.providers, problems) == (True, (), (said,))


def test_slip_of_one_provider_leaves_the_others():
    auth = {**SHARED, "google": PROVIDER, "my_okta": PROVIDER, "other": {"client_id": "3"}}
    assert read(auth) == (
        SignIn(True, (GOOGLE,), ADDRESS),
        (
            "Nobody can sign in with [auth.my_okta]. Streamlit takes no underscore in the name of a provider: write a "
            "hyphen.",
            "Nobody can sign in with [auth.other]. client_secret of [auth.other] is missing.",
        ),
    )


def test_metadata_address_may_have_a_query():
    url = "https://login.example.org/v2.0/.well-known/openid-configuration?p=B2C_1"
    assert read({**AUTH, "server_metadata_url": url})[1] == ()


@pytest.mark.parametrize("value", ["ann@example.org, @Example.com", ["Ann@example.org", " @example.com "]])
def test_who_may_come_in_as_text_or_list(value):
    sign_in, problems = read(AUTH, CHATKEEP_ALLOWED=value, CHATKEEP_ADMINS="Bob@example.org")
    assert (sign_in.allowed, sign_in.admins, problems) == (
        {"ann@example.org", "@example.com"},
        {"bob@example.org"},
        (),
    )


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ([], ()),
        (",", ()),
        (
            "example.org",
            ("Entry 1 of CHATKEEP_ALLOWED is passed over: it must look like ann@example.org or @example.org.",),
        ),
        (
            {"ann": 1},
            (
                "CHATKEEP_ALLOWED cannot be used, so it names nobody. CHATKEEP_ALLOWED is a table: write "
                '"ann@example.org or @example.org".',
            ),
        ),
    ],
)
def test_list_that_names_nobody_lets_nobody_in(value, problems):
    sign_in, said = read(AUTH, CHATKEEP_ALLOWED=value)
    assert sign_in.allowed == frozenset()
    assert said == (*problems, "CHATKEEP_ALLOWED names nobody, so nobody but the admins may come in.")


def test_no_address_is_shown_in_what_is_wrong():
    sign_in, problems = read(AUTH, CHATKEEP_ALLOWED="ann@example.org;bob@example.org,@example.com")
    assert sign_in.allowed == {"@example.com"}
    assert "ann" not in problems[0].replace("ann@example.org or @example.org.", "")
    assert read(AUTH, CHATKEEP_ADMINS="@example.org")[1] == (
        "Entry 1 of CHATKEEP_ADMINS is passed over: it must look like ann@example.org.",
    )


def test_mode_and_sign_in_together():
    def must(**values):
        return load_settings({}, values).must_sign_in

    assert not must()
    assert must(auth=AUTH)
    assert must(auth="slip")
    assert must(CHATKEEP_ALLOWED="@example.org")
    assert must(CHATKEEP_MODE="signed-in")
    assert must(CHATKEEP_MODE="sigend-in", auth=AUTH)
    assert not must(CHATKEEP_MODE="visitors", auth=AUTH)
    assert not must(CHATKEEP_MODE="personal", auth=AUTH)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            {"CHATKEEP_MODE": "signed-in"},
            "CHATKEEP_MODE is signed-in, and the secrets have no [auth]: nobody can come in until they have.",
        ),
        (
            {"CHATKEEP_ALLOWED": "@example.org"},
            "CHATKEEP_ALLOWED says who may sign in, and the secrets have no [auth]: nobody can until they have.",
        ),
        (
            {"CHATKEEP_MODE": "sigend-in", "auth": AUTH},
            "CHATKEEP_MODE must be one of personal, signed-in, visitors: everybody has to sign in until it is.",
        ),
    ],
)
def test_what_is_said_where_the_two_do_not_fit(values, problem):
    assert load_settings({}, values).problems == (problem,)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*AUTH, "google", "")), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(_ANYTHING, _ANYTHING, _ANYTHING)
def test_whatever_stands_there_is_read_or_named(auth, allowed, admins):
    settings = load_settings({}, {"auth": auth, "CHATKEEP_ALLOWED": allowed, "CHATKEEP_ADMINS": admins})
    assert settings.must_sign_in or (auth is None and not allowed)
    assert all(isinstance(problem, str) and problem for problem in settings.problems)

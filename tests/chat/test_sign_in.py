"""Who somebody is that signed in, and whether they may come in, as whole values."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.owner import account_of
from chat.sign_in import Account, IdentityProvider, SignIn, account_in, comparable, comparable_domain

SIGN_IN = SignIn(
    is_wanted=True, providers=(IdentityProvider("default", "chatkeep-1"), IdentityProvider("okta", "chatkeep-2"))
)
CLAIMS = {
    "is_logged_in": True,
    "provider": "default",
    "iss": "https://login.example.org",
    "sub": "4711",
    "aud": "chatkeep-1",
    "name": "Ann Example",
    "email": "Ann@Example.org",
    "email_verified": True,
    "exp": 1,  # checked as somebody signs in; from then on the cookie's time counts
}
ANN = Account(account_of("https://login.example.org", "4711"), "Ann Example", "Ann@Example.org", True, False)


def who(sign_in=SIGN_IN, **claims):
    """Return whose these claims are; a claim of None is left out."""
    return account_in({name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}, sign_in)


def guests(allowed=None, admins=()):
    forms = None if allowed is None else frozenset(allowed)
    return dataclasses.replace(SIGN_IN, allowed=forms, admins=frozenset(admins))


def test_owner_is_made_of_issuer_and_subject_and_of_nothing_that_can_change():
    assert who() == ANN
    renamed = who(name="Ann Other", email="ann@other.example", aud=["chatkeep-1", "another"])
    assert renamed == Account(ANN.owner, "Ann Other", "ann@other.example", True, False)
    others = {who(iss="https://login.example.com").owner.id, who(sub="4712").owner.id, ANN.owner.id}
    assert len(others) == 3


@pytest.mark.parametrize(
    "claims",
    [
        {"is_logged_in": None},
        {"is_logged_in": False},
        {"is_logged_in": "true"},
        {"iss": None},
        {"iss": ""},
        {"sub": None},
        {"sub": ""},
        {"sub": 4711},
        {"aud": None},
        {"aud": "chatkeep-2"},
        {"aud": ["chatkeep-2", "x"], "azp": "chatkeep-1"},
        {"aud": {"chatkeep-1": 1}},
        {"provider": None},
        {"provider": "okta"},
        {"provider": "gone"},
    ],
)
def test_what_is_not_for_this_app_signs_nobody_in(claims):
    assert who(**claims) is None


def test_nobody_is_signed_in_where_no_provider_can_be_used():
    assert who(SignIn(is_wanted=True)) is None


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "  "}, "Ann@Example.org"),
        ({"name": None, "preferred_username": "ann"}, "ann"),
        ({"name": 5, "email": None}, ""),
        ({"name": "x" * 5000}, "x" * 80),
    ],
)
def test_name_that_is_shown(claims, name):
    assert who(**claims).name == name


@pytest.mark.parametrize(
    ("allowed", "email", "may"),
    [
        (None, "ann@example.org", True),
        (None, None, True),
        ((), "ann@example.org", False),
        (("ann@example.org",), "ann@example.org", True),
        (("ann@example.org",), "ANN@EXAMPLE.ORG", True),
        (("ann@example.org",), " ann@example.org ", True),
        (("ann@example.org",), "bob@example.org", False),
        (("ann@example.org",), "ann+chat@example.org", False),
        (("ann@example.org",), None, False),
        (("ann@example.org",), ["ann@example.org"], False),
        (("@example.org",), "Bob@Example.ORG", True),
        (("@example.org",), "bob@example.org.", True),
        (("@example.org",), "bob@sub.example.org", False),
        (("@example.org",), "bob@notexample.org", False),
        (("@example.org",), "bob@evil.example@example.org", False),
        (("@example.org",), '"bob@evil.example"@example.org', False),
        (("@example.org",), "@example.org", False),
        (("@example.org",), "bob@example.org\n", True),
        (("@xn--bcher-kva.example",), "bob@Bücher.example", True),
    ],
)
def test_who_may_come_in(allowed, email, may):
    assert who(guests(allowed), email=email).is_allowed is may


@pytest.mark.parametrize(
    ("verified", "counts"),
    [(True, True), ("true", True), (None, True), (False, False), ("false", False), ("", False), (0, False), (1, False)],
)
def test_address_counts_unless_the_provider_says_that_it_may_be_somebody_elses(verified, counts):
    account = who(guests(("ann@example.org",), ("ann@example.org",)), email_verified=verified)
    assert (account.is_allowed, account.is_admin) == (counts, counts)
    assert account.address == ("Ann@Example.org" if counts else None)


def test_admin_may_come_in_and_a_guest_is_no_admin():
    assert who(guests((), ("ann@example.org",))) == dataclasses.replace(ANN, is_admin=True)
    assert who(guests(("@example.org",), ("bob@example.org",))) == ANN


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann@example.org", "ann@EXAMPLE.org", True),
        ("RENÉE@example.org", "renée@example.org", True),
        ("rene\u0301e@example.org", "ren\u00e9e@example.org", True),
        ("\u212aelvin@example.org", "kelvin@example.org", False),  # the Kelvin sign, which lower case makes a k
        ("kelvin@\u212a.example", "kelvin@k.example", False),
        ("аnn@example.org", "ann@example.org", False),  # a Cyrillic а
        ("straße@example.org", "strasse@example.org", False),
        ("ｂob@example.org", "bob@example.org", False),  # a full-width b
    ],
)
def test_case_and_letters_of_addresses(one, other, same):
    assert (comparable(one) == comparable(other)) is same


@given(st.emails())
def test_every_usual_address_has_a_form_and_case_does_not_change_it(address):
    form = comparable(address)
    assert form is not None
    assert form == comparable(address.upper()) == comparable(form)


@pytest.mark.parametrize("text", ["", "ann", "@", "ann@", "@example.org", "a b@example.org", "ann@ex ample.org", "a@-"])
def test_what_is_no_address(text):
    assert comparable(text) is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("@Example.org", "@example.org"),
        (" @bücher.example ", "@xn--bcher-kva.example"),
        *(
            (text, None)
            for text in ("example.org", "@", "@@example.org", "*@example.org", "@exa mple", "ann@example.org")
        ),
    ],
)
def test_domains(text, form):
    assert comparable_domain(text) == form


def test_labels_of_providers():
    names = ("default", "google", "my-company", "ACME")
    assert [IdentityProvider(name, "id").label for name in names] == [None, "Google", "My company", "ACME"]


@pytest.mark.parametrize(
    ("address", "origin", "works"),
    [
        ("https://chat.example.org/", "https://chat.example.org", True),
        ("https://chat.example.org/app/", "https://Chat.Example.org", True),
        ("http://localhost:8501/", "http://127.0.0.1:8501", False),
        ("https://chat.example.org/", "http://chat.example.org", False),
        ("https://chat.example.org/", "https://chat.example.org:8443", False),
        ("https://chat.example.org/", None, True),
        (None, "https://chat.example.org", True),
    ],
)
def test_where_signing_in_works(address, origin, works):
    assert SignIn(True, (), address).works_at(origin) is works

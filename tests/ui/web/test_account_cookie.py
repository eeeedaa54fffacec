"""How long the cookie of somebody who signed in counts, whatever the clock of the machine says."""

import asyncio
import json
import time

import pytest
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from ui.web.account_cookie import LONGEST, AccountCookie, SteadyClock

DAY = 24 * 3600
NOW = 1_800_000_000.0
SAID = json.dumps({"sub": "ann"})


class FakeClock:
    """The machine's clock and the one that never jumps."""

    def __init__(self):
        self.wall, self.steady = NOW, 50.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.steady)

    def go_on(self, seconds):
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def clock(monkeypatch):
    fake = FakeClock()
    monkeypatch.setattr(time, "time", lambda: fake.wall)
    return fake


def cookie(name="_streamlit_user", said=SAID, secret=None):
    """Return a cookie that is made now, as Streamlit makes it."""
    return f"{name}={URLSafeTimedSerializer(secret or get_cookie_secret(), salt=name).dumps(said)}"


def seen(clock, *cookies, kind="websocket"):
    """Return the cookies of a handshake as Streamlit sees them."""
    scopes = []

    async def inner(scope, receive, send):
        scopes.append(scope)

    headers = [(b"host", b"chat.example"), (b"Cookie", "; ".join(cookies).encode())]
    asyncio.run(AccountCookie(inner, clock.clock)({"type": kind, "headers": headers}, None, None))
    (scope,) = scopes
    assert scope["headers"][0] == headers[0]
    pairs = [each.strip().partition("=") for each in scope["headers"][1][1].decode().split(";")]
    return {name: value for name, _, value in pairs if name}


def signed_in(clock, *cookies):
    said = _get_signed_cookie_with_chunks(seen(clock, *cookies), "_streamlit_user")
    return None if said is None else said.decode()


def test_cookie_counts_for_thirty_days(clock):
    made = cookie()
    assert signed_in(clock, made) == SAID
    clock.go_on(LONGEST - 1)
    assert signed_in(clock, made) == SAID
    clock.go_on(2)
    assert signed_in(clock, made) is None


@pytest.mark.parametrize("days", [-400, -1, 60, 4000])
def test_jump_of_the_clock_signs_nobody_out(clock, days):
    made = cookie()
    clock.wall += days * DAY
    assert signed_in(clock, made) == SAID


def test_clock_that_was_wrong_as_the_app_began_signs_nobody_out(clock):
    clock.wall += 60 * DAY
    clock.clock = SteadyClock(lambda: clock.wall, lambda: clock.steady)
    made_ahead = cookie()
    clock.wall -= 60 * DAY
    assert signed_in(clock, made_ahead) == SAID
    assert signed_in(clock, cookie()) == SAID


def test_cookie_whose_days_are_over_is_not_taken_as_the_clock_goes_forward(clock):
    made = cookie()
    clock.go_on(LONGEST + DAY)
    clock.wall += 10 * DAY
    assert signed_in(clock, made) is None


def test_long_cookie_in_parts_and_its_tokens(clock):
    half = len(SAID) // 2
    parts = [cookie("_streamlit_user", "chunks-2"), cookie("_streamlit_user_1", SAID[:half])]
    parts += [cookie("_streamlit_user_2", SAID[half:]), cookie("_streamlit_user_tokens", "{}")]
    clock.wall -= DAY
    assert signed_in(clock, *parts) == SAID
    assert _get_signed_cookie_with_chunks(seen(clock, *parts), "_streamlit_user_tokens") == b"{}"


@pytest.mark.parametrize(
    "junk",
    [
        "_streamlit_user=junk",
        "_streamlit_user=",
        "_streamlit_user=a.b.c",
        f"_streamlit_user={'x' * 60_000}",
        "_streamlit_user=..\xff..",
        "_streamlit_user",
        cookie(secret="of another installation"),
        cookie("_streamlit_user_1").replace("_streamlit_user_1", "_streamlit_user"),
        f"_streamlit_user={TimestampSigner(get_cookie_secret(), salt='_streamlit_user').sign(b'!').decode()}",
    ],
)
def test_what_this_installation_did_not_sign_signs_nobody_in(clock, junk):
    assert signed_in(clock, "first=1", junk, 'last="a b"') is None
    assert seen(clock, "first=1", junk, 'last="a b"').items() >= {("first", "1"), ("last", '"a b"')}


def test_only_the_handshake_is_touched(clock):
    made = cookie()
    clock.go_on(LONGEST + DAY)
    assert seen(clock, made, kind="http") == dict([made.split("=", 1)])

"""What Streamlit is told of the browser that a connection comes from."""

import asyncio
import tomllib
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from streamlit.web.server.starlette import starlette_websocket
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from chat.owner import visitor_of
from ui.web.binding import HEADER, USER_KEY, Binding, bind_in_plain_mode, binding_of

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "A" * 43
SECRET = bytes(range(16))
SOMEWHERE = ("203.0.113.9", 4711)


def handshake(*headers, client=SOMEWHERE):
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "websocket", "client": client, "headers": raw}


def seen(*headers, client=SOMEWHERE):
    """Return the headers of a handshake as Streamlit sees them."""
    scopes = []

    async def inner(scope, receive, send):
        scopes.append(scope)

    asyncio.run(Binding(inner)(handshake(*headers, client=client), None, None))
    return [(name.decode(), value.decode()) for name, value in scopes[0]["headers"]]


def test_connection_says_whose_browser_it_is_whatever_the_browser_says():
    spoofed = ("X-Chatkeep-Visitor", visitor_of("B" * 43).id)
    assert seen(spoofed, ("cookie", f"chatkeep={TOKEN}"), spoofed) == [
        ("cookie", f"chatkeep={TOKEN}"),
        ("x-chatkeep-visitor", visitor_of(TOKEN).id),
    ]
    assert seen(spoofed) == []


def test_handshake_over_https_counts_by_its_origin():
    cookies = ("cookie", f"chatkeep={TOKEN}; __Host-Http-chatkeep={'B' * 43}")
    assert binding_of(handshake(("origin", "https://chat.example"), cookies)) == visitor_of("B" * 43).id
    assert binding_of(handshake(("origin", "http://chat.example"), cookies)) == visitor_of(TOKEN).id


def test_browser_whose_token_does_not_arrive_is_bound_by_streamlits_own_cookie():
    """It is written anew with each page, masked by chance, and stands for the same secret."""
    one, again = (generate_xsrf_token_string(SECRET, 1) for _ in range(2))
    assert one != again
    bindings = {binding_of(handshake(("cookie", f"_streamlit_xsrf={value}"))) for value in (one, again)}
    assert len(bindings) == 1
    (binding,) = bindings
    assert binding is not None
    assert SECRET.hex() not in binding
    other = generate_xsrf_token_string(bytes(16), 1)
    assert binding_of(handshake(("cookie", f"_streamlit_xsrf={other}"))) not in (binding, None)


@pytest.mark.parametrize("junk", ["", "2|a|b|c", "x" * 5000, "2|00|", "zz"])
def test_junk_in_that_cookie_binds_nothing(junk):
    assert binding_of(handshake(("cookie", f"_streamlit_xsrf={junk}"))) is None


def test_in_plain_mode_streamlit_is_told_the_same_of_its_own_cookie():
    bind_in_plain_mode()
    cookie = ("cookie", f"_streamlit_xsrf={generate_xsrf_token_string(SECRET, 1)}")
    headers = Headers(scope=handshake(cookie, ("cookie", f"chatkeep-page={TOKEN}")))
    assert starlette_websocket.gather_user_info(headers) == {USER_KEY: binding_of(handshake(cookie))}
    assert starlette_websocket.gather_user_info(Headers()) == {USER_KEY: None}


def test_unix_socket_counts_as_behind_a_proxy():
    assert seen(client=None) == [("via", "1.1 unix-socket")]


def test_config_trusts_this_header_and_no_other():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["server"]["trustedUserHeaders"] == {HEADER: USER_KEY}

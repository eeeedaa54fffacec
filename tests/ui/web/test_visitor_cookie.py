"""The cookie middleware, as a server and a browser talk with it."""

import asyncio

import pytest

from chat.owner import new_token, visitor_of
from ui.web.visitor_cookie import VisitorCookie

TOKEN = "A" * 43
FOREVER = "Max-Age=34560000"


def answered(*headers, content_type="text/html; charset=utf-8", scheme="http", method="GET"):
    """Return the headers of the answer to a request with these."""
    sent = []

    async def inner(scope, receive, send):
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", content_type.encode())]}
        )
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": method, "scheme": scheme, "path": "/", "headers": raw}
    asyncio.run(VisitorCookie(inner)(scope, None, send))
    return [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]


def cookie(*headers, **request):
    """Return the cookie that the answer sets, or None."""
    return dict(answered(*headers, **request)).get("set-cookie")


def seen(*headers):
    """Return the headers of a websocket's handshake as Streamlit sees them."""
    scopes = []

    async def inner(scope, receive, send):
        scopes.append(scope)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    asyncio.run(VisitorCookie(inner)({"type": "websocket", "headers": raw}, None, None))
    return [(name.decode(), value.decode()) for name, value in scopes[0]["headers"]]


def test_token_is_renewed_with_every_page_and_no_cache_keeps_it():
    assert answered(("cookie", f"other=1; chatkeep={TOKEN}")) == [
        ("content-type", "text/html; charset=utf-8"),
        ("set-cookie", f"chatkeep={TOKEN}; Path=/; {FOREVER}; HttpOnly; SameSite=Lax"),
        ("cache-control", "no-store"),
    ]


@pytest.mark.parametrize("proxied", [False, True], ids=["by itself", "behind a proxy"])
def test_over_https_no_script_and_no_page_of_plain_http_can_plant_it(proxied):
    how = ("x-forwarded-proto", "https, http") if proxied else ("accept", "*/*")
    scheme = "http" if proxied else "https"
    expected = f"__Host-Http-chatkeep={TOKEN}; Path=/; {FOREVER}; Secure; HttpOnly; SameSite=Lax"
    assert cookie(how, ("cookie", f"__Host-Http-chatkeep={TOKEN}"), scheme=scheme) == expected
    planted = cookie(how, ("cookie", f"chatkeep={TOKEN}"), scheme=scheme)
    assert planted.startswith("__Host-Http-chatkeep=")
    assert TOKEN not in planted


@pytest.mark.parametrize("value", ["", "short", "A" * 44, "A" * 42 + "!", "A" * 100_000, "Ä" * 43])
def test_malformed_token_is_replaced_by_a_new_one(value):
    given = cookie(("cookie", f"chatkeep={value}"))
    assert given.startswith("chatkeep=")
    assert value == "" or value not in given
    assert cookie(("cookie", given.partition(";")[0])) == given


def test_every_browser_gets_a_token_of_its_own():
    assert len({cookie() for _ in range(100)}) == 100


def test_frame_of_another_site_over_https_gets_one_for_that_site_alone():
    frame = (("sec-fetch-dest", "iframe"), ("sec-fetch-site", "cross-site"))
    assert cookie(*frame, scheme="https").endswith("Secure; HttpOnly; SameSite=None; Partitioned")
    assert cookie(*frame, scheme="http").endswith("HttpOnly; SameSite=Lax")
    assert cookie(frame[0], ("sec-fetch-site", "same-origin"), scheme="https").endswith("SameSite=Lax")


@pytest.mark.parametrize("other", [{"content_type": "text/javascript"}, {"method": "POST"}])
def test_nothing_but_a_page_carries_a_token(other):
    assert cookie(**other) is None


def test_session_is_bound_to_the_visitor_whatever_the_browser_says():
    token = new_token()
    spoofed = ("X-Chatkeep-Visitor", visitor_of(TOKEN).id)
    assert seen(spoofed, ("cookie", f"chatkeep={token}")) == [
        ("cookie", f"chatkeep={token}"),
        ("x-chatkeep-visitor", visitor_of(token).id),
    ]
    assert seen(spoofed) == []


def test_handshake_over_https_counts_by_its_origin():
    cookies = ("cookie", f"chatkeep={TOKEN}; __Host-Http-chatkeep={'B' * 43}")
    assert dict(seen(("origin", "https://chat.example"), cookies))["x-chatkeep-visitor"] == visitor_of("B" * 43).id
    assert dict(seen(("origin", "http://chat.example"), cookies))["x-chatkeep-visitor"] == visitor_of(TOKEN).id

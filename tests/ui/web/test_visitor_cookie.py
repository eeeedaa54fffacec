"""The cookie middleware, as a server and a browser talk with it."""

import asyncio

import pytest

from ui.web.visitor_cookie import VisitorCookie, cookie_with, cookies_without_token, token_of_request

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


def cookies(*headers, **request):
    """Return the cookies that the answer sets."""
    return [value for name, value in answered(*headers, **request) if name == "set-cookie"]


def cookie(*headers, **request):
    """Return the only cookie that the answer sets."""
    (only,) = cookies(*headers, **request)
    return only


def scope_with(*headers, scheme="http"):
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "method": "GET", "scheme": scheme, "path": "/", "headers": raw}


def test_token_is_renewed_with_every_page():
    assert answered(("cookie", f"other=1; chatkeep={TOKEN}")) == [
        ("content-type", "text/html; charset=utf-8"),
        ("set-cookie", f"chatkeep={TOKEN}; Path=/; {FOREVER}; HttpOnly; SameSite=Lax"),
    ]


@pytest.mark.parametrize("proxied", [False, True], ids=["by itself", "behind a proxy"])
def test_over_https_no_script_and_no_page_of_plain_http_can_plant_it(proxied):
    how = ("x-forwarded-proto", "https, http") if proxied else ("accept", "*/*")
    scheme = "http" if proxied else "https"
    expected = f"__Host-Http-chatkeep={TOKEN}; Path=/; {FOREVER}; Secure; HttpOnly; SameSite=Lax"
    assert cookie(how, ("cookie", f"__Host-Http-chatkeep={TOKEN}"), scheme=scheme) == expected
    planted = cookie(how, ("cookie", f"chatkeep={TOKEN}; __Host-chatkeep={TOKEN}"), scheme=scheme)
    assert planted.startswith("__Host-Http-chatkeep-")
    assert TOKEN not in planted


@pytest.mark.parametrize("value", ["", "short", "A" * 44, "A" * 42 + "!", "A" * 100_000, "Ä" * 43])
def test_malformed_token_is_replaced_by_a_new_one(value):
    given, ended = cookies(("cookie", f"chatkeep={value}"))
    assert given.startswith("chatkeep-")
    assert value == "" or value not in given
    assert ended == "chatkeep=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    assert cookies(("cookie", given.partition(";")[0])) == [given]


def test_every_browser_gets_a_token_of_its_own():
    assert len({cookie() for _ in range(100)}) == 100


def test_frame_of_another_site_over_https_gets_one_for_that_site_alone():
    frame = (("sec-fetch-dest", "iframe"), ("sec-fetch-site", "cross-site"))
    assert cookie(*frame, scheme="https").endswith("Secure; HttpOnly; SameSite=None; Partitioned")
    assert cookie(*frame, scheme="http").endswith("HttpOnly; SameSite=Lax")
    assert cookie(frame[0], ("sec-fetch-site", "same-origin"), scheme="https").endswith("SameSite=Lax")


@pytest.mark.parametrize("other", [{"content_type": "text/javascript"}, {"method": "POST"}])
def test_nothing_but_a_page_carries_a_token(other):
    assert cookies(**other) == []


def test_first_of_several_tokens_is_the_one_that_counts_and_the_page_ends_the_others():
    request = ("cookie", f"chatkeep-0000000b={'B' * 43}; chatkeep=junk; chatkeep-0000000a={TOKEN}")
    assert token_of_request(scope_with(request)) == "B" * 43
    assert cookies(request) == [
        f"chatkeep-0000000b={'B' * 43}; Path=/; {FOREVER}; HttpOnly; SameSite=Lax",
        "chatkeep=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
        "chatkeep-0000000a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    ]


def test_only_whole_names_are_ours():
    others = f"chatkeep-={TOKEN}; chatkeeper={TOKEN}; xchatkeep={TOKEN}; chatkeep-0000000g={TOKEN}; Chatkeep={TOKEN}"
    assert token_of_request(scope_with(("cookie", others))) is None


def test_token_given_by_hand_takes_the_place_of_the_one_that_is_there():
    there = ("cookie", f"__Host-Http-chatkeep-0000000a={TOKEN}")
    https = {"scheme": "https"}
    ours = f"{'B' * 43}; Path=/; {FOREVER}; Secure; HttpOnly; SameSite=Lax"
    assert cookie_with("B" * 43, scope_with(there, **https)) == f"__Host-Http-chatkeep-0000000a={ours}"
    assert cookie_with("B" * 43, scope_with(**https)) == f"__Host-Http-chatkeep={ours}"


def test_browser_can_be_left_with_no_token_at_all():
    request = ("cookie", f"a=1; chatkeep=junk; chatkeep-0000000a={TOKEN}; __Host-Http-chatkeep={TOKEN}")
    assert cookies_without_token(scope_with(request)) == [
        "chatkeep=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
        "chatkeep-0000000a=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    ]

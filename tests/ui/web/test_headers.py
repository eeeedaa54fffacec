"""What a browser is told with every answer: whole values, for the page and for all else."""

import asyncio
import hashlib
import re
from base64 import b64encode
from pathlib import Path

import pytest
import streamlit

from ui.web.headers import Headers

(SCRIPT,) = re.findall(
    r"<script>(.*?)</script>", (Path(streamlit.__file__).parent / "static/index.html").read_text("utf-8"), re.DOTALL
)
HASH = b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
PAGE_POLICY = (
    f"default-src 'none'; script-src 'self' 'sha256-{HASH}' blob:; style-src 'self' 'unsafe-inline'; img-src 'self'; "
    "font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
}


def answered(*headers, frames=(), scheme="http", **request_headers):
    """Return the headers of an answer that has these by itself."""
    sent = []

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in request_headers.items()]
    scope = {"type": "http", "method": "GET", "scheme": scheme, "path": "/", "headers": raw}
    asyncio.run(Headers(inner, lambda: frames)(scope, None, send))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


HTML = (b"content-type", b"text/html; charset=utf-8")


def test_page_loads_nothing_from_another_host_is_in_no_foreign_frame_and_kept_by_no_cache():
    assert answered(HTML, (b"cache-control", b"no-cache")) == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        **EVERYWHERE,
        "content-security-policy": PAGE_POLICY,
    }


@pytest.mark.parametrize("https", [{"scheme": "https"}, {"x_forwarded_proto": "https"}], ids=["itself", "by a proxy"])
def test_page_over_https_shares_no_window_with_another_site(https):
    assert answered(HTML, **https)["cross-origin-opener-policy"] == "same-origin"


def test_whatever_is_no_page_can_do_nothing_where_it_is_opened_as_one_and_is_cached_as_before():
    assert answered((b"content-type", b"image/svg+xml"), (b"cache-control", b"public, immutable")) == {
        "content-type": "image/svg+xml",
        "cache-control": "public, immutable",
        **EVERYWHERE,
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'self'",
    }


def test_configured_origins_may_show_it_in_a_frame():
    frames = ("https://wiki.example.org", "http://localhost:8080")
    assert answered(HTML, frames=frames)["content-security-policy"] == f"{PAGE_POLICY} {' '.join(frames)}"
    assert answered(frames=frames)["content-security-policy"] == (
        f"default-src 'none'; sandbox; frame-ancestors 'self' {' '.join(frames)}"
    )


def raising(*, begun):
    """Return what is sent where the app raises, before or after its answer has begun."""
    sent = []

    async def inner(scope, receive, send):
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("marked words")

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": []}
    try:
        asyncio.run(Headers(inner, lambda: ())(scope, None, send))
    except ValueError:
        assert begun
    return sent


def test_request_that_meets_what_nobody_foresaw_is_answered_by_a_sentence(caplog):
    start, body = raising(begun=False)
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert start["status"] == 500
    assert body["body"] == b"Something unexpected went wrong here. Your conversations are safe: try again."
    assert headers == {
        "content-length": "77",
        "content-type": "text/plain; charset=utf-8",
        **EVERYWHERE,
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'self'",
    }
    assert [record.getMessage() for record in caplog.records] == ["a request met what nobody foresaw"]
    (start,) = raising(begun=True)
    assert start["status"] == 200

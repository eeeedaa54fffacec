"""Who sees the personal conversations: a browser on this machine, and nobody of whom that is in doubt."""

import pytest

from chat.owner import Connection, is_personal, new_token, visitor_of

HERE = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}

BROWSER = {
    **HERE,
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "User-Agent": "Mozilla/5.0",
    "Accept": "*/*",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Cookie": "_streamlit_xsrf=1",
    "DNT": "1",
    "Sec-GPC": "1",
    "Sec-Fetch-Site": "same-origin",
    "Sec-WebSocket-Key": "x",
    "Sec-WebSocket-Protocol": "streamlit",
    "Sec-WebSocket-Extensions": "permessage-deflate",
    "Sec-CH-UA-Platform": "Linux",
    "Priority": "u=4",
}
"""All that browsers send when they open a socket."""

ADDED_BY_PROXIES = (
    *("Forwarded", "Forwarded-For", "Forwarded-For-Ip", "X-Forwarded", "X-Forwarded-For", "X-Forwarded-Host"),
    *("X-Forwarded-Proto", "X-Forwarded-Ssl", "X-Forwarded-Scheme", "X-Forwarded-Email", "X-Original-Forwarded-For"),
    *("Via", "X-Real-IP", "Client-IP", "X-Client-IP", "True-Client-IP", "X-Cluster-Client-IP", "Fastly-Client-IP"),
    *("Fly-Client-IP", "WL-Proxy-Client-IP", "Proxy-Client-IP", "Proxy-Connection", "CF-Connecting-IP", "CF-Ray"),
    *(
        "Do-Connecting-IP",
        "X-AppEngine-User-IP",
        "X-Azure-ClientIP",
        "X-Sucuri-ClientIP",
        "CDN-Loop",
        "X-Amzn-Trace-Id",
    ),
    *("X-Envoy-External-Address", "X-Original-Host", "X-Originating-IP", "X-Remote-IP", "X-Host"),
    *(
        "X-Scheme",
        "X-Vercel-Id",
        "X-NF-Request-Id",
        "X-ARR-LOG-ID",
        "X-Cloud-Trace-Context",
        "X-Goog-IAP-JWT-Assertion",
    ),
    *("Tailscale-User-Login", "Tailscale-User-Name", "Ngrok-Trace-Id", "Remote-User", "X-Auth-Request-User"),
    *("Front-End-Https", "Akamai-Origin-Hop", "X-Varnish", "X-ProxyUser-Ip", "X-Amzn-Trace-Id"),
    *("X-Request-ID", "X-Goog-IAP-JWT-Assertion"),
)


@pytest.mark.parametrize(
    ("remote_ip", "host"),
    [
        ("127.0.0.1", "localhost:8501"),
        ("127.0.0.1", "127.0.0.1:8501"),
        ("127.8.9.10", "localhost"),
        ("::1", "[::1]:8501"),
        ("::ffff:127.0.0.1", "chat.localhost:8501"),
    ],
)
def test_browser_on_this_machine_is_personal(remote_ip, host):
    assert is_personal(None, Connection(remote_ip, {"Host": host, "Origin": f"http://{host}"}))


@pytest.mark.parametrize(
    ("remote_ip", "headers"),
    [
        ("192.168.1.20", HERE),
        ("10.0.0.1", HERE),
        ("::ffff:10.0.0.1", HERE),
        (None, HERE),
        ("nonsense", HERE),
        ("127.0.0.1", {}),
        ("127.0.0.1", {"Host": "chat.example.org"}),
        ("127.0.0.1", {"Host": "192.168.1.5:8501"}),
        ("127.0.0.1", {"Host": "localhost.example.org"}),
        ("127.0.0.1", {"Host": "127.0.0.1.example.org"}),
        ("127.0.0.1", {"Host": "evil.example/@localhost"}),
        ("127.0.0.1", {"Host": "[::1"}),
        ("127.0.0.1", {"Host": "localhost:8501", "Origin": "https://chat.example.org"}),
        ("127.0.0.1", {"Host": "localhost:8501", "Origin": "null"}),
    ],
)
def test_any_doubt_makes_a_visitor(remote_ip, headers):
    assert not is_personal(None, Connection(remote_ip, headers))


@pytest.mark.parametrize("header", ADDED_BY_PROXIES)
@pytest.mark.parametrize("case", [str.lower, str.upper, str])
def test_one_forwarding_header_makes_a_visitor(header, case):
    assert is_personal(None, Connection("127.0.0.1", BROWSER))
    assert not is_personal(None, Connection("127.0.0.1", {**BROWSER, case(header): "127.0.0.1"}))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", None),  # a script: every browser sends one with a socket
        ("localhost:8501", ""),
        ("localhost:8501", "http://localhost:9000"),  # another program's page on this machine
        ("localhost:8501", "http://localhost"),
        ("localhost", "http://localhost:8501"),
        ("localhost:8501", "http://127.0.0.1:8501"),
        ("localhost:8501", "http://a.localhost:8501"),
        ("localhost:8501", "file://localhost:8501"),
        ("localhost:8501", "http://localhost:8501/page"),
        ("localhost:8501", "http://localhost:8501 "),
        ("localhost:8501", "http://user@localhost:8501"),
        ("evil.example\\@localhost", "http://evil.example\\@localhost"),
        ("evil.example/@localhost", "http://evil.example/@localhost"),
        ("evil.example#@localhost", "http://evil.example#@localhost"),
        ("user:word@localhost", "http://user:word@localhost"),
        ("localhost:8501\n", "http://localhost:8501"),
        ("localhost.", "http://localhost."),
        ("localhost\x00", "http://localhost\x00"),
        ("[::1]evil.example", "http://[::1]evil.example"),
        ("xlocalhost", "http://xlocalhost"),
    ],
)
def test_origin_must_be_a_page_of_this_very_host(host, origin):
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    assert not is_personal(None, Connection("127.0.0.1", headers))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost", "http://localhost"),
        ("localhost", "https://localhost"),
        ("localhost:443", "https://localhost"),
        ("LOCALHOST:8501", "http://localhost:8501"),
        ("[::1]:8501", "http://[::1]:8501"),
    ],
)
def test_origin_of_this_host_is_known_however_it_is_written(host, origin):
    assert is_personal(None, Connection("::1", {"Host": host, "Origin": origin}))


def test_mode_goes_before_everything_else():
    far, near = Connection("203.0.113.7", {"Host": "chat.example.org"}), Connection("127.0.0.1", HERE)
    assert is_personal("personal", far)
    assert not is_personal("visitors", near)
    assert not is_personal("signed-in", near)
    assert not is_personal("persnal", near)


def test_every_visitor_is_somebody_else():
    assert len({visitor_of(new_token()).id for _ in range(100)}) == 100

"""What the page is told of how signing in ended, from what Streamlit's own routes answer."""

import asyncio
import logging

import pytest
from streamlit import config

from ui.web.sign_in_endings import SignInEndings, without_traceback

USER = b"_streamlit_user=signed; HttpOnly; Path=/"
NO_USER = b'_streamlit_user=""; Max-Age=0; Path=/'


def answer(path, query="", status=302, location="/", cookies=(), error=None, kind="http"):
    """Return the status and the Location that a browser gets where Streamlit answers so."""
    sent = []

    async def streamlit(scope, receive, send):
        if error is not None:
            raise error
        headers = [(b"location", location.encode()), *((b"set-cookie", cookie) for cookie in cookies)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"Authentication error" if status >= 400 else b""})

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [],
        "scheme": "http",
    }
    asyncio.run(SignInEndings(streamlit)(scope, None, send))
    start, body = sent
    headers = dict(start["headers"])
    assert start["status"] != 302 or not body.get("body")
    return start["status"], headers.get(b"location", b"").decode()


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        # It goes well.
        ({"path": "/auth/login", "location": "https://login.example.org/"}, "https://login.example.org/"),
        ({"path": "/oauth2callback", "query": "code=1&state=2", "cookies": [USER]}, "/"),
        ({"path": "/oauth2callback", "query": "code=1&state=2", "cookies": [NO_USER, USER]}, "/"),
        # After signing out at the provider.
        ({"path": "/oauth2callback"}, "/"),
        # It does not.
        ({"path": "/auth/login", "status": 400}, "/?sign-in=unreachable"),
        ({"path": "/auth/login", "status": 500}, "/?sign-in=unreachable"),
        ({"path": "/auth/login", "error": RuntimeError("x")}, "/?sign-in=unreachable"),
        ({"path": "/auth/login"}, "/?sign-in=late"),
        ({"path": "/oauth2callback", "query": "code=1&state=2", "cookies": [NO_USER]}, "/?sign-in=failed"),
        ({"path": "/oauth2callback", "query": "code=1&state=2"}, "/?sign-in=late"),
        ({"path": "/oauth2callback", "query": "code=1&state=2", "error": KeyError("x")}, "/?sign-in=failed"),
        ({"path": "/oauth2callback", "query": "state=2", "status": 500}, "/?sign-in=failed"),
        ({"path": "/oauth2callback", "query": "error=access_denied&state=2"}, "/?sign-in=declined"),
        ({"path": "/oauth2callback", "query": "error=%0Aforged&error_description=%3Cb%3E"}, "/?sign-in=declined"),
    ],
)
def test_where_it_leads(asked, leads_to):
    assert answer(**asked) == (302, leads_to)


@pytest.mark.parametrize("path", ["/", "/auth/logout", "/x/oauth2callback", "//evil.example/oauth2callback"])
def test_other_answers_are_left_alone(path):
    assert answer(path, "error=x", status=404, location="/there") == (404, "/there")


def test_app_below_a_prefix(monkeypatch):
    monkeypatch.setattr(config, "get_option", {"server.baseUrlPath": "chat"}.get)
    assert answer("/chat/oauth2callback", "error=x")[1] == "/chat/?sign-in=declined"
    assert answer("/chat/auth/login", location="/chat/")[1] == "/chat/?sign-in=late"


@pytest.mark.parametrize(("scheme", "secure"), [("http", b""), ("https", b"; Secure")])
def test_cookie_of_a_sign_in_goes_over_https_alone_where_it_began_there(scheme, secure):
    sent = []

    async def streamlit(scope, receive, send):
        await send({"type": "http.response.start", "status": 302, "headers": [(b"set-cookie", USER)]})

    async def send(message):
        sent.append(message)

    headers = [(b"x-forwarded-proto", scheme.encode())]
    scope = {"type": "http", "path": "/oauth2callback", "query_string": b"code=1&state=2", "headers": headers}
    asyncio.run(SignInEndings(streamlit)({**scope, "scheme": "http"}, None, send))
    assert sent[0]["headers"] == [(b"set-cookie", USER + secure)]


def test_answer_that_has_begun_is_not_begun_again():
    async def streamlit(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    async def send(message):
        pass

    scope = {"type": "http", "path": "/auth/login", "query_string": b"", "headers": [], "scheme": "http"}
    with pytest.raises(RuntimeError, match="in the middle"):
        asyncio.run(SignInEndings(streamlit)(scope, None, send))


def test_log_names_the_kind_of_error_without_its_words():
    logger = logging.getLogger("streamlit.web.server.starlette.starlette_auth_routes")
    assert without_traceback in logger.filters
    try:
        raise ValueError("the provider's own words")
    except ValueError as error:
        record = logger.makeRecord("x", logging.WARNING, "x", 1, "%s failed", ("okta",), (type(error), error, None))
    assert without_traceback(record)
    assert logging.Formatter().format(record) == "okta failed (ValueError)"

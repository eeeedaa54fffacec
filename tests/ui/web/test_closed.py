"""Which of the addresses that Streamlit serves beside its pages there are here."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from streamlit import config

from ui.web.closed import PagesOnly

OPEN = ("stream", "health", "host-config", "upload_file/session/file", "bidi-components/name/main.js")
CLOSED = (
    *("metrics", "metrics/", "script-health-check", "agent/interact", "agent/mcp", "agent/openapi.json"),
    *("", "healthy", "health/x", "agent/health", "what-comes-next"),
)


def status(path, *, base="", root_path="", method="GET", monkeypatch):
    """Return what is answered where everything behind the middleware answers 200."""
    monkeypatch.setattr(config, "get_option", lambda name: {"server.baseUrlPath": base}[name])
    sent = []

    async def inner(scope, receive, send):
        await PlainTextResponse("told")(scope, receive, send)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "root_path": root_path, "headers": []}
    asyncio.run(PagesOnly(inner)(scope, None, send))
    return sent[0]["status"]


@pytest.mark.parametrize(
    ("prefix", "base", "root_path"),
    [("", "", ""), ("/chat", "chat", ""), ("/a/b", "/a/b/", ""), ("/front", "", "/front"), ("/front/a", "a", "/front")],
)
def test_pages_get_what_they_need_and_nothing_else_is_there_below_any_prefix(prefix, base, root_path, monkeypatch):
    def answered(path, method="GET"):
        return status(
            f"{prefix}/_stcore/{path}", base=base, root_path=root_path, method=method, monkeypatch=monkeypatch
        )

    assert {path: answered(path) for path in OPEN} == dict.fromkeys(OPEN, 200)
    assert {path: answered(path) for path in CLOSED} == dict.fromkeys(CLOSED, 404)
    assert {answered("metrics", each) for each in ("HEAD", "POST", "OPTIONS", "DELETE")} == {404}


@pytest.mark.parametrize("path", ["/", "/History", "/static/_stcore/metrics", "/_stcore", "/health", "/media/x"])
def test_all_else_is_as_it_was(path, monkeypatch):
    assert status(path, monkeypatch=monkeypatch) == (404 if path == "/_stcore" else 200)

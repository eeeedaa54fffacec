"""The model server that other tests rely on: it keeps to its scripts, and runs on its own."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.fakes.fake_scenarios import scenario_named
from tests.support.fakes.fake_server import FakeModelServer


def said(url: str, model: str, *messages: str) -> str:
    """Return the text of an answer, asked for without any SDK."""
    body = {"model": model, "messages": [{"role": "user", "content": message} for message in messages]}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request) as response:
        frames = [line.removeprefix("data: ") for line in response.read().decode().split("\n\n") if line]
    assert frames.pop() == "[DONE]"
    return "".join(json.loads(frame)["choices"][0]["delta"].get("content", "") for frame in frames)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("echo", "two  words"),
        ("count", "2 messages\n\n- user: one\n- user: two words\n"),
        ("paced-3-at-1000", "word1 word2 word3 "),
        ("slow-first-0", "Hello, world!"),
    ],
)
def test_answers(model: str, text: str) -> None:
    with FakeModelServer() as server:
        assert said(server.url, model, "one", "two  words") == text
        server.wait_for(lambda: server.last.done)
        assert (server.last.text_sent, server.last.model, server.last.closed_early) == (text, model, False)


def test_paced_markdown_has_every_kind_of_block() -> None:
    with FakeModelServer() as server:
        text = said(server.url, "paced-markdown-200-at-10000", "go")
        assert server.last.sent == 200
    for mark in ("## ", "- ", "1. ", "```python", "| name |", "**", "> ", "\n\n"):
        assert mark in text


def test_flaky_fails_and_then_answers() -> None:
    with FakeModelServer() as server:
        for _ in range(2):
            with pytest.raises(urllib.error.HTTPError, match="503"):
                said(server.url, "flaky-2", "go")
        assert said(server.url, "flaky-2", "go") == "Hello, world!"


def test_an_unknown_model_is_not_found() -> None:
    assert scenario_named("nobody-has-this") is scenario_named("http-404")


def test_it_sees_at_once_that_a_client_has_gone() -> None:
    with FakeModelServer() as server:
        client = http.client.HTTPConnection(server.root_url.removeprefix("http://"))
        client.request("POST", "/v1/chat/completions", json.dumps({"model": "stall", "messages": []}))
        server.wait_for(lambda: server.requests and server.last.sent == 2)
        assert (server.last.closed_early, server.connections) == (False, 1)
        client.close()
        server.wait_for(lambda: server.last.closed_early and server.connections == 0)


def test_it_runs_on_its_own() -> None:
    command = [sys.executable, "-m", "tests.support.fakes.fake_server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        try:
            assert process.stdout is not None
            assert said(process.stdout.readline().strip(), "echo", "hello") == "hello"
        finally:
            process.terminate()

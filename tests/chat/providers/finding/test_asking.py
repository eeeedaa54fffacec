"""A port of this machine is asked which models it has: what is sent, what is believed, and what is left alone."""

import asyncio
import gzip
import json
import select
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.providers.finding import asking
from chat.providers.finding.asking import ask, models_in, new_client
from chat.providers.finding.servers import KNOWN, FoundServer, KnownServer
from tests.support.fakes.fake_server import refused_url
from tests.support.fakes.local_servers import FakePort, answer_of, listing, running_servers

OTHER = "Something else"


def asked(port: int, label: str = OTHER) -> FoundServer | None:
    """Return what is found on this port."""

    async def question() -> FoundServer | None:
        client = new_client()
        try:
            return await ask(client, KnownServer(label, port))
        finally:
            await client.aclose()

    return asyncio.run(question())


@pytest.fixture(autouse=True)
def only_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the one address on which these tests listen: another program may have the same port on the other.

    And wait as long as a busy machine may take."""
    monkeypatch.setattr(asking, "LOOPBACK", ("127.0.0.1",))
    monkeypatch.setattr(asking, "ASK_SECONDS", 20.0)


@pytest.mark.parametrize("label", [server.label for server in KNOWN])
def test_each_server_is_found_with_its_models_and_told_nothing(label, monkeypatch):
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with running_servers({label: ("normal", "echo")}) as running:
        server, stand_in = running[label]
        window = 32768 if label == "vLLM" else None
        assert asked(server.port, label) == FoundServer(
            server, f"http://127.0.0.1:{server.port}/v1", (("echo", window), ("normal", window))
        )
        (request,) = stand_in.requests
    assert (request.method, request.path, request.query, request.body) == ("GET", "/v1/models", "", None)
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": request.headers["connection"],
        "user-agent": "chatkeep",
    }


def test_server_without_a_model_is_found():
    for label in ("Ollama", "vLLM"):
        with running_servers({label: ()}) as running:
            server, _ = running[label]
            assert asked(server.port, label) == FoundServer(server, f"http://127.0.0.1:{server.port}/v1", ())


def test_other_address_of_this_machine_is_asked_where_the_first_has_nothing(monkeypatch):
    monkeypatch.setattr(asking, "LOOPBACK", ("127.0.0.2", "127.0.0.1"))
    with running_servers({"Jan": ("normal",)}) as running:
        server, _ = running["Jan"]
        found = asked(server.port, "Jan")
    assert found is not None
    assert found.base_url == f"http://127.0.0.1:{server.port}/v1"


def test_models_that_do_not_chat_or_cannot_be_named_are_left_out():
    names = [
        "llama3.2:1b",
        "nomic-embed-text:latest",
        "text-embedding-nomic-embed-text-v1.5",
        "whisper-large",
        "two\nlines",
    ]
    names += [" spaced", "", "x" * 201, "half \ud83d", "meta-llama/Llama-3.3-70B"]
    body = json.dumps(listing("LM Studio", *names)).encode()
    assert models_in(body) == (("llama3.2:1b", None), ("meta-llama/Llama-3.3-70B", None))


LIST = json.dumps(listing("Ollama", "normal")).encode()
PAGE = b"<!doctype html><html><body>Streamlit</body></html>"
SOMETHING_ELSE = {
    "a web page": answer_of(PAGE, kind="text/html; charset=utf-8"),
    "a list in a web page's clothes": answer_of(LIST, kind="text/html"),
    "a list without a type": answer_of(LIST, kind=""),
    "not found": answer_of(b'{"detail": "Not Found"}', status="404 Not Found"),
    "a list that is not found": answer_of(LIST, status="404 Not Found"),
    "asks for a key": answer_of(b'{"error": "Unauthorized"}', status="401 Unauthorized"),
    "an error": answer_of(LIST, status="500 Internal Server Error"),
    "JSON cut off": answer_of(LIST[:-2]),
    "no JSON": answer_of(b"models"),
    "nothing": answer_of(b""),
    "a number": answer_of(b"42"),
    "a bare list": answer_of(b'[{"id": "a"}]'),
    "an object": answer_of(b'{"status": "ok"}'),
    "other data": answer_of(b'{"object": "list", "data": {"id": "a"}}'),
    "other cards": answer_of(b'{"object": "list", "data": [{"name": "a"}]}'),
    "ids that are numbers": answer_of(b'{"object": "list", "data": [{"id": 1}]}'),
    "JSON:API": answer_of(b'{"data": [{"type": "articles", "id": "1"}]}'),
    "no data": answer_of(b'{"object": "list"}'),
    "data of nobody": answer_of(b'{"data": null}'),
    "deep": answer_of(b"[" * 100_000),
    "letters of another encoding": answer_of(b'{"object": "list", "data": [{"id": "\xff"}]}'),
    "packed": answer_of(gzip.compress(LIST), content_encoding="gzip"),
    "huge": answer_of(b'{"object": "list", "data": [' + b" " * 1_000_001 + b"]}"),
    "a longer answer than it says": answer_of(LIST, content_length="10"),
    "a shorter answer than it says": answer_of(LIST, content_length="1000"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\ncontent-",
    "an endless head": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000,
    "a switch": answer_of(b"", status="101 Switching Protocols"),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
}


@pytest.mark.parametrize("what", SOMETHING_ELSE)
def test_port_that_says_something_else_is_left_alone(what):
    with FakePort(lambda connection: connection.sendall(SOMETHING_ELSE[what])) as port:
        assert asked(port.port) is None
        assert len(port.asked) == 1


def test_port_that_hangs_up_or_on_which_nothing_listens_is_left_alone():
    with FakePort(socket.socket.close) as port:
        assert asked(port.port) is None
    with refused_url() as url:
        assert asked(int(url.removesuffix("/v1").rpartition(":")[2])) is None


@pytest.mark.parametrize(
    "status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
def test_redirect_is_not_followed_not_even_on_this_machine(status):
    with running_servers({"Ollama": ("normal",)}) as running:
        server, stand_in = running["Ollama"]
        moved = answer_of(b"", status=status, location=f"http://127.0.0.1:{server.port}/v1/models")
        with FakePort(lambda connection: connection.sendall(moved)) as port:
            assert asked(port.port) is None
        assert stand_in.requests == []


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\n", HEAD, HEAD + LIST], ids=["silent", "head", "body", "end"]
)
def test_answer_that_stalls_ends_the_question(begun, monkeypatch):
    monkeypatch.setattr(asking, "ASK_SECONDS", 0.2)

    def stall(connection: socket.socket) -> None:
        connection.sendall(begun)
        connection.recv(1)  # until it is hung up

    with FakePort(stall) as port, pytest.raises(TimeoutError):
        asked(port.port)


def test_answer_without_an_end_ends_the_question(monkeypatch):
    monkeypatch.setattr(asking, "ASK_SECONDS", 0.2)

    def trickle(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        while not select.select([connection], [], [], 0.01)[0]:  # until it is hung up
            connection.sendall(b" ")

    with FakePort(trickle) as port, pytest.raises(TimeoutError):
        asked(port.port)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["object", "data", "id", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    st.fixed_dictionaries(
        {"object": st.sampled_from(["list", "model"]) | JSON, "data": st.lists(JSON, max_size=3) | JSON}
    )
)
def test_whatever_is_said_ends_in_models_with_names_or_in_none(said):
    models = models_in(json.dumps(said).encode())
    assert models is None or all(name.strip() == name != "" for name, _ in models)

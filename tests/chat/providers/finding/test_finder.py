"""Which servers run on this machine: asked when somebody looks, noticed as they come and go, usable at once."""

import asyncio
import threading
from contextlib import aclosing

import pytest

from chat.providers.base import PromptMessage, Request
from chat.providers.finding import asking, finder
from chat.providers.finding.finder import Finder
from chat.providers.finding.servers import KNOWN, KnownServer
from chat.providers.offers import servers_here
from chat.replies.background import Background
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.fakes.local_servers import FakePort, listing, running_servers
from tests.support.processes import wait_for

PATIENCE = 20.0
ALL = {server.label: ("echo", "normal") for server in KNOWN}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look anew whenever a test says so, at the one address on which it listens, as long as a busy machine takes."""
    monkeypatch.setattr(finder, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(asking, "LOOPBACK", ("127.0.0.1",))
    monkeypatch.setattr(asking, "ASK_SECONDS", PATIENCE)


@pytest.fixture
def background():
    loop = Background()
    yield loop
    loop.close()


@pytest.fixture
def finding(background):
    made = []

    def make(servers, **more) -> Finder:
        made.append(Finder(background, tuple(servers), **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


def names(found):
    return [each.server.label for each in found]


def looked(one: Finder):
    one.look()
    return one.found(PATIENCE)


def test_the_usual_servers_have_their_usual_ports():
    assert [(server.name, server.label, server.port) for server in KNOWN] == [
        ("ollama", "Ollama", 11434),
        ("lmstudio", "LM Studio", 1234),
        ("llamacpp", "llama.cpp", 8080),
        ("vllm", "vLLM", 8000),
        ("jan", "Jan", 1337),
    ]


def test_nothing_is_asked_before_somebody_looks_and_then_everybody_once(finding):
    with running_servers(ALL) as running:
        one = finding(server for server, _ in running.values())
        assert one.found() == ()
        assert not one.has_looked
        assert [stand_in.requests for _, stand_in in running.values()] == [[]] * 5
        assert names(looked(one)) == list(ALL)
        assert one.has_looked
        assert [len(stand_in.requests) for _, stand_in in running.values()] == [1] * 5


def test_who_looks_again_at_once_is_told_the_same_and_nobody_is_asked_twice(finding, monkeypatch):
    monkeypatch.setattr(finder, "AGAIN_SECONDS", 60.0)
    with running_servers({"Ollama": ("normal",)}) as running:
        server, stand_in = running["Ollama"]
        one = finding([server])
        looks = [threading.Thread(target=one.look) for _ in range(8)]
        for each in looks:
            each.start()
        for each in looks:
            each.join(PATIENCE)
        assert names(one.found(PATIENCE)) == ["Ollama"]
        assert names(looked(one)) == ["Ollama"]
        assert len(stand_in.requests) == 1


def test_server_that_comes_later_and_one_that_goes_are_noticed(finding):
    with FakeModelServer() as probe:
        server = KnownServer("Ollama", probe.port)
    one = finding([server])
    assert looked(one) == ()
    with FakeModelServer(server.port) as stand_in:
        stand_in.models_body = listing("Ollama", "normal")
        assert [each.models for each in looked(one)] == [(("normal", None),)]
        stand_in.models_body = listing("Ollama", "normal", "echo")
        assert [each.models for each in looked(one)] == [(("echo", None), ("normal", None))]
        stand_in.models_body = "<html>"
        assert looked(one) == ()
        stand_in.models_body = listing("Ollama", "normal")
        assert names(looked(one)) == ["Ollama"]
    assert looked(one) == ()


def test_server_that_is_silent_for_once_stays_what_it_was(finding, monkeypatch):
    with running_servers({"vLLM": ("normal",), "Jan": ("echo",)}) as running:
        (busy, stand_in), (other, _) = running["vLLM"], running["Jan"]
        one = finding([busy, other])
        assert names(looked(one)) == ["vLLM", "Jan"]
        stand_in.models_body, stand_in.models_scenario = None, "no-headers"
        monkeypatch.setattr(asking, "ASK_SECONDS", 0.2)
        assert names(looked(one)) == ["vLLM", "Jan"]


def test_port_that_never_answers_keeps_no_other_from_being_found(finding):
    with FakePort(lambda connection: connection.recv(1)) as port, running_servers({"Jan": ("echo",)}) as running:
        one = finding([KnownServer("vLLM", port.port), running["Jan"][0]])
        one.look()
        wait_for(lambda: len(one.found()) == 1, "the other one is found")
        assert not one.has_looked
        assert names(one.found()) == ["Jan"]


def test_port_of_the_app_itself_is_not_asked(finding):
    with running_servers({"vLLM": ("normal",)}) as running:
        server, stand_in = running["vLLM"]
        one = finding([server], own_port=server.port)
        assert looked(one) == ()
        assert stand_in.requests == []
        assert one.known("vllm") is None


def test_off_means_that_nothing_is_asked(finding):
    one = finding([])
    assert looked(one) == ()


@pytest.mark.parametrize("label", ALL)
def test_server_that_was_found_answers_through_the_sdk_without_a_key(label, finding, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with running_servers(ALL) as running:
        server, stand_in = running[label]
        ((spec, models),) = servers_here(looked(finding([server])), ()).items()
        assert [model.id for model in models] == [f"{server.name}/echo", f"{server.name}/normal"]
        request = Request(models[1].id, (PromptMessage("user", "Hello"),))

        async def answer() -> str:
            provider = spec.info.make(spec)
            try:
                async with aclosing(provider.stream(request)) as chunks:
                    return "".join([chunk.text async for chunk in chunks])
            finally:
                await provider.close()

        assert asyncio.run(answer()) == "Hello, world!"
        (asked,) = stand_in.asked
        assert asked.model == "normal"
        assert "authorization" not in asked.headers

"""Servers that run on this machine are offered to the personal owner, with nothing to type; to nobody else."""

import pytest
import streamlit as st

from chat.providers.finding import asking, finder
from chat.providers.finding.servers import KnownServer
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.fakes.local_servers import FakePort, listing, running_servers
from tests.support.pages import app, page, said, to_be_drawn, wait_for_replies  # noqa: F401
from tests.support.processes import wait_for
from ui import visit
from ui.services import services


@pytest.fixture(autouse=True)
def looked_for(app, monkeypatch):  # noqa: F811
    """Have pages wait for what they look for, however busy this machine is, and have no key configured."""
    monkeypatch.setattr(finder, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(visit, "FIND_WAIT", 20.0)
    monkeypatch.setattr(asking, "ASK_SECONDS", 20.0)
    monkeypatch.setattr(asking, "LOOPBACK", ("127.0.0.1",))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "CHATKEEP_MODEL"):
        monkeypatch.delenv(name)


@pytest.fixture
def ollama(monkeypatch):
    """Run a stand-in for Ollama with three models, and have it be looked for."""
    with running_servers({"Ollama": ("normal", "echo", "count")}) as running:
        server, stand_in = running["Ollama"]
        look_for(monkeypatch, server)
        yield stand_in


def look_for(monkeypatch, *servers: KnownServer) -> None:
    monkeypatch.setenv("CHATKEEP_LOCAL_SERVERS", ", ".join(f"{each.label}={each.port}" for each in servers))
    st.cache_resource.clear()


def found(at) -> list[tuple[str, list[str]]]:
    """Return what the empty chat says was found, and the models that are a click away."""
    return [(each.proto.label, list(each.options)) for each in at.radio if str(each.key).startswith("found-")]


def panel(at):
    at.session_state["model_and_memory"] = True
    return at.run()


def model_options(at) -> list[str]:
    (box,) = [each for each in at.selectbox if each.label == "Model"]
    return list(box.options)


def test_server_is_found_and_its_model_answers_with_nothing_to_type(ollama):
    at = page("Home.py")
    assert not at.exception
    assert found(at) == [("Found Ollama: 3 models", ["count", "echo", "normal"])]
    assert "Send a message to get a reply from SmolLM2 135M!" in said(at)
    (choice,) = at.radio
    choice.set_value("ollama/normal").run()
    assert "Send a message to get a reply from normal!" in said(at)
    assert at.radio[0].value == "ollama/normal"
    at.chat_input(key="message").set_value("Hello").run()
    wait_for_replies()
    (summary,) = services().store.list("personal")
    answer = services().store.get("personal", summary.id).path()[-1]
    assert (answer.content, answer.model, answer.status) == ("Hello, world!", "ollama/normal", "complete")
    (asked,) = ollama.asked
    assert "authorization" not in asked.headers


def test_what_the_browser_says_late_of_the_models_beside_the_panel_puts_none_back(ollama):
    at = page("Home.py")
    at.radio[0].set_value("ollama/normal").run()
    before = at.radio[0]
    at = panel(at)
    (box,) = [each for each in at.selectbox if each.label == "Model"]
    box.set_value("ollama/echo").run()
    assert at.radio[0].value == "ollama/echo"
    before.set_value("ollama/normal").run()
    assert "Send a message to get a reply from echo!" in said(at)
    assert at.radio[0].value == "ollama/echo"


def test_model_of_a_server_can_be_picked_in_the_panel(ollama):
    at = panel(page("Home.py"))
    assert [each for each in model_options(at) if each.startswith("Ollama")] == [
        "Ollama/count",
        "Ollama/echo",
        "Ollama/normal",
    ]
    assert ":material/dns: Found Ollama: 3 models" in said(at)


def test_server_that_comes_later_is_noticed_as_the_picker_opens_and_one_that_goes_too(monkeypatch):
    with FakeModelServer() as probe:
        server = KnownServer("Ollama", probe.port)
    look_for(monkeypatch, server)
    at = page("Home.py")
    assert found(at) == []
    with FakeModelServer(server.port) as stand_in:
        stand_in.models_body = listing("Ollama", "normal")
        panel(at)
        assert ":material/dns: Found Ollama: 1 model" in said(at)
        assert "Ollama/normal" in model_options(at)
    at.run()
    at.run()
    assert "Ollama/normal" not in model_options(at)
    assert found(at) == []


def test_server_without_a_model_is_said_to_have_none(monkeypatch):
    with running_servers({"Ollama": ()}) as running:
        look_for(monkeypatch, running["Ollama"][0])
        at = page("Home.py")
    assert found(at) == []
    assert "Found Ollama: no model yet" in said(at)


def test_port_that_says_something_else_is_not_offered(monkeypatch):
    page_of_another = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>Streamlit</html>"
    with FakePort(lambda connection: connection.sendall(page_of_another)) as port:
        look_for(monkeypatch, KnownServer("vLLM", port.port))
        at = panel(page("Home.py"))
        assert not at.exception
        assert port.asked != []
    assert "Found" not in " ".join(said(at))


def test_server_that_is_configured_already_is_not_offered_twice(ollama, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", ollama.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    st.cache_resource.clear()
    at = panel(page("Home.py"))
    assert found(at) == []
    assert "Found" not in " ".join(said(at))


@pytest.mark.parametrize("mode", ["visitors", "signed-in", "a browser elsewhere"])
def test_nobody_else_is_offered_a_server_and_none_is_asked(ollama, monkeypatch, mode):
    # Without a mode this browser is nobody's: it has no connection.
    monkeypatch.setenv("CHATKEEP_MODE", "" if mode == "a browser elsewhere" else mode)
    st.cache_resource.clear()
    at = page("Home.py")
    panel(at) if mode != "signed-in" else None
    page("pages/4_Settings.py")
    assert not at.exception
    assert "Found" not in " ".join(said(at))
    assert ollama.requests == []


def test_personal_mode_looks_as_the_app_starts(ollama):
    services()
    wait_for(lambda: services().providers.finder.has_looked, "the look that begins with the app")
    assert [request.path for request in ollama.requests] == ["/v1/models"]


def test_conversation_whose_server_was_away_goes_on_once_it_is_back(monkeypatch):
    with running_servers({"Ollama": ("normal",)}) as running:
        server, _ = running["Ollama"]
        look_for(monkeypatch, server)
        at = page("Home.py")
        at.radio[0].set_value("ollama/normal").run()
    at.run()
    at.run()  # the page has noticed that it is gone
    assert "Send a message to get a reply from normal!" in said(at)
    at.chat_input(key="message").set_value("Hello").run()
    wait_for_replies()
    at.run()
    away = "Ollama does not run on this machine now: start it, then try again, or choose another model."
    assert away in said(at)
    with FakeModelServer(server.port) as stand_in:
        stand_in.models_body = listing("Ollama", "normal")
        (retry,) = [each for each in at.main.button if str(each.key).startswith("retry")]
        retry.click().run()
        wait_for_replies()
        at.run()
    assert "Hello, world!" in said(at)


def test_settings_say_which_servers_were_found(ollama):
    assert ":material/check: Found on this machine with 3 models." in said(page("pages/4_Settings.py"))


def test_empty_chat_offers_what_a_server_has_by_now(ollama):
    at = page("Home.py").run()
    assert to_be_drawn(at) == ()
    ollama.models_body = listing("Ollama", "just-pulled")
    services().providers.finder.look()
    wait_for(lambda: to_be_drawn(at) == ("path",), "the empty chat is to be drawn anew")
    assert found(at.run()) == [("Found Ollama: 1 model", ["just-pulled"])]

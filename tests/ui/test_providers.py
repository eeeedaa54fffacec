"""What the pages say of providers: how an answer was made, what is configured wrong, and what can be used here."""

import html
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from chat.conversation import ConversationSettings
from chat.providers.offers import offered
from chat.settings.values import Endpoint
from tests.support.pages import app, keep, page, said, wait_for_replies  # noqa: F401
from ui.services import services


def test_setting_that_the_model_did_not_take_is_said_below_its_answer_for_good():
    conversation = keep(1)
    asked_so = ConversationSettings(model="openai/claude-4.7", temperature=0.5)
    services().store.update("personal", conversation.id, settings=asked_so)
    at = page("Home.py")
    at.query_params["c"] = conversation.id
    at.run()
    at.chat_input(key="message").set_value("Hello").run()
    wait_for_replies()
    at.run()
    note = "Answered without the temperature you set: claude-4.7 does not take it."
    assert not at.exception
    assert "Hello, world!" in said(at)
    assert said(at).count(note) == 1
    answer = services().store.get("personal", conversation.id).path()[-1]
    assert (answer.content, answer.note, answer.status, answer.error) == ("Hello, world!", note, "complete", None)


NO_LIBGOMP = (
    "No model can run on this machine: libgomp is missing. Install it (apt-get install libgomp1; on Streamlit "
    "Community Cloud a line libgomp1 in packages.txt) and try again, or choose another model."
)


@pytest.fixture
def without_libgomp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have llama.cpp miss a library wherever it is loaded, and no key configured."""
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("CHATKEEP_MODEL")


def test_model_on_this_machine_is_offered_only_where_it_can_be_loaded(without_libgomp):
    here = next(spec for spec in offered(services().settings, {}) if spec.is_here)
    services().providers.known_models(here, wait=20)
    at = page("Home.py")
    assert not at.exception
    assert "No model can answer here yet." in said(at)
    assert any(NO_LIBGOMP in text for text in said(at))
    assert not any("SmolLM2" in text for text in said(at))
    settings = page("pages/4_Settings.py")
    assert any(NO_LIBGOMP in text for text in said(settings))


def test_model_on_this_machine_gives_way_to_one_that_can_answer(without_libgomp, monkeypatch, models):
    monkeypatch.setenv("CHATKEEP_MODEL", "local/smollm2-135m-instruct")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    here = next(spec for spec in offered(services().settings, {}) if spec.is_here)
    services().providers.known_models(here, wait=20)
    assert "Send a message to get a reply from gpt-6-luna!" in said(page("Home.py"))


def test_address_with_a_port_that_does_not_exist_is_refused_where_it_is_typed():
    at = page("pages/4_Settings.py")
    at.text_input(key="endpoint_name").set_value("ollama")
    at.text_input(key="endpoint_url").set_value("http://localhost:99999/v1")
    at.button(key="add_endpoint").click().run()
    assert not at.exception
    refused = "The address of ollama has a port that does not exist: it must be a number from 1 to 65535."
    assert [html.unescape(each.value) for each in at.error] == [refused]


def test_endpoint_that_lists_no_models_can_be_asked_by_name(models):
    models.models_scenario = "no-list-401"
    at = page("pages/4_Settings.py")
    at.text_input(key="endpoint_name").set_value("acme")
    at.text_input(key="endpoint_url").set_value(models.url)
    at.text_input(key="endpoint_key").set_value("sk-acme")
    at.button(key="add_endpoint").click().run()
    told = "acme lists no models: type a model's name as acme/name, or check its key."
    typed: tuple[Endpoint, ...] = at.session_state["typed_endpoints"]
    acme = next(spec for spec in offered(services().settings, {}, typed) if spec.info.name == "acme")
    services().providers.known_models(acme, wait=20)
    assert any(told in text for text in said(at.run()))


def warnings(at: AppTest) -> list[str]:
    """Return the warnings of a page as a person reads them."""
    return [html.unescape(each.value).replace("\\", "") for each in at.warning]


WRONG_SECRETS = """
MISTRAL_API_KEY = 5
OPENAI_BASE_URL = ["http://127.0.0.1:1/v1"]
CHATKEEP_GGUF = { path = "x.gguf" }
[providers.ollama]
base_url = "http://localhost:99999/v1"
models = 5
"""


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write the app's secrets file anew."""
    path = tmp_path / "secrets.toml"

    def write(content: bytes) -> None:
        path.write_bytes(content)
        st.secrets._reset()
        st.cache_resource.clear()

    before = st.config.get_option("secrets.files")
    st.config.set_option("secrets.files", [str(path)])
    yield write
    st.config.set_option("secrets.files", before)
    st.secrets._reset()


def test_wrong_kinds_in_the_secrets_are_named_on_the_settings_page(secrets, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL")
    secrets(WRONG_SECRETS.encode())
    at = page("Home.py")
    assert not at.exception
    assert not page("pages/4_Settings.py").exception
    assert warnings(page("pages/4_Settings.py")) == [
        'MISTRAL_API_KEY is a number: write MISTRAL_API_KEY = "…", with quotes.',
        'OPENAI_BASE_URL is a list: write OPENAI_BASE_URL = "…", with quotes.',
        "OpenAI is not offered until OPENAI_BASE_URL can be used.",
        'CHATKEEP_GGUF is a table: write CHATKEEP_GGUF = "…", with quotes.',
        'models of [providers.ollama] is a number: write models = ["name", "another name"].',
    ]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'A = "a"\nB = nothing', " (at line 2, column 5)"),
        (b"A = ", " (at end of document)"),
        (b"A = '\xff'", ""),
    ],
)
def test_secrets_that_cannot_be_read_are_said(content, place, secrets):
    secrets(content)
    settings = page("pages/4_Settings.py")
    assert not settings.exception
    assert warnings(settings) == [
        "The secrets cannot be read, so none of them is used. "
        f"Mend .streamlit/secrets.toml{place}, then start Chatkeep again."
    ]


def test_whoever_cannot_set_a_key_for_all_is_only_told_where_to_get_one(monkeypatch):
    told = ":small[Get a key at https://console.mistral.ai/api-keys"
    for mode, more in (
        ("personal", ", or set MISTRAL_API_KEY in the environment or in the app's secrets."),
        ("visitors", "."),
    ):
        monkeypatch.setenv("CHATKEEP_MODE", mode)
        st.cache_resource.clear()
        assert f"{told}{more}]" in said(page("pages/4_Settings.py"))

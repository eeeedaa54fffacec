"""How environment and secrets become settings, and what cannot be used."""

import pytest

from chat.settings import AppSettings, BadSetting, Endpoint, clean_endpoint, clean_key, load_settings


def test_nothing_configured():
    assert load_settings({}, {}) == AppSettings()


def test_everything_configured_and_the_environment_wins():
    environment = {
        "MISTRAL_API_KEY": " mistral-from-environment\n",
        "CHATKEEP_MODEL": "ollama/llama3",
        "CHATKEEP_MODE": "visitors",
        "CHATKEEP_VISITOR_KEYS": "1",
        "STORE_URL": "tinydb:////srv/chats",
        "MISTRAL_SERVER_URL": "http://127.0.0.1:9/",
        "CHATKEEP_GGUF": "/models/other.gguf",
        "OPENAI_BASE_URL": "",
    }
    secrets = {
        "MISTRAL_API_KEY": "mistral-from-secrets",
        "OPENAI_API_KEY": "openai-from-secrets",
        "providers": {
            "ollama": {"base_url": "http://localhost:11434/v1/"},
            "together": {"base_url": "https://api.together.xyz/v1", "api_key": "tk", "models": ["a/b", "c"]},
        },
    }
    assert load_settings(environment, secrets) == AppSettings(
        keys={"MISTRAL_API_KEY": "mistral-from-environment", "OPENAI_API_KEY": "openai-from-secrets"},
        urls={"MISTRAL_SERVER_URL": "http://127.0.0.1:9"},
        endpoints=(
            Endpoint("ollama", "http://localhost:11434/v1"),
            Endpoint("together", "https://api.together.xyz/v1", "tk", ("a/b", "c")),
        ),
        default_model="ollama/llama3",
        gguf="/models/other.gguf",
        store_url="tinydb:////srv/chats",
        visitor_keys=True,
        mode="visitors",
    )


def test_what_cannot_be_used_is_said_and_passed_over():
    settings = load_settings(
        {"OPENAI_API_KEY": "sk-“quoted”", "CHATKEEP_MODE": "private"},
        {"providers": {"mistral": {"base_url": "http://x/v1"}, "bad": {"base_url": "ftp://x"}, "worse": "http://x"}},
    )
    assert settings.keys == {}
    assert settings.endpoints == ()
    assert settings.problems == (
        "OPENAI_API_KEY cannot be used. "
        "The key has a character that no key has: copy it again, without quotes or spaces.",
        "CHATKEEP_MODE must be one of personal, signed-in, visitors: everybody is a visitor until it is.",
        "The name mistral is taken: choose another one for this endpoint.",
        "The address of bad must look like http://localhost:11434/v1.",
        "[providers.worse] must be a table with a base_url.",
    )


def test_keys_are_stripped():
    assert clean_key("\t sk-abc123 \r\n") == "sk-abc123"


@pytest.mark.parametrize("raw", ["", "  \n", "sk abc", "sk-\u00e4", "sk-\nabc", "sk-\x00"])
def test_what_is_no_key_is_refused_and_not_repeated(raw):
    with pytest.raises(BadSetting) as refused:
        clean_key(raw)
    assert raw.strip() == "" or raw.strip() not in str(refused.value)


@pytest.mark.parametrize("name", ["", "a/b", "OpenAI", "local", "new\nline"])
def test_endpoint_names_that_cannot_be(name):
    with pytest.raises(BadSetting):
        clean_endpoint(name, "http://localhost:1/v1")


@pytest.mark.parametrize("url", ["", "localhost:11434", "http://", "file:///etc/passwd", "http://x:99999/v1"])
def test_addresses_that_cannot_be(url):
    with pytest.raises(BadSetting):
        clean_endpoint("ollama", url)


def test_no_key_shows_when_settings_are_printed():
    settings = load_settings(
        {"OPENAI_API_KEY": "sk-secret"}, {"providers": {"x": {"base_url": "http://x/v1", "api_key": "tk-secret"}}}
    )
    assert "secret" not in repr(settings)

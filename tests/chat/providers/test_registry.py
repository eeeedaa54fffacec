"""Which providers somebody is offered, with which keys, and what a new conversation starts with."""

import pytest

from chat.background import Background
from chat.errors import Unreachable
from chat.providers import mistral, openai
from chat.providers import registry as registry_module
from chat.providers.base import Model, ProviderInfo
from chat.providers.local import provider as local
from chat.providers.registry import ModelList, Providers, ProviderSpec, default_model, offered, spec_of
from chat.settings import AppSettings, Endpoint

CONFIGURED = AppSettings(
    keys={"MISTRAL_API_KEY": "configured"},
    urls={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
    endpoints=(Endpoint("ollama", "http://localhost:11434/v1", None, ("llama3",)),),
)


def facts(specs: tuple[ProviderSpec, ...]) -> list[tuple[str, str | None, str | None, bool]]:
    return [(spec.info.name, spec.api_key, spec.base_url, spec.lacks_key) for spec in specs]


def test_owner_is_offered_what_is_configured():
    assert facts(offered(CONFIGURED, {})) == [
        ("mistral", "configured", None, False),
        ("openai", None, "http://127.0.0.1:9/v1", True),
        ("ollama", None, "http://localhost:11434/v1", False),
        ("local", None, None, False),
    ]


def test_visitor_is_offered_neither_keys_nor_endpoints():
    assert facts(offered(CONFIGURED, {}, configured=False)) == [
        ("mistral", None, None, True),
        ("openai", None, "http://127.0.0.1:9/v1", True),
        ("local", None, None, False),
    ]


def test_typed_key_wins():
    specs = offered(CONFIGURED, {"MISTRAL_API_KEY": "typed", "OPENAI_API_KEY": "mine"})
    assert [spec.api_key for spec in specs] == ["typed", "mine", None, None]


@pytest.mark.parametrize(
    ("settings", "typed", "model"),
    [
        (AppSettings(), {}, local.INFO.default_model),
        (CONFIGURED, {}, mistral.INFO.default_model),
        (AppSettings(), {"OPENAI_API_KEY": "mine"}, openai.INFO.default_model),
        (AppSettings(endpoints=CONFIGURED.endpoints), {}, "ollama/llama3"),
        (AppSettings(default_model="openai/gpt-x"), {}, local.INFO.default_model),
        (AppSettings(default_model="openai/gpt-x"), {"OPENAI_API_KEY": "mine"}, "openai/gpt-x"),
        (AppSettings(default_model="nobody/x"), {}, local.INFO.default_model),
    ],
)
def test_new_conversation_starts_with_what_can_be_used(settings, typed, model):
    assert default_model(settings, offered(settings, typed)) == model


def test_model_of_an_endpoint_may_have_slashes():
    spec = spec_of("ollama/meta-llama/Llama-3", offered(CONFIGURED, {}))
    assert spec is not None
    assert spec.info.name == "ollama"


class FakeModels:
    """A provider that lists its models, or fails to."""

    def __init__(self, info):
        self.info = info
        self.asked = 0
        self.closed = False

    async def models(self):
        self.asked += 1
        if self.info.name == "away":
            raise Unreachable("Nobody there.")
        return (Model(f"{self.info.name}/one", "one"),)

    async def close(self):
        self.closed = True


@pytest.fixture
def providers():
    background = Background()
    made = Providers(background)
    yield made
    made.close()
    background.close()


def spec(name: str, key: str | None = None) -> ProviderSpec:
    return ProviderSpec(ProviderInfo(name, name), lambda spec: FakeModels(spec.info), key)


def test_models_are_asked_for_once_and_remembered(providers):
    here = spec("here")
    expected = ModelList((Model("here/one", "one"),))
    assert providers.known_models(here, wait=10) == expected
    assert providers.known_models(here) == expected
    assert providers.get(here).asked == 1


def test_provider_that_is_away_is_said_and_not_waited_for_again(providers):
    away = spec("away")
    assert providers.known_models(away, wait=10) == ModelList(error="Nobody there.")
    assert providers.known_models(away) == ModelList(error="Nobody there.")
    assert providers.get(away).asked == 1


def test_provider_without_a_key_is_not_asked(providers):
    lacking = ProviderSpec(ProviderInfo("x", "X", needs_key=True), lambda spec: FakeModels(spec.info))
    assert providers.known_models(lacking) == ModelList()


def test_clients_of_typed_keys_are_let_go_of_and_the_rest_stays(providers, monkeypatch):
    monkeypatch.setattr(registry_module, "MOST_CLIENTS", 3)
    stays = spec("local")
    first = providers.get(stays)
    for number in range(10):
        providers.get(spec("typed", f"key-{number}"))
    assert providers.get(stays) is first
    assert len(providers._live) == 3

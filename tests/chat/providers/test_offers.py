"""Which providers somebody is offered, with which keys, and what a new conversation starts with."""

from dataclasses import replace

import pytest

from chat.providers import mistral, openai
from chat.providers.base import ProviderInfo, ProviderSpec
from chat.providers.local import provider as local
from chat.providers.offers import default_model, offered, spec_of
from chat.providers.registry import PROVIDERS, endpoint_info
from chat.settings.app import AppSettings
from chat.settings.values import Endpoint

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
    assert [spec.typed for spec in specs] == [True, True, False, False]


def test_what_was_typed_for_one_session_is_known_as_that():
    mine = Endpoint("mine", "http://localhost:1/v1", "my-key")
    over = Endpoint("ollama", "http://localhost:2/v1", None)
    specs = offered(CONFIGURED, {}, (mine, over))
    typed = {spec.info.name: (spec.base_url, spec.typed) for spec in specs if spec.info.name in ("mine", "ollama")}
    assert typed == {"ollama": (over.base_url, True), "mine": (mine.base_url, True)}
    assert [spec.typed for spec in offered(CONFIGURED, {}) if spec.info.name == "ollama"] == [False]


def test_what_is_configured_here_is_told_from_what_costs_its_owner_nothing():
    mine = Endpoint("mine", "http://localhost:1/v1", "my-key")
    configured = replace(
        CONFIGURED, keys={"MISTRAL_API_KEY": "c", "OPENAI_API_KEY": "c"}, files={"CHATKEEP_GGUF": "/m"}
    )
    specs = offered(configured, {"OPENAI_API_KEY": "typed"}, (mine,))
    assert {spec.info.name: spec.is_configured for spec in specs} == {
        "mistral": True,
        "openai": False,
        "ollama": True,
        "mine": False,
        "local": False,
    }
    assert not any(spec.is_configured for spec in offered(configured, {"OPENAI_API_KEY": "typed"}, configured=False))


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


def test_provider_that_is_withheld_is_not_offered():
    settings = AppSettings(keys={"OPENAI_API_KEY": "k"}, withheld=frozenset({"openai"}))
    assert [spec.info.name for spec in offered(settings, {})] == ["mistral", "local"]


def test_file_of_ones_own_changes_the_record_of_its_provider():
    here = spec_of("local/other", offered(AppSettings(files={"CHATKEEP_GGUF": "/models/other.gguf"}), {}))
    assert here is not None
    assert here == ProviderSpec(local.info_for("/models/other.gguf"), file="/models/other.gguf")
    assert (here.info.default_model, here.info.note) == ("local/other", None)


def test_every_record_makes_its_own_provider():
    for info in (*PROVIDERS, endpoint_info("ollama")):
        provider = info.make(ProviderSpec(info, "key", "http://localhost:1/v1"))
        assert provider.info == info


def test_names_are_each_provider_s_own():
    for field in ("name", "label", "key_name", "url_name", "file_name"):
        values = [getattr(info, field) for info in PROVIDERS if getattr(info, field) is not None]
        assert len(set(values)) == len(values)
    assert all("/" not in info.name for info in PROVIDERS)


def test_record_without_a_class_is_found_at_once():
    with pytest.raises(NotImplementedError):
        ProviderInfo("new", "New").make(ProviderSpec(ProviderInfo("new", "New")))

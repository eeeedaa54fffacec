"""Which providers somebody is offered, with which keys, and what a new conversation starts with."""

from dataclasses import replace

import pytest

from chat.providers import mistral, openai
from chat.providers.base import Model, ProviderInfo, ProviderSpec
from chat.providers.finding.servers import KNOWN, FoundServer, KnownServer
from chat.providers.local import provider as local
from chat.providers.offers import (
    UnclearModel,
    beside,
    chosen_model,
    default_model,
    offered,
    servers_here,
    spec_of,
)
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


OLLAMA = FoundServer(
    KnownServer("Ollama", 11434), "http://127.0.0.1:11434/v1", (("llama3.2:1b", None), ("qwen3", 4096))
)


def test_server_that_was_found_is_offered_with_its_models_before_what_runs_in_the_app():
    own = offered(AppSettings(), {})
    here = servers_here([OLLAMA], own)
    assert facts(beside(own, here)) == [
        ("mistral", None, None, True),
        ("openai", None, None, True),
        ("ollama", None, "http://127.0.0.1:11434/v1", False),
        ("local", None, None, False),
    ]
    assert {(spec.info.label, models) for spec, models in here.items()} == {
        ("Ollama", (Model("ollama/llama3.2:1b", "llama3.2:1b"), Model("ollama/qwen3", "qwen3", 4096)))
    }


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:11434/v1",
        "localhost:11434/v1",
        "LOCALHOST:11434",
        "[::1]:11434/v1",
        "0.0.0.0:11434/v1",
        "127.1.2.3:11434",
    ],
)
def test_server_that_is_configured_or_typed_already_is_not_offered_twice(address):
    mine = Endpoint("my own", f"http://{address}")
    assert servers_here([OLLAMA], offered(AppSettings(endpoints=(mine,)), {})) == {}
    assert servers_here([OLLAMA], offered(AppSettings(), {}, (mine,))) == {}
    as_openai = AppSettings(urls={"OPENAI_BASE_URL": f"http://{address}"}, keys={"OPENAI_API_KEY": "sk"})
    assert servers_here([OLLAMA], offered(as_openai, {})) == {}


def test_server_at_the_address_of_a_provider_without_its_key_is_offered():
    lacking = AppSettings(urls={"OPENAI_BASE_URL": OLLAMA.base_url})
    assert [spec.info.name for spec in servers_here([OLLAMA], offered(lacking, {}))] == ["ollama"]


@pytest.mark.parametrize(
    "address", ["http://gpu.example.org:11434/v1", "http://localhost:11435/v1", "http://localhost/v1"]
)
def test_server_whose_name_an_endpoint_elsewhere_has_is_told_from_it(address):
    own = offered(AppSettings(endpoints=(Endpoint("Ollama", address),)), {})
    ((spec, models),) = servers_here([OLLAMA], own).items()
    assert (spec.info.name, spec.info.label) == ("ollama-11434", "Ollama on this machine")
    assert [model.id for model in models] == ["ollama-11434/llama3.2:1b", "ollama-11434/qwen3"]


def test_server_that_was_found_is_not_what_a_new_conversation_starts_with_unless_it_is_configured():
    for configured, model in ((None, "local/smollm2-135m-instruct"), ("ollama/qwen3", "ollama/qwen3")):
        settings = AppSettings(default_model=configured)
        own = offered(settings, {})
        assert default_model(settings, beside(own, servers_here([OLLAMA], own))) == model


def test_no_usual_server_is_called_like_a_provider():
    assert not {server.name for server in KNOWN} & {info.name for info in PROVIDERS}


LISTED = (
    Model("mistral/mistral-small-latest", "mistral-small-latest"),
    Model("openai/thinker-r1", "thinker-r1"),
    Model("openai/gpt-6", "gpt-6"),
    Model("ollama/gpt-6", "gpt-6"),
    Model("ollama/meta-llama/Llama-3", "meta-llama/Llama-3"),
    Model("local/smollm2-135m-instruct", "SmolLM2 135M"),
)


@pytest.mark.parametrize(
    ("typed", "present", "model"),
    [
        (" thinker-r1 ", "mistral/mistral-small-latest", "openai/thinker-r1"),
        ("Thinker-R1", None, "openai/thinker-r1"),
        ("openai/thinker-r1", None, "openai/thinker-r1"),
        ("smollm2 135m", None, "local/smollm2-135m-instruct"),
        ("meta-llama/llama-3", "mistral/mistral-small-latest", "ollama/meta-llama/Llama-3"),
        ("gpt-6", "ollama/gpt-6", "ollama/gpt-6"),
        ("gpt-6", "openai/thinker-r1", "openai/gpt-6"),
        ("openai/think", "mistral/mistral-small-latest", "openai/think"),
        ("OpenAI/ft:gpt-6:me", None, "openai/ft:gpt-6:me"),
        ("codestral", "mistral/mistral-small-latest", "mistral/codestral"),
        ("meta-llama/Llama-4", "ollama/gpt-6", "ollama/meta-llama/Llama-4"),
    ],
)
def test_name_that_is_typed_is_of_a_listed_model_or_of_one_that_no_list_has(typed, present, model):
    specs = (*offered(CONFIGURED, {}),)
    assert chosen_model(typed, LISTED, specs, present) == model


@pytest.mark.parametrize(
    ("typed", "present", "words"),
    [
        (
            "think",
            "openai/gpt-6",
            "“think” is part of openai/thinker-r1: choose that above, or type the other's whole provider/model.",
        ),
        (
            "gpt",
            "mistral/x",
            "“gpt” is part of openai/gpt-6: choose that above, or type the other's whole provider/model.",
        ),
        (
            "brand-new",
            "local/smollm2-135m-instruct",
            "There is no “brand-new” here. To use another provider's, type provider/model.",
        ),
        ("brand-new", None, "There is no “brand-new” here. To use another provider's, type provider/model."),
        (
            "local/other",
            "openai/gpt-6",
            "There is no “local/other” here. To use another provider's, type provider/model.",
        ),
        ("zeta/", "gone/x", "There is no “zeta/” here. To use another provider's, type provider/model."),
    ],
)
def test_name_that_could_be_another_model_is_not_made_up(typed, present, words):
    with pytest.raises(UnclearModel) as caught:
        chosen_model(typed, LISTED, offered(CONFIGURED, {}), present)
    assert str(caught.value) == words

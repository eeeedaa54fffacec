"""The live providers of a process: what is remembered of their models, and which clients stay."""

import asyncio
from importlib.util import find_spec

import pytest

from chat.errors import Unreachable
from chat.providers import live as live_module
from chat.providers.base import Model, ProviderInfo, ProviderSpec
from chat.providers.live import ModelList, Providers
from chat.providers.registry import PROVIDERS
from chat.replies.background import Background
from tests.support.held import leads_to
from tests.support.processes import wait_for


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


def spec(name: str, key: str | None = None, *, typed: bool = False) -> ProviderSpec:
    return ProviderSpec(ProviderInfo(name, name, make=lambda spec: FakeModels(spec.info)), key, typed=typed)


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


def test_provider_whose_models_have_changed_is_asked_anew_and_no_other(providers):
    here, other = spec("here"), spec("other")
    for each in (here, other):
        providers.known_models(each, wait=10)
    providers.ask_again("here")
    assert providers.known_models(here).models == (Model("here/one", "one"),), "what is known holds meanwhile"
    wait_for(lambda: providers.get(here).asked == 2, "the provider to be asked")
    assert providers.get(other).asked == 1


def test_provider_without_a_key_is_not_asked(providers):
    lacking = ProviderSpec(ProviderInfo("x", "X", needs_key=True))
    assert providers.known_models(lacking) == ModelList()


def test_clients_of_typed_keys_are_let_go_of_and_the_rest_stays(providers, monkeypatch):
    monkeypatch.setattr(live_module, "MOST_CLIENTS", 3)
    stay = (spec("local"), spec("configured", "key"))
    first = [providers.get(each) for each in stay]
    for number in range(10):
        providers.get(spec("typed", f"key-{number}", typed=True))
    assert [providers.get(each) for each in stay] == first
    assert [number for number in range(10) if leads_to(providers, f"key-{number}")] == [7, 8, 9]


def test_nothing_is_left_of_a_typed_key_that_is_forgotten(providers):
    typed = spec("typed", "key-that-goes", typed=True)
    providers.known_models(typed, wait=10)
    assert leads_to(providers, "key-that-goes")
    providers.forget(typed)
    del typed
    assert not leads_to(providers, "key-that-goes")


def test_nothing_is_left_of_a_typed_key_that_nobody_has_used_for_a_while(providers, monkeypatch):
    monkeypatch.setattr(live_module, "UNUSED_SECONDS", 0.0)
    monkeypatch.setattr(live_module, "LOOK_SECONDS", 0.0)
    providers.known_models(spec("configured", "key-that-stays"), wait=10)
    providers.get(spec("typed", "key-that-goes", typed=True))
    wait_for(lambda: not leads_to(providers, "key-that-goes"), "the typed key is let go of")
    assert leads_to(providers, "key-that-stays")


def test_typed_key_that_is_used_stays(providers, monkeypatch):
    monkeypatch.setattr(live_module, "LOOK_SECONDS", 0.0)
    typed = spec("typed", "key", typed=True)
    client = providers.get(typed)
    for _ in range(20):
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), providers._background.loop).result()
    assert providers.get(typed) is client


def test_libraries_are_imported_once_and_those_of_a_provider_without_its_key_are_not(providers, monkeypatch):
    imported: list[str] = []

    def note(name):
        imported.append(name)
        if name == "away":
            raise ImportError(name)

    monkeypatch.setattr(live_module.importlib, "import_module", note)
    ready = ProviderInfo("ready", "Ready", libraries=("away", "first"))
    lacking = ProviderInfo("lacking", "Lacking", needs_key=True, libraries=("never",))
    specs = [ProviderSpec(ready, None), ProviderSpec(lacking, None)]
    providers.import_libraries(specs)
    other = ProviderInfo("other", "Other", libraries=("first", "later"))
    providers.import_libraries([*specs, ProviderSpec(other, None)])
    wait_for(lambda: sorted(imported) == ["away", "first", "later"], "all are imported")


def test_libraries_that_records_name_are_there():
    for info in PROVIDERS:
        assert info.libraries
        for name in info.libraries:
            assert find_spec(name) is not None

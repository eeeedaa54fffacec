"""The live providers of a process: what is remembered of their models, and which clients stay."""

import pytest

from chat.errors import Unreachable
from chat.providers import live as live_module
from chat.providers.base import Model, ProviderInfo, ProviderSpec
from chat.providers.live import ModelList, Providers
from chat.replies.background import Background


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
    return ProviderSpec(ProviderInfo(name, name, make=lambda spec: FakeModels(spec.info)), key)


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
    lacking = ProviderSpec(ProviderInfo("x", "X", needs_key=True))
    assert providers.known_models(lacking) == ModelList()


def test_clients_of_typed_keys_are_let_go_of_and_the_rest_stays(providers, monkeypatch):
    monkeypatch.setattr(live_module, "MOST_CLIENTS", 3)
    stays = spec("local")
    first = providers.get(stays)
    for number in range(10):
        providers.get(spec("typed", f"key-{number}"))
    assert providers.get(stays) is first
    assert len(providers._live) == 3

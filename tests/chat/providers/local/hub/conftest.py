"""A hub of the tests' own, and a folder for what comes from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.providers.local.hub import download
from chat.providers.local.hub.catalog import Hub
from tests.support.fakes.fake_hub import FakeHub


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    for name in ("HF_ENDPOINT", "HF_HUB_CACHE", "HF_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(download, "WAITS", (0.0,) * 5)
    with FakeHub() as hub:
        yield hub


@pytest.fixture
def hub(fake: FakeHub, tmp_path: Path) -> Hub:
    return Hub(endpoint=fake.url, cache=tmp_path / "hub")

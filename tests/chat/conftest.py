"""What the tests of the send-loop share."""

import pytest

from chat.replies.background import Background
from tests.support.fakes.answers import FakeKeeper


@pytest.fixture
def background():
    loop = Background()
    yield loop
    loop.close()


@pytest.fixture
def keeper():
    return FakeKeeper()

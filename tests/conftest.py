"""Fixtures that many tests use: a data folder of their own, and a model server of their own; which tests come first."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.browser import end_browser, needs_browser
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.visitors.two_browsers import other, others_tab, page, tab  # noqa: F401

# How long an example may take is a limit in wall time, which a busy machine passes.
settings.register_profile("chatkeep", deadline=None)
settings.load_profile("chatkeep")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def models() -> Iterator[FakeModelServer]:
    with FakeModelServer() as server:
        yield server


def pytest_make_parametrize_id(val, argname):
    """Name a case with a long text by its argument and number: every worker collects the same names, random or not."""
    return argname if isinstance(val, str | bytes) and len(val) > 20 else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that have most browser tests: the longest ones, begun last, would leave workers idle."""
    functions = (each for each in items if isinstance(each, pytest.Function) and needs_browser(each.module))
    in_browser = Counter(each.path for each in functions if "browser" in each.fixturenames)
    items.sort(key=lambda each: -in_browser[each.path])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """End the browser before a module that needs none."""
    if not (isinstance(item, pytest.Function) and needs_browser(item.module)):
        end_browser()


def pytest_unconfigure() -> None:
    end_browser()

"""A browser test that fails says what was on its pages, in their consoles and in the app's log."""

from collections.abc import Generator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.evidence import evidence


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    page = item.funcargs.get("page") if isinstance(item, pytest.Function) else None
    if report.when == "call" and report.failed and isinstance(page, Page):
        report.sections += evidence(page)
    return report

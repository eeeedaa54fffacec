"""What a browser wants to go on with after it has signed in: given once, to that browser, and not for long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ui.identity import waiting
from ui.identity.waiting import Wish


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    now = [1_000.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    yield now
    waiting._wishes.clear()


def test_it_is_given_once_to_that_browser_alone() -> None:
    waiting.put("visitor-a", Wish(share="first"))
    waiting.put("visitor-a", Wish(share="second"))
    waiting.put("visitor-b", Wish(share="other"))
    assert [waiting.take(each) for each in ("visitor-c", "visitor-a", "visitor-a", "visitor-b")] == [
        None,
        Wish(share="second"),
        None,
        Wish(share="other"),
    ]


def test_it_is_forgotten_after_a_quarter_of_an_hour(moment: list[float]) -> None:
    waiting.put("visitor-a", Wish(share="late"))
    waiting.put("visitor-b", Wish(share="in time"))
    moment[0] += 899
    assert waiting.take("visitor-b") == Wish(share="in time")
    moment[0] += 1
    assert waiting.take("visitor-a") is None


def test_of_very_many_the_first_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MOST", 2)
    for each in "abc":
        waiting.put(each, Wish(conversation=each))
    assert [waiting.take(each) for each in "abc"] == [
        None,
        Wish(conversation="b"),
        Wish(conversation="c"),
    ]

"""What Settings says of whose place this is, and the note on every page; in this process, where no browser sends a
cookie. What a browser's cookie makes of it is in `tests/end_to_end/visitors/`."""

import pytest

from tests.support.pages import app, page, said  # noqa: F401
from ui.identity.place import EVERYBODY, HOW, MEANS, WHO

NOTHING_KEEPS_IT = f"{WHO['session']} {MEANS['session']} {HOW['session']}"


def places(at):
    """Return what the page says of whose place it is."""
    return [text for text in said(at) if any(who in text for who in WHO.values())]


def test_one_persons_place_is_said_on_settings_alone():
    assert places(page("pages/4_Settings.py")) == [f"**{WHO['machine']}** {EVERYBODY} {HOW['machine']}"]
    assert places(page("Home.py")) == []


@pytest.mark.parametrize("name", ["Home.py", "pages/1_History.py"])
def test_without_a_browser_to_ask_every_page_is_drawn_and_says_that_nothing_keeps_it(monkeypatch, name):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    at = page(name)
    assert not at.exception
    assert places(at) == [NOTHING_KEEPS_IT]
    assert "Dismiss" not in [each.label for each in at.button]
    assert places(at.run()) == [NOTHING_KEEPS_IT]


def test_settings_says_it_once_and_how_that_is_changed(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    at = page("pages/4_Settings.py")
    assert places(at) == [f"**{WHO['session']}** {MEANS['session']} {HOW['session']}"]

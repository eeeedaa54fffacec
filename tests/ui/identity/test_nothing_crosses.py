"""What one visitor said is nowhere in what another is told, and a typed key is held no longer than it is used."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.held import leads_to
from tests.support.pages import app, page, wait_for_replies  # noqa: F401
from ui.services import services

MARK = "Quincunx"
KEY = "sk-typed-and-marked"


@pytest.fixture
def visitors(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setenv("CHATKEEP_VISITOR_KEYS", "1")


def drawn(at: AppTest) -> str:
    """Return all that a page draws, to look for words in."""
    assert not at.exception
    return "".join(str(element.proto) for part in (at.main, at.sidebar) for element in part)


def say_mark() -> AppTest:
    """Have a visitor say the marked word, and return their page with the answer."""
    at = page("Home.py")
    at.chat_input(key="message").set_value(f"{MARK} is my word").run()
    wait_for_replies()
    assert MARK in drawn(at.run())
    return at


def test_what_is_said_of_the_whole_store_says_nothing_of_anybody(visitors, tmp_path):
    say_mark()
    (file,) = (tmp_path / "data").glob("visitor-*/[!.]*.json")
    file.write_bytes(file.read_bytes()[:-20])
    for name in ("", "-wal", "-shm"):
        (tmp_path / "data" / f".catalog.sqlite3{name}").unlink(missing_ok=True)
    (tmp_path / "data" / ".catalog.sqlite3").mkdir()
    services.clear()
    for name in ("Home.py", "pages/1_History.py", "pages/4_Settings.py"):
        page_of_another = drawn(page(name))
        assert "The list of conversations cannot be kept on the disk at the moment" in page_of_another
        assert MARK not in page_of_another
        assert file.stem not in page_of_another


def test_typed_key_is_held_until_it_is_forgotten(visitors, monkeypatch, models):
    monkeypatch.setenv("MISTRAL_SERVER_URL", models.root_url)
    at = page("pages/4_Settings.py")
    at.text_input(key="key-MISTRAL_API_KEY").set_value(KEY)
    at.button(key="use-MISTRAL_API_KEY").click().run()
    assert KEY not in drawn(at)
    assert leads_to(services(), KEY)
    at.button(key="forget-MISTRAL_API_KEY").click().run()
    assert not leads_to(services(), KEY)

"""What every page says where the data folder went while Chatkeep runs."""

import html
import shutil

import pytest

from store.rules import VANISHED
from tests.support.pages import app, keep, page  # noqa: F401

PAGES = ("Home.py", "pages/1_History.py", "pages/4_Settings.py", "pages/5_Admin.py")


@pytest.mark.parametrize("mode", ["personal", "visitors"])
def test_every_page_says_that_the_data_folder_vanished_and_takes_no_message(mode, tmp_path, monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODE", mode)
    keep(1)
    page("Home.py")
    shutil.rmtree(tmp_path / "data")
    for name in PAGES:
        at = page(name)
        assert not at.exception
        assert VANISHED in [html.unescape(each.value) for each in at.warning], name
        assert [each.disabled for each in at.chat_input] == [True] * len(at.chat_input)
    assert not (tmp_path / "data").exists()

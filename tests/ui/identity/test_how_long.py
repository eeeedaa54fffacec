"""Settings say to a visitor for how long their conversations are kept, and to nobody else."""

import pytest

from tests.support.pages import app, page, said  # noqa: F401

DAYS = (
    "Your conversations are erased once you have not been here for {}, but not while one that is pinned has changed "
    "since."
)


@pytest.mark.parametrize(
    ("set_to", "words"),
    [
        ("", DAYS.format("90 days")),
        ("1", DAYS.format("a day")),
        ("1000", DAYS.format("1,000 days")),
        ("0", "Your conversations are kept until you erase them."),
        ("soon", "Your conversations are kept until you erase them."),
    ],
)
def test_a_visitor_reads_for_how_long_theirs_are_kept(monkeypatch, set_to, words):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setenv("CHATKEEP_VISITOR_DAYS", set_to)
    assert words in said(page("pages/4_Settings.py"))


def test_whoever_is_at_this_machine_reads_nothing_of_it():
    assert [
        each for each in said(page("pages/4_Settings.py")) if "erased once" in each or "until you erase" in each
    ] == []

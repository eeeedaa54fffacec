"""The Admin page: everything in numbers for those who look after this installation, and nothing for anybody else."""

import html
import platform
import re
from typing import get_args

import pytest
import streamlit as st

from chat.conversation import utc_now
from chat.owner import account_of, visitor_of
from chat.version import VERSION
from store.conversations import StoreError
from store.files.keeping import FolderKeeping
from store.files.owners.people import PeopleFiles
from store.keeping import Trouble
from tests.support.pages import app, keep, page, said  # noqa: F401
from tests.support.store_fixtures import CUT, conversation, message
from ui.admin_page import names
from ui.admin_page.health import TROUBLES
from ui.admin_page.people import size
from ui.services import services

ADMIN = "pages/5_Admin.py"
VISITOR, ACCOUNT = visitor_of("v" * 43).id, account_of("https://id.example.org", "ann").id
SECRET = "secretword"


def table(at, first):
    """The rows of the table whose first column has this head, as the page says them."""
    text = next(each for each in said(at) if each.startswith(f"| {first} |"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()[2:]]


def links(at):
    return [each.label for each in at.sidebar.get("page_link")]


def fill():
    store = services().store
    for owner in (VISITOR, ACCOUNT, "odd | *owner*"):
        said_there = message("q1", content=SECRET)
        store.create(conversation("c1", said_there, owner=owner, title=SECRET, tags=(SECRET,), updated_at=utc_now()))
    store.create(conversation("c2", message("q1", content=SECRET), owner=VISITOR, title=SECRET, trashed_at=utc_now()))
    store.shares.share(VISITOR, "c1", None)
    store.people.seen(VISITOR, utc_now())
    return store


def test_people_are_told_in_numbers_and_no_word_of_them_is_on_the_page(tmp_path):
    store = fill()
    (tmp_path / "data" / ACCOUNT / "c1.json").write_bytes(CUT + SECRET.encode())
    with pytest.raises(LookupError):
        store.get(ACCOUNT, "c1")
    at = page(ADMIN)
    assert not at.exception
    (damage,) = store.damaged(ACCOUNT)
    people = {row[0]: row[1:] for row in table(at, "Who")}
    visitor = f"Visitor {VISITOR[8:18]}"
    assert list(people) == [visitor, f"Account {ACCOUNT[8:18]}", r"odd \| \*owner\*"]
    assert people[visitor][:2] == ["1", "1"]
    assert people[visitor][3] == "1"
    assert people[visitor][4].startswith(f"{utc_now():%Y-%m-%d}")
    assert people[r"odd \| \*owner\*"][:2] == ["1", "0"]
    assert people[r"odd \| \*owner\*"][4] == "not noted yet"
    everything = "\n".join(said(at))
    kilobytes = size(sum(each.bytes for each in store.people.everybody()))
    assert f"3 people, 3 conversations, {kilobytes}." in everything
    assert f"- Account {ACCOUNT[8:18]}: {damage.file_name}, " in everything.replace("\\", "")
    assert "1 file could not be read" in everything
    assert SECRET not in re.sub(r"\\", "", "\n".join(repr(each.proto) for each in (*at.main, *at.sidebar)))


def test_what_is_being_written_is_told_without_its_words(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODEL", "openai/paced-200-at-40")
    home = page("Home.py")
    home.chat_input[0].set_value(SECRET).run()
    at = page(ADMIN)
    lines = "\n".join(said(at))
    assert "1 answer for 1 person." in lines
    assert re.search(r"- This machine: paced-200-at-40, since \d{4}-\d\d-\d\d \d\d:\d\d", lines)
    for reply in services().replies.active():
        reply.stop()
        assert reply.wait_until_ended(20)
    at.run()
    assert "None at this moment." in said(at)


def test_somebody_whose_page_is_open_is_named(monkeypatch):
    fill()
    monkeypatch.setattr(names, "names_here", lambda: {ACCOUNT: "Ann *Example* | x"})
    at = page(ADMIN)
    assert rf"Account {ACCOUNT[8:18]} (Ann \*Example\* \| x)" in [row[0] for row in table(at, "Who")]


def test_limits_are_told_with_what_is_spent():
    at = page(ADMIN)
    assert table(at, "What")[:2] == [
        ["Answers in an hour", "who spent most", "0", "20"],
        ["Answers in 24 hours", "who spent most", "0", "60"],
    ]
    assert ["Tokens in 24 hours", "everybody together", "0", "600,000"] in table(at, "What")
    assert table(at, "What")[-1] == ["Megabytes sent in 24 hours", "who spent most", "0", "100"]


@pytest.mark.parametrize("mode", ["visitors", "nonsense"])
def test_others_read_a_sentence_and_nothing_is_looked_up_for_them(monkeypatch, mode):
    monkeypatch.setenv("CHATKEEP_MODE", mode)
    fill()

    def everybody(*_arguments):
        raise AssertionError("looked up for somebody who may not see it")

    for verb in ("everybody", "damaged", "person"):
        monkeypatch.setattr(PeopleFiles, verb, everybody)
    at = page(ADMIN)
    assert not at.exception
    assert [each.value for each in at.info] == [
        "This page is for those who look after this installation. Your own conversations are under History."
    ]
    assert [each.value for each in at.header] == []
    assert links(at) == ["Chat", "History", "Settings"]


def test_every_page_names_the_pages_there_are():
    keep(1)
    for name in ("Home.py", "pages/1_History.py", "pages/4_Settings.py", ADMIN):
        assert links(page(name))[:4] == ["Chat", "History", "Settings", "Admin"]


def test_what_cannot_be_looked_up_is_said_in_its_place(monkeypatch):
    def failing(*_arguments):
        raise StoreError("The list cannot be read.")

    for verb in ("everybody", "damaged"):
        monkeypatch.setattr(PeopleFiles, verb, failing)
    at = page(ADMIN)
    assert [each.value for each in at.error] == ["The list cannot be read."] * 2
    assert [each.value for each in at.header] == [
        "Health",
        "Answers being written",
        "Limits",
        "People",
        "Damaged files",
    ]


@pytest.mark.parametrize("trouble", get_args(Trouble))
def test_a_store_that_can_keep_nothing_is_named(monkeypatch, trouble):
    monkeypatch.setattr(FolderKeeping, "trouble", lambda _: trouble)
    at = page(ADMIN)
    assert [html.unescape(each.value) for each in at.main.warning] == [TROUBLES[trouble]]
    assert not at.success


def test_all_is_well_where_something_can_really_be_written():
    assert [each.value for each in page(ADMIN).success] == ["Everything can be kept and found."]


def test_the_versions_of_what_runs_are_said():
    versions = f"Chatkeep {VERSION}, Streamlit {st.__version__}, Python {platform.python_version()}."
    assert versions in [each.value for each in page(ADMIN).caption]


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 KB"), (1, "1 KB"), (1024, "1 KB"), (10_240_001, "10 MB"), (5 * 1024**3, "5,120 MB")]
)
def test_sizes_are_rounded_up(count, words):
    assert size(count) == words

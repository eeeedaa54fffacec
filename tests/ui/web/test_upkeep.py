"""Visitors who stay away are erased by the app itself, and never while a page of theirs is open."""

from datetime import timedelta

import pytest

from chat.conversation import utc_now
from chat.owner import visitor_of
from chat.replies.background import Background
from store.conversations import StoreError
from store.files.owners.people import PeopleFiles
from store.files.store import TinyDBFiles
from tests.support.pages import app, page  # noqa: F401
from tests.support.processes import wait_for
from tests.support.store_fixtures import conversation
from ui.services import services
from ui.web import upkeep

AWAY, HERE = (visitor_of(token * 43).id for token in "ab")


class FakeRuntime:
    """Knows which of Streamlit's sessions a browser is connected to."""

    def __init__(self, *connected):
        self.connected = connected

    def exists(self):
        return True

    def get_instance(self):
        return self

    def is_active_session(self, session_id):
        return session_id in self.connected


@pytest.fixture
def days(monkeypatch):
    """Have the app live through another day whenever it is called."""
    today = [utc_now()]

    def next_day():
        today[0] += timedelta(days=1)

    monkeypatch.setattr(upkeep, "utc_now", lambda: today[0])
    monkeypatch.setattr(upkeep, "_here", {})
    return next_day


@pytest.fixture
def store(data):
    store = TinyDBFiles(data)
    for owner in (AWAY, HERE):
        store.create(conversation("c1", owner=owner))
    yield store
    store.close()


def test_who_has_a_page_open_stays_and_who_is_away_goes(store, days, monkeypatch):
    monkeypatch.setattr(upkeep, "runtime", FakeRuntime("open", "another"))
    open_pages = {"open": ((HERE, "account-of-somebody"), "Ann"), "closed": ((AWAY,), "Bob")}
    monkeypatch.setattr(upkeep, "_here", open_pages)
    for _ in range(4):
        upkeep.erase_unseen(store, 3)
        days()
    assert [each.owner for each in store.people.everybody()] == [HERE]
    assert upkeep.owners_here() == {"account-of-somebody", HERE}
    assert upkeep.names_here() == {"account-of-somebody": "Ann"}
    monkeypatch.setattr(upkeep, "runtime", FakeRuntime())
    for _ in range(3):
        days()
        upkeep.erase_unseen(store, 3)
    assert store.people.everybody() == ()
    assert (upkeep.owners_here(), upkeep.names_here()) == (frozenset(), {})


def test_it_is_done_at_the_start_and_again_while_the_app_runs(store, days, monkeypatch):
    monkeypatch.setattr(upkeep, "EVERY_SECONDS", 0.01)
    background = Background()
    upkeep.begin_upkeep(store, background, 3)
    wait_for(lambda: (days(), store.people.everybody() == ())[1], "everybody who is away is erased")
    background.close()


def test_nothing_that_goes_wrong_ends_it(store, days, monkeypatch, caplog):
    failing = iter([StoreError("The disk is full."), RuntimeError("a bug")])

    def erase_unseen(*_arguments):
        for error in failing:
            raise error
        return ()

    monkeypatch.setattr(PeopleFiles, "erase_unseen", erase_unseen)
    for _ in range(3):
        upkeep.erase_unseen(store, 3)
    assert [record.getMessage() for record in caplog.records if record.name == "ui.web.upkeep"] == [
        "visitors who stayed away could not be erased (The disk is full.)",
        "visitors who stayed away could not be erased",
    ]


def test_opening_a_page_is_a_visit(days):
    at = page("Home.py")
    store = services().store
    assert store.people.everybody() == ()  # nothing is written of somebody of whom nothing is kept
    store.create(conversation("c1"))
    at.run()
    assert store.people.person("personal").last_seen == upkeep.utc_now()


def test_a_page_opens_though_a_visit_cannot_be_noted(days, monkeypatch):
    def seen(*_arguments):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(PeopleFiles, "seen", seen)
    at = page("Home.py")
    assert not at.exception
    assert at.chat_input

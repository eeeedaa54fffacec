"""What this browser kept before somebody signed in: what is offered, and what is said of it."""

import pytest

from chat.conversation import Conversation, utc_now
from chat.owner import account_of, visitor_of
from chat.sign_in import Account
from store.conversations import StoreError
from store.files.owners.people import PeopleFiles
from store.people import Given
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.pages import app, page, said, to_be_drawn  # noqa: F401
from ui.identity import identify
from ui.identity.bring_along import in_words
from ui.services import services

TOKEN = "A" * 43
VISITOR = visitor_of(TOKEN).id
ANN = Account(account_of("https://login.example.org", "ann"), "Ann *Example*", "ann@example.org", True, False)
OFFER = (
    "Before you signed in, this browser kept {}. Bring along what it kept, and it is there wherever you sign in. On a "
    "computer that others use it may be somebody else's: then leave it."
)


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


@pytest.fixture(autouse=True)
def signed_in(app, monkeypatch):  # noqa: F811
    """Have Ann be signed in, in a browser that kept something before."""
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setattr(identify, "signed_in", lambda _sign_in: ANN)
    monkeypatch.setattr(identify, "token_in", lambda *_, **__: TOKEN)


def keep(number, *, trashed=0):
    """Keep so many conversations of the visitor, some of them in the trash."""
    store, now = services().store, utc_now()
    for count in range(number + trashed):
        store.create(Conversation(f"{count:032x}", VISITOR, f"Conversation {count}", now, now))
    for count in range(trashed):
        store.trash(VISITOR, f"{count:032x}")


def offers(at):
    return [each for each in said(at) if each.startswith("Before you")]


def test_nothing_is_offered_where_nothing_was_kept():
    assert offers(page("Home.py")) == []


@pytest.mark.parametrize(
    ("number", "trashed", "words"),
    [
        (1, 0, "1 conversation"),
        (2, 1, "2 conversations, and 1 in the trash"),
        (0, 2, "2 conversations in the trash"),
    ],
)
def test_offer_says_how_much_it_is(number, trashed, words):
    page("Home.py")
    keep(number, trashed=trashed)
    assert offers(page("Home.py")) == [OFFER.format(words)]


def test_not_now_is_remembered_and_the_offer_stays_on_settings():
    page("Home.py")
    keep(1)
    at = page("Home.py")
    at.button("not_now").click().run()
    assert offers(at) == offers(page("pages/1_History.py")) == []
    at = page("pages/4_Settings.py")
    assert offers(at) == [OFFER.format("1 conversation")]
    at.button("bring_along").click().run()
    assert offers(at) == []
    assert "Brought along: 1 conversation." in said(at)
    assert (services().store.count(VISITOR), services().store.count(ANN.owner.id)) == (0, 1)


def test_store_that_cannot_give_says_so_and_the_offer_stays(monkeypatch):
    page("Home.py")
    keep(1)

    def give(*_):
        raise StoreError("The disk is full. Nothing was changed.")

    monkeypatch.setattr(PeopleFiles, "give", give)
    at = page("Home.py")
    at.button("bring_along").click().run()
    assert "The disk is full. Nothing was changed." in said(at)
    assert offers(at) == [OFFER.format("1 conversation")]


def test_who_signed_in_reads_their_name_as_it_is():
    at = page("pages/4_Settings.py")
    assert (
        r"**You are signed in as Ann \*Example\*.** Your conversations are there wherever you sign in. Sign out to "
        "change that."
    ) in said(at)
    assert [each.value for each in at.sidebar.caption][-1] == r"Signed in as Ann \*Example\*"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Given(3), "Brought along: 3 conversations."),
        (Given(1, grown=2), "Brought along: 1 conversation, and 2 conversations that were here got what they lacked."),
        (
            Given(0, waiting=1),
            "Brought along: 0 conversations. 1 conversation will follow when the answer in it has ended.",
        ),
    ],
)
def test_what_came_along_in_words(given, words):
    assert in_words(given) == words


def test_offer_comes_and_goes_with_what_is_kept_and_answered_elsewhere():
    at = page("Home.py")
    assert to_be_drawn(at) == ()
    keep(1)
    assert to_be_drawn(at) == ("notes",)
    assert offers(at.run()) == [OFFER.format("1 conversation")]
    services().store.set_preferences(VISITOR, stays_behind=True)
    assert to_be_drawn(at) == ("notes",)

"""What a page says of signing in, without a provider: whoever may not go on, and how a try ended."""

import pytest

from chat.owner import account_of
from chat.sign_in import Account
from tests.support.fakes.fake_server import FakeModelServer
from tests.support.pages import ROOT, AppTest, app, page, said  # noqa: F401
from ui.identity import identify, sign_in
from ui.identity.sign_in import ENDINGS, UNUSABLE
from ui.state import page as page_state

ANN = Account(account_of("https://login.example.org", "ann"), "Ann", "ann@example.org", False, False)
PAGES = ("Home.py", "pages/1_History.py", "pages/4_Settings.py")


@pytest.fixture(scope="module")
def models():
    with FakeModelServer() as server:
        yield server


def opened(ending):
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["sign-in"] = ending
    return at.run()


@pytest.mark.parametrize("name", PAGES)
def test_nobody_comes_in_where_nobody_can_sign_in(monkeypatch, name):
    monkeypatch.setenv("CHATKEEP_MODE", "signed-in")
    at = page(name)
    assert [title.value for title in at.title] == ["Chatkeep"]
    assert UNUSABLE in said(at)
    assert not at.chat_input
    assert not at.sidebar.button


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("mode", ["signed-in", "visitors"])
def test_who_may_not_come_in_sees_no_page(monkeypatch, name, mode):
    monkeypatch.setenv("CHATKEEP_MODE", mode)
    for module in (identify, sign_in):
        monkeypatch.setattr(module, "signed_in", lambda _sign_in: ANN)
    at = page(name)
    assert [title.value for title in at.title] == ["You may not come in"]
    assert not at.chat_input
    assert [button.label for button in at.button] == ["Sign out and try another"]
    assert ("Once you are signed out you can go on as a visitor." in said(at)) is (mode == "visitors")


@pytest.mark.parametrize("ending", ENDINGS)
def test_visitor_reads_once_how_signing_in_ended(monkeypatch, ending):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    at = opened(ending)
    assert ENDINGS[ending] in said(at)
    assert "sign-in" not in at.query_params
    monkeypatch.setattr(page_state, "SAID_SECONDS", 0)
    assert ENDINGS[ending] not in said(at.run())


@pytest.mark.parametrize(("mode", "ending"), [("visitors", "<b>junk</b>"), ("personal", "failed")])
def test_nothing_is_said_to_whom_it_does_not_concern(monkeypatch, mode, ending):
    monkeypatch.setenv("CHATKEEP_MODE", mode)
    at = opened(ending)
    assert not [each for each in said(at) if "sign" in each.lower()]
    assert "sign-in" not in at.query_params


@pytest.mark.parametrize(
    ("name", "value", "others"),
    [
        ("CHATKEEP_ALLOWED", "@example.org", "Other people who open this address have to sign in."),
        ("CHATKEEP_ALLOWED", "", "Other people who open this address are visitors."),
        ("CHATKEEP_MODE", "personal", "everybody who opens this address sees them."),
    ],
)
def test_personal_owner_reads_who_the_others_are(monkeypatch, name, value, others):
    monkeypatch.delenv("CHATKEEP_MODE")
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(identify, "is_personal", lambda *_: True)
    assert [each for each in said(page("pages/4_Settings.py")) if others in each]

"""What Settings offers somebody to do with all of their own, and what it says of it. Without a browser."""

import pytest

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.owner import account_of, new_token, visitor_of
from chat.pairing import LIFE, new_code, seal
from chat.sign_in import Account
from store import codes
from store.conversations import StoreError
from store.files.owners.codes import CodeFiles
from store.files.owners.people import PeopleFiles
from tests.support.pages import app, page, said  # noqa: F401
from ui.identity import identify, move
from ui.services import services
from ui.state.visitor import HeldToken
from ui.web.places import LEAVE, MOVE, NO_CODE, NO_ROOM, NOT_GIVEN

TOKEN = "A" * 43
VISITOR = visitor_of(TOKEN).id
ANN = Account(account_of("https://login.example.org", "ann"), "Ann Example", "ann@example.org", True, False)


@pytest.fixture
def visitor(app, monkeypatch):  # noqa: F811
    """Have the browser be a visitor's that the server's cookie is known by."""
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setattr(identify, "token_in", lambda *_, **__: TOKEN)


@pytest.fixture
def by_script(app, monkeypatch):  # noqa: F811
    """Have it be one that a script's cookie is known by."""
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    identity = identify.Identity(visitor_of(TOKEN), "script", token=TOKEN)
    monkeypatch.setattr(identify, "_visitor", lambda *_, **__: identity)


def keep(owner, title, **fields):
    now = utc_now()
    message = Message(new_id(), None, "user", f"Words of {title}", now)
    made = Conversation(new_id(), owner, title, now, now, head=message.id, messages=(message,), **fields)
    services().store.create(made)
    return made


def offered(at):
    keys = {"open_move", "open_leave", "open_erase_everything", "take_all-settings"}
    return keys & {each.key for each in (*at.button, *at.get("download_button"))}


def settings():
    at = page("pages/4_Settings.py")
    assert not at.exception
    return at


def wish(at):
    return at.session_state["wish_for_another_place"]


def test_visitor_can_do_everything(visitor):
    assert offered(settings()) == {"open_move", "open_leave", "open_erase_everything", "take_all-settings"}


def test_personal_owner_has_nothing_to_leave(app):  # noqa: F811
    assert offered(settings()) == {"open_erase_everything", "take_all-settings"}


def test_signed_in_people_have_nothing_to_leave(visitor, monkeypatch):
    monkeypatch.setattr(identify, "signed_in", lambda _sign_in: ANN)
    assert offered(settings()) == {"open_erase_everything", "take_all-settings"}


def test_visitor_without_cookies_reads_what_can_be_done(app, monkeypatch):  # noqa: F811
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    at = settings()
    assert offered(at) == {"open_erase_everything", "take_all-settings"}
    assert (
        "To leave this place, close this page. It cannot be moved to another browser: take your data with you."
        in said(at)
    )


@pytest.mark.parametrize(
    ("days", "until"),
    [
        ("30", " until they are erased after 30 days without a visit"),
        ("1", " until they are erased after a day without a visit"),
        ("0", ""),
    ],
)
def test_leaving_says_what_becomes_of_the_conversations(visitor, monkeypatch, days, until):
    monkeypatch.setenv("CHATKEEP_VISITOR_DAYS", days)
    at = settings()
    at.button("open_leave").click().run()
    assert (
        "This browser forgets your place and begins an empty one. Your conversations stay on the server"
        f"{until}, but nobody can reach them again, unless another browser has this place too."
    ) in said(at)
    at.button("leave").click().run()
    assert (wish(at).route, wish(at).token) == (LEAVE, None)


def test_script_that_keeps_the_token_keeps_a_new_one(by_script):
    at = settings()
    at.button("open_leave").click().run()
    at.button("leave").click().run()
    assert (wish(at).route, wish(at).token == TOKEN, len(wish(at).token)) == (None, False, 43)


@pytest.mark.parametrize("how", ["visitor", "by_script"])
def test_code_that_is_shown_opens_this_place_until_it_ends(request, how):
    request.getfixturevalue(how)
    at = settings()
    at.button("open_move").click().run()
    at.button("show_code").click().run()
    code = at.session_state["shown_code"].code
    assert [each.value for each in at.metric] == [code]
    assert services().store.codes.take(code, utc_now(), by="another") == TOKEN
    assert not [text for text in said(at) if TOKEN in text]


def test_code_that_has_ended_is_shown_no_more(visitor, monkeypatch):
    at = settings()
    at.button("open_move").click().run()
    at.button("show_code").click().run()
    monkeypatch.setattr(move, "utc_now", lambda: utc_now() + LIFE)
    at.run()
    assert (len(at.metric), at.button("show_code").label) == (0, "Show another code")
    assert "The code that was shown here has ended." in said(at)


def test_code_that_cannot_be_kept_is_not_shown(visitor, monkeypatch):
    def refuse(*_):
        raise StoreError("The disk is full.")

    at = settings()
    at.button("open_move").click().run()
    monkeypatch.setattr(CodeFiles, "keep", refuse)
    at.button("show_code").click().run()
    assert (len(at.metric), "The disk is full." in said(at)) == (0, True)


def use(at, code):
    at.button("open_move").click().run()
    at.text_input("typed_code").set_value(code)
    at.button("use_code").click().run()
    assert not at.exception


def test_typed_code_is_asked_of_the_server_by_the_browser(visitor):
    at = settings()
    use(at, "abcd efgh jkmn")
    assert (wish(at).route, wish(at).code, "abcd" in repr(wish(at))) == (MOVE, "abcd efgh jkmn", False)


@pytest.mark.parametrize("how", ["visitor", "by_script"])
def test_what_is_no_code_is_said_at_once(request, how):
    request.getfixturevalue(how)
    at = settings()
    use(at, "ABCD")
    assert NO_CODE in said(at)
    assert "wish_for_another_place" not in at.session_state or wish(at) is None


def test_script_keeps_the_token_of_the_other_place_and_what_was_here_comes_along(by_script):
    there, code = new_token(), new_code()
    keep(VISITOR, "Kept here")
    keep(visitor_of(there).id, "Kept there")
    services().store.codes.keep(seal(there, code), utc_now())
    at = settings()
    use(at, code)
    assert (wish(at).route, wish(at).token) == (None, there)
    assert {each.title for each in services().store.list(visitor_of(there).id)} == {"Kept here", "Kept there"}


def test_script_keeps_its_token_where_the_other_place_has_no_room_for_what_is_here(by_script, monkeypatch):
    monkeypatch.setenv("CHATKEEP_LIMIT_CONVERSATIONS", "1")
    there, code = new_token(), new_code()
    keep(VISITOR, "Kept here")
    keep(visitor_of(there).id, "Kept there")
    services().store.codes.keep(seal(there, code), utc_now())
    at = settings()
    use(at, code)
    assert any(each.startswith(NO_ROOM) and each.endswith(NOT_GIVEN) for each in said(at))
    assert "wish_for_another_place" not in at.session_state or wish(at) is None
    assert [services().store.count(each) for each in (VISITOR, visitor_of(there).id)] == [1, 1]


def test_code_that_is_unknown_or_too_late_is_said_where_a_script_keeps_the_token(by_script):
    late = new_code()
    services().store.codes.keep(seal(new_token(), late), utc_now() - LIFE)
    for code, sentence in ((late, codes.TOO_LATE), (new_code(), codes.UNKNOWN)):
        at = settings()
        use(at, code)
        assert sentence in said(at)


def test_erasing_everything_asks_twice_and_says_what_it_cannot_reach(app):  # noqa: F811
    keep("personal", "Mine")
    keep(VISITOR, "A visitor's")
    services().store.keeping.back_up()
    at = settings()
    at.button("open_erase_everything").click().run()
    assert any(
        text.startswith("Backups in the data folder lose your conversations too") and "model's provider" in text
        for text in said(at)
    )
    assert at.button("erase_everything").disabled
    at.checkbox("sure_to_erase").check().run()
    at.session_state["typed_keys"] = {"MISTRAL_API_KEY": "typed"}
    at.button("erase_everything").click().run()
    assert not at.exception
    assert "Everything of yours that was here is erased: 1 conversation." in said(at)
    assert "typed_keys" not in at.session_state or at.session_state["typed_keys"] == {}
    assert (services().store.count("personal"), services().store.count(VISITOR)) == (0, 1)


def test_visitor_whose_all_is_erased_begins_anew(visitor):
    keep(VISITOR, "Mine")
    at = settings()
    at.button("open_erase_everything").click().run()
    at.checkbox("sure_to_erase").check().run()
    at.button("erase_everything").click().run()
    assert (wish(at).route, services().store.count(VISITOR)) == (LEAVE, 0)


def test_script_keeps_a_new_token_once_all_is_erased(app, monkeypatch):  # noqa: F811
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    held = HeldToken(TOKEN, None, is_kept=True)
    at = settings()
    at.session_state["held_token"] = held  # no cookie comes with this connection: a script told what is kept
    at.run()
    keep(VISITOR, "Mine")
    at.button("open_erase_everything").click().run()
    at.checkbox("sure_to_erase").check().run()
    at.button("erase_everything").click().run()
    assert not at.exception
    assert (wish(at).route, wish(at).token == TOKEN, services().store.count(VISITOR)) == (None, False, 0)
    assert at.session_state["held_token"] == held  # else the next run would be another visitor's, who wished nothing


def test_nothing_is_begun_anew_where_it_could_not_be_erased(visitor, monkeypatch):
    def refuse(*_):
        raise StoreError("A backup cannot be read, so nothing was erased.")

    keep(VISITOR, "Mine")
    monkeypatch.setattr(PeopleFiles, "erase_everything", refuse)
    at = settings()
    at.button("open_erase_everything").click().run()
    at.checkbox("sure_to_erase").check().run()
    at.button("erase_everything").click().run()
    assert "A backup cannot be read, so nothing was erased." in said(at)
    assert "wish_for_another_place" not in at.session_state

"""The routes by which a browser gets another place: what they do, for whom, and what everybody else is told."""

import json
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from chat.conversation import Conversation, Message, new_id, utc_now
from chat.owner import new_token, visitor_of
from chat.pairing import LIFE, new_code, seal
from store import codes
from store.conversations import StoreError
from store.files.owners.people import PeopleFiles
from tests.support.pages import app  # noqa: F401
from ui.services import services
from ui.web import places

ADDRESS = "http://chat.example"
OURS = {"Origin": ADDRESS, "Content-Type": "application/json"}
DONE = {"done": True}


@pytest.fixture
def client():
    return TestClient(Starlette(routes=places.ROUTES), base_url=ADDRESS)


@pytest.fixture
def here():
    """Return the token of the browser that asks."""
    return new_token()


@pytest.fixture
def there():
    """Return the token of another browser, in which something is kept."""
    token = new_token()
    keep(token, "Kept there")
    return token


def keep(token, title):
    now = utc_now()
    message = Message(new_id(), None, "user", title, now)
    owner = visitor_of(token).id
    services().store.create(
        Conversation(new_id(), owner, title, now, now, head=message.id, messages=(message,)),
    )


def titles(token):
    return sorted(each.title for each in services().store.list(visitor_of(token).id))


def code_of(token, age=timedelta(0)):
    code = new_code()
    services().store.codes.keep(seal(token, code), utc_now() - age)
    return code


def ask(client, path, token=None, *, body=None, headers=OURS, method="POST"):
    cookie = {"Cookie": f"chatkeep={token}"} if token else {}
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return client.request(method, path, content=content, headers=headers | cookie)


def token_given(answer):
    """Return the name, the token and the attributes of the one cookie that an answer sets; None where it sets none."""
    lines = answer.headers.get_list("set-cookie")
    if not lines:
        return None
    (line,) = lines
    pair, _, attributes = line.partition("; ")
    name, _, token = pair.partition("=")
    return name, token, attributes


LASTING = "Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize("path", ["/chatkeep/leave", "/below/chatkeep/leave", "/~/+/chatkeep/leave"])
def test_leaving_gives_a_new_token_at_once(client, here, path):
    keep(here, "Kept here")
    answer = ask(client, path, here)
    assert (answer.status_code, answer.json(), answer.headers["cache-control"]) == (200, DONE, "no-store")
    name, token, attributes = token_given(answer)
    assert (name, attributes) == ("chatkeep", LASTING)
    assert token != here
    assert (titles(token), titles(here)) == ([], ["Kept here"])


def test_moving_gives_the_token_that_the_code_opens_and_takes_along_what_was_here(client, here, there):
    keep(here, "Kept here")
    answer = ask(client, "/chatkeep/move", here, body={"code": code_of(there)})
    assert (answer.status_code, answer.json(), token_given(answer)) == (200, DONE, ("chatkeep", there, LASTING))
    assert (titles(there), titles(here)) == (["Kept here", "Kept there"], [])


@pytest.mark.parametrize(
    "change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} ".replace("-", " ")]
)
def test_code_is_read_however_it_is_typed(client, here, there, change):
    answer = ask(client, "/chatkeep/move", here, body={"code": change(code_of(there))})
    assert token_given(answer) == ("chatkeep", there, LASTING)


def test_browser_without_a_token_can_be_moved_too(client, there):
    answer = ask(client, "/chatkeep/move", body={"code": code_of(there)})
    assert token_given(answer) == ("chatkeep", there, LASTING)


def test_over_https_the_cookie_is_the_one_that_no_script_can_plant(client, there):
    headers = OURS | {"X-Forwarded-Proto": "https"}
    answer = ask(client, "/chatkeep/move", headers=headers, body={"code": code_of(there), "framed": True})
    kept = "Path=/; Max-Age=34560000; Secure; HttpOnly; SameSite=None; Partitioned"
    assert token_given(answer) == ("__Host-Http-chatkeep", there, kept)


def refusal(answer):
    assert token_given(answer) is None
    return answer.status_code, answer.json()["said"]


def test_code_is_good_once(client, here, there):
    code = code_of(there)
    ask(client, "/chatkeep/move", new_token(), body={"code": code})
    assert refusal(ask(client, "/chatkeep/move", here, body={"code": code})) == (400, codes.UNKNOWN)


def test_code_that_is_too_late(client, here, there):
    code = code_of(there, age=LIFE)
    assert refusal(ask(client, "/chatkeep/move", here, body={"code": code})) == (400, codes.TOO_LATE)


def test_codes_are_guessed_until_that_is_refused(client, here):
    guesses = [refusal(ask(client, "/chatkeep/move", here, body={"code": new_code()})) for _ in range(6)]
    assert guesses == [*[(400, codes.UNKNOWN)] * codes.TRIES_OF_ONE, (429, codes.TOO_MANY)]


@pytest.mark.parametrize("code", [None, "", "ABCD", "ABCD-EFGH-JKM!", 7, ["ABCD-EFGH-JKMN"], "A" * 500])
def test_what_is_no_code_costs_no_try(client, here, there, code):
    for _ in range(codes.TRIES_OF_ONE + 1):
        assert refusal(ask(client, "/chatkeep/move", here, body={"code": code})) == (400, places.NO_CODE)
    assert token_given(ask(client, "/chatkeep/move", here, body={"code": code_of(there)})) is not None


def test_nothing_is_lost_where_what_is_here_cannot_come_along(client, here, there, monkeypatch):
    keep(here, "Kept here")

    def refuse(*_):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(PeopleFiles, "give", refuse)
    answer = ask(client, "/chatkeep/move", here, body={"code": code_of(there)})
    assert refusal(answer) == (503, f"The disk is full. {places.NOT_GIVEN}")
    assert titles(here) == ["Kept here"]


FULL = (
    "Your place is full: there is room for 1 conversation here, the trash included. Download what you want to keep, "
    "then delete it and erase it from the trash (History)."
)


@pytest.fixture
def room_for_one(monkeypatch):
    """Have each place hold one conversation. To be asked for before anything is kept."""
    monkeypatch.setenv("CHATKEEP_LIMIT_CONVERSATIONS", "1")


def test_what_is_here_comes_along_only_where_there_is_room_for_it(client, room_for_one, here, there):
    keep(here, "Kept here")
    answer = ask(client, "/chatkeep/move", here, body={"code": code_of(there)})
    assert refusal(answer) == (409, f"{places.NO_ROOM} {FULL} {places.NOT_GIVEN}")
    assert (titles(here), titles(there)) == (["Kept here"], ["Kept there"])
    keep(there, "More than there may be")
    empty = new_token()
    assert token_given(ask(client, "/chatkeep/move", empty, body={"code": code_of(there)})) is not None
    assert token_given(ask(client, "/chatkeep/move", there, body={"code": code_of(there)})) is not None


def test_what_nobody_foresaw_is_a_sentence_and_names_no_code(client, here, there, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(PeopleFiles, "give", fail)
    code = code_of(there)
    assert refusal(ask(client, "/chatkeep/move", here, body={"code": code})) == (500, places.UNEXPECTED)
    assert code not in caplog.text
    assert there not in caplog.text


PATHS = pytest.mark.parametrize("path", ["/chatkeep/leave", "/chatkeep/move", "/below/chatkeep/move"])


@PATHS
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://chat.example.elsewhere.example"},
        {"Origin": "http://chat.example:8501"},
        {"Origin": "http://user@chat.example"},
        {"Origin": "http://chat.example/path"},
        {"Origin": "file://chat.example"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "same-site"},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Referer": ADDRESS},
    ],
)
def test_only_a_page_of_this_address_is_answered(client, here, there, path, headers):
    code = code_of(there)
    answer = ask(client, path, here, body={"code": code}, headers={"Content-Type": "application/json", **headers})
    assert refusal(answer) == (403, places.FOREIGN)
    assert token_given(ask(client, "/chatkeep/move", here, body={"code": code})) is not None  # it was not used


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://chat.example"},
        {"Origin": "http://CHAT.example"},
        {"Origin": "https://public.example", "X-Forwarded-Host": "public.example"},
        {"Origin": "https://public.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_page_of_this_address_is_known_behind_a_proxy_too(client, here, headers):
    answer = ask(client, "/chatkeep/leave", here, headers={"Content-Type": "application/json", **headers})
    assert answer.json() == DONE


@PATHS
@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_only_json_is_taken(client, here, path, kind):
    answer = ask(client, path, here, headers={"Origin": ADDRESS, "Content-Type": kind})
    assert refusal(answer) == (415, places.NO_JSON)


@PATHS
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"ABCD-EFGH-JKMN"', b"\xff", b"[" * 900])
def test_what_is_no_object_is_refused(client, here, path, body):
    assert refusal(ask(client, path, here, body=body)) == (400, places.NO_JSON)


@PATHS
def test_too_much_is_refused(client, here, path):
    assert refusal(ask(client, path, here, body=b"{" + b" " * 2000)) == (413, places.NO_JSON)


@PATHS
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(client, here, path, method):
    answer = ask(client, path, here, method=method)
    assert (answer.status_code, token_given(answer)) == (405, None)

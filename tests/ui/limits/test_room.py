"""What a visitor meets whose place is full, or who sent enough files: what is said, and that nothing is lost by it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from chat.allowances.limits import MEGABYTE
from chat.allowances.spent import Spent, slot_of
from chat.conversation import Conversation, Message, utc_now
from chat.owner import account_of, visitor_of
from chat.sign_in import Account
from exchange.importing import Importing
from store.people import Person
from tests.support.pages import click, page
from tests.support.processes import ROOT, wait_for
from tests.ui.limits.limited_visitor import NOON, app, clock, errors, kept, owner, press, send, store, words
from ui import actions, state
from ui.chat_page import turns
from ui.history_page import import_dialog
from ui.identity import identify
from ui.limits.room import room_of, spend_upload
from ui.services import services
from ui.visit import Visit

__all__ = ["app", "clock"]

TOKEN = "A" * 43
VISITOR = visitor_of(TOKEN)
FULL = (
    "Your place is full: there is room for {} here, the trash included. Download what you want to keep, then delete it "
    "and erase it from the trash (History)."
)


WAYS = {
    "ui/actions.py": "check_room",  # a fork
    "ui/chat_page/turns.py": "check_question",  # a first message
    "ui/history_page/import_dialog.py": "room_of",
    "ui/identity/bring_along.py": "check_gift",
    "ui/shared_page/going_on.py": "check_room",
    "ui/web/places.py": "check_gift",  # a move, whoever keeps the browser's token
    "ui/settings_page/storage.py": "visit.owner.is_personal",  # brings back all owners', for whoever has this machine
}
"""Each module by which conversations come to an owner, and what it asks first."""
_KEEPS = re.compile(r"store\.(?:create|merge|merge_many)\(|people\.give\(|keeping\.restore\(|Importing\(")


def test_nothing_comes_to_an_owner_without_asking_for_room() -> None:
    texts = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in (ROOT / "ui").rglob("*.py")}
    assert {place for place, text in texts.items() if _KEEPS.search(text)} == set(WAYS)
    assert [place for place, asks in WAYS.items() if asks not in texts[place]] == []


@pytest.fixture
def one_conversation(monkeypatch: pytest.MonkeyPatch) -> str:
    """There is room for one conversation; what is read where there is none for another."""
    monkeypatch.setenv("CHATKEEP_LIMIT_CONVERSATIONS", "1")
    monkeypatch.setenv("CHATKEEP_LIMIT_ANSWERS_PER_HOUR", "none")
    return FULL.format("1 conversation")


def test_a_new_conversation_is_not_begun_and_the_one_that_is_there_goes_on(one_conversation: str) -> None:
    at = send(page("Home.py"), "One")
    at.button(key="new_chat").click().run()
    send(at, "Two")
    assert errors(at) == [one_conversation]
    assert at.chat_input(key="message").value == "Two"
    at.session_state["open_conversation"] = kept().id
    at.query_params["c"] = kept().id
    send(at.run(), "Three")
    assert (errors(at), words()) == ([], ["One", "One", "Three", "Three"])


def test_the_trash_counts_and_what_is_erased_makes_room(one_conversation: str) -> None:
    at = send(page("Home.py"), "One")
    first = kept().id
    store().trash(owner(), first)
    at.button(key="new_chat").click().run()
    send(at, "Two")
    assert errors(at) == [one_conversation]
    store().erase(owner(), first)
    send(at, "Two")
    assert (errors(at), words()) == ([], ["Two", "Two"])


def test_a_fork_is_not_made_and_it_is_said_beside_the_box(one_conversation: str) -> None:
    at = send(page("Home.py"), "One")
    at.button(key="conversation_menu").click().run()
    at.button(key="fork").click().run()
    assert errors(at) == [one_conversation]
    assert store().count(owner()) == 1
    assert "Fork" not in [each.label for each in at.button]


def test_a_fork_from_history_is_not_made_and_the_page_says_it(one_conversation: str) -> None:
    at = send(page("Home.py"), "One")
    at.switch_page("pages/1_History.py").run()
    click(at, kept(), "more", key="history")
    at.button(key="fork").click().run()
    assert errors(at) == [one_conversation]
    assert store().count(owner()) == 1


def test_a_shared_copy_is_not_continued(one_conversation: str) -> None:
    now = utc_now()
    theirs = Message("q1", None, "user", "Shared words", now)
    store().create(Conversation("c1", VISITOR.id, "Shared", now, now, head="q1", messages=(theirs,)))
    share = store().shares.share(VISITOR.id, "c1", None)
    at = page("Home.py")
    at.query_params["share"] = share.token
    at.run()
    at.button(key="continue_shared").click().run()
    assert errors(at) == []
    at.query_params["share"] = store().shares.share(VISITOR.id, "c1", None).token
    at.run()
    at.button(key="continue_shared").click().run()
    assert errors(at) == [one_conversation]


def test_bytes_count_for_messages_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_MEGABYTES", "1")
    monkeypatch.setattr(type(store().people), "person", lambda self, owner: Person(owner, 1, 0, MEGABYTE - 100))
    at = send(page("Home.py"), "x" * 101)
    assert errors(at) == [FULL.format("1 MB of conversations")]
    send(at, "x" * 100)
    assert errors(at) == []


def test_what_is_shared_needs_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_MEGABYTES", "1")
    at = send(page("Home.py"), "Hello")
    at.button(key="conversation_menu").click().run()
    monkeypatch.setattr(type(store().people), "person", lambda self, owner: Person(owner, 1, 0, MEGABYTE - 100))
    at.button(key="share").click().run()
    assert errors(at) == [FULL.format("1 MB of conversations")]
    assert store().shares.list(owner()) == ()


def test_another_version_of_an_answer_has_no_room_either(monkeypatch: pytest.MonkeyPatch) -> None:
    at = send(page("Home.py"), "One")
    before = kept()
    monkeypatch.setattr(type(store().people), "person", lambda self, owner: Person(owner, 1, 0, 100 * MEGABYTE + 1))
    press(at, "regenerate")
    assert errors(at) == [FULL.format("100 MB of conversations")]
    assert kept() == before


def test_an_import_of_a_visitors_takes_what_has_room_and_names_the_rest(
    one_conversation: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[Importing] = []
    lines = b"".join(b'{"messages": [{"role": "user", "content": "Q%d"}]}\n' % number for number in range(2))
    file = UploadedFile(UploadedFileRec("f1", "lines.jsonl", "application/json", lines), FileURLs())
    monkeypatch.setattr(import_dialog.st, "session_state", {import_dialog.FILE: file})
    monkeypatch.setattr(state.history, "set_import_job", jobs.append)
    import_dialog._look_through(visit)
    (job,) = jobs
    wait_for(lambda: not job.is_working, "the file is looked through")
    job.merge()
    wait_for(lambda: not job.is_working, "it is imported")
    assert (job.stage, job.tally.new) == ("merged", 1)
    assert job.tally.skipped == [("Q1", f"is not imported. {one_conversation}")]


def test_what_was_kept_before_signing_in_stays_where_it_is_where_it_has_no_room(
    one_conversation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = Account(account_of("https://login.example.org", "ann"), "Ann", "ann@example.org", True, False)
    monkeypatch.setattr(identify, "signed_in", lambda sign_in: ann)
    monkeypatch.setattr(identify, "token_in", lambda *_, **__: TOKEN)
    now = utc_now()
    for each in ("c1", "c2"):
        store().create(Conversation(each, VISITOR.id, each, now, now))
    at = page("Home.py")
    at.button(key="bring_along").click().run()
    assert errors(at) == [one_conversation]
    assert (store().count(VISITOR.id), store().count(ann.owner.id)) == (2, 0)


@pytest.fixture
def visit() -> Visit:
    page("Home.py")
    return Visit(VISITOR, services(), ())


def test_an_import_takes_what_has_room(one_conversation: str, visit: Visit) -> None:
    room = room_of(visit)
    assert room is not None
    assert [room()(new, 0) for new in (0, 1, 2)] == [None, None, one_conversation]


def test_files_of_a_day_have_a_limit(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[str] = []
    monkeypatch.setattr(state.history, "refuse_import", refused.append)
    monkeypatch.setattr(state.history, "set_import_job", lambda job: job.cancel())
    monkeypatch.setattr(import_dialog, "let_go", lambda file: None)
    spend_upload(visit, 60 * MEGABYTE)
    file = UploadedFile(UploadedFileRec("f1", "chats.json", "application/json", b"[]"), FileURLs())
    file.size = 41 * MEGABYTE
    monkeypatch.setattr(import_dialog.st, "session_state", {import_dialog.FILE: file})
    import_dialog._look_through(visit)
    assert refused == [
        "With this file you would have sent more than you may here (100 MB in 24 hours). It can be sent tomorrow at "
        "12:05; a smaller one perhaps sooner."
    ]
    assert store().spending.past(VISITOR.id, NOON) == ((slot_of(NOON), Spent(uploaded=60 * MEGABYTE)),)
    spend_upload(visit, 40 * MEGABYTE)
    spend_upload(Visit(VISITOR, visit.services, ()), 0)
    assert store().spending.past(None, NOON + timedelta(minutes=1))[0][1].uploaded == 100 * MEGABYTE


@pytest.mark.parametrize(("value", "megabytes"), [("7", 7), ("none", 25)])
def test_one_file_has_a_limit_of_its_own(monkeypatch: pytest.MonkeyPatch, value: str, megabytes: int) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_UPLOAD_MEGABYTES", value)
    at = page("pages/1_History.py")
    at.button(key="import").click().run()
    (file,) = at.file_uploader
    assert file.proto.max_upload_size_mb == megabytes


@pytest.mark.parametrize("field", ["system_prompt", "new_title", "tags", "note"])
def test_every_other_text_that_is_kept_has_a_length_too(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_LIMIT_MESSAGE_CHARACTERS", "10")
    monkeypatch.setattr(state.page, "notify", lambda text, **_: refused.append(text))
    monkeypatch.setattr(state.chat, "set_draft", lambda conversation: None)
    refused: list[str] = []
    page("Home.py")
    visit = Visit(VISITOR, services(), ())
    now = utc_now()
    messages = (Message("q1", None, "user", "Hello", now), Message("a1", "q1", "assistant", "Hello", now))
    conversation = Conversation("c1", VISITOR.id, "Title", now, now, head="a1", messages=messages)
    store().create(conversation)
    long = "eleven char"
    if field == "system_prompt":
        actions.change_settings(visit, conversation, system_prompt=long)
    elif field == "new_title":
        actions.rename(visit, "c1", long)
    elif field == "tags":
        actions.set_tags(visit, "c1", ("eleven", "chars"))
    else:
        monkeypatch.setattr(turns.st, "session_state", {"note": long})
        turns.note_rating(visit, "c1", "a1", "note")
    assert refused == ["This text has 11 characters, and 10 is the most here. Nothing was changed: shorten it."]
    assert store().get(VISITOR.id, "c1") == conversation


def test_a_title_can_be_changed_in_a_full_place_and_a_long_prompt_not(monkeypatch: pytest.MonkeyPatch) -> None:
    page("Home.py")
    monkeypatch.setattr(type(store().people), "person", lambda self, owner: Person(owner, 1, 0, 100 * MEGABYTE + 1))
    monkeypatch.setattr(state.page, "notify", lambda text, **_: refused.append(text))
    refused: list[str] = []
    now = utc_now()
    question = Message("q1", None, "user", "Hello", now)
    conversation = Conversation("c1", VISITOR.id, "Title", now, now, head="q1", messages=(question,))
    store().create(conversation)
    visit = Visit(VISITOR, services(), ())
    actions.rename(visit, "c1", "Another")
    actions.change_settings(visit, conversation, system_prompt="x" * 1_001)
    assert refused == [FULL.format("100 MB of conversations")]
    assert store().get(VISITOR.id, "c1").title == "Another"

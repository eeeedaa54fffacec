"""Links on the pages of their owner, and the page that a link opens, without a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import ConversationSettings, Message, utc_now
from chat.sharing import SHARED
from formats.exports import EXPORT_FORMATS
from store.conversations import StoreError
from store.files.store import TinyDBFiles
from store.rules import NO_SHARE
from store.shares import Share
from tests.support.pages import ROOT, app, keep, page, said  # noqa: F401
from ui.services import services


def chat_of(conversation_id: str) -> AppTest:
    """The chat page with this conversation, and its window open."""
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation_id
    at.run()
    return at.button(key="conversation_menu").click().run()


def linked(token: str | None) -> AppTest:
    """The page that a link opens."""
    assert token is not None
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["share"] = token
    return at.run()


def links() -> tuple[Share, ...]:
    return services().store.shares.list("personal")


def link_of(number: int = 1) -> Share:
    return services().store.shares.share("personal", keep(number).id, None)


def test_a_link_is_made_in_the_conversations_window_and_lasts_thirty_days_unless_said_otherwise():
    at = chat_of(keep(1).id)
    before = utc_now()
    at.button(key="share").click().run()

    assert not at.exception
    (link,) = links()
    assert link.expires_at is not None
    assert timedelta(days=30) <= link.expires_at - before < timedelta(days=30, minutes=1)
    assert [each.value for each in at.code] == [f"/?share={link.token}"]


@pytest.mark.parametrize(("option", "lasts"), [(0, timedelta(days=7)), (2, timedelta(days=365)), (3, None)])
def test_how_long_a_link_lasts_is_chosen(option, lasts):
    at = chat_of(keep(1).id)
    at.selectbox(key="share_ends").select_index(option).run()
    before = utc_now()
    at.button(key="share").click().run()
    (link,) = links()
    if lasts is None:
        assert link.expires_at is None
    else:
        assert lasts <= link.expires_at - before < lasts + timedelta(minutes=1)


def test_a_link_is_updated_and_ended_where_it_was_made():
    conversation = keep(1)
    at = chat_of(conversation.id)
    at.button(key="share").click().run()
    (link,) = links()
    services().store.add_message("personal", conversation.id, Message("q2", "a1", "user", "And then?", utc_now()))
    assert "And then?" not in said(linked(link.token))

    at = chat_of(conversation.id)
    at.button(key=f"renew-{link.id}").click().run()
    assert "And then?" in said(linked(link.token))

    at.button(key=f"revoke-{link.id}").click().run()
    assert links() == ()
    assert at.button(key="share").label == "Share"
    assert NO_SHARE in said(linked(link.token))


@pytest.mark.parametrize("days", [7, 30, 365, None])
def test_a_link_that_is_updated_lasts_as_long_again(days):
    conversation = keep(1)
    end = None if days is None else utc_now() + timedelta(days=days)
    link = services().store.shares.share("personal", conversation.id, end)
    at = chat_of(conversation.id)
    before = utc_now()
    at.button(key=f"renew-{link.id}").click().run()
    (updated,) = links()
    assert updated.created_at > link.created_at
    if days is None:
        assert updated.expires_at is None
    else:
        assert before <= updated.expires_at - timedelta(days=days) < before + timedelta(minutes=1)


def test_what_cannot_be_shared_now_is_said_in_the_window(tmp_path):
    conversation = keep(1)
    other = TinyDBFiles(tmp_path / "data")
    live = Message("a2", "a1", "assistant", "Wat", utc_now(), status="streaming", process=other.process)
    services().store.add_message("personal", conversation.id, live)
    at = chat_of(conversation.id)
    at.button(key="share").click().run()
    assert "An answer is still being written here. Wait until it has ended, or stop it, then share." in said(at)
    assert links() == ()
    other.close()


def test_settings_lists_every_link_with_its_title_and_ends_it():
    first, second = link_of(1), link_of(2)
    services().store.trash("personal", second.conversation_id)

    at = page("pages/4_Settings.py")

    assert not at.exception
    assert [each.value for each in at.code] == [f"/?share={each.token}" for each in (second, first)]
    assert {"**Conversation 1**", "**Conversation 2**"} <= set(said(at))
    assert "This conversation is in the trash, so the link shows nothing until you restore it." in said(at)
    at.button(key=f"renew-{second.id}").click().run()
    assert "This conversation is in the trash. Restore it first, then share it." in said(at)
    at.button(key=f"revoke-{first.id}").click().run()
    at.button(key=f"revoke-{second.id}").click().run()
    assert links() == ()
    assert any(each.startswith("Nothing is shared.") for each in said(at))


def test_settings_says_which_link_has_ended_and_which_can_be_shown_no_more(tmp_path):
    link = link_of()
    services().store.shares.renew("personal", link.id, utc_now() - timedelta(days=1))
    (tmp_path / "data" / ".owners" / "share-key.json").write_text("lost")

    at = page("pages/4_Settings.py")

    assert any("and shows nothing." in each for each in said(at))
    assert any(each.startswith("Where this link leads can be seen no more") for each in said(at))
    assert at.code == [] or len(at.code) == 0


def test_the_page_of_a_link_shows_the_copy_and_nothing_of_its_owner():
    keep(2, "Another of mine")
    conversation = keep(1, tags=("secrettag",))
    services().store.update_message("personal", conversation.id, "a1", rating=1, rating_note="a secret note")
    link = services().store.shares.share("personal", conversation.id, None)

    at = linked(link.token)

    assert not at.exception
    assert [each.value for each in at.title] == ["Conversation 1"]
    assert {"Question 1", "Answer 1", "Written by openai/echo."} <= set(said(at))
    assert [each.label for each in at.button] == ["Continue in my own place", "Open Chatkeep"]
    assert len(at.sidebar) == 0
    drawn = " ".join(said(at)) + repr(list(at.main))
    secrets = ("Another of mine", "secrettag", "secret note", "personal", conversation.id, "sk-test", link.id)
    assert [secret for secret in secrets if secret in drawn] == []


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "../../etc/passwd", "é" * 43, "x" * 100_000, "\x00" * 43])
def test_a_link_that_never_was_says_so_and_leads_to_the_chat(token):
    at = linked(token)
    assert not at.exception
    assert NO_SHARE in said(at)
    at.button(key="open_chatkeep").click().run()
    assert at.chat_input(key="message").placeholder == "Message"


def test_a_link_that_ended_while_its_page_was_open_shows_nothing_on_the_next_run():
    link = link_of()
    at = linked(link.token)
    assert "Answer 1" in said(at)
    services().store.shares.revoke("personal", link.id)
    at.run()
    assert "Answer 1" not in said(at)
    assert NO_SHARE in said(at)


def test_what_a_link_shows_is_continued_as_a_fork_in_the_readers_own_place():
    link = link_of()
    at = linked(link.token)
    at.button(key="continue_shared").click().run()

    assert not at.exception
    assert "share" not in at.query_params
    (forked,) = (
        services().store.get("personal", each.id)
        for each in services().store.list("personal")
        if each.id != link.conversation_id
    )
    assert at.query_params["c"] == forked.id
    assert [each.content for each in forked.path()] == ["Question 1", "Answer 1"]
    assert (forked.source, forked.settings) == (SHARED, ConversationSettings(model="openai/echo"))
    assert not {each.id for each in forked.messages} & {"q1", "a1"}
    assert at.chat_input(key="message").placeholder == "Message"


def test_what_was_continued_already_is_opened_and_not_copied_again():
    link = link_of()
    at = linked(link.token)
    at.button(key="continue_shared").click().run()
    opened = at.query_params["c"]
    at.query_params.clear()
    at.query_params["share"] = link.token  # the browser's back button
    at.run()
    assert at.button(key="continue_shared").label == "Open my copy"
    at.button(key="continue_shared").click().run()
    assert at.query_params["c"] == opened
    assert services().store.count("personal") == 2


def test_what_ended_before_it_was_continued_and_a_full_disk_are_said(monkeypatch):
    link = link_of()
    at = linked(link.token)
    monkeypatch.setattr(type(services().store), "create", _full)
    at.button(key="continue_shared").click().run()
    assert "The conversation could not be saved: the disk is full." in said(at)
    assert "Answer 1" in said(at)
    services().store.shares.revoke("personal", link.id)
    at.button(key="continue_shared").click().run()
    assert NO_SHARE in said(at)


def _full(store, conversation):
    raise StoreError("The conversation could not be saved: the disk is full.")


def test_a_long_copy_shows_its_last_messages_and_earlier_ones_on_demand():
    conversation = keep(1)
    store = services().store
    for number in range(2, 40):
        head = store.get("personal", conversation.id).head
        said_later = Message(f"m{number}", head, "user", f"Word {number}", utc_now())
        store.add_message("personal", conversation.id, said_later)
    at = linked(services().store.shares.share("personal", conversation.id, None).token)
    assert "Word 39" in said(at)
    assert "Question 1" not in said(at)
    at.button(key="show_earlier").click().run()
    assert "Question 1" in said(at)


def test_an_answer_that_was_not_whole_is_said_to_be_so_without_advice_for_its_owner():
    conversation = keep(1)
    stopped = Message("a2", "a1", "assistant", "Half", utc_now(), status="stopped")
    failed = replace(stopped, id="a3", parent_id="a2", status="failed", error="Quota of org-1")
    services().store.add_message("personal", conversation.id, stopped)
    services().store.add_message("personal", conversation.id, failed)
    at = linked(services().store.shares.share("personal", conversation.id, None).token)
    assert said(at).count("This answer ended before it was whole.") == 2
    assert not [each for each in said(at) if "Quota" in each or "try again" in each]


@pytest.mark.parametrize("form", EXPORT_FORMATS, ids=lambda form: form.name)
def test_no_file_of_a_copy_names_its_owner_or_their_conversation(form):
    link = link_of()
    copy = services().store.shares.open(link.token)
    raw = form.of_one(copy)
    assert b"Answer 1" in raw
    assert [each for each in (b"personal", link.conversation_id.encode(), link.id.encode()) if each in raw] == []

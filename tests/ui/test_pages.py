"""The pages' own logic, without a browser: what is shown when, and what a button does to the store."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from chat.conversation import utc_now
from chat.providers.live import Providers
from formats.reading import MONTHS
from store.queries import Query
from tests.support.pages import (  # noqa: F401
    ROOT,
    app,
    click,
    entries,
    keep,
    page,
    rows,
    said,
    tick,
    titles,
    wait_for_replies,
)
from ui.history_page.rows import readable
from ui.services import services


def test_first_visit_greets_and_sends_nothing(models):
    at = page("Home.py")
    assert not at.exception
    assert "Send a message to get a reply from echo!" in said(at)
    assert services().store.count("personal") == 0
    assert models.asked == []


def test_first_page_has_imported_in_the_background_what_the_first_answer_needs(monkeypatch):
    asked: list[str] = []

    def note(providers, specs):
        asked.extend(spec.info.name for spec in specs)

    monkeypatch.setattr(Providers, "import_libraries", note)
    page("Home.py")
    assert "openai" in asked


def test_message_is_kept_answered_and_named_after_its_first_words(models):
    at = page("Home.py")
    at.chat_input(key="message").set_value("What is *teal*?").run()
    wait_for_replies()
    at.run()
    assert not at.exception
    (summary,) = services().store.list("personal")
    conversation = services().store.get("personal", summary.id)
    assert [(each.role, each.content, each.status) for each in conversation.path()] == [
        ("user", "What is *teal*?", "complete"),
        ("assistant", "What is *teal*?", "complete"),
    ]
    assert (conversation.title, conversation.title_source) == ("What is *teal*?", "auto")
    assert at.query_params["c"] == summary.id
    (asked,) = [each.body for each in models.asked]
    assert asked["messages"] == [{"role": "user", "content": "What is *teal*?"}]


def test_bookmark_opens_its_conversation():
    conversation = keep(1)
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation.id
    at.run()
    assert "Question 1" in said(at)
    assert "Answer 1" in said(at)


def test_back_to_an_address_without_a_conversation_is_back_to_a_new_chat():
    kept = keep(1)
    at = page("Home.py")
    click(at, kept)
    assert (at.query_params["c"], "Answer 1" in said(at)) == (kept.id, True)
    del at.query_params["c"]
    at.run()
    assert not at.exception
    assert ("c" in at.query_params, "Answer 1" in said(at)) == (False, False)
    at.query_params["c"] = kept.id
    assert "Answer 1" in said(at.run())


def test_unknown_and_deleted_conversations_are_not_here():
    conversation = keep(1)
    services().store.trash("personal", conversation.id)
    for conversation_id in ("f" * 32, "../../etc/passwd", conversation.id):
        at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
        at.query_params["c"] = conversation_id
        at.run()
        assert not at.exception
        assert "This conversation is not here: it was deleted, or it belongs to somebody else." in said(at)


def test_message_that_arrives_twice_is_kept_and_asked_once(models, monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODEL", "openai/by-script")
    models.script = ["One."]
    for conversation in (None, keep(1)):
        models.requests.clear()
        at = AppTest.from_function(send_twice, default_timeout=20, kwargs={"conversation": conversation}).run()
        assert not at.exception
        wait_for_replies()
        newest = services().store.list("personal")[0]
        kept = services().store.get("personal", newest.id)
        assert [each.content for each in kept.messages if each.role == "user"].count("Only once") == 1
        assert len(models.asked) == 1


def test_double_click_asks_for_one_more_answer(models):
    conversation = keep(1)
    at = AppTest.from_function(click_twice, default_timeout=20, kwargs={"conversation": conversation}).run()
    assert not at.exception
    wait_for_replies()
    assert len(models.asked) == 1
    assert len(services().store.get("personal", conversation.id).messages) == 3


def click_twice(conversation):
    """Click Regenerate a second time before the page is drawn anew."""
    from chat.conversation import new_id
    from ui.chat_page import turns
    from ui.page import visiting
    from ui.services import services

    visit, click = visiting(services()), new_id()
    for _ in range(2):
        turns.answer_again(visit, conversation.id, "a1", click=click)


def send_twice(conversation):
    """Press Enter once, and have that reach the server a second time before the page is drawn anew."""
    import streamlit as st

    from chat.conversation import new_id
    from ui import state
    from ui.chat_page import turns
    from ui.page import visiting
    from ui.services import services

    visit, question_id = visiting(services()), new_id()
    shown = conversation or state.chat.draft(visit.owner.id, visit.new_settings())
    for _ in range(2):
        st.session_state[state.chat.MESSAGE] = "Only once"
        turns.send(visit, shown, question_id)


def test_history_without_a_conversation_says_what_to_do_next():
    at = page("pages/1_History.py")
    assert "Nothing here yet: your conversations are listed here from their first message on." in said(at)


def test_history_lists_the_last_active_first_in_pages():
    for number in range(30):
        keep(number)
    at = page("pages/1_History.py")
    assert rows(at) == [f"Conversation {number}" for number in range(20)]
    assert "30 conversations" in said(at)


def test_search_finds_words_of_messages_and_shows_where():
    keep(1, "Lisbon")
    wanted = keep(2, "Porto")
    at = page("pages/1_History.py")
    at.text_input(key="q").set_value("answer 2").run()
    assert not at.exception
    assert rows(at) == ["Porto"]
    ((_, (row,)),) = entries(at, "history")
    assert row["passage"] == [["Answer", True], [" ", False], ["2", True]]
    click(at, wanted, "open_here", key="history")
    assert at.session_state["open_conversation"] == wanted.id
    at = page("pages/1_History.py")
    at.text_input(key="q").set_value("no such words").run()
    assert "Nothing was found. Try fewer or other words, or clear the filters." in said(at)


def test_tasks_in_what_a_search_shows_are_signs():
    passage = (("…of - [x] salt - [ ] ", False), ("rye", True), (" 2. [X] a[x] [ ] - [x](u)", False))
    assert readable(passage) == (("…of ☑ salt ☐ ", False), ("rye", True), (" ☑ a[x] [ ] - [x](u)", False))


def test_selected_conversations_are_deleted_together_and_given_back():
    kept = [keep(number) for number in range(3)]
    at = page("pages/1_History.py")
    tick(at, kept[0]), tick(at, kept[2])
    assert "**2 selected**" in said(at)
    at.button(key="delete_selected").click().run()
    assert "Deleted 2 conversations." in said(at)
    assert rows(at) == ["Conversation 1"]
    assert services().store.count("personal", trashed=True) == 2
    at.button(key="undo_delete").click().run()
    assert rows(at) == [f"Conversation {number}" for number in range(3)]


def test_all_that_was_found_is_selected_and_pinned():
    for number in range(30):
        keep(number, "Lisbon" if number % 2 else "Porto")
    at = page("pages/1_History.py")
    at.text_input(key="q").set_value("lisbon").run()
    at.button(key="select_page").click().run()
    assert "**15 selected**" in said(at)
    at.button(key="pin_selected").click().run()
    pinned = services().store.search("personal", Query(pinned=True), limit=None)
    assert {hit.summary.title for hit in pinned.hits} == {"Lisbon"}
    assert pinned.total == 15


def test_trash_restores_and_asks_before_it_erases():
    kept = [keep(number) for number in range(2)]
    for each in kept:
        services().store.trash("personal", each.id)
    at = page("pages/1_History.py")
    at.text_input(key="q").set_value("in:trash").run()
    assert "2 conversations in the trash" in said(at)
    click(at, kept[0], "restore", key="history")
    assert services().store.count("personal") == 1
    tick(at, kept[1])
    at.button(key="erase_selected").click().run()
    assert "Erase 1 conversation for good? This cannot be undone." in said(at)
    assert services().store.count("personal", trashed=True) == 1


def test_sidebar_lists_by_time_with_what_is_pinned_above():
    keep(0, "Now")  # a minute ago may be yesterday
    keep(60 * 24 * 3, "Days ago", pinned=True)
    keep(60 * 24 * 400, "Long ago")
    at = page("Home.py")
    assert not at.exception
    headings = [name for name, _ in entries(at)]
    assert headings[:2] == ["Pinned", "Today"]
    assert headings[2].split()[0] in MONTHS
    assert titles(at) == ["Days ago", "Now", "Long ago"]


def test_sidebar_search_opens_a_conversation_at_its_message():
    wanted = keep(1, "Lisbon")
    keep(2, "Porto")
    at = page("Home.py")
    at.text_input(key="sidebar_search").set_value("answer 1").run()
    assert titles(at, "found") == ["Lisbon"]
    click(at, wanted, key="found")
    assert not at.exception
    assert at.query_params["c"] == wanted.id
    assert "Answer 1" in said(at)


def test_settings_refuse_what_is_no_key_and_keep_a_good_one_for_the_session_only(tmp_path):
    at = page("pages/4_Settings.py")
    at.text_input(key="key-MISTRAL_API_KEY").set_value("“quoted”")
    at.button(key="use-MISTRAL_API_KEY").click().run()
    assert "The key has a character that no key has: copy it again, without quotes or spaces." in said(at)
    at.text_input(key="key-MISTRAL_API_KEY").set_value("  good-key\n")
    at.button(key="use-MISTRAL_API_KEY").click().run()
    assert at.session_state["typed_keys"] == {"MISTRAL_API_KEY": "good-key"}
    assert not any("good-key" in text for text in said(at))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"good-key" in path.read_bytes()]


def test_endpoint_can_be_added_and_removed(models):
    at = page("pages/4_Settings.py")
    at.text_input(key="endpoint_name").set_value("ours")
    at.text_input(key="endpoint_url").set_value(models.url)
    at.button(key="add_endpoint").click().run()
    assert "**ours**" in said(at)
    at.button(key="remove-ours").click().run()
    assert "**ours**" not in said(at)


def test_store_that_cannot_be_opened_is_said_without_a_traceback(monkeypatch):
    services().close()
    st.cache_resource.clear()
    with monkeypatch.context() as changed:
        changed.setenv("STORE_URL", "mongodb://somewhere")
        at = page("Home.py")
        assert not at.exception
        assert len(at.error) == 1
        assert at.error[0].value.startswith("STORE\\_URL is not understood.")


def test_trash_is_emptied_of_what_was_there_for_as_long_as_was_set():
    now = utc_now()
    old = keep(1, "Long ago", trashed_at=now - timedelta(days=8))
    pinned = keep(2, "Pinned", trashed_at=now - timedelta(days=8), pinned=True)
    new = keep(3, "Just now", trashed_at=now)
    at = page("pages/4_Settings.py")
    at.selectbox(key="trash_days").set_value(7).run()
    assert not at.exception
    left = services().store.list("personal", trashed=True)
    assert {summary.id for summary in left} == {pinned.id, new.id}
    assert old.id not in {summary.id for summary in services().store.list("personal")}


@pytest.mark.parametrize(
    ("timezone", "day"), [("Pacific/Auckland", "2026-03-02"), ("America/Los_Angeles", "2026-03-01")]
)
def test_days_of_a_search_are_those_that_the_rows_show(timezone, day):
    conversation = keep(0)
    moment = datetime(2026, 3, 1, 20, tzinfo=UTC)
    services().store.create(replace(conversation, id="d" * 32, title="In March", created_at=moment, updated_at=moment))
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.context["timezone"] = timezone
    at.switch_page("pages/1_History.py").run()
    ((_, listed),) = entries(at, "history")
    assert listed[-1]["when_whole"].startswith(f"updated {day} ")
    next_day = f"{date.fromisoformat(day) + timedelta(days=1)}"
    for text, found in ((f"after:{day} before:{next_day}", ["In March"]), (f"before:{day}", [])):
        at.text_input(key="q").set_value(text).run()
        assert rows(at) == found
        at.text_input(key="sidebar_search").set_value(text).run()
        assert titles(at, "found") == found
        at.text_input(key="sidebar_search").set_value("").run()


def test_what_is_configured_wrong_is_said_where_a_chat_begins(monkeypatch):
    link = "Something is configured wrong: see Settings"
    assert link not in [each.label for each in page("Home.py").get("page_link")]
    services().close()
    st.cache_resource.clear()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:99999/v1")
    at = page("Home.py")
    assert not at.exception
    assert link in [each.label for each in at.get("page_link")]
    at = page("pages/4_Settings.py")
    assert not at.exception
    assert [text for text in said(at) if "OPENAI" in text and "port" in text]

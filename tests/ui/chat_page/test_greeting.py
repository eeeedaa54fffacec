"""What an empty chat offers: questions to start from, an import, a key; and where it does not."""

import pytest
import streamlit as st

from tests.support.pages import app, keep, page, said, wait_for_replies  # noqa: F401
from ui.chat_page.greeting import QUESTIONS
from ui.services import services


def offers(at) -> list[str]:
    """Return the keys of what an empty chat offers beside the message box."""
    keys = (str(each.key) for each in at.main.button)
    links = [each.proto.label for each in at.main.get("page_link")]
    return [key for key in keys if key.startswith(("question-", "import_on_chat"))] + links


ALL = ["question-0", "question-2", "question-1", "question-3", "import_on_chat"]


def test_empty_chat_offers_four_questions_an_import_and_a_key():
    at = page("Home.py")
    assert not at.exception
    assert offers(at) == [*ALL, "Add a key"]
    assert services().store.count("personal") == 0


def test_question_to_start_from_is_sent_like_one_that_was_typed(models):
    at = page("Home.py")
    at.button(key="question-2").click().run()
    wait_for_replies()
    at.run()
    assert not at.exception
    (summary,) = services().store.list("personal")
    question = QUESTIONS[2][0]
    kept = services().store.get("personal", summary.id)
    assert [(each.role, each.content, each.status) for each in kept.messages] == [
        ("user", question, "complete"),
        ("assistant", question, "complete"),
    ]
    assert [asked.body["messages"] for asked in models.asked] == [[{"role": "user", "content": question}]]
    assert at.query_params["c"] == summary.id
    assert offers(at) == []


def test_question_that_cannot_be_asked_goes_into_the_message_box(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.setenv("CHATKEEP_LIMIT_MESSAGE_CHARACTERS", "10")
    st.cache_resource.clear()
    at = page("Home.py")
    at.button(key="question-0").click().run()
    assert not at.exception
    assert at.chat_input(key="message").value == QUESTIONS[0][0]
    assert [each.value for each in at.error] != []


def test_import_opens_from_the_empty_chat():
    at = page("Home.py")
    at.button(key="import_on_chat").click().run()
    assert not at.exception
    assert [each.label for each in at.get("file_uploader")] == ["File"]


def test_key_is_offered_only_where_one_is_missing(monkeypatch):
    monkeypatch.setenv("MISTRAL_API_KEY", "sk-mistral")
    st.cache_resource.clear()
    assert offers(page("Home.py")) == ALL


def test_visitor_without_keys_is_offered_questions_for_the_model_on_this_machine_and_a_key(monkeypatch):
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    monkeypatch.delenv("CHATKEEP_MODEL")
    st.cache_resource.clear()
    assert offers(page("Home.py")) == [*ALL, "Add a key"]


def test_without_a_model_there_is_no_question_to_start_from(monkeypatch, tmp_path):
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("CHATKEEP_MODEL")
    st.cache_resource.clear()
    at = page("Home.py")
    assert "No model can answer here yet." in said(at)
    assert offers(at) == ["import_on_chat", "Add a key in Settings"]


@pytest.mark.parametrize("what", ["the store", "a conversation with messages"])
def test_nothing_is_offered_where_it_is_not_possible_or_begun(what, monkeypatch):
    if what == "the store":
        monkeypatch.setattr(type(services().store), "read_only", lambda *names: "Another process has it.")
        assert offers(page("Home.py")) == []
        return
    conversation = keep(1)
    at = page("Home.py")
    at.query_params["c"] = conversation.id
    assert offers(at.run()) == []

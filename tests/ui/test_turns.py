"""What the buttons of a turn do to the store, and what the model is asked, in the running pages without a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, Message, Part, utc_now
from chat.endings import INTERRUPTED
from chat.memory import DELETED
from chat.owner import PERSONAL
from chat.providers.offers import offered
from store import open_store
from store.conversations import NotFound, StoreError
from tests.support.pages import ROOT, app, keep, page, row_under, said, tick, wait_for_replies  # noqa: F401
from ui import actions, state
from ui.chat_page import turns
from ui.chat_page.turns import IN_TRASH
from ui.notices import Undo
from ui.services import services
from ui.visit import Visit

FULL = "The conversation could not be saved: the disk is full."


def opened(conversation: Conversation) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation.id
    return at.run()


def kept(conversation: Conversation) -> Conversation:
    return services().store.get("personal", conversation.id)


def words(conversation: Conversation) -> list[str]:
    return [message.content for message in kept(conversation).path()]


def questions(conversation: Conversation) -> list[str]:
    return [message.content for message in kept(conversation).messages if message.role == "user"]


def add(conversation: Conversation, id: str, parent: str, role: str, text: str, **fields) -> Message:
    message = Message(id, parent, role, text, utc_now(), **fields)
    services().store.add_message("personal", conversation.id, message)
    return message


class OnceFull:
    """A disk that has no room for the next answer, and has some again after that."""

    def __init__(self, monkeypatch):
        store = services().store
        add_message, self.refusals = store.add_message, 1

        def refuse(owner, conversation_id, message):
            if message.role == "assistant" and self.refusals:
                self.refusals -= 1
                raise StoreError(FULL)
            return add_message(owner, conversation_id, message)

        monkeypatch.setattr(store, "add_message", refuse)


@pytest.fixture
def visit(monkeypatch) -> Visit:
    """A visit whose callbacks are called as a window's buttons call them, which cannot be clicked here."""
    monkeypatch.setattr(state.chat, "set_view", lambda conversation_id, head, beside=None: None)
    return Visit(PERSONAL, services(), offered(services().settings, {}))


@pytest.fixture
def undos(monkeypatch) -> list[Undo]:
    offers: list[Undo] = []
    monkeypatch.setattr(state.page, "offer_undo", offers.append)
    return offers


def test_deleting_a_turn_takes_every_version_of_its_answer_and_undo_gives_all_back(visit, undos):
    conversation = keep(1)
    add(conversation, "b1", "q1", "assistant", "Another answer")
    add(conversation, "q2", "b1", "user", "Question 2")
    add(conversation, "a2", "q2", "assistant", "Answer 2")
    turns.delete_turn(visit, kept(conversation), "b1")
    assert {each.id for each in kept(conversation).messages if each.trashed} == {"q1", "a1", "b1"}
    assert words(conversation) == ["Question 2", "Answer 2"]
    assert undos == [Undo(conversation.id, "1 turn", ("q1", "a1", "b1"))]


def test_deleting_a_turn_takes_an_answer_that_this_tab_has_not_seen_yet(visit, undos):
    conversation = keep(1)
    seen = kept(conversation)
    add(conversation, "b1", "q1", "assistant", "Another answer")
    turns.delete_turn(visit, seen, "a1")
    assert words(conversation) == []


def test_deleting_an_answer_whose_question_is_gone_takes_nothing_above_it(visit, undos):
    conversation = keep(1)
    add(conversation, "q2", "a1", "user", "Question 2", trashed=True)
    add(conversation, "a2", "q2", "assistant", "Answer 2")
    turns.delete_turn(visit, kept(conversation), "a2")
    assert words(conversation) == ["Question 1", "Answer 1"]


@pytest.mark.parametrize("memory", ["all", "off"])
def test_asking_again_for_an_answer_whose_question_is_deleted_is_refused_and_nothing_is_sent(models, memory):
    conversation = keep(1)
    services().store.update("personal", conversation.id, settings=replace(conversation.settings, memory=memory))
    add(conversation, "q2", "a1", "user", "Question 2", trashed=True)
    add(conversation, "a2", "q2", "assistant", "Answer 2", model="openai/echo", status="stopped")
    for key in ("retry-a2", "continue-a2"):
        at = opened(conversation)
        at.button(key=key).click().run()
        assert DELETED in said(at)
    wait_for_replies()
    assert models.asked == []
    assert words(conversation) == ["Question 1", "Answer 1", "Answer 2"]


def test_message_whose_answer_could_not_be_begun_is_kept_once(models, monkeypatch):
    conversation = keep(1)
    OnceFull(monkeypatch)
    at = opened(conversation)
    at.chat_input(key="message").set_value("What is teal?").run()
    assert FULL in said(at)
    at.chat_input(key="message").set_value("What is teal?").run()
    wait_for_replies()
    assert words(conversation) == ["Question 1", "Answer 1", "What is teal?", "What is teal?"]
    assert questions(conversation) == ["Question 1", "What is teal?"]
    at.chat_input(key="message").set_value("What is teal?").run()  # asked and answered: this is another one
    wait_for_replies()
    assert questions(conversation) == ["Question 1", "What is teal?", "What is teal?"]


def test_first_message_whose_answer_could_not_be_begun_makes_one_conversation(models, monkeypatch):
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20).run()
    OnceFull(monkeypatch)
    for _ in range(2):
        at.chat_input(key="message").set_value("What is teal?").run()
    wait_for_replies()
    (summary,) = services().store.list("personal")
    conversation = services().store.get("personal", summary.id)
    assert [message.content for message in conversation.messages] == ["What is teal?", "What is teal?"]


def test_edit_whose_answer_could_not_be_begun_makes_one_version(visit, monkeypatch):
    conversation, said_of = keep(1), []
    monkeypatch.setattr(state.page, "notify", lambda text, **how: said_of.append(text))
    OnceFull(monkeypatch)
    for _ in range(2):
        turns.edit(visit, kept(conversation), "q1", "Question one")
    wait_for_replies()
    assert said_of == [FULL]
    assert questions(conversation) == ["Question 1", "Question one"]


def test_message_from_a_tab_that_still_shows_a_deleted_conversation_is_not_sent(models):
    conversation = keep(1)
    at = opened(conversation)
    services().store.trash("personal", conversation.id)
    at.chat_input(key="message").set_value("Are you there?").run()
    assert IN_TRASH in said(at)
    services().store.restore("personal", conversation.id)
    assert questions(conversation) == ["Question 1"]
    assert models.asked == []


def answering(models, *steps) -> tuple[Conversation, AppTest]:
    """Have a conversation whose answer is on its way."""
    conversation = keep(1)
    settings = replace(conversation.settings, model="openai/by-script")
    services().store.update("personal", conversation.id, settings=settings)
    models.script = list(steps)
    at = opened(conversation)
    at.chat_input(key="message").set_value("Count").run()
    models.wait_for(lambda: models.asked and models.asked[-1].sent > 0)
    return conversation, at


def test_deleting_a_conversation_ends_its_answer_and_keeps_its_words(models, visit, undos):
    conversation, _ = answering(models, "One ", models.gate(), "two")
    actions.delete(visit, conversation.id, "Count")
    models.wait_for(lambda: models.asked[-1].closed_early)
    wait_for_replies()
    answer = kept(conversation).path()[-1]
    assert (answer.content, answer.status, kept(conversation).trashed_at is None) == ("One ", "stopped", False)


def test_deleting_many_ends_their_answers(models):
    conversation, _ = answering(models, "One ", models.gate(), "two")
    at = page("pages/1_History.py")
    tick(at, conversation)
    at.button(key="delete_selected").click().run()
    models.wait_for(lambda: models.asked[-1].closed_early)
    wait_for_replies()
    assert kept(conversation).path()[-1].status == "stopped"


def test_erasing_a_conversation_ends_its_answer(models, visit):
    conversation, _ = answering(models, "One ", models.gate(), "two")
    services().store.trash("personal", conversation.id)
    assert visit.erase([conversation.id]) == 1
    models.wait_for(lambda: models.asked[-1].closed_early)
    wait_for_replies()
    with pytest.raises(NotFound):
        kept(conversation)


def test_erasing_everything_ends_every_answer_first(models, visit):
    answering(models, "One ", models.gate(), "two")
    other = keep(2)
    assert visit.erase_everything() == 2
    assert models.asked[-1].closed_early
    assert services().replies.active() == ()
    assert services().store.list("personal") == ()
    with pytest.raises(NotFound):
        kept(other)


@pytest.mark.parametrize("verb", ["trash", "erase"])
def test_what_another_process_deletes_ends_its_answer_here_with_its_next_words(models, tmp_path, verb):
    first, never = models.gate(), models.gate()
    conversation, _ = answering(models, "One ", first, "two ", never, "three")
    elsewhere = open_store(f"tinydb:///{tmp_path}/data")
    elsewhere.trash("personal", conversation.id)
    if verb == "erase":
        elsewhere.erase("personal", conversation.id)
    elsewhere.close()
    first.open()
    models.wait_for(lambda: models.asked[-1].closed_early)
    wait_for_replies()


def test_answer_whose_end_could_never_be_saved_does_not_seem_to_be_written_for_ever(models, monkeypatch):
    conversation = keep(1)
    store = services().store
    update = store.update_message

    def refuse(owner, conversation_id, message_id, **changes):
        if "content" in changes:
            raise ValueError("refused")
        return update(owner, conversation_id, message_id, **changes)

    monkeypatch.setattr(store, "update_message", refuse)
    add_message = store.add_message
    answers = []

    def refuse_second_answer(owner, conversation_id, message):
        if message.role == "assistant":
            answers.append(message)
            if len(answers) > 1:
                raise ValueError("refused")
        return add_message(owner, conversation_id, message)

    monkeypatch.setattr(store, "add_message", refuse_second_answer)
    at = opened(conversation)
    at.chat_input(key="message").set_value("What is teal?").run()
    wait_for_replies()
    at.run()
    assert not at.exception
    assert kept(conversation).path()[-1].status == "interrupted"
    assert INTERRUPTED in said(at)
    monkeypatch.undo()


def test_answer_of_two_models_says_who_wrote_it():
    conversation = keep(1)
    parts = (Part("mistral/first", 0), Part("openai/second", 5))
    add(conversation, "b1", "q1", "assistant", "Both wrote this", model="openai/second", parts=parts)
    assert row_under(opened(conversation), "b1")["facts"].startswith("first, then second · ")


def test_question_that_never_got_an_answer_can_be_asked_with_one_click(models):
    conversation = keep(1)
    assert not [each.key for each in opened(conversation).button if str(each.key).startswith("retry-")]
    add(conversation, "q2", "a1", "user", "Question 2")
    at = opened(conversation)
    at.button(key="retry-q2").click().run()
    wait_for_replies()
    assert words(conversation) == ["Question 1", "Answer 1", "Question 2", "Question 2"]
    assert questions(conversation) == ["Question 1", "Question 2"]
    assert models.asked[-1].body["messages"][-1] == {"role": "user", "content": "Question 2"}


@pytest.mark.parametrize("number", [0, 3, 4], ids=["true", "NaN", "text"])
def test_odd_token_count_of_a_server_costs_no_words_and_the_next_message_is_sent(models, number):
    conversation = keep(1)
    settings = replace(conversation.settings, model=f"openai/odd-usage-{number}")
    services().store.update("personal", conversation.id, settings=settings)
    at = opened(conversation)
    for text in ("Once", "Twice"):
        at.chat_input(key="message").set_value(text).run()
        wait_for_replies()
        at.run()
        answer = kept(conversation).path()[-1]
        assert (answer.content, answer.status, answer.usage) == ("Whole words", "complete", None)
    assert questions(conversation) == ["Question 1", "Once", "Twice"]
    assert services().replies.active() == ()

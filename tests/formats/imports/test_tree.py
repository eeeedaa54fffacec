"""From messages as a product has them to a conversation: what is hidden goes, what is missing is made up for."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import Conversation, Message
from formats.imports.ids import made_id
from formats.imports.limits import LIMITS
from formats.imports.outcome import Context, Unreadable
from formats.imports.tree import HIDDEN, UNDATED, Chat, hidden, is_shown, read_chat
from tests.support.import_fixtures import second

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONTEXT = Context("local", NOW, LIMITS)


def read(*messages: Message, head: str | None = None) -> Conversation:
    return read_chat(Chat("product", "c", list(messages), head=head), CONTEXT).conversation


def kept(id: str) -> str:
    """The id under which Chatkeep keeps a product's message."""
    return made_id(f"product:{id}")


def test_what_is_not_shown_goes_and_its_thinking_comes_to_the_answer_below() -> None:
    conversation = read(
        hidden("root", None),
        Message("q", "root", "user", "Why?", second(1)),
        hidden("thoughts", "q", "Hm."),
        Message("tool", "thoughts", HIDDEN, "42", second(2)),
        Message("a", "tool", "assistant", "So.", second(3)),
    )
    assert conversation.messages == (
        Message(kept("q"), None, "user", "Why?", second(1), source="product:q"),
        Message(kept("a"), kept("q"), "assistant", "So.", second(3), reasoning="Hm.", source="product:a"),
    )


def test_message_without_a_date_gets_the_one_of_the_message_above() -> None:
    conversation = read(
        Message("first", None, "user", "One", UNDATED),
        Message("a", "first", "assistant", "Two", second(5)),
        Message("q", "a", "user", "Three", UNDATED),
    )
    assert [message.created_at for message in conversation.messages] == [second(5)] * 3
    assert read(Message("first", None, "user", "One", UNDATED)).created_at == NOW


def test_older_messages_come_first_and_none_is_older_than_what_it_hangs_on() -> None:
    conversation = read(
        Message("late", None, "user", "Late", second(9)),
        Message("q", None, "user", "Q", second(5)),
        Message("beside", None, "user", "Beside", second(5)),
        Message("a", "q", "assistant", "Dated before its question", second(1)),
        Message("early", None, "user", "Early", second(2)),
    )
    assert [message.id for message in conversation.messages] == [
        kept(id) for id in ("early", "q", "beside", "a", "late")
    ]


def test_head_leads_to_the_newest_message_below_it() -> None:
    messages = (
        Message("q", None, "user", "Q", second(1)),
        Message("a", "q", "assistant", "A", second(2)),
        Message("b", "q", "assistant", "B", second(3)),
        Message("more", "a", "user", "More", second(4)),
        hidden("tool", "b"),
    )
    heads = {head: read(*messages, head=head).head for head in ("q", "a", "b", "more", "tool", "gone", None)}
    more, b = kept("more"), kept("b")
    assert heads == {"q": b, "a": more, "b": b, "more": more, "tool": b, "gone": more, None: more}


IDS = st.sampled_from("abcdef")
MESSAGES = st.builds(
    Message,
    IDS,
    st.none() | IDS,
    st.sampled_from(["user", "assistant", HIDDEN]),
    st.sampled_from(["", "Words"]),
    st.just(UNDATED) | st.integers(1, 9).map(second),
    reasoning=st.sampled_from(["", "Hm."]),
)


@given(st.lists(MESSAGES, unique_by=lambda message: message.id), st.none() | IDS)
def test_every_shown_message_comes_once_dated_and_below_one_that_came_before(
    messages: list[Message], head: str | None
) -> None:
    shown = {kept(message.id) for message in messages if is_shown(message)}
    try:
        conversation = read(*messages, head=head)
    except Unreadable:
        assert not shown
        return
    came: list[str] = []
    for message in conversation.messages:
        assert message.role != HIDDEN
        assert message.created_at != UNDATED
        assert message.parent_id is None or message.parent_id in came
        came.append(message.id)
    assert sorted(came) == sorted(shown)
    assert conversation.head in shown - {message.parent_id for message in conversation.messages}

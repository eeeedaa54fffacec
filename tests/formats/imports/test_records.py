"""Lists of messages of any product: who says what under whatever names, with dates, models, thinking and branches."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.conversation import Usage
from formats.imports import LeftOut
from tests.support.import_fixtures import NOW, case, lines, one, opened, reads, second, shape, skips, told

HI = [("user", "Hi"), ("assistant", "Hello")]


@pytest.mark.parametrize(
    ("name", "said", "left_out"),
    [
        (
            "messages-anthropic-blocks.jsonl",
            [[("user", "Rye?"), ("assistant", "Acid."), ("assistant", "Done.")]],
            {"tool call": 1, "tool result": 1},
        ),
        (
            "messages-content-object.json",
            [[("user", "Look at this loaf"), ("assistant", "Nice."), ("user", "Thanks")]],
            {},
        ),
        (
            "messages-other-role.json",
            [
                [
                    ("user", "Hi"),
                    ("assistant", "Hello, I am the answer."),
                    ("user", "Thanks"),
                    ("assistant", "You are welcome."),
                ]
            ],
            {},
        ),
        ("messages-think-tag.jsonl", [HI], {}),
        ("messages-with-dates-and-models.json", [HI], {}),
        ("records-conversations-role-content.json", [HI], {}),
        ("records-dpo.jsonl", [HI], {}),
        ("records-list-of-lists.json", [HI, [("user", "Ho"), ("assistant", "Hum")]], {}),
        ("records-rated.jsonl", [HI, [("user", "Ho"), ("assistant", "Hum")]], {}),
        (
            "records-tools-weight-name.jsonl",
            [
                [
                    ("user", "Weather?"),
                    ("assistant", "18 degrees"),
                    ("user", "And this?"),
                    ("assistant", "A cloud."),
                ]
            ],
            {"tool call": 1, "tool result": 1, "picture": 1},
        ),
        ("records-value-parts.jsonl", [[("user", "hi"), ("assistant", "Hello!")]], {}),
        (
            "records-with-images-beside.json",
            [[("user", "<image>What is it?"), ("assistant", "A loaf.")]],
            {"picture": 1},
        ),
        ("sharegpt-chosen-rejected.json", [[("user", "Which flour?"), ("assistant", "Rye.")]], {}),
    ],
)
def test_file_from_elsewhere_says_what_it_says(name, said, left_out):
    found = reads(case(name))
    assert [told(read.conversation) for read in found] == said
    assert [read.conversation.title for read in found] == [path[0][1] for path in said]
    assert sum((read.left_out for read in found), LeftOut()) == left_out


def test_thinking_is_kept_apart_from_the_answer():
    for name, thinking in (
        ("messages-anthropic-blocks.jsonl", "Acid, surely."),
        ("messages-think-tag.jsonl", "SECRET THINKING"),
    ):
        assert one(case(name)).messages[1].reasoning == thinking


def test_rejected_answer_is_a_sibling_of_the_chosen_one():
    assert shape(one(case("records-dpo.jsonl"))) == {"Hi": None, "Hello": "Hi", "What": "Hi"}
    assert shape(one(case("sharegpt-chosen-rejected.json"))) == {
        "Which flour?": None,
        "Rye.": "Which flour?",
        "Sand.": "Which flour?",
    }


def test_dates_models_and_usage_of_messages_are_kept():
    conversation = one(case("messages-with-dates-and-models.json"))
    question, answer = conversation.messages
    assert question.created_at.isoformat() == "2024-01-01T10:00:00+00:00"
    assert answer.created_at.isoformat() == "2024-01-01T10:00:05+00:00"
    assert (answer.model, answer.usage) == ("openai/gpt-4o", Usage(3, 1))
    assert (conversation.created_at, conversation.updated_at) == (question.created_at, answer.created_at)


def test_dates_and_models_stand_under_other_names_too_and_beside_the_messages():
    message = {"role": "assistant", "content": "Hello", "createdAt": 1_750_000_005_000, "rating": "thumbs-down"}
    record = {
        "model": "mistral-large",
        "created": 1_750_000_000,
        "title": "T",
        "messages": [{"role": "user", "content": "Hi"}, message],
    }
    conversation = one(lines(record))
    assert (conversation.title, conversation.created_at, conversation.updated_at) == ("T", second(0), second(5))
    assert [each.created_at for each in conversation.messages] == [second(0), second(5)]
    answer = conversation.messages[1]
    assert (answer.model, answer.rating) == ("mistral/mistral-large", -1)


def chat_of(*roles: str) -> list[dict[str, str]]:
    return [{"role": role, "content": f"words {place}"} for place, role in enumerate(roles)]


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (("human", "gpt"), ("user", "assistant")),
        (("Human", "Bing"), ("user", "assistant")),
        (("prompter", "assistant"), ("user", "assistant")),
        (("user", "Sokrates"), ("user", "assistant")),
        (("Anna", "assistant"), ("user", "assistant")),
        (("Anna", "Ben", "Anna", "Carl"), ("user", "assistant", "user", "assistant")),
        (("user", "gpt-4o", "user", "llama 3"), ("user", "assistant", "user", "assistant")),
    ],
)
def test_roles_have_any_names(names, roles):
    expected = [(role, f"words {place}") for place, role in enumerate(roles)]
    assert told(one(chat_of(*names))) == expected
    assert told(one(lines({"messages": chat_of(*names)}))) == expected


@pytest.mark.parametrize(
    "message",
    [
        {"from": "gpt", "value": "Hello"},
        {"author": {"role": "assistant"}, "content": {"parts": ["Hello"]}},
        {"sender": "assistant", "text": "Hello"},
        {"speaker": "bot", "message": "Hello"},
        {"type": "ai", "data": {"content": "Hello"}},
        {"is_user": False, "text": "Hello"},
        {"role": "assistant", "content": None, "refusal": "Hello"},
        {"type": "message", "message": {"role": "assistant", "content": "Hello"}},
    ],
)
def test_messages_have_any_usual_shape(message):
    assert told(one([{"role": "user", "content": "Hi"}, message])) == HI


def test_what_a_tool_says_is_no_message_of_a_person():
    messages = chat_of("user", "function_call", "observation", "assistant", "tool", "assistant")
    (read,) = reads(messages)
    assert told(read.conversation) == [("user", "words 0"), ("assistant", "words 3"), ("assistant", "words 5")]
    assert read.left_out == {"tool call": 1, "tool result": 2}


def test_thoughts_as_messages_of_their_own_go_to_the_answer_that_follows():
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "thinking", "content": "Hm."},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Greet."}]},
        {"role": "assistant", "content": None, "reasoning_content": "Look it up.", "tool_calls": [{}]},
        {"role": "assistant", "content": "<think>Now.</think>Hello"},
    ]
    (read,) = reads(messages)
    assert told(read.conversation) == HI
    assert read.conversation.messages[1].reasoning == "Hm.\n\nGreet.\n\nLook it up.\n\nNow."
    assert read.left_out == {"tool call": 1}


def test_thinking_without_an_answer_is_kept():
    conversation = one([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "", "reasoning": "Hm."}])
    assert [(each.content, each.reasoning) for each in conversation.messages] == [("Hi", ""), ("", "Hm.")]


@pytest.mark.parametrize(
    "words", ["Write:\n```xml\n<think>\nHm.\n</think>\n```\nlike so.", "```\n<think>\n```", "Use `<think>` tags."]
)
def test_tag_that_an_answer_shows_stays(words):
    conversation = one(
        [{"role": "user", "content": "Hi <think>there</think>"}, {"role": "assistant", "content": words}]
    )
    assert told(conversation) == [("user", "Hi <think>there</think>"), ("assistant", words)]


def test_no_messages_is_only_said_of_a_conversation_that_has_none():
    call = {"role": "assistant", "content": None, "tool_calls": [{}]}
    records = [
        {"messages": chat_of("user")},
        {"messages": [{"role": "system", "content": "Be brief."}, call, {"role": "tool", "content": "18"}]},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
    ]
    assert skips(lines(*records)) == [
        ("Conversation 2", "has nothing that was said, only instructions, 1 tool call, 1 tool result"),
        ("Conversation 3", "has no messages"),
    ]


def test_question_of_a_picture_alone_is_a_question():
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    (read,) = reads([picture, {"role": "assistant", "content": "A loaf."}])
    assert told(read.conversation) == [("user", "[attachment]"), ("assistant", "A loaf.")]
    assert read.left_out == {"picture": 1}


def test_messages_of_several_conversations_in_one_list_are_several():
    rows = [
        {"conversation_id": id, "role": role, "content": id + role} for id in "ab" for role in ("user", "assistant")
    ]
    assert [told(read.conversation) for read in reads(lines(*rows))] == [
        [("user", "auser"), ("assistant", "aassistant")],
        [("user", "buser"), ("assistant", "bassistant")],
    ]


def test_session_trace_is_a_conversation():
    message = {
        "role": "assistant",
        "content": "Hello",
        "reasoningContent": "Hm.",
        "model": "mistral/m",
        "timestamp": 1_750_000_005_000,
    }
    trace = lines(
        {"type": "session", "harness": "chatkeep", "id": "c", "name": "T", "timestamp": "2025-06-15T15:06:40+00:00"},
        {"type": "message", "message": {"role": "system", "content": "Be brief."}},
        {"type": "message", "message": {"role": "user", "content": "Hi", "timestamp": 1_750_000_001_000}},
        {"type": "message", "message": message},
    )
    conversation = one(trace)
    assert (conversation.title, told(conversation)) == ("T", HI)
    answer = conversation.messages[1]
    assert (answer.reasoning, answer.model, answer.created_at) == ("Hm.", "mistral/m", second(5))
    assert (conversation.settings.system_prompt, conversation.created_at) == ("Be brief.", second(0))


def test_comments_and_settings_are_no_chat():
    for data in (
        [{"author": "Ann", "text": "Nice bread"}, {"author": "Ben", "text": "Indeed"}],
        [["a", "b"], ["c", "d"]],
        [{"id": 1, "tags": ["a", "b"], "data": ["x", "y"]}],
        {"name": "package", "scripts": {"test": "pytest"}, "items": ["a", "b"]},
    ):
        with pytest.raises(ValueError, match="No conversations were found"):
            opened(data)


NAMES = st.sampled_from(["user", "assistant", "Claude", "Ann", "system", "tool", "thinking", "critic"])
MESSAGES = st.lists(st.tuples(NAMES, st.text("abc ", min_size=1, max_size=6).filter(str.strip)), min_size=1, max_size=6)


@given(MESSAGES, st.booleans())
def test_every_word_is_in_the_conversation_or_counted(said, is_sharegpt):
    role, content = ("from", "value") if is_sharegpt else ("role", "content")
    record = {"conversations": [{role: name, content: words} for name, words in said]}
    spoken = [words for name, words in said if name not in ("system", "tool")]
    items = list(opened(json.dumps([record, {"messages": chat_of("user")}]).encode()))
    if not spoken:
        assert items[0].reason.startswith("has nothing that was said, only ")
        return
    conversation = items[0].conversation
    kept = [f"{each.reasoning}\n{each.content}" for each in conversation.messages]
    assert all(any(words in each for each in kept) for words in spoken)
    assert all(words in conversation.settings.system_prompt for name, words in said if name == "system")
    assert items[0].left_out == LeftOut({"tool result": sum(name == "tool" for name, _ in said)}) + LeftOut()
    assert conversation.created_at == NOW

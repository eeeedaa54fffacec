"""Open WebUI's export: merged answers, a chat without its wrapper, and what is counted."""

from tests.support.import_fixtures import case, one, opened, openwebui, reads, second, shape, told


def test_merged_answer_is_one_more_answer_and_the_chat_went_on_from_it():
    conversation = one(case("openwebui-merged.json"))
    assert shape(conversation) == {
        "Rye?": None,
        "First answer": "Rye?",
        "Second answer": "Rye?",
        "MERGED ANSWER": "Rye?",
    }
    assert told(conversation) == [("user", "Rye?"), ("assistant", "MERGED ANSWER")]
    assert [message.model for message in conversation.messages] == [
        None,
        "openai/gpt-4o",
        "openwebui/llama3:8b",
        None,
    ]
    assert (conversation.title, conversation.created_at, conversation.updated_at) == ("Merged", second(0), second(9))


def test_question_after_a_merged_answer_hangs_on_it():
    data = openwebui()
    messages = data["chat"]["history"]["messages"]
    messages["a1"]["merged"] = {"status": True, "content": "Both say 255"}
    conversation = one([data])
    assert shape(conversation)["And 16 * 17?"] == "Both say 255"
    assert shape(conversation)["Both say 255"] == "What is 15 * 17?"


def test_inner_chat_alone_has_its_branches_dates_and_models():
    export = opened(case("openwebui-inner-chat.json"))
    (read,) = export
    conversation = read.conversation
    assert (export.product, conversation.title, read.left_out) == ("Open WebUI", "Rye", {})
    assert shape(conversation) == {"Rye?": None, "First answer": "Rye?", "Second answer": "Rye?"}
    assert told(conversation) == [("user", "Rye?"), ("assistant", "Second answer")]
    assert [(message.created_at, message.model) for message in conversation.messages] == [
        (second(1), None),
        (second(2), "openai/gpt-4o"),
        (second(3), "openwebui/llama3:8b"),
    ]


def test_archived_is_a_tag_and_everything_else_is_counted_by_kind():
    data = openwebui() | {"archived": True}
    messages = data["chat"]["history"]["messages"]
    messages["q2"]["files"] = [{"type": "file", "file": {"filename": "sums.pdf"}}]
    messages["a1b"]["sources"] = [{"source": {"name": "Sums"}}, {"source": {"name": "More"}}]
    (read,) = reads([data])
    assert read.conversation.tags == ("school", "maths", "archived")
    assert read.left_out == {"picture": 1, "tool call": 1, "file": 1, "source": 2}


def test_answer_without_a_model_is_of_the_only_one_that_was_chosen():
    line = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    chosen = [{"id": "o", "chat": {"models": models, "messages": line}} for models in (["llama3:8b"], ["a", "b"])]
    assert [one([data]).messages[1].model for data in chosen] == ["openwebui/llama3:8b", None]


def test_thinking_in_a_tag_is_no_part_of_the_answer():
    data = openwebui()
    data["chat"]["history"]["messages"]["a1b"]["content"] = "<think>\nHm.\n</think>\n\n255"
    answer = next(message for message in one([data]).messages if message.content == "255")
    assert answer.reasoning == "Hm."

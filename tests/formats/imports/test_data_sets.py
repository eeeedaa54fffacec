"""Chat data sets of the Hugging Face Hub, a row each as its card shows it."""

import json
from typing import Any

import pytest

from formats.imports import Skipped
from tests.support.import_fixtures import chatgpt, lines, one, opened, reads, shape, told

HI = [("user", "Hi"), ("assistant", "Hello")]
MESSAGES = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
SHAREGPT = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
LIKE_HH = "\n\nHuman: Hi\n\nAssistant: "

ROWS: dict[str, Any] = {
    "ultrachat": {"id": "0", "data": ["Hi", "Hello"]},
    "ultrachat_200k": {"prompt": "Hi", "prompt_id": "f0", "messages": MESSAGES},
    "no_robots": {"prompt": "Hi", "prompt_id": "f0", "messages": MESSAGES, "category": "Chat"},
    "lmsys-chat-1m": {
        "conversation_id": "c",
        "model": "vicuna-13b",
        "conversation": MESSAGES,
        "turn": 1,
        "language": "English",
        "openai_moderation": [{"flagged": False}],
        "redacted": False,
    },
    "WildChat": {
        "conversation_hash": "h",
        "model": "gpt-4-0314",
        "timestamp": "2023-04-09T00:02:53",
        "conversation": [each | {"language": "English", "redacted": False, "toxic": False} for each in MESSAGES],
        "turn": 1,
    },
    "OpenHermes-2.5": {"id": None, "system_prompt": None, "source": "airoboros", "conversations": SHAREGPT},
    "SlimOrca": {"conversations": [each | {"weight": None} for each in SHAREGPT]},
    "Capybara": {"source": "x", "conversation": [{"input": "Hi", "output": "Hello"}]},
    "dolly": {"instruction": "Hi", "context": "", "response": "Hello", "category": "open_qa"},
    "alpaca": {"instruction": "Hi", "input": "", "output": "Hello", "text": "Below is an instruction."},
    "OpenOrca": {"id": "x", "system_prompt": "", "question": "Hi", "response": "Hello"},
    "guanaco": {"text": "### Human: Hi### Assistant: Hello".replace("###", "\n###").strip()},
    "ChatML in a text": {"text": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n"},
    "LIMA": {"conversations": ["Hi", "Hello"], "source": "x"},
    "prompt and completion": {"prompt": "Hi", "completion": "Hello"},
    "prompt and completion of messages": {"prompt": MESSAGES[:1], "completion": MESSAGES[1:]},
    "messages by their ids": {"title": "", "messages": {"1": MESSAGES[0], "2": MESSAGES[1]}},
    "messages in an object": {"chat": {"messages": MESSAGES}},
    "messages written as JSON": {"messages": json.dumps(MESSAGES)},
    "OpenAI's batch": {"custom_id": "r1", "method": "POST", "body": {"model": "gpt-4o", "messages": MESSAGES}},
    "OpenAI's stored completions": {"messages": MESSAGES[:1], "choices": [{"index": 0, "message": MESSAGES[1]}]},
    "OpenAI's evals": {"input": MESSAGES[:1], "ideal": "Hello"},
    "OpenAI's Responses": {"input": MESSAGES[:1], "output": [{"type": "message", **MESSAGES[1]}]},
    "Gemini": {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"text": "Hello"}]}]
    },
    "Bedrock": {"messages": [{"role": each["role"], "content": [{"text": each["content"]}]} for each in MESSAGES]},
    "DailyDialog": {"dialogue": [{"speaker": "A", "utterance": "Hi"}, {"speaker": "B", "utterance": "Hello"}]},
    "names in capitals": {"INSTRUCTION": "Hi", "RESPONSE": "Hello", "SOURCE": "x"},
}


@pytest.mark.parametrize("name", ROWS)
def test_row_of_a_data_set_is_a_conversation(name):
    for data in (lines(ROWS[name]), [ROWS[name]], lines(ROWS[name], {"messages": MESSAGES[:1]})):
        assert told(reads(data)[0].conversation) == HI


def test_model_date_and_instructions_of_a_row_are_kept():
    assert one(lines(ROWS["lmsys-chat-1m"])).messages[1].model == "vicuna-13b"
    conversation = one(lines(ROWS["WildChat"]))
    assert conversation.created_at.isoformat() == "2023-04-09T00:02:53+00:00"
    assert conversation.messages[1].model == "openai/gpt-4-0314"


@pytest.mark.parametrize(
    "told",
    [
        {"system": "Be kind."},
        {"system_prompt": "Be kind."},
        {"system": [{"type": "text", "text": "Be kind."}]},
        {"systemInstruction": {"parts": [{"text": "Be kind."}]}},
        {"instructions": "Be kind."},
    ],
)
def test_instructions_beside_the_messages_are_kept(told):
    assert one(lines({"messages": MESSAGES} | told)).settings.system_prompt == "Be kind."


def test_context_of_a_question_stands_below_it():
    assert told(one([ROWS["dolly"] | {"context": "Rye is a grass."}])) == [
        ("user", "Hi\n\nRye is a grass."),
        ("assistant", "Hello"),
    ]
    with_history = {"instruction": "And now?", "input": "", "output": "Later.", "history": [["Hi", "Hello"]]}
    assert told(one([with_history])) == [*HI, ("user", "And now?"), ("assistant", "Later.")]


PAIRS: dict[str, Any] = {
    "hh-rlhf": {"chosen": LIKE_HH + "Hello", "rejected": LIKE_HH + "What"},
    "TRL": {"prompt": "Hi", "chosen": "Hello", "rejected": "What"},
    "TRL, of messages": {
        "prompt": MESSAGES[:1],
        "chosen": MESSAGES[1:],
        "rejected": [{"role": "assistant", "content": "What"}],
    },
    "ultrafeedback_binarized": {
        "prompt": "Hi",
        "prompt_id": "f0",
        "chosen": MESSAGES,
        "rejected": [MESSAGES[0], {"role": "assistant", "content": "What"}],
        "messages": MESSAGES,
        "score_chosen": 8.5,
        "score_rejected": 3.0,
    },
    "orca_dpo_pairs": {"system": "", "question": "Hi", "chosen": "Hello", "rejected": "What"},
    "UltraFeedback": {
        "source": "x",
        "instruction": "Hi",
        "models": ["a", "b"],
        "completions": [
            {"model": "a", "response": "What", "overall_score": 2.0},
            {"model": "b", "response": "Hello", "overall_score": 7.5},
        ],
    },
    "OpenAI's DPO": {
        "input": {"messages": MESSAGES[:1], "tools": [], "parallel_tool_calls": True},
        "preferred_output": MESSAGES[1:],
        "non_preferred_output": [{"role": "assistant", "content": "What"}],
    },
    "LLaMA-Factory": {
        "conversations": SHAREGPT[:1],
        "chosen": SHAREGPT[1],
        "rejected": {"from": "gpt", "value": "What"},
    },
    "chatbot_arena_conversations": {
        "model_a": "a",
        "model_b": "b",
        "winner": "model_b",
        "conversation_a": [MESSAGES[0], {"role": "assistant", "content": "What"}],
        "conversation_b": MESSAGES,
    },
    "Nectar": {
        "prompt": LIKE_HH,
        "answers": [{"answer": "What", "model": "a", "rank": 2.0}, {"answer": "Hello", "model": "b", "rank": 1.0}],
    },
    "SWIFT": {"messages": MESSAGES, "rejected_response": "What"},
    "SWIFT, older": {"query": "Hi", "response": "Hello", "rejected_response": "What"},
    "UltraInteract": {"trajectory": SHAREGPT[:1], "chosen": "Hello", "rejected": "What"},
    "Argilla": {"input": "Hi", "generations": ["What", "Hello"], "ratings": [1.0, 5.0]},
    "HelpSteer3": {"context": MESSAGES[:1], "response1": "What", "response2": "Hello", "overall_preference": 1},
    "two answers": {"prompt": "Hi", "response_a": "What", "response_b": "Hello", "preferred": "b", "model_a": "m"},
    "PKU-SafeRLHF": {"prompt": "Hi", "response_0": "What", "response_1": "Hello", "better_response_id": 1},
}


@pytest.mark.parametrize("name", PAIRS)
def test_better_answer_is_shown_and_the_other_is_its_sibling(name):
    for data in (lines(PAIRS[name]), [PAIRS[name]]):
        conversation = one(data)
        assert told(conversation) == HI
        assert shape(conversation) == {"Hi": None, "Hello": "Hi", "What": "Hi"}


def test_models_of_compared_answers_are_kept():
    for name in ("UltraFeedback", "chatbot_arena_conversations"):
        assert {each.content: each.model for each in one([PAIRS[name]]).messages if each.model} == {
            "Hello": "b",
            "What": "a",
        }


def test_label_of_an_answer_is_its_rating():
    rows = [
        {"prompt": "Hi", "completion": words, "label": label} for words, label in (("Hello", True), ("What", False))
    ]
    assert [read.conversation.messages[1].rating for read in reads(lines(*rows))] == [1, -1]
    assert one(lines({"messages": MESSAGES, "kto_tag": False})).messages[1].rating == -1


def assistant(id: str, parent: str | None, role: str, words: str, rank: int | None = None) -> dict[str, Any]:
    return {
        "message_id": id,
        "parent_id": parent,
        "message_tree_id": "t1",
        "role": role,
        "text": words,
        "rank": rank,
        "created_date": "2023-02-05T14:23:50.983374+00:00",
    }


def test_trees_of_open_assistant_are_trees():
    flat = [
        assistant("t1", None, "prompter", "Hi"),
        assistant("a", "t1", "assistant", "What", 1),
        assistant("b", "t1", "assistant", "Hello", 0),
        assistant("t2", None, "prompter", "Ho") | {"message_tree_id": "t2"},
    ]
    export = opened(lines(*flat))
    first, second = [read.conversation for read in export]
    assert export.product == "OpenAssistant"
    assert (told(first), told(second)) == (HI, [("user", "Ho")])
    assert shape(first) == {"Hi": None, "Hello": "Hi", "What": "Hi"}
    assert first.messages[0].created_at.isoformat() == "2023-02-05T14:23:50.983374+00:00"
    nested = {"message_tree_id": "t1", "tree_state": "ready_for_export", "prompt": flat[0] | {"replies": flat[1:3]}}
    assert one(lines(nested)) == first


INSIDE: dict[str, Any] = {
    "a key": {"version": 1, "chats": [{"messages": MESSAGES}, {"messages": MESSAGES[:1]}]},
    "the key of messages": {"conversations": [{"title": "", "messages": MESSAGES}, {"conversations": SHAREGPT[:1]}]},
    "a key and their ids": {"chats": {"c1": {"messages": MESSAGES}, "c2": {"messages": MESSAGES[:1]}}},
    "their ids": {"c1": {"messages": MESSAGES}, "c2": {"messages": MESSAGES[:1]}},
    "rows of the Hub's viewer": {
        "features": [],
        "rows": [{"row": {"messages": each}} for each in (MESSAGES, MESSAGES[:1])],
    },
}


@pytest.mark.parametrize("name", INSIDE)
def test_all_chats_in_one_object_are_read(name):
    assert [told(read.conversation) for read in reads(INSIDE[name])] == [HI, HI[:1]]


def test_chats_of_a_product_in_one_object_are_read_too():
    export = opened({"exported_at": "2026-01-01", "conversations": [chatgpt("1"), {"title": "Odd", "mapping": {}}]})
    read, skipped = export
    assert (export.product, read.conversation.source) == ("ChatGPT", "chatgpt:1")
    assert skipped == Skipped("Odd", "has no messages")
